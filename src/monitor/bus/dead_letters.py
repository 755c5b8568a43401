"""Dead letters: what a channel gave up, kept for people to look at and to send once more."""

import re
from collections.abc import Mapping

import msgspec
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys

KEPT = 10_000
"""Dead letters that each channel keeps: about 40 MB at most. Whoever adds one drops the oldest beyond that, and says
which (ALERTING 15: never a silent drop); what they said stays in the alert history."""

_CHUNK = 200

_REVIVE = """
if redis.call('XDEL', KEYS[3], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('XADD', KEYS[1], '*', 'id', ARGV[2], 'note', ARGV[4])
return 1
"""


class DeadLetter(msgspec.Struct, frozen=True):
    """A notification that a channel gave up. position: its id in the dead-letter stream; at_ms: when."""

    position: str
    channel: str
    id: str
    reason: str
    at_ms: int
    note: bytes


async def dead_letters(client: Redis, keys: Keys, channel: str) -> list[DeadLetter]:
    """What the channel gave up, oldest first."""
    found = await answer(client.xrange(keys.dead(channel)))
    return [_letter(channel, position, fields) for position, fields in found]


async def newest_letters(client: Redis, keys: Keys, channel: str, count: int) -> list[DeadLetter]:
    """At most `count` letters of the channel, the newest first."""
    found = await answer(client.xrevrange(keys.dead(channel), count=count))
    return [_letter(channel, position, fields) for position, fields in found]


async def letters_from(client: Redis, keys: Keys, channel: str, identifier: str) -> list[DeadLetter]:
    """What the channel gave up from the notification of that id on, oldest first; empty when it has no letter.

    Looks from the newest back, because whoever asks knows that it was not long ago.
    """
    letters: list[DeadLetter] = []
    last = "+"
    while found := await answer(client.xrevrange(keys.dead(channel), max=last, count=_CHUNK)):
        for position, fields in found:
            letters.append(_letter(channel, position, fields))
            if letters[-1].id == identifier:
                return letters[::-1]
        last = f"({letters[-1].position}"
    return []


async def revive(client: Redis, keys: Keys, letter: DeadLetter, delivery: bytes) -> bool:
    """Put a dead letter back into its channel's outbox; False when somebody else has done so.

    delivery: the record to begin with.
    """
    names = [keys.outbox(letter.channel), keys.jobs(letter.channel), keys.dead(letter.channel)]
    arguments: list[bytes | str] = [letter.position, letter.id, delivery, letter.note]
    return bool(await client.register_script(_REVIVE)(keys=names, args=arguments))


async def drop_oldest(client: Redis, keys: Keys, channel: str, kept: int = KEPT) -> list[str]:
    """Keep the newest `kept` letters; returns the ids of the notifications whose letters went."""
    beyond = int(await answer(client.xlen(keys.dead(channel)))) - kept
    if beyond <= 0:
        return []
    oldest = await answer(client.xrange(keys.dead(channel), count=beyond))
    await answer(client.xdel(keys.dead(channel), *(position for position, _ in oldest)))
    return [fields[b"id"].decode() for _, fields in oldest]


async def channels_with_letters(client: Redis, keys: Keys) -> set[str]:
    """Channels that have given something up, those that have left the alert file included."""
    prefix = keys.dead("")
    pattern = re.sub(r"([*?\[\]\\])", r"\\\1", prefix) + "*"
    return {key.decode().removeprefix(prefix) async for key in client.scan_iter(pattern, count=1000)}


def _letter(channel: str, position: bytes, fields: Mapping[bytes, bytes]) -> DeadLetter:
    """Fields that somebody's hand left out are empty; of the time, that of the letter's position."""
    identifier, reason, at = (fields.get(key, b"").decode(errors="replace") for key in (b"id", b"reason", b"at"))
    at_ms = int(at if at.isdecimal() else position.partition(b"-")[0])
    return DeadLetter(position.decode(), channel, identifier, reason, at_ms, fields.get(b"note", b""))
