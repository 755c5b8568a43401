"""The past of a board from a real Redis: minutes, closes of the checkpoint, rows."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.history import HistoryReader
from monitor.bus.log import Position
from monitor.bus.redis import answer
from monitor.bus.snapshots import SnapshotWriter
from monitor.core.bars import Bars
from monitor.core.daily import DailyRecord
from monitor.core.event import SIMULATED, OfficialClose
from monitor.core.instant import DAY_MS, SECOND, format_instant, parse_instant
from monitor.core.metrics.measuring import frame_of
from monitor.core.reference import Reference
from monitor.core.snapshot import Snapshot
from monitor.errors import FencedError, UsageError
from monitor.history.history_store import HistoryStore, days_between
from monitor.wire.keys import Keys
from monitor.workers.checkpoint import CHECKPOINT_VERSION, Checkpoint
from monitor.workers.paths.closes import LedgerKeeper
from monitor.workers.paths.past import BoardPast
from monitor.workers.paths.rows import HistoryRows
from tests.core.market import CALENDARS, definition
from tests.core.paths.world import MINUTE, board, ms, on_file, snapshot, values

KEYS = Keys("monitor", "small")
NIGHT = "2025-04-24T21:00:00Z"
OPENING = ms("2025-04-24T13:30:00Z")


def past(redis: Redis, folder: Path, pace_s: float = 2.0) -> BoardPast:
    keeper = LedgerKeeper(definition(), CALENDARS, lambda simulated: Reference() if simulated else on_file())
    known = sorted(frame_of(snapshot(NIGHT)).metrics)
    rows = HistoryRows(HistoryReader(redis, KEYS), folder, simulated=False, known=lambda: known)
    return BoardPast(redis, KEYS, keeper, rows, pace_s=pace_s)


async def record(
    redis: Redis, subject: str, ms: int, *, status: str = "OK", simulated: bool = False, **bars: float
) -> None:
    """One minute of a subject; `price_now=1.0` is its `price.now`."""
    data = msgspec.json.encode({name.replace("__", "."): [*[value] * 4, status] for name, value in bars.items()})
    fields = {"v": "2", "simulated": int(simulated), "d": data}
    await answer(redis.xadd(KEYS.history(subject), fields, id=f"{ms}-0"))


def later(now: Snapshot, seconds: int) -> Snapshot:
    """The same numbers some seconds later."""
    return replace(now, t=format_instant(parse_instant(now.t) + seconds * SECOND), seq=now.seq + seconds)


async def reads(redis: Redis) -> int:
    """How often streams have been read and keys been fetched so far."""
    stats = await answer(redis.info("commandstats"))
    return sum(stats.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("xrange", "get", "hget"))


async def test_minutes_with_a_hole(redis: Redis, tmp_path: Path) -> None:
    """Recorded minutes are the line, an hour without any breaks it, and the snapshot's number ends it."""
    close = snapshot("2025-04-23T21:00:00Z").instruments["IXIC"].price
    assert close is not None
    for minute in [*range(60), *range(120, 390)]:
        await record(redis, "IXIC", OPENING + minute * MINUTE, price__now=close * 1.01)
    found = await past(redis, tmp_path).pair("hstech-ixic", "today", snapshot(NIGHT))

    b = values(found.b.points)
    assert b[OPENING + 60 * MINUTE] == pytest.approx(1.0)
    assert b[OPENING + 61 * MINUTE] is None
    assert b[OPENING + 121 * MINUTE] == pytest.approx(1.0)
    assert found.b.points[-1] == (ms(NIGHT), frame_of(snapshot(NIGHT)).metrics["IXIC.return_pct.1d"])


