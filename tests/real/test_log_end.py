"""What the end of a log tells."""

from redis.asyncio import Redis

from monitor.bus.log_end import is_simulated, last_log_ns
from monitor.core.event import SIMULATED, Beat, Event, FeedHealth, Quote
from monitor.wire.codec import entry_fields

KEY = "monitor:{test}:quotes"


async def write(redis: Redis, *events: Event) -> None:
    await redis.xadd(KEY, entry_fields("p:1", 0, events))


async def test_the_log_is_as_late_as_its_latest_receipt(redis: Redis) -> None:
    """An empty log has no time; an event received earlier than the one before it does not turn it back."""
    assert await last_log_ns(redis, KEY) is None

    await write(redis, Beat(500))
    await write(redis, Beat(400))

    assert await last_log_ns(redis, KEY) == 500


async def test_prices_tell_whether_the_market_is_real(redis: Redis) -> None:
    """Beats and health say nothing; the newest entry with a price does."""
    await write(redis, Beat(1), FeedHealth("sim", "up", 1))
    assert await is_simulated(redis, KEY) is None

    await write(redis, Quote("HSTECH", "sim", 2, 2, 5400.0, flags=SIMULATED))
    await write(redis, Beat(3))
    assert await is_simulated(redis, KEY) is True

    await write(redis, Quote("HSTECH", "yahoo", 4, 4, 5400.0))
    assert await is_simulated(redis, KEY) is False


async def test_a_weekend_of_beats_hides_no_price(redis: Redis) -> None:
    """However long ago the last price was: a simulated market must not continue the log of a real one on a Sunday."""
    await write(redis, Quote("HSTECH", "yahoo", 1, 1, 5400.0))
    async with redis.pipeline() as pipe:
        for number in range(2_500):
            pipe.xadd(KEY, entry_fields("p:1", 0, [Beat(number)]))
        await pipe.execute()

    assert await is_simulated(redis, KEY) is False
