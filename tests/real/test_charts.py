"""Charts of notes over a real Redis: from what the board keeps, up to the note's own time."""

import asyncio
import io
from itertools import pairwise

import msgspec
from matplotlib.image import imread
from redis.asyncio import Redis

from monitor.bus.history import HistoryReader
from monitor.bus.recent import RecentValues
from monitor.bus.redis import answer, command_client
from monitor.core.metrics.frame import Frame
from monitor.notify.chart.spec import ChartPoint
from monitor.wire.keys import Keys
from monitor.workers.alerts.charts import BoardCharts
from monitor.workers.alerts.metric_history import MetricHistory
from tests.notify.notes import START, note

KEYS = Keys("monitor", "charts")
METRIC = "hstech-ndx.spread_pp.1d"
MINUTE = 60_000
PATIENT_S = 60.0


def past(redis: Redis) -> MetricHistory:
    return MetricHistory(HistoryReader(redis, KEYS), RecentValues(redis, KEYS))


async def add_minute(
    redis: Redis, minute: int, *, status: str = "OK", **bars: tuple[float, float, float, float]
) -> None:
    """Bars of the minute that begins so many minutes after START; `spread` is the metric, `other` another one."""
    names = {"spread": "spread_pp.1d", "other": "spread_pp.ytd"}
    data = msgspec.json.encode({names[name]: [*bar, status] for name, bar in bars.items()})
    key = KEYS.history("hstech-ndx")
    fields = {"v": "2", "simulated": "0", "d": data}
    await answer(redis.xadd(key, fields, id=f"{START + minute * MINUTE}-0"))


async def add_snapshot(redis: Redis, at_s: float, value: float | None) -> None:
    """A snapshot so many seconds after START."""
    t = START + round(at_s * 1000)
    frame = Frame(t=t, seq=0, metrics={METRIC: value})
    await answer(redis.xadd(KEYS.snapshots, {"v": "1", "d": frame.to_json()}, id=f"{t}-0"))


def at(minutes: float, value: float | None, low: float | None = None, high: float | None = None) -> ChartPoint:
    return ChartPoint(START + round(minutes * MINUTE), value, low, high)


async def points(redis: Redis, until_minutes: float) -> list[ChartPoint]:
    return await past(redis).points(METRIC, START, START + round(until_minutes * MINUTE))


async def test_minutes_then_snapshots(redis: Redis) -> None:
    """Finished minutes stand at their ends, with extremes; what came after them is taken second by second."""
    await add_minute(redis, 0, spread=(1.0, 1.3, 0.9, 1.1))
    await add_minute(redis, 1, spread=(1.1, 1.2, 1.0, 1.2))
    for at_s in (30, 121, 121.4, 122.5, 124):
        await add_snapshot(redis, at_s, at_s / 100)

    assert await points(redis, 2 + 3 / 60) == [
        at(1, 1.1, 0.9, 1.3),
        at(2, 1.2, 1.0, 1.2),
        ChartPoint(START + 121_000, 1.21),
        ChartPoint(START + 122_500, 1.225),
    ]


async def test_points_say_what_was_wrong_with_them(redis: Redis) -> None:
    """A minute has its own status, and what follows without one, that of the last minute."""
    await add_minute(redis, 0, status="ESTIMATE", spread=(1.0, 1.3, 0.9, 1.1))
    await add_minute(redis, 1, status="ESTIMATE STALE", spread=(1.1, 1.1, 1.1, 1.1))
    await add_minute(redis, 2, other=(1.0, 1.0, 1.0, 1.0))
    await add_snapshot(redis, 190, 1.2)

    found = await points(redis, 3.5)

    assert [point.status for point in found] == ["ESTIMATE", "ESTIMATE STALE", "ESTIMATE STALE", "ESTIMATE STALE"]


async def test_a_stream_without_minutes_is_enough(redis: Redis) -> None:
    """Whoever writes snapshots alone has charts too: of as long as the stream reaches back, in a bounded number of
    steps, none of them shorter than a second."""
    for second in range(0, 300, 1):
        await add_snapshot(redis, 7200 + second, second / 100)
    found = await points(redis, 120 + 299 / 60)

    assert found[0] == ChartPoint(START + 7_200_000, 0.0)
    assert {later.t_ms - earlier.t_ms for earlier, later in pairwise(found)} == {4000}
    assert found[-1].t_ms == START + 7_496_000


