"""Silences as people ask for them: what can be meant, from when to when, and how they stand."""

import re
import secrets
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from monitor.bus.silences import Silences
from monitor.core.alerts.duration import parse_duration
from monitor.core.alerts.rules.refusal import unknown
from monitor.core.alerts.rules.rule import SEVERITIES, RuleSet
from monitor.core.alerts.silence import LONGEST_DAYS, Silence, matches
from monitor.core.instant import DAY_MS, parse_instant, to_milliseconds
from monitor.errors import UsageError
from monitor.notify.wording import one_line, seen_from, shortened
from monitor.readouts.desk import SilenceView, SilenceWanted
from monitor.workers.desk.asked import Names

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")
_HKT_MS = 8 * 3_600_000
_ID_TRIES = 100
_LONGEST = 200
_LONGEST_WHY = 1000


def check(wanted: SilenceWanted, rules: RuleSet, names: Names) -> None:
    """Raise UsageError for a silence that could silence nothing, or whose end is not given once."""
    if wanted.rule is None and wanted.instance is None and not wanted.levels:
        raise UsageError(f"a silence needs at least one of {names.rule}, {names.instance} and {names.level}")
    if (wanted.length is None) == (wanted.until is None):
        raise UsageError(
            f"give either {names.length}, as in {names.length} 2h, or {names.until}, as in {names.until} 14:30"
        )
    for level in wanted.levels:
        if level not in SEVERITIES:
            raise UsageError(f"{names.level}: {unknown('level', level[:_LONGEST], SEVERITIES)}")
    ids = [rule.id for rule in rules.rules]
    subjects = dict.fromkeys(subject for rule in rules.rules for subject in rule.subjects)
    for word, noun, name, known in (
        (names.rule, "rule", wanted.rule, ids),
        (names.instance, "instance", wanted.instance, subjects),
    ):
        if name is not None and len(name) > _LONGEST:
            raise UsageError(f"{word} has {len(name)} characters; allowed: up to {_LONGEST}")
        if name is not None and not _any_fits(noun, name, known):
            raise UsageError(f"{word} {name} fits nothing in the rule file: {unknown(noun, name, known)}")


async def start(silences: Silences, wanted: SilenceWanted, now_ms: int, names: Names) -> Silence:
    """Write down a silence that begins now. wanted: has passed `check`. now_ms: the board's clock. Raises UsageError
    for an end that is none."""
    await silences.purge(now_ms)
    silence = Silence(
        id="",
        starts=now_ms,
        ends=_end(wanted, now_ms, names),
        rule=wanted.rule,
        instance=wanted.instance,
        levels=wanted.levels or None,
        by=shortened(one_line(wanted.by), _LONGEST),
        why=shortened(one_line(wanted.why), _LONGEST_WHY),
    )
    for _ in range(_ID_TRIES):
        silence = replace(silence, id=f"s-{secrets.token_hex(2)}")
        if await silences.add(silence):
            return silence
    raise UsageError(f"no free id for a silence after {_ID_TRIES} tries: too many are on file")


async def expire(silences: Silences, identifier: str, now_ms: int) -> tuple[Silence, bool]:
    """End a silence now; says also whether it was on, or to come, until then. Raises UsageError for an id that does not
    exist."""
    on = [silence.id for silence in await silences.list() if silence.ends > now_ms]
    expired = await silences.expire(identifier, now_ms)
    if expired is None:
        raise UsageError(unknown("silence", identifier[:_LONGEST], on))
    return expired, expired.id in on


def view_of(silence: Silence, now_ms: int) -> SilenceView:
    """A silence as the faces show it, on the board's clock."""
    return SilenceView(
        id=silence.id,
        rule=silence.rule,
        instance=silence.instance,
        levels=None if silence.levels is None else list(silence.levels),
        starts_ms=silence.starts,
        ends_ms=silence.ends,
        by=shortened(one_line(silence.by), _LONGEST),
        why=shortened(one_line(silence.why), _LONGEST_WHY),
        state=state_of(silence, now_ms),
    )


def state_of(silence: Silence, now_ms: int) -> str:
    """`on`, `to come` or `over`."""
    if silence.starts > now_ms:
        return "to come"
    return "on" if now_ms < silence.ends else "over"


def silencing(silences: Sequence[Silence], rule: str, instance: str, level: str, now_ms: int) -> str:
    """Id of the first silence that holds such messages back now; "" when none does."""
    return next(
        (
            silence.id
            for silence in silences
            if silence.starts <= now_ms < silence.ends and matches(silence, rule, instance, level)
        ),
        "",
    )


def silences_any(silence: Silence, rules: RuleSet) -> bool:
    """Whether any message of any rule would be silenced."""
    return any(
        matches(silence, rule.id, subject, level)
        for rule in rules.rules
        for subject in rule.subjects
        for level in {rule.severity, *(level.name for level in rule.levels)}
    )


def _any_fits(noun: str, name: str, names: Iterable[str]) -> bool:
    """Whether a name or pattern fits any of these, seen by itself."""
    rule, instance = (name, None) if noun == "rule" else (None, name)
    alone = Silence(id="", starts=0, ends=0, rule=rule, instance=instance)
    return any(matches(alone, other, other, "") for other in names)


def _end(wanted: SilenceWanted, now_ms: int, names: Names) -> int:
    if wanted.length is not None:
        said, end_ms = f"{names.length} {wanted.length}", now_ms + _length_ms(wanted.length, names)
    else:
        until = (wanted.until or "")[:_LONGEST]
        said, end_ms = f"{names.until} {until}", _until_ms(until, now_ms, names)
        if end_ms <= now_ms:
            raise UsageError(f"{said}: is over; on the board it is {seen_from(now_ms, end_ms)}")
    if end_ms > now_ms + LONGEST_DAYS * DAY_MS:
        raise UsageError(
            f"{said}: a silence lasts at most {LONGEST_DAYS} days; a rule that nobody wants gets `enabled = false`"
        )
    return end_ms


def _length_ms(length: str, names: Names) -> int:
    try:
        length_ms = parse_duration(length[:_LONGEST])
    except ValueError as refused:
        raise UsageError(f"{names.length} {refused}") from None
    if length_ms == 0:
        raise UsageError(f"{names.length} must be more than 0")
    return length_ms


def _until_ms(until: str, now_ms: int, names: Names) -> int:
    if _CLOCK.fullmatch(until):
        hour, minute = map(int, until.split(":"))
        # Hong Kong has had no clock change since 1979: its days are all as long.
        midnight_ms = (now_ms + _HKT_MS) // DAY_MS * DAY_MS - _HKT_MS
        return midnight_ms + (hour * 60 + minute) * 60_000
    try:
        end_ms = to_milliseconds(parse_instant(until))
        if end_ms < 0:
            raise ValueError("before 1970: not every calendar shows it")
    except ValueError:
        allowed = "allowed: a time today in Hong Kong such as 14:30, or 2026-11-10T14:30:00+08:00"
        raise UsageError(f"{names.until} {until!r}: {allowed}") from None
    return end_ms
