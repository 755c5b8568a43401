"""Silences in Redis: what people write down is what the alerting service reads."""

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.bus.silences import KEPT_MS, Silences
from monitor.core.alerts.silence import Silence, document_of, matches, silence_from
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "test")
START = 1_794_276_000_000
HOUR = 3_600_000


def silence(identifier: str = "s-7f3a", starts: int = START, ends: int = START + 2 * HOUR) -> Silence:
    """A silence of two hours for the lower levels of some rules."""
    return Silence(
        id=identifier,
        starts=starts,
        ends=ends,
        rule="hstech-*",
        levels=("info", "warning"),
        by="lee",
        why="index review",
    )


async def test_what_is_written_is_read_back(redis: Redis) -> None:
    """A silence comes back as it was added, as the document that the specification shows."""
    silences = Silences(redis, KEYS)

    assert await silences.add(silence())
    assert await silences.list() == (silence(),)
    assert await silences.get("s-7f3a") == silence()
    assert await silences.get("s-0000") is None
    assert msgspec.json.decode(await answer(redis.hget(KEYS.silences, "s-7f3a"))) == {
        "id": "s-7f3a",
        "match": {"rule": "hstech-*", "level": ["info", "warning"]},
        "starts": "2026-11-10T02:00:00.000Z",
        "ends": "2026-11-10T04:00:00.000Z",
        "by": "lee",
        "why": "index review",
    }


async def test_an_id_is_given_once(redis: Redis) -> None:
    """Adding under a taken id changes nothing and says so."""
    silences = Silences(redis, KEYS)
    await silences.add(silence())

    assert not await silences.add(silence(ends=START))
    assert await silences.get("s-7f3a") == silence()


async def test_expiring_only_shortens(redis: Redis) -> None:
    """Expired now it ends now; expired again later, or after its end, it stays as it is."""
    silences = Silences(redis, KEYS)
    await silences.add(silence())

    ended = silence(ends=START + HOUR)
    assert await silences.expire("s-7f3a", START + HOUR) == ended
    assert await silences.expire("s-7f3a", START + 3 * HOUR) == ended
    assert await silences.list() == (ended,)
    assert await silences.expire("s-0000", START) is None


async def test_ended_silences_are_forgotten_after_thirty_days(redis: Redis) -> None:
    """Not a millisecond earlier, and running ones never."""
    silences = Silences(redis, KEYS)
    await silences.add(silence("s-old", ends=START))
    await silences.add(silence("s-new", ends=START + HOUR))

    assert await silences.purge(START + KEPT_MS - 1) == 0
    assert await silences.purge(START + KEPT_MS) == 1
    assert [kept.id for kept in await silences.list()] == ["s-new"]


@pytest.mark.parametrize(
    "document",
    [
        "no JSON",
        "[" * 5000,
        "[]",
        '{"id": "s-1"}',
        '{"id": "s-1", "match": {"rule": 5}, "starts": "2026-11-10T02:00:00Z", "ends": "2026-11-10T04:00:00Z"}',
        '{"id": "s-1", "match": {"rule": "*"}, "starts": "2026-11-10T02:00:00", "ends": "2026-11-10T04:00:00Z"}',
        '{"match": {"rule": "*"}, "starts": "2026-11-10T02:00:00Z", "ends": "2026-11-10T04:00:00Z"}',
        '{"id": "s-1", "match": {"level": "info"}, "starts": "2026-11-10T02:00:00Z", "ends": "2026-11-10T04:00:00Z"}',
        '{"id": "s-2", "match": {"rule": "*"}, "starts": "2026-11-10T02:00:00Z", "ends": "2026-11-10T04:00:00Z"}',
        '{"id": "s-1", "match": {"rule": "*"}, "starts": "2026-11-10T02:00:00Z", "ends": "2027-11-11T02:00:00.001Z"}',
        '{"id": "s-1", "match": {"rule": "*"}, "starts": "2026-11-10T02:00:00Z", "ends": "9999-12-31T23:59:59Z"}',
        '{"id": "s-1", "match": {"rule": "*"}, "starts": "0001-01-01T00:00:00+14:00", "ends": "0001-01-01T00:00:00Z"}',
    ],
)
async def test_a_foreign_document_silences_nothing(redis: Redis, document: str) -> None:
    """What some other program left in the hash neither counts nor hides the others: no silence, one under another id,
    one that is longer than anybody may ask for, one of years that no calendar has."""
    silences = Silences(redis, KEYS)
    await silences.add(silence())
    await answer(redis.hset(KEYS.silences, "s-1", document))

    assert await silences.list() == (silence(),)
    assert await silences.get("s-1") is None
    assert await silences.expire("s-1", START) is None


@pytest.mark.parametrize(
    ("wildcard", "name", "expected"),
    [
        ("big-faller", "big-faller", True),
        ("big", "big-faller", False),
        ("*", "", True),
        ("*", "anything", True),
        ("big-*", "big-", True),
        ("big-*", "xbig-faller", False),
        ("*-faller", "big-faller", True),
        ("b*g*r", "big-faller", True),
        ("a*a", "a", False),
        ("a**a", "aa", True),
        ("a*b*a", "aba", True),
        ("a*b*a", "aa", False),
        ("*ab*ab*", "ab", False),
        ("0700.HK", "0700xHK", False),
        ("*a" * 40 + "b", "a" * 64, False),
    ],
)
def test_a_wildcard_stands_for_any_run(wildcard: str, name: str, expected: bool) -> None:
    """Only `*` is special, on the whole name, and no pattern takes long."""
    made = Silence(id="s", starts=0, ends=1, rule=wildcard)

    assert matches(made, name, "x", "info") is expected
    assert silence_from(document_of(made)) == made