async def test_a_line_says_what_was_wrong_with_its_minutes(redis: Redis, tmp_path: Path) -> None:
    """A leg that was late and then stale for a while, and the spread made of it, say both; the other leg says nothing.
    A bar that is there only because the value went stale is no sign of life: the line breaks all the same."""
    close = snapshot("2025-04-23T21:00:00Z").instruments["IXIC"].price
    assert close is not None
    await record(redis, "IXIC", OPENING - 10 * DAY_MS, status="HALTED", price__now=close)
    for minute in range(390):
        if minute not in range(60, 120):
            await record(redis, "IXIC", OPENING + minute * MINUTE, status="DELAYED", price__now=close * 1.01)
    found = await past(redis, tmp_path).pair("hstech-ixic", "today", snapshot(NIGHT))
    assert (found.a.status, found.b.status, found.spread.status) == ("OK", "DELAYED", "DELAYED")

    await redis.delete(KEYS.history("IXIC"))
    for minute in [*range(60), 90, *range(120, 390)]:
        status = "STALE DELAYED" if minute == 90 else "DELAYED"
        await record(redis, "IXIC", OPENING + minute * MINUTE, status=status, price__now=close * 1.01)
    found = await past(redis, tmp_path).pair("hstech-ixic", "today", snapshot(NIGHT))

    assert (found.a.status, found.b.status, found.spread.status) == ("OK", "STALE DELAYED", "STALE DELAYED")
    assert values(found.b.points)[OPENING + 61 * MINUTE] is None
    assert OPENING + 91 * MINUTE not in values(found.b.points)


async def test_minutes_of_a_simulation_are_no_past_of_real_prices(redis: Redis, tmp_path: Path) -> None:
    """A Redis that was used for both: real prices have no line of invented minutes and no rows of them, nor has a
    minute that does not say what it is."""
    for minute in range(30):
        await record(redis, "IXIC", OPENING + minute * MINUTE, simulated=True, price__now=1.0)
    silent = {"v": "1", "d": b'{"price.now":[1.0,1.0,1.0,1.0]}'}
    await answer(redis.xadd(KEYS.history("IXIC"), silent, id=f"{OPENING + 40 * MINUTE}-0"))
    await record(redis, "IXIC", OPENING + 50 * MINUTE, price__now=17_000.0)
    one = past(redis, tmp_path)

    rows, _ = await one.rows(["IXIC.price.now"], OPENING, ms(NIGHT), "1m", 100)
    found = await one.pair("hstech-ixic", "today", snapshot(NIGHT))

    assert [(row["close"], row["simulated"]) for row in rows] == [(17_000.0, False)]
    assert not any(value is not None and value < -90 for _, value in found.b.points)


async def test_twenty_viewers_cost_one_read_a_minute(redis: Redis, tmp_path: Path) -> None:
    """Viewers that ask at the same time share one answer, and until the minute is over nobody reads again; a number
    that moved meanwhile is at the end of the line all the same."""
    await record(redis, "IXIC", OPENING, price__now=5000.0)
    one = past(redis, tmp_path)
    now, before = snapshot(NIGHT), await reads(redis)
    await asyncio.gather(*(one.pair("hstech-ixic", "today", now) for _ in range(20)))
    after_first = await reads(redis)

    shown = await asyncio.gather(*(one.pair("hstech-ixic", "today", now) for _ in range(20)))
    moved = await one.pair("hstech-ixic", "today", later(now, 7))

    assert all(path is shown[0] for path in shown)
    assert await reads(redis) == after_first
    assert after_first - before <= 10  # not twenty times as many
    assert moved.last_ms == ms(NIGHT) + 7_000 == moved.a.points[-1][0]


async def test_a_new_minute_is_added_to_what_is_known(redis: Redis, tmp_path: Path) -> None:
    """The next minute's bars are on the line although those before are gone from Redis: each is read once."""
    close = snapshot("2025-04-23T21:00:00Z").instruments["IXIC"].price
    assert close is not None
    one = past(redis, tmp_path, pace_s=0.0)
    now = board().snapshot(parse_instant("2025-04-24T13:40:00Z"))
    asof = {**now.instruments, "IXIC": replace(now.instruments["IXIC"], asof_session="2025-04-24")}
    now = replace(now, instruments=asof, ref_date="2025-04-24")
    for minute in range(5):
        await record(redis, "IXIC", OPENING + minute * MINUTE, price__now=close * 1.01)
    await one.pair("hstech-ixic", "today", now)
    await redis.delete(KEYS.history("IXIC"))
    await record(redis, "IXIC", OPENING + 9 * MINUTE, price__now=close * 1.02)
    found = await one.pair("hstech-ixic", "today", later(now, 60))

    b = values(found.b.points)
    assert b[OPENING + MINUTE] == pytest.approx(1.0)
    assert b[OPENING + 10 * MINUTE] == pytest.approx(2.0)


