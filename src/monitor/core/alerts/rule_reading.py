"""From the tables of `[[rule]]` to rules, refusing what ALERTING section 3 refuses."""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pydantic import ValidationError

from monitor.core.alerts.condition_reading import EDGES, Thresholds
from monitor.core.alerts.mute import DAYS, ClockMute, Mute, PhaseMute
from monitor.core.alerts.predicate import Crossing
from monitor.core.alerts.refusal import AlertFileError, RefusedError
from monitor.core.alerts.rule import Level, Message, NoData, Once, Rule, Session
from monitor.core.alerts.schema import MuteTable, PredicateTable, RuleTable, SessionTable, first_fault
from monitor.core.catalogue import MEASURES, NOW, MetricName, parse_metric
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.session import Calendar, Phase

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MOST_INSTANCES = 100
_NO_WINDOW = ("price", "age_seconds")
_EDGE_REFUSES = ("for", "clear", "clear_for", "levels", "repeat_every")
_GATE_PHASES = tuple(phase.value for phase in Phase if phase is not Phase.CLOSED)


class Universe(msgspec.Struct, frozen=True, kw_only=True):
    """What rules may speak of.

    subjects: instruments, baskets and pairs → their kind ("instrument", "basket", "pair"). windows: lower case.
    baskets: id → members. pairs: id → (a, b). calendars: by name. channels: names a rule may notify.
    check_template: raises ValueError, with the reason, for a `message.summary` that could not be rendered.
    """

    subjects: Mapping[str, str]
    windows: Collection[str]
    baskets: Mapping[str, Sequence[str]]
    pairs: Mapping[str, tuple[str, str]]
    calendars: Mapping[str, Calendar]
    channels: Collection[str]
    check_template: Callable[[str], None] | None = None


def read_rules(
    tables: Sequence[Mapping[str, Any]],
    universe: Universe,
    *,
    where: str = "",
    lines: Sequence[int | None] = (),
) -> tuple[Rule, ...]:
    """The enabled rules in `tables`, as parsed from TOML with `[defaults]` merged; the others are checked all the same.

    where: file, for errors. lines: of each `[[rule]]`, in the same order; none when unknown.
    Raises AlertFileError for the first rule, in file order, that is refused.
    """
    rules: list[Rule] = []
    enabled: list[Rule] = []
    for number, table in enumerate(tables):
        line = lines[number] if number < len(lines) else None
        name = str(table.get("id", f"#{number + 1}"))
        try:
            parsed = _parsed(table)
            if any(rule.id == parsed.id for rule in rules):
                raise RefusedError("id", "is used twice")
            rule = _Reading(parsed, universe, line).rule()
        except RefusedError as refusal:
            raise AlertFileError(where, refusal.key, str(refusal), rule=name, line=line) from None
        rules.append(rule)
        if parsed.enabled:
            enabled.append(rule)
    _check_inhibition(rules, where)
    return tuple(enabled)


def _parsed(table: Mapping[str, Any]) -> RuleTable:
    try:
        return RuleTable.model_validate(table)
    except ValidationError as refused:
        raise RefusedError(*first_fault(refused)) from None


def _check_inhibition(rules: Sequence[Rule], where: str) -> None:
    by_id = {rule.id: rule for rule in rules}
    for rule in rules:
        for other in rule.inhibited_by:
            if other not in by_id:
                reason = f"there is no rule {other!r}"
                raise AlertFileError(where, "inhibited_by", reason, rule=rule.id, line=rule.line)
    for rule in rules:
        reached: set[str] = set()
        ahead = list(rule.inhibited_by)
        while ahead:
            other = ahead.pop()
            if other == rule.id:
                reason = "these rules inhibit each other in a ring"
                raise AlertFileError(where, "inhibited_by", reason, rule=rule.id, line=rule.line)
            if other not in reached:
                reached.add(other)
                ahead.extend(by_id[other].inhibited_by)