async def test_a_retry_shows_the_same(redis: Redis) -> None:
    """Minutes and snapshots of later are not in it, however late it is drawn: not even the minute that was going on."""
    await add_minute(redis, 0, spread=(1.0, 1.3, 0.9, 1.1))
    await add_snapshot(redis, 70, 1.4)
    before = await points(redis, 1.5)
    await add_minute(redis, 1, spread=(1.4, 9.0, 1.4, 9.0))
    await add_minute(redis, 2, spread=(9.0, 9.0, 9.0, 9.0))
    await add_snapshot(redis, 91, 9.0)

    assert await points(redis, 1.5) == before == [at(1, 1.1, 0.9, 1.3), ChartPoint(START + 70_000, 1.4)]


async def test_a_minute_without_a_move_keeps_its_value(redis: Redis) -> None:
    """Bars hold what moved: while others of the subject move, a value that is not there is the one before."""
    await add_minute(redis, 0, spread=(1.0, 1.3, 0.9, 1.1))
    await add_minute(redis, 1, other=(1.0, 1.3, 0.9, 1.1))

    assert await points(redis, 2) == [at(1, 1.1, 0.9, 1.3), at(2, 1.1)]


async def test_a_hole_breaks_the_line(redis: Redis) -> None:
    """Nothing recorded of the subject for more than five minutes: lunch, a night, or a board that stood."""
    for minute in (0, 6, 12):
        await add_minute(redis, minute, spread=(1.0, 1.0, 1.0, 1.0))

    assert await points(redis, 13) == [
        at(1, 1.0, 1.0, 1.0),
        at(7, 1.0, 1.0, 1.0),
        at(13, 1.0, 1.0, 1.0),
    ]
    await add_minute(redis, 19, spread=(2.0, 2.0, 2.0, 2.0))
    assert (await points(redis, 20))[-2:] == [at(13, None), at(20, 2.0, 2.0, 2.0)]


async def test_a_snapshot_without_a_value_breaks_the_line(redis: Redis) -> None:
    """Missing is never zero; what cannot be read is left out."""
    await add_snapshot(redis, 1, 1.5)
    await add_snapshot(redis, 2.5, None)
    await answer(redis.xadd(KEYS.snapshots, {"v": "1", "d": b"{broken"}, id=f"{START + 4000}-0"))
    await answer(redis.xadd(KEYS.snapshots, {"v": "2"}, id=f"{START + 5500}-0"))

    assert await points(redis, 1) == [ChartPoint(START + 1000, 1.5), ChartPoint(START + 2500, None)]


async def test_a_board_that_keeps_nothing_has_no_points(redis: Redis) -> None:
    """An empty Redis is no error."""
    assert await points(redis, 60) == []


async def test_the_chart_of_a_note(redis: Redis) -> None:
    """A PNG for a metric whose minutes are kept, the same each time; none for a metric that is not kept, and none where
    nothing but the note itself is known."""
    charts = BoardCharts(past(redis), {}, limit_s=PATIENT_S)
    try:
        alone = await charts.chart(note())
        for minute in range(-30, 1):
            await add_minute(redis, minute, spread=(1.0, 1.3, 0.9, 1.0 + minute / 100))
        drawn = await charts.chart(note())

        assert alone is None
        assert drawn is not None
        assert imread(io.BytesIO(drawn)).shape[:2] == (420, 900)
        assert await charts.chart(note()) == drawn
        assert await charts.chart(note(metric="hstech-ndx.beta.1d", unit="ratio")) is None
        assert await charts.chart(note(metric="")) is None
    finally:
        await charts.close()


async def test_no_chart_while_redis_is_away(free_port: int) -> None:
    """The message goes without it, soon."""
    redis = command_client(f"redis://127.0.0.1:{free_port}/0", name="charts")
    charts = BoardCharts(past(redis), {}, limit_s=0.3)
    try:
        async with asyncio.timeout(PATIENT_S):
            assert await charts.chart(note()) is None
    finally:
        await charts.close()
        await redis.aclose()
