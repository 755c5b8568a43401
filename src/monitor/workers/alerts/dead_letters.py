"""Dead letters: what channels gave up, for people to look at and to send once more."""

from collections.abc import Iterable

from redis.asyncio import Redis

from monitor.bus.dead_letters import DeadLetter, dead_letters, revive
from monitor.bus.outbox import Delivery
from monitor.wire.keys import Keys


async def dead_list(client: Redis, keys: Keys, channels: Iterable[str]) -> list[DeadLetter]:
    """The dead letters of these channels, oldest first."""
    letters = [letter for channel in channels for letter in await dead_letters(client, keys, channel)]
    return sorted(letters, key=lambda letter: (letter.at_ms, letter.channel, letter.position))


async def dead_retry(
    client: Redis, keys: Keys, channels: Iterable[str], at_ms: int, *, identifier: str | None = None
) -> list[DeadLetter]:
    """Put dead letters of these channels back into their outboxes; returns which. at_ms: now, epoch ms UTC. identifier:
    of the notification to send again, None for all."""
    fresh = Delivery(created_ms=at_ms).to_json()
    return [
        letter
        for letter in await dead_list(client, keys, channels)
        if identifier in (None, letter.id) and await revive(client, keys, letter, fresh)
    ]
