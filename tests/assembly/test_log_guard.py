"""Which logs a feed may go on with."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.assembly.log_guard import AHEAD_NS, end_of_log
from monitor.assembly.site import Site
from monitor.core.event import SIMULATED, Beat, Event, Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.errors import UsageError
from monitor.wire.codec import entry_fields

CONFIG = Path(__file__).parents[2] / "config"
NOW = parse_instant("2026-11-20T14:00:00Z")


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site on the live feed."""
    monkeypatch.setenv("MONITOR_FEED", "yahoo")
    return Site(CONFIG)


async def write(redis: Redis, site: Site, *events: Event) -> None:
    """The log with one entry."""
    await redis.xadd(site.keys.quotes, dict(entry_fields("test", 0, list(events))))


def quote(recv_ns: int, flags: int = 0) -> Quote:
    return Quote("NVDA", "yahoo", recv_ns, recv_ns, 140.0, flags=flags)


async def test_an_empty_log_and_one_that_ends_in_the_past(redis: Redis, live: Site) -> None:
    """Its end is the latest time of receipt, in whatever order the events lie; clocks of two machines may differ."""
    assert await end_of_log(live, redis, NOW) is None
    await write(redis, live, quote(NOW - 5 * SECOND), Beat(NOW + AHEAD_NS), quote(NOW - SECOND))
    assert await end_of_log(live, redis, NOW) == NOW + AHEAD_NS


async def test_a_log_that_is_ahead_of_the_clock(redis: Redis, live: Site) -> None:
    """Whoever started there would make the board stand until its clock has caught up: the refusal says until when."""
    await write(redis, live, quote(NOW), Beat(NOW + 3_600 * SECOND))

    with pytest.raises(UsageError, match=r"already at 2026-11-20T15:00:00.000Z, later than now.*Wait until then"):
        await end_of_log(live, redis, NOW)


async def test_a_log_with_invented_prices(redis: Redis, live: Site) -> None:
    """Real prices beside simulated ones would look like returns."""
    await write(redis, live, quote(NOW, SIMULATED))

    with pytest.raises(UsageError, match="holds simulated prices"):
        await end_of_log(live, redis, NOW)
