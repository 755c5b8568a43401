"""`monitor alerts silence add|list|expire`: nobody wants to hear of something for a while."""

import getpass
import re
import secrets
from collections.abc import Iterable, Sequence

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.reading import board_ms, with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.bus.silences import Silences
from monitor.core.alerts.duration import parse_duration
from monitor.core.alerts.rules.refusal import unknown
from monitor.core.alerts.rules.rule import SEVERITIES, RuleSet
from monitor.core.alerts.silence import Silence, document_of, matches
from monitor.core.instant import DAY_MS, parse_instant, to_milliseconds
from monitor.errors import UsageError
from monitor.notify.wording import one_line, seen_from

_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9]")
_HKT_MS = 8 * 3_600_000
_CLOSE_MS = 600_000
_SECONDS = re.compile(r":[0-9]{2} (?=\S+$)")
_ID_TRIES = 100


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A silence as it was typed. rule, instance: names, `*` for any run of characters. levels: words. length: a
    duration; until: HH:MM in Hong Kong, or a time with an offset; exactly one of them. by, why: for people."""

    rule: str | None = None
    instance: str | None = None
    levels: tuple[str, ...] = ()
    length: str | None = None
    until: str | None = None
    by: str | None = None
    why: str = ""


def add(site: Site, wanted: Wanted, *, as_json: bool) -> int:
    """Start a silence now and print its id and end. Raises UsageError for one that could silence nothing."""
    rules = load_rules(site).rules
    _check(wanted, rules)

    async def run(client: Redis) -> tuple[Silence, int]:
        now_ms = await board_ms(client, site)
        silences = Silences(client, site.keys)
        await silences.purge(now_ms)
        ends_ms = _end(wanted, now_ms)
        for _ in range(_ID_TRIES):
            silence = _silence(wanted, f"s-{secrets.token_hex(2)}", now_ms, ends_ms)
            if await silences.add(silence):
                return silence, now_ms
        raise UsageError(f"no free id for a silence after {_ID_TRIES} tries: too many are on file")

    silence, now_ms = with_redis(site, run)
    if as_json:
        typer.echo(_json(silence, now_ms))
    else:
        typer.echo(f"{silence.id} until {_instant(silence.ends, now_ms)}")
    if not _matched(silence, rules):
        typer.echo("warning: no rule of the file is silenced by it at any of its levels", err=True)
    return 0


def show(site: Site, *, everything: bool, as_json: bool) -> int:
    """Print the silences that are on or to come, a line each, or JSON Lines. everything: also those that are over,
    which stay on file for 30 days."""

    async def run(client: Redis) -> tuple[Sequence[Silence], int]:
        return await Silences(client, site.keys).list(), await board_ms(client, site)

    found, now_ms = with_redis(site, run)
    for silence in found:
        if everything or silence.ends > now_ms:
            typer.echo(_json(silence, now_ms) if as_json else _line(silence, now_ms))
    return 0


def expire(site: Site, identifier: str, *, as_json: bool) -> int:
    """End a silence now. Raises UsageError for an id that does not exist."""

    async def run(client: Redis) -> tuple[Silence | None, Sequence[Silence], int]:
        silences, now_ms = Silences(client, site.keys), await board_ms(client, site)
        known = await silences.list()
        return await silences.expire(identifier, now_ms), known, now_ms

    expired, known, now_ms = with_redis(site, run)
    on = [silence.id for silence in known if silence.ends > now_ms]
    if expired is None:
        raise UsageError(unknown("silence", identifier, on))
    over = "expired" if expired.id in on else "had ended"
    typer.echo(_json(expired, now_ms) if as_json else f"{expired.id} {over} {seen_from(expired.ends, now_ms)}")
    return 0


def _check(wanted: Wanted, rules: RuleSet) -> None:
    if wanted.rule is None and wanted.instance is None and not wanted.levels:
        raise UsageError("a silence needs at least one of --rule, --instance and --level")
    if (wanted.length is None) == (wanted.until is None):
        raise UsageError("give either --for, as in --for 2h, or --until, as in --until 14:30")
    for level in wanted.levels:
        if level not in SEVERITIES:
            raise UsageError(f"--level {unknown('level', level, SEVERITIES)}")
    ids = [rule.id for rule in rules.rules]
    subjects = dict.fromkeys(subject for rule in rules.rules for subject in rule.subjects)
    for noun, name, names in (("rule", wanted.rule, ids), ("instance", wanted.instance, subjects)):
        if name is not None and not _any_fits(noun, name, names):
            raise UsageError(f"--{noun} {name} fits nothing in the rule file: {unknown(noun, name, names)}")


def _any_fits(noun: str, name: str, names: Iterable[str]) -> bool:
    """Whether a name or pattern fits any of these, seen by itself."""
    rule, instance = (name, None) if noun == "rule" else (None, name)
    alone = Silence(id="", starts=0, ends=0, rule=rule, instance=instance)
    return any(matches(alone, other, other, "") for other in names)


def _end(wanted: Wanted, now_ms: int) -> int:
    if wanted.length is not None:
        try:
            length_ms = parse_duration(wanted.length)
        except ValueError as refused:
            raise UsageError(f"--for {refused}") from None
        if length_ms == 0:
            raise UsageError("--for must be more than 0")
        return now_ms + length_ms
    until = wanted.until or ""
    if _CLOCK.fullmatch(until):
        hour, minute = map(int, until.split(":"))
        # Hong Kong has had no clock change since 1979: its days are all as long.
        midnight_ms = (now_ms + _HKT_MS) // DAY_MS * DAY_MS - _HKT_MS
        end_ms = midnight_ms + (hour * 60 + minute) * 60_000
    else:
        try:
            end_ms = to_milliseconds(parse_instant(until))
        except ValueError:
            allowed = "allowed: a time today in Hong Kong such as 14:30, or 2026-11-10T14:30:00+08:00"
            raise UsageError(f"--until {until!r}: {allowed}") from None
    if end_ms <= now_ms:
        raise UsageError(f"--until {until}: is over; on the board it is {seen_from(now_ms, end_ms)}")
    return end_ms


def _silence(wanted: Wanted, identifier: str, starts_ms: int, ends_ms: int) -> Silence:
    return Silence(
        id=identifier,
        starts=starts_ms,
        ends=ends_ms,
        rule=wanted.rule,
        instance=wanted.instance,
        levels=wanted.levels or None,
        by=one_line(wanted.by if wanted.by is not None else _user()),
        why=one_line(wanted.why),
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return ""


def _matched(silence: Silence, rules: RuleSet) -> bool:
    """Whether any message of any rule would be silenced."""
    return any(
        matches(silence, rule.id, subject, level)
        for rule in rules.rules
        for subject in rule.subjects
        for level in {rule.severity, *(level.name for level in rule.levels)}
    )


def _instant(t: int, now_ms: int) -> str:
    """A time in Hong Kong as people agree on it, `14:10 HKT`: seconds only where they matter, the date on other
    days."""
    text = seen_from(t, now_ms)
    return text if abs(t - now_ms) < _CLOSE_MS else _SECONDS.sub(" ", text)


def _state(silence: Silence, now_ms: int) -> str:
    if silence.starts > now_ms:
        return "to come"
    return "on" if now_ms < silence.ends else "over"


def _json(silence: Silence, now_ms: int) -> str:
    return msgspec.json.encode({**document_of(silence), "state": _state(silence, now_ms)}).decode()


def _line(silence: Silence, now_ms: int) -> str:
    parts = (("rule", silence.rule), ("instance", silence.instance), ("level", ",".join(silence.levels or ())))
    what = " ".join(f"{noun} {one_line(text)}" for noun, text in parts if text)
    begins = f"from {_instant(silence.starts, now_ms)} " if silence.starts > now_ms else ""
    ends = f"{begins}{'ended' if silence.ends <= now_ms else 'until'} {_instant(silence.ends, now_ms)}"
    people = " ".join(filter(None, (silence.by and f"by {silence.by}", silence.why and f"({silence.why})")))
    return "  ".join(filter(None, (silence.id, what, ends, one_line(people))))
