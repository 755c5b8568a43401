"""`monitor alerts dead list|retry`: what channels gave up, and sending it once more."""

import msgspec
import typer
from redis.asyncio import Redis

from monitor.assembly.alerts.reading import with_redis
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.bus.dead_letters import DeadLetter
from monitor.notify.wording import dated, one_line
from monitor.runtime.clock import SystemClock
from monitor.workers.desk.asked import OPTIONS
from monitor.workers.desk.dead_letters import check_retry, dead_list, dead_retry, owners


class Letter(msgspec.Struct, frozen=True):
    """What `--json` prints of a dead letter. at_ms: when it was given up, epoch milliseconds. note: the message as it
    was decided."""

    channel: str
    id: str
    reason: str
    at_ms: int
    note: msgspec.Raw


def show(site: Site, channel: str | None, *, as_json: bool) -> int:
    """Print the dead letters of one channel or of all, oldest first; channels that have left the file have some too."""
    known = tuple(load_rules(site).channels)

    async def run(client: Redis) -> list[DeadLetter]:
        return await dead_list(client, site.keys, await owners(client, site.keys, known, channel, OPTIONS))

    letters = with_redis(site, run)
    for letter in letters:
        typer.echo(_json(letter) if as_json else _line(letter))
    if not letters and not as_json:
        typer.echo("no dead letters", err=True)
    return 0


def retry(site: Site, channel: str | None, identifier: str | None, *, as_json: bool) -> int:
    """Put dead letters back into the outboxes they came from and say how many.

    channel: whose, None for all; identifier: of the one notification, None for all. Raises UsageError when neither is
    given, and for one that is not there.
    """
    channels = check_retry(tuple(load_rules(site).channels), channel, identifier, OPTIONS)

    async def run(client: Redis) -> list[DeadLetter]:
        now_ms = SystemClock().now_ns() // 1_000_000
        return await dead_retry(client, site.keys, channels, now_ms, identifier, OPTIONS)

    revived = with_redis(site, run)
    if as_json:
        for letter in revived:
            typer.echo(_json(letter))
        return 0
    counts = {name: sum(letter.channel == name for letter in revived) for name in channels}
    for name, count in counts.items():
        if count or channel is not None:
            typer.echo(f"{count} put back into the outbox of {name}")
    return 0


def _json(letter: DeadLetter) -> str:
    raw = msgspec.Raw(letter.note)
    return msgspec.json.encode(Letter(letter.channel, letter.id, letter.reason, letter.at_ms, raw)).decode()


def _line(letter: DeadLetter) -> str:
    return f"{letter.channel:<12} {dated(letter.at_ms)}  {one_line(letter.id)}  {one_line(letter.reason)}"