async def test_closes_that_only_the_calculator_knows(redis: Redis, tmp_path: Path) -> None:
    """A simulated board has no closes on file: they come from the calculator's checkpoint; without one, and with one
    that is broken, the charts say that there is no history."""
    engine = board(Reference())
    for symbol, table in on_file().closes.items():
        for session, price in table.items():
            if price is not None:
                t = parse_instant("2025-04-24T20:30:00Z")
                engine.apply(OfficialClose(symbol, session, price, t, flags=SIMULATED))
    now = replace(engine.snapshot(parse_instant(NIGHT)), simulated=True)
    nothing = await past(redis, tmp_path).pair("hstech-ixic", "since", now)
    await redis.set(KEYS.checkpoint, b"rubbish")
    broken = await past(redis, tmp_path).pair("hstech-ixic", "since", now)
    checkpoint = Checkpoint(CHECKPOINT_VERSION, Position(), 0, 0, engine.dump(), Bars())
    await redis.set(KEYS.checkpoint, msgspec.msgpack.encode(checkpoint))
    found = await past(redis, tmp_path).pair("hstech-ixic", "since", now)

    assert nothing.status == broken.status == "NO_HISTORY"
    assert nothing.reason
    assert (found.status, found.simulated) == ("OK", True)
    assert len(found.a.points) > 60


async def test_what_the_calculator_started_from_comes_first(redis: Redis, tmp_path: Path) -> None:
    """The calculator tells readers what is on file where it runs: once, again to a Redis that lost it, and never
    without the lease. The charts follow at the next minute, whatever the dashboard's own files say, and stay as they
    are when it cannot be read."""
    fewer = replace(on_file(), closes={**on_file().closes, "HSTECH": {"2025-04-24": 5000.0}})
    one, now, said = past(redis, tmp_path, pace_s=0.0), snapshot(NIGHT), msgspec.json.encode(fewer)
    own = await one.pair("hstech-ixic", "since", now)
    await redis.set(KEYS.fence("spread"), 7)
    await redis.set(KEYS.lease("spread"), "7 me")
    calculator = SnapshotWriter(redis, KEYS, token=7, owner="me")
    for digest in ("a", "a"):
        await redis.delete(KEYS.reference)
        await calculator.keep_reference(said, digest)
        await calculator.keep_reference(b"not written: the digest is the same", digest)
        assert await redis.hget(KEYS.reference, "d") == said
    with pytest.raises(FencedError):
        await SnapshotWriter(redis, KEYS, token=6, owner="old").keep_reference(said, "b")
    followed = await one.pair("hstech-ixic", "since", later(now, 60))
    await redis.hset(KEYS.reference, mapping={"v": "1", "digest": "c", "d": "rubbish"})
    still = await one.pair("hstech-ixic", "since", later(now, 120))

    assert len(own.a.points) > 60
    assert [len(path.a.points) for path in (followed, still)] == [1, 1]  # only the number of now
    assert len(followed.b.points) > 60


async def test_a_failure_is_told_and_not_kept(redis: Redis, tmp_path: Path) -> None:
    """While Redis cannot answer every caller hears it; afterwards the answer is there."""
    one = past(redis, tmp_path)
    await redis.set(KEYS.history("IXIC"), "no stream")
    with pytest.raises(RedisError):
        await one.pair("hstech-ixic", "today", snapshot(NIGHT))
    await redis.delete(KEYS.history("IXIC"))

    assert (await one.pair("hstech-ixic", "today", snapshot(NIGHT))).status == "OK"


async def test_unknown_subjects_are_refused(redis: Redis, tmp_path: Path) -> None:
    """A pair, basket or metric that does not exist names the nearest that does."""
    one, now = past(redis, tmp_path), snapshot(NIGHT)
    with pytest.raises(UsageError, match="Did you mean hstech-ixic"):
        await one.pair("hstech-ixi", "today", now)
    with pytest.raises(UsageError, match="Did you mean america"):
        await one.basket("americas", now)
    with pytest.raises(UsageError, match=r"Did you mean HSTECH\.price\.now"):
        await one.rows(["HSTECH.prize.now"], 0, 2**50, "1m", 10)
    with pytest.raises(UsageError, match="is kept once a day"):
        await one.rows(["HSTECH.return_pct.1m"], 0, 2**50, "1m", 10)
    with pytest.raises(UsageError, match="allowed are 1m and 1d"):
        await one.rows([], 0, 2**50, "<script>", 10)


