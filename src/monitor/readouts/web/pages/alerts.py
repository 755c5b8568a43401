"""The alerts page: what is active, what was, what holds messages back, and what did not get out."""

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.core.session import Calendar
from monitor.readouts import quantities
from monitor.readouts.desk import Desk
from monitor.readouts.live import Observation
from monitor.readouts.web.pages import alert_rows
from monitor.readouts.web.pages.alert_facts import AlertFacts, Asking, Wish
from monitor.readouts.web.pages.frame import page, waiting
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address, StandingScreen

PREVIEWED = ("FIRING", "ESCALATED", "REMINDER", "RESOLVED", "NO_DATA", "DATA_BACK")
"""Kinds of messages that a preview offers."""
_LAST_INSTANT = 10**14


class AlertsScreen(StandingScreen):
    """`/alerts`. rule, instance, level, before: which episodes the history lists. over: `yes` for silences that are
    over. silence, on: rule and subject in the form for a silence, `*` for every one. preview, kind: the message to
    preview.

    calendars: by name, for when exchanges close.
    """

    path = "/alerts"
    choices: tuple[str, ...] = ("rule", "instance", "level", "before", "over", "silence", "on", "preview", "kind")

    def __init__(self, desk: Desk, calendars: Mapping[str, Calendar] | None = None) -> None:
        self._asking = Asking(desk)
        self._calendars = calendars or {}

    async def draw(self, seen: Observation | None, address: Address) -> Picture:
        """The page for one observation."""
        if seen is None:
            return waiting()
        chosen = dict(address.choices)
        preview = (chosen["preview"], chosen.get("kind", "")) if chosen.get("preview") else None
        facts = await self._asking.facts(wish(chosen), over=chosen.get("over") == "yes", preview=preview)
        return alerts_picture(seen, address, facts, self._calendars)


def wish(chosen: dict[str, str]) -> Wish:
    """Which episodes an address asks for; nonsense is not asked for."""
    before, level = chosen.get("before", ""), chosen.get("level", "")
    known = before.isascii() and before.isdecimal() and int(before[:20]) < _LAST_INSTANT
    return Wish(
        rule=chosen.get("rule", ""),
        instance=chosen.get("instance", ""),
        level=level if level in alert_rows.LEVELS else "",
        before_ms=int(before) if known else None,
    )


def alerts_picture(
    seen: Observation, address: Address, facts: AlertFacts, calendars: Mapping[str, Calendar]
) -> Picture:
    """The page for one observation and what the desk says."""
    snapshot = seen.snapshot
    chosen = dict(address.choices)
    rules = alert_rows.rule_groups(facts.rules)
    return page(
        "alerts.html.j2",
        seen,
        address,
        facts=facts,
        chosen=chosen,
        wish=wish(chosen),
        rows=alert_rows,
        quantities=quantities,
        now_ms=alert_rows.board_ms(snapshot),
        active=alert_rows.active_rows(
            seen.alerts, snapshot, facts.rules, facts.lasting, facts.silences, facts.channels
        ),
        rules=rules,
        rule_ids=[rule.rule for rule in rules],
        subjects=list(dict.fromkeys(rule.instance for rule in facts.rules)),
        form=_form(chosen),
        ends=alert_rows.ends_at(snapshot, calendars),
        readable=readable,
        kinds=PREVIEWED,
        dead_channels=list(dict.fromkeys(letter.channel for letter in facts.letters)),
    )


def _form(chosen: Mapping[str, str]) -> tuple[str, str] | None:
    """Rule and subject that stand in the form for a silence, "" for every one; None where it is closed."""
    if not (chosen.get("silence") or chosen.get("on")):
        return None
    rule, subject = chosen.get("silence", ""), chosen.get("on", "")
    return ("" if rule == "*" else rule), ("" if subject == "*" else subject)


def readable(payload: Any) -> str:
    """JSON as people read it."""
    return msgspec.json.format(msgspec.json.encode(payload), indent=2).decode()