class _Reading:
    """One rule on its way from table to struct."""

    def __init__(self, table: RuleTable, universe: Universe, line: int | None) -> None:
        self._table = table
        self._universe = universe
        self._line = line

    def rule(self) -> Rule:
        table = self._table
        if _ID.fullmatch(table.id) is None:
            raise RefusedError(
                "id", "must be lower-case letters, digits and hyphens, at most 64, not beginning with a hyphen"
            )
        metric, subjects = self._metric()
        measure = MEASURES[metric.measure]
        if table.unit != measure.unit:
            raise RefusedError("unit", f"{metric.measure} is measured in {measure.unit!r}, found {table.unit!r}")
        thresholds = Thresholds(measure, metric.window)
        kind = thresholds.kind("when", table.when)
        crossing: Crossing | None = None
        levels: tuple[Level, ...] = ()
        if kind in EDGES:
            for key in _EDGE_REFUSES:
                if ("for_" if key == "for" else key) in table.model_fields_set:
                    raise RefusedError(key, f"a rule on `{kind}` has no lasting phase and takes no `{key}`")
            crossing = thresholds.crossing(table.when, table.gap_counts)
        else:
            levels = self._levels(thresholds, kind)
        if table.max_gap == 0:
            raise RefusedError("max_gap", "must be more than 0")
        if table.no_data.after == 0:
            raise RefusedError("no_data", "after must be more than 0")
        if table.repeat_every != "never" and table.repeat_every < 1000:
            raise RefusedError("repeat_every", 'must be at least 1s, or "never"')
        session = self._session(table.session)
        return Rule(
            id=table.id,
            title=table.title if table.title is not None else table.id,
            metric=table.metric,
            measure=metric.measure,
            metric_window=metric.window,
            unit=table.unit,
            subjects=subjects,
            severity=table.severity,
            levels=levels,
            definition=_definition(table, session),
            moves=thresholds.moves(table.when),
            crossing=crossing,
            for_ms=table.for_,
            clear_for_ms=table.clear_for,
            max_gap_ms=table.max_gap,
            session=session,
            require_live=self._require_live(),
            stale_after_s=table.stale_after / 1000,
            no_data=NoData(table.no_data.after, table.no_data.do),
            repeat_ms=None if table.repeat_every == "never" else table.repeat_every,
            cooldown_ms=table.cooldown,
            once=self._once(),
            valid_until=self._valid_until(),
            inhibited_by=tuple(table.inhibited_by),
            mute=tuple(self._mute(mute) for mute in table.mute),
            notify=self._notify(),
            message=self._message(),
            legs={subject: self._legs(subject) for subject in subjects},
            baskets={subject: self._baskets(subject) for subject in subjects},
            line=self._line,
        )

    def _metric(self) -> tuple[MetricName, tuple[str, ...]]:
        table, universe = self._table, self._universe
        try:
            metric = parse_metric(table.metric)
        except ValueError as refused:
            raise RefusedError("metric", str(refused)) from None
        if metric.measure not in MEASURES:
            raise RefusedError("metric", f"unknown measure {metric.measure!r}; allowed: {', '.join(MEASURES)}")
        timeless = metric.measure in _NO_WINDOW
        if metric.window not in universe.windows and not (timeless and metric.window == NOW):
            allowed = NOW if timeless else ", ".join(sorted(universe.windows))
            raise RefusedError("metric", f"unknown window {metric.window!r}; allowed: {allowed}")
        if ("*" in metric.subject) != (table.each is not None) or metric.subject not in (
            "*",
            metric.subject.replace("*", ""),
        ):
            raise RefusedError("metric", "`*` stands for the whole subject and goes together with `each`")
        if table.each is None:
            if metric.subject not in universe.subjects:
                raise RefusedError("metric", f"unknown subject {metric.subject!r}")
            return metric, (metric.subject,)
        return metric, self._each(table.each)

    def _each(self, each: list[str] | str) -> tuple[str, ...]:
        if isinstance(each, str):
            if each not in self._universe.baskets:
                raise RefusedError("each", f"unknown basket {each!r}")
            each = list(self._universe.baskets[each])
        if not 1 <= len(each) <= _MOST_INSTANCES:
            raise RefusedError("each", f"names {len(each)} subjects; allowed: 1 to {_MOST_INSTANCES}")
        for subject in each:
            if subject not in self._universe.subjects or ":" in subject:
                raise RefusedError("each", f"unknown subject {subject!r}")
        if len(set(each)) != len(each):
            raise RefusedError("each", "names a subject twice")
        return tuple(each)

    def _levels(self, thresholds: Thresholds, kind: str) -> tuple[Level, ...]:
        table = self._table
        if "gap_counts" in table.model_fields_set:
            raise RefusedError("gap_counts", "belongs to rules on crosses_up and crosses_down")
        moves = thresholds.moves(table.when)
        direction = (table.when.moves.direction or "any") if table.when.moves is not None else "any"
        base = thresholds.condition("when", table.when, table.clear, direction)
        if kind == "inside" and table.levels:
            raise RefusedError("levels", "a rule on `inside` has no levels")
        assert (moves is None) == (kind != "moves")
        return thresholds.levels(base, table.severity, table.levels, kind)

    def _session(self, session: SessionTable | None) -> Session | None:
        if session is None:
            return None
        self._calendar("session", session.calendar)
        phases = self._phases("session", session.phases, _GATE_PHASES)
        return Session(session.calendar, phases, session.skip_after_open, session.on_close)

    def _calendar(self, key: str, name: str) -> None:
        calendars = self._universe.calendars
        if name not in calendars:
            raise RefusedError(key, f"unknown calendar {name!r}; allowed: {', '.join(sorted(calendars)) or 'none'}")

    def _phases(self, key: str, phases: list[str], allowed: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [phase for phase in phases if phase not in allowed]
        if unknown or not phases:
            raise RefusedError(key, f"unknown phase {(unknown or ['(none)'])[0]!r}; allowed: {', '.join(allowed)}")
        return tuple(phase for phase in allowed if phase in phases)

    def _require_live(self) -> tuple[str, ...]:
        for symbol in self._table.require_live:
            if self._universe.subjects.get(symbol, "pair") in ("pair", "basket"):
                raise RefusedError("require_live", f"unknown instrument {symbol!r}")
        return tuple(sorted(set(self._table.require_live)))

    def _once(self) -> Once:
        once = self._table.once
        if once == "per_session":
            if self._table.session is None:
                raise RefusedError("once", "per_session needs a session")
            return "per_session"
        return "ever" if once else "never"

    def _valid_until(self) -> int | None:
        value = self._table.valid_until
        if value is None:
            return None
        allowed = "allowed: a date, or a date-time with an offset"
        try:
            if isinstance(value, str):
                value = dt.date.fromisoformat(value) if len(value) == 10 else dt.datetime.fromisoformat(value)
            if isinstance(value, dt.datetime):
                return to_milliseconds(parse_instant(value.isoformat()))
            if isinstance(value, dt.date):
                session = self._table.session
                zone = ZoneInfo("UTC" if session is None else self._universe.calendars[session.calendar].tz)
                end = dt.datetime.combine(value + dt.timedelta(days=1), dt.time.min, zone)
                return to_milliseconds(parse_instant(end.isoformat()))
        except (ValueError, OverflowError):
            raise RefusedError("valid_until", f"{value} is refused; {allowed}") from None
        raise RefusedError("valid_until", f"{value} is a time of day; {allowed}")

    def _mute(self, mute: MuteTable) -> Mute:
        given = mute.model_fields_set
        if given == {"calendar", "phases"}:
            assert mute.calendar is not None
            self._calendar("mute", mute.calendar)
            return PhaseMute(mute.calendar, self._phases("mute", mute.phases or [], tuple(Phase)))
        if not {"from_", "to", "tz"} <= given <= {"from_", "to", "tz", "days"}:
            raise RefusedError("mute", "a window has from, to, tz and maybe days, or calendar and phases")
        start, end = _minutes(mute.from_ or "", False), _minutes(mute.to or "", True)
        if start == end:
            raise RefusedError("mute", f"the window from {mute.from_} to {mute.to} is empty")
        if mute.days is not None and not mute.days:
            raise RefusedError("mute", "a window without days is empty")
        try:
            ZoneInfo(mute.tz or "")
        except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
            raise RefusedError("mute", f"unknown time zone {mute.tz!r}") from None
        days = DAYS if mute.days is None else mute.days
        return ClockMute(start, end, mute.tz or "", tuple(sorted({DAYS.index(day) for day in days})))

    def _notify(self) -> tuple[str, ...]:
        for channel in self._table.notify:
            if channel not in self._universe.channels:
                allowed = ", ".join(sorted(self._universe.channels)) or "none"
                raise RefusedError("notify", f"unknown channel {channel!r}; allowed: {allowed}")
        return tuple(dict.fromkeys(self._table.notify))

    def _message(self) -> Message:
        message = self._table.message
        if message.runbook is not None and not message.runbook.startswith(("http://", "https://")):
            raise RefusedError("message", "runbook must be a link that begins with http:// or https://")
        check = self._universe.check_template
        if message.summary is not None and check is not None:
            try:
                check(message.summary)
            except ValueError as refused:
                raise RefusedError("message", f"summary: {refused}") from None
        return Message(message.summary, message.runbook)

    def _legs(self, subject: str) -> tuple[str, ...]:
        """Instruments a message about `subject` lists: its own legs, then the required ones."""
        pair = self._universe.pairs.get(subject)
        own = [subject] if pair is None else list(pair)
        named = [symbol for symbol in own if symbol not in self._universe.baskets]
        return tuple(dict.fromkeys([*named, *self._table.require_live]))

    def _baskets(self, subject: str) -> tuple[str, ...]:
        pair = self._universe.pairs.get(subject, (subject,))
        return tuple(part for part in pair if part in self._universe.baskets)


def _minutes(clock: str, end: bool) -> int:
    if end and clock == "24:00":
        return 24 * 60
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise RefusedError("mute", f"{clock!r} is no time of day such as 12:30")
    return int(found[1]) * 60 + int(found[2])


def _definition(table: RuleTable, session: Session | None) -> str:
    """SHA-256 of the parsed values that make up what the rule means; "60s" and "1m" give the same."""
    meaning = {
        "metric": table.metric,
        "when": _predicate(table.when),
        "clear": _predicate(table.clear),
        "levels": {
            name: {"when": _predicate(level.when), "clear": _predicate(level.clear)}
            for name, level in table.levels.items()
        },
        "severity": table.severity,
        "for": table.for_,
        "clear_for": table.clear_for,
        "max_gap": table.max_gap,
        "stale_after": table.stale_after,
        "session": None if session is None else msgspec.to_builtins(session),
        "require_live": sorted(set(table.require_live)),
        "gap_counts": table.gap_counts,
    }
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _predicate(table: PredicateTable | None) -> dict[str, Any] | None:
    if table is None:
        return None
    found: dict[str, Any] = table.model_dump(exclude_none=True)
    if table.moves is not None and table.moves.within is not None:
        found["moves"].setdefault("direction", "any")
    return found