async def test_rows_are_those_of_the_command(redis: Redis, tmp_path: Path) -> None:
    """Minutes and daily records as `monitor history --json` prints them, oldest first, and whether there are more."""
    for minute in range(3):
        await record(redis, "IXIC", OPENING + minute * MINUTE, price__now=float(minute), return_pct__1d=0.5)
    day = DailyRecord(session="2025-04-24", market="XNYS", t=ms(NIGHT), metrics={"IXIC.price.now": 2.0}, statuses={})
    await answer(redis.xadd(KEYS.daily, {"v": "1", "d": msgspec.json.encode(day)}, id=f"{ms(NIGHT)}-0"))
    one = past(redis, tmp_path)

    rows, more = await one.rows(["IXIC.price.*"], OPENING, OPENING + 2 * MINUTE, "1m", 10)
    assert not more
    assert rows == [
        {"t": f"2025-04-24T13:3{n}:00.000Z", "metric": "IXIC.price.now"}
        | dict.fromkeys(("open", "high", "low", "close"), float(n))
        | {"status": "OK", "simulated": False}
        for n in range(2)
    ]
    rows, more = await one.rows(["IXIC.*"], 0, 2**52, "1m", 3)
    assert more
    assert [row["metric"] for row in rows] == ["IXIC.price.now", "IXIC.return_pct.1d", "IXIC.price.now"]
    rows, more = await one.rows([], 0, 2**62, "1d", 10)
    assert rows == [
        {
            "session": "2025-04-24", "market": "XNYS", "t": "2025-04-24T21:00:00.000Z", "metric": "IXIC.price.now",
            "value": 2.0, "status": "OK", "simulated": False,
        }
    ]  # fmt: skip


async def test_a_page_of_closes_reads_about_what_it_gives(redis: Redis, tmp_path: Path) -> None:
    """However many closes are on file and in Redis, a page reads those that it gives and few more; page by page all of
    them come once and in their order, also those that only a file has, before and between those of Redis."""
    store, wanted = HistoryStore(tmp_path, simulated=False), []
    for day in days_between("2024-01-01", "2024-12-31"):
        closing = DailyRecord(
            session=day, market="XNYS", t=ms(f"{day}T21:00:00Z"), metrics={"IXIC.price.now": 2.0}, statuses={}
        )
        wanted.append(day)
        if day < "2024-01-04" or day == "2024-07-04":
            store.write_daily(closing)
        else:
            await answer(redis.xadd(KEYS.daily, {"v": "1", "d": msgspec.json.encode(closing)}, id=f"{closing.t}-0"))
    one = past(redis, tmp_path)

    found, since, most = [], 0, 0
    for _ in range(40):
        before = await reads(redis)
        rows, more = await one.rows(["IXIC.price.now"], since, 2**62, "1d", 10)
        most = max(most, await reads(redis) - before)
        found += [row["session"] for row in rows]
        if not more:
            break
        since = ms(rows[-1]["t"]) + 1

    assert found == wanted
    assert most <= 4


async def test_sparks_and_a_basket(redis: Redis, tmp_path: Path) -> None:
    """Small lines of several metrics in one call, and a basket's day, from recorded minutes."""
    for minute in range(40):
        await record(redis, "america", OPENING + minute * MINUTE, return_pct__1d=float(minute))
        await record(redis, "IXIC", OPENING + minute * MINUTE, price__now=100.0 + minute)
    one, now = past(redis, tmp_path), snapshot(NIGHT)

    sparks = await one.sparks(["IXIC.price.now", "america.return_pct.1d", "nonsense"], now, 4)
    day = await one.basket("america", now)

    assert [value for _, value in sparks["IXIC.price.now"]] == [100.0, 113.0, 126.0, 139.0]
    assert len(sparks["america.return_pct.1d"]) == 4
    assert sparks["nonsense"] == []
    assert day.total.points[0] == (OPENING + MINUTE, 0.0)
    assert day.status == "OK"
