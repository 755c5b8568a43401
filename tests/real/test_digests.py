"""What a digest takes from Redis: the board's sentence and what became of the messages."""

from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.deliveries import Deliveries
from monitor.bus.outbox import Delivery, Status
from monitor.core.alerts.digest import Cast, Digest
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.snapshot import Snapshot
from monitor.readouts.headline import headlines
from monitor.readouts.reader import BoardReader
from monitor.workers.alerts.digests import Digests
from tests.history.lines import calendars
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import T_MS, sample

RULES = """
version = 1
digest = { closes = ["XNYS"], notify = ["mail", "desk"] }
[channel]
desk = { kind = "console" }
mail = { kind = "console" }
unused = { kind = "console" }
"""


def config() -> AlertConfig:
    """A file with a digest on two of three channels."""
    return parse_rules(RULES, "alerts.toml", subjects={}, windows=["1D"], baskets={}, calendars=calendars(), pairs={})


def digest(**changes: Any) -> Digest:
    """Of a session in New York, at the time of the sample board."""
    facts: dict[str, Any] = {
        "calendar": "XNYS",
        "session": "2025-02-21",
        "tz": "America/New_York",
        "opened": T_MS - 6_600_000,
        "close": T_MS,
        "t": T_MS,
        "since": T_MS - 86_400_000,
        "previous": "2025-02-20",
    }
    return Digest(**(facts | changes))


async def facts(redis: Redis, **changes: Any) -> dict[str, str]:
    """What the bulletin says."""
    digests = Digests(Cast(), Deliveries(redis, KEYS), BoardReader(redis, KEYS))
    bulletin = await digests.word(digest(**changes), config())
    assert bulletin.notify == ("mail", "desk")
    return dict(bulletin.facts)


async def put(redis: Redis, channel: str, **records: Delivery) -> None:
    """Records of deliveries, by id."""
    await redis.hset(KEYS.jobs(channel), mapping={id: record.to_json() for id, record in records.items()})  # type: ignore[misc]


async def test_the_boards_leading_sentence(redis: Redis) -> None:
    """A board of the same minute lends its headline; without any snapshot the digest does without."""
    assert await facts(redis) == {}
    board = sample()
    await publish(redis, board)

    assert await facts(redis) == {"headline": headlines(board, ["lead"])[0].text}


@pytest.mark.parametrize("t", ["2025-02-21T16:19:59.750Z", "2025-02-21T16:21:00.000Z"])
async def test_a_board_of_another_minute_says_nothing(redis: Redis, t: str) -> None:
    """While catching up, the newest board is of another time than the digest: its sentence would be wrong."""
    await publish(redis, sample(t=t))

    assert await facts(redis) == {}


@pytest.mark.parametrize("document", [b"{", b'{"t": 3}', msgspec.json.encode({"t": "yesterday"})])
async def test_a_board_that_cannot_be_read(redis: Redis, document: bytes) -> None:
    """Somebody else's readout does not keep the digest from going out."""
    await redis.set(KEYS.readout, document)

    assert await facts(redis) == {}


async def test_a_board_with_nothing_to_say(redis: Redis) -> None:
    """Without a pair there is no leading sentence."""
    empty: Snapshot = sample(pairs={}, pair_views={})
    await publish(redis, empty)

    assert await facts(redis) == {}


async def test_what_became_of_the_messages(redis: Redis) -> None:
    """Late, given-up and folded messages of all channels since the previous digest was made; what came to an end before
    that, or still waits, does not count."""
    made_ms = 1_000_000
    await put(
        redis,
        "mail",
        **{
            "digest:XNYS:2025-02-20": Delivery(created_ms=made_ms, status=Status.ACCEPTED, ended_ms=made_ms + 5),
            "before": Delivery(created_ms=1, status=Status.DEAD, ended_ms=made_ms - 1),
            "in time": Delivery(created_ms=made_ms, status=Status.ACCEPTED, ended_ms=made_ms + 1),
            "late": Delivery(created_ms=made_ms, status=Status.ACCEPTED, ended_ms=made_ms + 1, late_ms=90_000),
            "waits": Delivery(created_ms=made_ms),
        },
    )
    await put(
        redis,
        "unused",
        dead=Delivery(created_ms=1, status=Status.DEAD, ended_ms=made_ms),
        storm=Delivery(created_ms=1, status=Status.FOLDED, ended_ms=made_ms + 9),
        merged=Delivery(created_ms=1, status=Status.MERGED, ended_ms=made_ms + 9),
    )

    assert await facts(redis) == {"deliveries": "1 late, 1 given up by unused, 1 folded into storms"}


async def test_a_record_that_cannot_be_read(redis: Redis) -> None:
    """One broken record costs the counts, not the digest."""
    await redis.hset(KEYS.jobs("desk"), "broken", b"{")  # type: ignore[misc]

    assert await facts(redis) == {}


async def test_without_a_previous_digest_everything_kept_counts(redis: Redis) -> None:
    """The first digest, and one whose predecessor is forgotten, count all records."""
    await put(redis, "desk", dead=Delivery(created_ms=1, status=Status.DEAD, ended_ms=2))

    assert await facts(redis, previous=None) == {"deliveries": "1 given up by desk"}
    assert await facts(redis) == {"deliveries": "1 given up by desk"}
