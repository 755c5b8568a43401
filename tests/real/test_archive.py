"""History from a running calculator to disk: daily records exactly once, whole days of minutes, kill -9 at any time."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import astuple
from redis.asyncio import Redis

from monitor.bus.history import HistoryReader
from monitor.core.bars import Minute
from monitor.core.daily import DailyRecord, decode_record
from monitor.core.instant import DAY_MS, MILLISECOND, utc_date
from monitor.history.files import HistoryFiles
from monitor.history.history_store import HistoryStore
from monitor.history.history_table import MinuteRows
from monitor.workers import archive
from monitor.workers.archive import Archiver
from monitor.workers.offline import history
from tests.core import market
from tests.eventually import eventually
from tests.real.calculator import INTERVAL_NS, KEYS, make_board, publish, recording, run

EVENTS = recording()
CALENDARS = list(market.CALENDARS.values())


@pytest.fixture(scope="module")
def wanted() -> list[Minute | DailyRecord]:
    """What a backfill makes of the recording."""
    return list(history(EVENTS, make_board(), CALENDARS, INTERVAL_NS))


def records(found: list[Minute | DailyRecord]) -> list[DailyRecord]:
    return [item for item in found if isinstance(item, DailyRecord)]


async def in_redis(redis: Redis) -> list[tuple[str, DailyRecord]]:
    return [(entry.id, decode_record(entry.data)) for entry in await HistoryReader(redis, KEYS).daily(count=1000)]


def archiver(redis: Redis, folder: Path) -> Archiver:
    return Archiver(HistoryReader(redis, KEYS), folder, simulated=False)


async def test_records_are_made_exactly_once(redis: Redis, redis_url: str, wanted: list[Minute | DailyRecord]) -> None:
    """Each exchange's close during the recording is one entry of the stream, also when the calculator starts anew from
    its last checkpoint in between, or from none; its id is the boundary. They are what a backfill makes."""
    for number, end in enumerate((150, 270, len(EVENTS))):
        start = (0, 150, 270)[number]
        await publish(redis, EVENTS[start:end], first=start)
        await run(redis_url, f"a{number}", asyncio.Event(), until_idle=True, calendars=CALENDARS)
    once = await in_redis(redis)
    await redis.delete(KEYS.checkpoint)
    await run(redis_url, "b", asyncio.Event(), until_idle=True, calendars=CALENDARS)

    assert await in_redis(redis) == once
    assert [record for _, record in once] == records(wanted)
    assert [entry for entry, _ in once] == [f"{record.t}-0" for record in records(wanted)]
    assert {(record.market, record.session) for _, record in once} >= {
        ("XHKG", "2025-03-07"),
        ("XNYS", "2025-03-07"),
        ("XHKG", "2025-03-10"),
        ("XNYS", "2025-03-10"),
    }
    for _, record in once:
        closed_ms = market.CALENDARS[record.market].close_instant(record.session) // MILLISECOND
        assert closed_ms <= record.t < closed_ms + 4 * 3_600_000


async def test_one_snapshot_an_entry_makes_the_same_closes(redis: Redis, redis_url: str) -> None:
    """With interval 0 the record is the first entry's snapshot at or after the close."""
    events = EVENTS[:200]
    await publish(redis, events, size=1)
    await run(
        redis_url,
        "a",
        asyncio.Event(),
        until_idle=True,
        per_entry=True,
        make=lambda: make_board(0),
        calendars=CALENDARS,
    )

    found = [record for _, record in await in_redis(redis)]

    times = [event.recv_ns for event in events]
    assert found
    for record in found:
        closed = market.CALENDARS[record.market].close_instant(record.session)
        assert record.t == min(t for t in times if t >= closed) // MILLISECOND


async def test_the_disk_holds_what_redis_has(
    redis: Redis, redis_url: str, tmp_path: Path, wanted: list[Minute | DailyRecord]
) -> None:
    """Every record becomes a file, and so does each UTC day of minutes that is over: the same bars as a backfill gives.
    A second archiver, at the next start, changes no file."""
    await publish(redis, EVENTS)
    await run(redis_url, "a", asyncio.Event(), until_idle=True, calendars=CALENDARS)
    store = HistoryStore(tmp_path, simulated=False)

    await archiver(redis, tmp_path).catch_up()
    before = _made(tmp_path)
    await archiver(redis, tmp_path).catch_up()

    assert _made(tmp_path) == before
    assert [store.daily(*key) for key in store.files.closes()] == sorted(
        records(wanted), key=lambda record: (record.session, record.market)
    )
    last_day = utc_date(records(wanted)[-1].t * MILLISECOND)
    days = sorted({utc_date(item.ms * MILLISECOND) for item in wanted if isinstance(item, Minute)})
    assert store.files.days() == [day for day in days if day < last_day]
    for day in store.files.days():
        rows = MinuteRows()
        for item in wanted:
            if isinstance(item, Minute) and utc_date(item.ms * MILLISECOND) == day:
                for subject, bars in item.subjects.items():
                    rows.add(
                        item.ms, subject, {name: astuple(bar) for name, bar in bars.items()}, simulated=item.simulated
                    )
        assert store.minutes(day)[0].to_pylist() == rows.table().to_pylist()


