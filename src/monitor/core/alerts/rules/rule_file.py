"""The alert file as a whole, `config/alerts.toml` (ALERTING section 3)."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from monitor.core.alerts.channels.kinds import Channel
from monitor.core.alerts.channels.placeholders import placeholder_in
from monitor.core.alerts.channels.reading import override_variable, read_channel
from monitor.core.alerts.rules.refusal import AlertFileError, RefusedError, unknown
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_reading import Universe, read_rules
from monitor.core.alerts.rules.schema import RULE_KEYS
from monitor.core.alerts.rules.service import SECTIONS, ServicePlan, read_service
from monitor.core.alerts.rules.warnings import RuleWarning, find_warnings
from monitor.core.session import Calendar
from monitor.core.suggestion import did_you_mean

_KEYS = ("version", *SECTIONS, "defaults", "channel", "rule")
_HEADER = re.compile(r"""^[ \t]*\[\[[ \t]*(?:rule|"rule"|'rule')[ \t]*\]\]""", re.MULTILINE)


class AlertConfig:
    """A checked alert file.

    where: its path as given. rules: the enabled ones, ready for `step`. channels: by name, all that the file defines.
    service: storm control, digests, blind alarm.
    warnings: what is allowed but probably not meant.
    """

    def __init__(
        self,
        where: str,
        rules: RuleSet,
        channels: Mapping[str, Channel],
        service: ServicePlan,
        warnings: Sequence[RuleWarning],
    ) -> None:
        self.where = where
        self.rules = rules
        self.channels = dict(channels)
        self.service = service
        self.warnings = tuple(warnings)

    @property
    def used_channels(self) -> tuple[str, ...]:
        """Channels that a rule, the digest or the blind alarm notifies, and their fallbacks, in file order."""
        used: set[str] = set()
        ahead = [name for rule in self.rules.rules for name in rule.notify]
        ahead += [*self.service.digest.notify, *self.service.blind.notify]
        while ahead:
            name = ahead.pop()
            if name not in used:
                used.add(name)
                fallback = self.channels[name].fallback
                ahead.extend([] if fallback is None else [fallback])
        return tuple(name for name in self.channels if name in used)


def parse_rules(
    text: str,
    where: str,
    *,
    subjects: Mapping[str, str],
    windows: Collection[str],
    baskets: Mapping[str, Sequence[str]],
    calendars: Mapping[str, Calendar],
    channel_overrides: Mapping[str, Mapping[str, str]] | None = None,
    pairs: Mapping[str, tuple[str, str]] | None = None,
    listings: Mapping[str, str] | None = None,
    check_template: Callable[[str], None] | None = None,
    sending: bool = True,
) -> AlertConfig:
    """The alert file in `text`.

    where: its path, for messages. subjects: instruments, baskets and pairs of the board → kind. windows: in any case.
    baskets: id → members. pairs: id → (a, b). listings: instrument → name of its calendar; without it there is no
    warning about sessions that never overlap. All of these come from `board_names.names_of`. calendars: by name.
    channel_overrides: channel → key → text, from the environment. check_template: raises ValueError for a
    `message.summary` that could not be rendered. sending: False for rules that are only tried, whose channels may still
    hold the placeholders of a template.
    Raises AlertFileError for the first thing that is refused; nothing of the file is used then.
    """
    document = _toml(text, where)
    _check_top(document, where)
    channels = _channels(document.get("channel", {}), channel_overrides or {}, where)
    universe = Universe(
        subjects=subjects,
        windows={window.lower() for window in windows},
        baskets=baskets,
        pairs=pairs or {},
        calendars=calendars,
        channels=channels,
        check_template=check_template,
    )
    tables = [{**document.get("defaults", {}), **table} for table in document.get("rule", [])]
    rules = read_rules(tables, universe, where=where, lines=_lines(text, len(tables)))
    service = read_service(
        document, where=where, calendars=calendars, channels=channels, notify=_default_notify(document, channels, where)
    )
    warnings = find_warnings(rules, calendars, listings or {}, where)
    config = AlertConfig(where, RuleSet(rules, calendars), channels, service, warnings)
    for name in config.used_channels if sending else ():
        _check_placeholder(name, channels[name], where)
    return config


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        found = re.search(r"^(.*) \(at line (\d+), column \d+\)$", str(broken))
        line = int(found[2]) if found else None
        raise AlertFileError(where, "", found[1] if found else str(broken), line=line) from None


def _check_top(document: Mapping[str, Any], where: str) -> None:
    for key in document:
        if key not in _KEYS:
            meant = did_you_mean(key, _KEYS)
            raise AlertFileError(
                where, key, ". ".join(filter(None, (f"unknown key; allowed: {', '.join(_KEYS)}", meant)))
            )
    if document.get("version") != 1 or isinstance(document.get("version"), bool):
        raise AlertFileError(where, "version", f"found {document.get('version')!r}; allowed: 1")
    for key, kind in (*((key, dict) for key in (*SECTIONS, "defaults", "channel")), ("rule", list)):
        if not isinstance(document.get(key, kind()), kind):
            raise AlertFileError(where, key, f"must be {'[[rule]] tables' if kind is list else 'a table'}")
    if not all(isinstance(table, dict) for table in document.get("rule", [])):
        raise AlertFileError(where, "rule", "must be [[rule]] tables")
    for key in document.get("defaults", {}):
        if key not in RULE_KEYS or key == "id":
            meant = did_you_mean(key, RULE_KEYS)
            reason = ". ".join(filter(None, ("is no key that rules share", meant)))
            raise AlertFileError(where, key, reason, part="defaults")


def _default_notify(document: Mapping[str, Any], channels: Mapping[str, Channel], where: str) -> tuple[str, ...]:
    notify = document.get("defaults", {}).get("notify", [])
    if not isinstance(notify, list) or any(name not in channels for name in notify):
        allowed = ", ".join(sorted(channels)) or "none"
        raise AlertFileError(where, "notify", f"must be a list of channels; allowed: {allowed}", part="defaults")
    return tuple(notify)


def _lines(text: str, count: int) -> list[int | None]:
    """1-based line of each `[[rule]]`; None for all when the text writes its rules in another way."""
    found = [text.count("\n", 0, header.start()) + 1 for header in _HEADER.finditer(text)]
    return list(found) if len(found) == count else [None] * count


def _channels(tables: Mapping[str, Any], overrides: Mapping[str, Mapping[str, str]], where: str) -> dict[str, Channel]:
    channels: dict[str, Channel] = {}
    remaining = {_folded(name): (name, keys) for name, keys in overrides.items()}
    for name, table in tables.items():
        _, override = remaining.pop(_folded(name), ("", {}))
        if not isinstance(table, dict):
            raise AlertFileError(where, name, "must be a table", part="channel")
        try:
            channels[name] = read_channel(name, table, {key.lower(): text for key, text in override.items()})
        except RefusedError as refused:
            raise AlertFileError(where, refused.key, str(refused), part=f"channel {name}") from None
    for name, _ in remaining.values():
        reason = f"MONITOR_CHANNELS__{name.upper()}__… is set, but the file defines no such channel"
        reason = ". ".join(filter(None, (reason, did_you_mean(_folded(name), map(_folded, channels)))))
        raise AlertFileError(where, "", reason, part=f"channel {name}")
    _check_fallbacks(channels, where)
    return channels


def _folded(name: str) -> str:
    """Variables are upper case and hold no hyphen; names may."""
    return name.lower().replace("-", "_")


def _check_fallbacks(channels: Mapping[str, Channel], where: str) -> None:
    for name, channel in channels.items():
        seen = {name}
        fallback = channel.fallback
        while fallback is not None:
            if fallback not in channels:
                raise AlertFileError(where, "fallback", unknown("channel", fallback, channels), part=f"channel {name}")
            if fallback in seen:
                raise AlertFileError(where, "fallback", "fallbacks form a ring", part=f"channel {name}")
            seen.add(fallback)
            fallback = channels[fallback].fallback


def _check_placeholder(name: str, channel: Channel, where: str) -> None:
    found = placeholder_in(channel)
    if found is not None:
        key, text = found
        variable = override_variable(name, key)
        reason = f"still the placeholder{text and f' {text}'}, and a rule uses this channel; set {variable} or the file"
        raise AlertFileError(where, key, reason, part=f"channel {name}")
