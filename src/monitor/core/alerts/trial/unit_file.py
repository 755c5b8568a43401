"""Unit tests of a rule file, as people write them (`config/alerts_test.toml`, ALERTING section 18)."""

import datetime as dt
import re
import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec
from pydantic import Field, ValidationError

from monitor.core.alerts.duration import parse_duration
from monitor.core.alerts.notification import Kind
from monitor.core.alerts.rules.refusal import AlertFileError, RefusedError
from monitor.core.alerts.rules.rule import SEVERITIES
from monitor.core.alerts.rules.schema import Duration, Table, first_fault
from monitor.core.alerts.silence import Silence
from monitor.core.alerts.trial.series import MOST_STEPS, Silent, read_legs, read_series
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.metrics.catalogue import parse_metric
from monitor.core.metrics.frame import FrameLeg
from monitor.core.suggestion import did_you_mean

PHASES = ("OK", "PENDING", "FIRING", "CLEARING")
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*case[ \t]*\]\]", re.MULTILINE)


class ExpectedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """An expected message. at_ms: after the start of the case. instance, reason: None when the test does not say."""

    at_ms: int
    kind: str
    rule: str
    level: str
    instance: str | None = None
    reason: str | None = None


class ExpectedPhase(msgspec.Struct, frozen=True, kw_only=True):
    """An expected phase, after everything that happened up to `at_ms` after the start. instance, level: as in
    `ExpectedMessage`."""

    at_ms: int
    rule: str
    phase: str
    instance: str | None = None
    level: str | None = None


class UnitCase(msgspec.Struct, frozen=True, kw_only=True):
    """One test.

    only: ids of the rules it loads, None for all. start_ms: epoch milliseconds of the first step; step_ms: from one to
    the next. series, legs: one value a step, by metric and by symbol. expect: all messages there may be. line: of its
    `[[case]]`, None when unknown.
    """

    title: str
    only: tuple[str, ...] | None
    start_ms: int
    step_ms: int
    series: dict[str, list[float | Silent | None]]
    legs: dict[str, list[FrameLeg | None]]
    silences: tuple[Silence, ...]
    expect: tuple[ExpectedMessage, ...]
    phases: tuple[ExpectedPhase, ...]
    line: int | None = None

    @property
    def steps(self) -> int:
        """How many there are: as many as the longest series has values."""
        return max(map(len, self.series.values()))


class UnitFile(msgspec.Struct, frozen=True):
    """A file of unit tests. rules: path of the rule file, relative to this one."""

    rules: str
    cases: tuple[UnitCase, ...]


class _SilenceTable(Table):
    rule: str | None = None
    instance: str | None = None
    level: list[str] | None = None
    from_: Duration = Field(0, alias="from")
    to: Duration


class _CaseTable(Table):
    title: str
    only: list[str] | None = Field(None, min_length=1)
    start: dt.datetime
    step: Duration
    series: dict[str, str] = Field(min_length=1)
    legs: dict[str, str] = Field({})
    silences: list[_SilenceTable] = Field([])
    expect: list[str] = Field([])
    phases: list[str] = Field([])


class _FileTable(Table):
    rules: str
    case: list[Any] = Field(min_length=1)


