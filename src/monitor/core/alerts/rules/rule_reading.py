"""From the tables of `[[rule]]` to rules, refusing what ALERTING section 3 refuses."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import ValidationError

from monitor.core.alerts.rules.condition_reading import EDGES, Thresholds
from monitor.core.alerts.rules.meaning import definition_of
from monitor.core.alerts.rules.predicate import Crossing
from monitor.core.alerts.rules.refusal import AlertFileError, RefusedError, unknown
from monitor.core.alerts.rules.rule import Level, Message, NoData, Once, Rule
from monitor.core.alerts.rules.schema import RuleTable, first_fault
from monitor.core.alerts.rules.time_reading import read_mute, read_session, read_valid_until
from monitor.core.metrics.catalogue import MEASURES, NOW, TIMELESS, MetricName, parse_metric
from monitor.core.session import Calendar

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MOST_INSTANCES = 100
ANY_KIND = "any"
"""Kind of a subject of which every measure may be asked: of those of the vectors nobody knows what they are."""

_EDGE_REFUSES = ("for", "clear", "clear_for", "levels", "repeat_every")


class Universe(msgspec.Struct, frozen=True, kw_only=True):
    """What rules may speak of.

    subjects: instruments, baskets and pairs → their kind ("instrument", "basket", "pair" or ANY_KIND). windows: lower
    case.
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
                reason = unknown("rule", other, by_id)
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
        calendars = self._universe.calendars
        session = None if table.session is None else read_session(table.session, calendars)
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
            definition=definition_of(table, session),
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
            valid_until=read_valid_until(table.valid_until, session, calendars),
            inhibited_by=tuple(table.inhibited_by),
            mute=tuple(read_mute(mute, calendars) for mute in table.mute),
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
            raise RefusedError("metric", unknown("measure", metric.measure, MEASURES))
        timeless = metric.measure in TIMELESS
        if metric.window not in universe.windows and not (timeless and metric.window == NOW):
            raise RefusedError("metric", unknown("window", metric.window, [NOW] if timeless else universe.windows))
        starred = metric.subject == "*"
        if starred != (table.each is not None) or (not starred and "*" in metric.subject):
            raise RefusedError("metric", "`*` stands for the whole subject and goes together with `each`")
        if table.each is None:
            if metric.subject not in universe.subjects:
                raise RefusedError("metric", unknown("subject", metric.subject, universe.subjects, listed=False))
            subjects: tuple[str, ...] = (metric.subject,)
        else:
            subjects = self._each(table.each)
        for subject in subjects:
            self._check_kind(metric.measure, subject)
        return metric, subjects

    def _check_kind(self, measure: str, subject: str) -> None:
        kind, kinds = self._universe.subjects[subject], MEASURES[measure].kinds
        if kind != ANY_KIND and kind not in kinds:
            fitting = [name for name, other in MEASURES.items() if kind in other.kinds]
            of = " and ".join(f"{kind}s" for kind in kinds)
            reason = f"{measure} is a measure of {of}, and {subject} is {_article(kind)}"
            raise RefusedError("metric", f"{reason}; allowed for it: {', '.join(fitting)}")

    def _each(self, each: list[str] | str) -> tuple[str, ...]:
        if isinstance(each, str):
            if each not in self._universe.baskets:
                raise RefusedError("each", unknown("basket", each, self._universe.baskets))
            each = list(self._universe.baskets[each])
        if not 1 <= len(each) <= _MOST_INSTANCES:
            raise RefusedError("each", f"names {len(each)} subjects; allowed: 1 to {_MOST_INSTANCES}")
        for subject in each:
            if subject not in self._universe.subjects or ":" in subject:
                raise RefusedError("each", unknown("subject", subject, self._universe.subjects, listed=False))
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

    def _require_live(self) -> tuple[str, ...]:
        for symbol in self._table.require_live:
            if self._universe.subjects.get(symbol, "pair") in ("pair", "basket"):
                instruments = [name for name, kind in self._universe.subjects.items() if kind == "instrument"]
                raise RefusedError("require_live", unknown("instrument", symbol, instruments, listed=False))
        return tuple(sorted(set(self._table.require_live)))

    def _once(self) -> Once:
        once = self._table.once
        if once == "per_session":
            if self._table.session is None:
                raise RefusedError("once", "per_session needs a session")
            return "per_session"
        return "ever" if once else "never"

    def _notify(self) -> tuple[str, ...]:
        for channel in self._table.notify:
            if channel not in self._universe.channels:
                raise RefusedError("notify", unknown("channel", channel, self._universe.channels))
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


def _article(noun: str) -> str:
    return f"an {noun}" if noun.startswith("i") else f"a {noun}"