def _made(folder: Path) -> dict[Path, int]:
    """Every file, and when it was written."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@contextlib.asynccontextmanager
async def archiving(redis: Redis, folder: Path) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(archiver(redis, folder).run(stop))
    yield
    stop.set()
    await asyncio.wait_for(task, 60)


async def put(redis: Redis, record: DailyRecord, data: bytes | None = None) -> None:
    await redis.xadd(KEYS.daily, {"v": "1", "d": data or msgspec.json.encode(record)}, id=f"{record.t}-0")


async def test_minutes_of_a_simulation_never_reach_the_real_half(
    redis: Redis, tmp_path: Path, wanted: list[Minute | DailyRecord]
) -> None:
    """Of a Redis that was used for both, each half of the disk gets its own minutes."""
    day = records(wanted)[0].t // DAY_MS * DAY_MS - DAY_MS
    for minute, simulated in enumerate((b"1", b"0")):
        fields = {"v": "2", "simulated": simulated, "d": b'{"price.now":[1.0,1.0,1.0,1.0,"OK"]}'}
        await redis.xadd(KEYS.history("IXIC"), fields, id=f"{day + 60_000 * minute}-0")
    await put(redis, records(wanted)[0])

    await archiver(redis, tmp_path).catch_up()

    (found,) = HistoryStore(tmp_path, simulated=False).minutes(utc_date(day * MILLISECOND))[0].to_pylist()
    assert (found["t"].minute, found["simulated"]) == (1, False)


async def test_a_folder_that_cannot_be_written_is_tried_again(
    redis: Redis,
    tmp_path: Path,
    wanted: list[Minute | DailyRecord],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A file stands where the folder should be: the archiver says so, lives on, and writes when it is gone. An entry of
    another program is passed over."""
    monkeypatch.setattr(archive, "LOOK_S", 0.02)
    monkeypatch.setattr(archive, "AGAIN_S", 0.02)
    first, second, third = records(wanted)[:3]
    await put(redis, first)
    await put(redis, second, b"rubbish")
    folder = tmp_path / "small"
    folder.write_text("in the way", "utf-8")
    said = ""

    def complained() -> bool:
        nonlocal said
        said += capsys.readouterr().out
        return "history_not_archived" in said

    async with archiving(redis, folder):
        await eventually(complained)
        folder.unlink()
        files = HistoryFiles(folder, simulated=False)
        await eventually(lambda: files.closes() == [(first.session, first.market)])
        await put(redis, third)
        await eventually(lambda: len(files.closes()) == 2)

    assert "daily_record_skipped" in said + capsys.readouterr().out


async def test_other_numbers_for_the_same_close_are_told(
    redis: Redis, tmp_path: Path, wanted: list[Minute | DailyRecord], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is on disk stays, the log names the file, and the records after it are written."""
    first, second, *_ = records(wanted)
    store = HistoryStore(tmp_path, simulated=False)
    other = msgspec.structs.replace(first, metrics={"0700.HK.price.now": 1.0}, statuses={})
    store.write_daily(other)
    await put(redis, first)
    await put(redis, second)

    await archiver(redis, tmp_path).catch_up()

    said = capsys.readouterr().out
    assert "history_differs" in said
    assert f"{first.session}_{first.market}.parquet" in said
    assert store.daily(first.session, first.market) == other
    assert store.daily(second.session, second.market) == second


async def test_the_writing_process_may_be_killed(
    redis: Redis, tmp_path: Path, wanted: list[Minute | DailyRecord]
) -> None:
    """kill -9 of whoever writes, at whatever it does: what is there can be read, and the next round completes it."""
    for record in records(wanted):
        await put(redis, record)
    store = HistoryStore(tmp_path, simulated=False)

    killed = 0
    while killed < 3:
        working = asyncio.create_task(archiver(redis, tmp_path).catch_up())
        child = await eventually(_child)
        # While this process stands still, that one may end: nothing is killed then.
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        with contextlib.suppress(archive.ArchiveError):
            await working
            continue
        killed += 1
        assert all(store.daily(*key) in records(wanted) for key in store.files.closes())
    await archiver(redis, tmp_path).catch_up()

    assert len(store.files.closes()) == len(records(wanted))


def _child() -> int | None:
    """Process id of the writer that this process started."""
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                if int(parent) == os.getpid() and b"monitor.history.archive" in (folder / "cmdline").read_bytes():
                    return int(folder.name)
    return None


def test_the_calculator_stays_light() -> None:
    """Neither pandas nor pyarrow is loaded by the service that history comes from."""
    code = "import sys, monitor.assembly.spread; print({'pandas', 'pyarrow', 'numpy'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