def parse_unit_file(text: str, where: str) -> UnitFile:
    """The unit tests in `text`. where: the path of the file, for messages.

    Raises AlertFileError for the first thing that is refused, as `file:line: case <title>: <key>: reason`.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise AlertFileError(where, "", str(broken)) from None
    try:
        table = _FileTable.model_validate(document)
    except ValidationError as refused:
        key, reason = first_fault(refused)
        raise AlertFileError(where, key, reason, line=_line_of(text, key)) from None
    lines = _lines(text, len(table.case))
    cases = []
    for number, (found, line) in enumerate(zip(table.case, lines, strict=True), 1):
        title = found.get("title", f"#{number}") if isinstance(found, dict) else f"#{number}"
        try:
            cases.append(_case(found, line))
        except RefusedError as refusal:
            raise AlertFileError(where, refusal.key, str(refusal), part=f"case {title}", line=line) from None
    return UnitFile(table.rules, tuple(cases))


def _lines(text: str, count: int) -> Sequence[int | None]:
    found = [text.count("\n", 0, header.start()) + 1 for header in _HEADER.finditer(text)]
    return found if len(found) == count else [None] * count


def _line_of(text: str, key: str) -> int | None:
    """Line of a top-level key, None when it is not written plainly."""
    found = re.search(rf"^[ \t]*\[*[ \t]*{re.escape(key)}[ \t]*[=\]]", text, re.MULTILINE) if key else None
    return None if found is None else text.count("\n", 0, found.start()) + 1


def _case(found: object, line: int | None) -> UnitCase:
    try:
        table = _CaseTable.model_validate(found)
    except ValidationError as refused:
        raise RefusedError(*first_fault(refused)) from None
    if table.start.tzinfo is None:
        raise RefusedError("start", f"{table.start.isoformat()} has no offset; write it as 2026-11-10T10:00:00+08:00")
    if table.step == 0:
        raise RefusedError("step", "must be more than 0")
    start_ms = to_milliseconds(parse_instant(table.start.isoformat()))
    for metric in table.series:
        try:
            parse_metric(metric)
        except ValueError as refused:
            raise RefusedError("series", str(refused)) from None
    case = UnitCase(
        title=table.title,
        only=None if table.only is None else tuple(table.only),
        start_ms=start_ms,
        step_ms=table.step,
        series={name: _read("series", name, text) for name, text in table.series.items()},
        legs={name: _read("legs", name, text) for name, text in table.legs.items()},
        silences=tuple(_silence(number, found, start_ms) for number, found in enumerate(table.silences, 1)),
        expect=tuple(_message(text) for text in table.expect),
        phases=tuple(_phase(text) for text in table.phases),
        line=line,
    )
    if case.steps * case.step_ms > MOST_STEPS * 1000:
        raise RefusedError("step", f"the case lasts longer than {MOST_STEPS} s")
    return case


def _read(key: str, name: str, text: str) -> list[Any]:
    try:
        return read_series(text) if key == "series" else read_legs(text)
    except ValueError as refused:
        raise RefusedError(key, f"{name}: {refused}") from None


def _silence(number: int, table: _SilenceTable, start_ms: int) -> Silence:
    if table.rule is None and table.instance is None and table.level is None:
        raise RefusedError("silences", "a silence matches on at least one of rule, instance and level")
    for level in table.level or ():
        _one_of("silences", "level", level, SEVERITIES)
    return Silence(
        id=f"s-{number}",
        starts=start_ms + table.from_,
        ends=start_ms + table.to,
        rule=table.rule,
        instance=table.instance,
        levels=None if table.level is None else tuple(table.level),
    )


def _message(text: str) -> ExpectedMessage:
    words = text.split()
    if not 4 <= len(words) <= 5:
        raise RefusedError("expect", f"{text!r} is not like 70s FIRING rule-id warning, or with rule-id:instance")
    rule, _, instance = words[2].partition(":")
    _one_of("expect", "kind", words[1], [kind.value for kind in Kind])
    _one_of("expect", "level", words[3], SEVERITIES)
    return ExpectedMessage(
        at_ms=_offset("expect", words[0]),
        kind=words[1],
        rule=rule,
        instance=instance or None,
        level=words[3],
        reason=words[4] if len(words) == 5 else None,
    )


def _phase(text: str) -> ExpectedPhase:
    words = text.split()
    if not 3 <= len(words) <= 4:
        raise RefusedError("phases", f"{text!r} is not like 69s rule-id PENDING, or with rule-id:instance")
    rule, _, instance = words[1].partition(":")
    _one_of("phases", "phase", words[2], PHASES)
    level = words[3] if len(words) == 4 else None
    if level is not None:
        _one_of("phases", "level", level, SEVERITIES)
    return ExpectedPhase(
        at_ms=_offset("phases", words[0]), rule=rule, instance=instance or None, phase=words[2], level=level
    )


def _offset(key: str, text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as refused:
        raise RefusedError(key, str(refused)) from None


def _one_of(key: str, noun: str, word: str, allowed: Sequence[str]) -> None:
    if word not in allowed:
        meant = did_you_mean(word, allowed)
        reason = f"{word!r} is no {noun}; allowed: {', '.join(allowed)}"
        raise RefusedError(key, f"{reason}. {meant}" if meant else reason)
