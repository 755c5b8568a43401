"""`monitor alerts silence add|list|expire`: nobody wants to hear of something for a while."""

import getpass
import re
from collections.abc import Sequence

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.reading import with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.bus.silences import Silences
from monitor.core.alerts.silence import Silence, document_of
from monitor.notify.wording import one_line, seen_from
from monitor.readouts.desk import SilenceWanted
from monitor.runtime.clock import SystemClock
from monitor.workers.desk import silences
from monitor.workers.desk.asked import OPTIONS
from monitor.workers.desk.board_time import board_ms
from monitor.workers.desk.silences import silences_any, state_of

_CLOSE_MS = 600_000
_SECONDS = re.compile(r":[0-9]{2} (?=\S+$)")


def add(site: Site, wanted: SilenceWanted, *, as_json: bool) -> int:
    """Start a silence now and print its id and end. Raises UsageError for one that could silence nothing."""
    rules = load_rules(site).rules
    silences.check(wanted, rules, OPTIONS)

    async def run(client: Redis) -> tuple[Silence, int]:
        now_ms = await board_ms(client, site.keys, SystemClock())
        return await silences.start(Silences(client, site.keys), wanted, now_ms, OPTIONS), now_ms

    silence, now_ms = with_redis(site, run)
    if as_json:
        typer.echo(_json(silence, now_ms))
    else:
        typer.echo(f"{silence.id} until {_instant(silence.ends, now_ms)}")
    if not silences_any(silence, rules):
        typer.echo("warning: no rule of the file is silenced by it at any of its levels", err=True)
    return 0


def show(site: Site, *, everything: bool, as_json: bool) -> int:
    """Print the silences that are on or to come, a line each, or JSON Lines. everything: also those that are over,
    which stay on file for 30 days."""

    async def run(client: Redis) -> tuple[Sequence[Silence], int]:
        return await Silences(client, site.keys).list(), await board_ms(client, site.keys, SystemClock())

    found, now_ms = with_redis(site, run)
    shown = [silence for silence in found if everything or silence.ends > now_ms]
    for silence in shown:
        typer.echo(_json(silence, now_ms) if as_json else _line(silence, now_ms))
    if not shown and not as_json:
        typer.echo("no silences", err=True)
    return 0


def expire(site: Site, identifier: str, *, as_json: bool) -> int:
    """End a silence now. Raises UsageError for an id that does not exist."""

    async def run(client: Redis) -> tuple[Silence, bool, int]:
        now_ms = await board_ms(client, site.keys, SystemClock())
        return *await silences.expire(Silences(client, site.keys), identifier, now_ms), now_ms

    expired, was_on, now_ms = with_redis(site, run)
    over = "expired" if was_on else "had ended"
    typer.echo(_json(expired, now_ms) if as_json else f"{expired.id} {over} {seen_from(expired.ends, now_ms)}")
    return 0


def user() -> str:
    """Who sits at this terminal; "" when nobody knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return ""


def _instant(t: int, now_ms: int) -> str:
    """A time in Hong Kong as people agree on it, `14:10 HKT`: seconds only where they matter, the date on other
    days."""
    text = seen_from(t, now_ms)
    return text if abs(t - now_ms) < _CLOSE_MS else _SECONDS.sub(" ", text)


def _json(silence: Silence, now_ms: int) -> str:
    return msgspec.json.encode({**document_of(silence), "state": state_of(silence, now_ms)}).decode()


def _line(silence: Silence, now_ms: int) -> str:
    parts = (("rule", silence.rule), ("instance", silence.instance), ("level", ",".join(silence.levels or ())))
    what = " ".join(f"{noun} {one_line(text)}" for noun, text in parts if text)
    begins = f"from {_instant(silence.starts, now_ms)} " if silence.starts > now_ms else ""
    ends = f"{begins}{'ended' if silence.ends <= now_ms else 'until'} {_instant(silence.ends, now_ms)}"
    people = " ".join(filter(None, (silence.by and f"by {silence.by}", silence.why and f"({silence.why})")))
    return "  ".join(filter(None, (silence.id, what, ends, one_line(people))))
