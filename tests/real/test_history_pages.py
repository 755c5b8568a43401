"""Pages of stored minutes, from a real Redis and from files: what one costs, and that together they are the whole."""

import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from monitor.bus.history import HistoryReader
from monitor.bus.redis import answer
from monitor.core.bars import MINUTE_MS
from monitor.core.instant import DAY_MS, parse_instant, to_milliseconds
from monitor.history.history_store import HistoryStore
from monitor.history.history_table import MinuteRows
from monitor.workers.paths.rows import HistoryRows
from tests.readouts.publishing import KEYS

DAY = "2025-11-10"
START = to_milliseconds(parse_instant(f"{DAY}T00:00:00Z"))
SUBJECTS = [f"S{n:02}" for n in range(20)]
NAMES = [f"{subject}.{name}" for subject in SUBJECTS for name in ("price.now", "z.1d")]


def bars(subject: str, minute: int) -> dict[str, tuple[float, float, float, float, str]]:
    """Of one subject and minute of the day."""
    value = minute + SUBJECTS.index(subject) / 100
    return {"price.now": (value, value, value, value, "OK"), "z.1d": (0.5, 0.5, 0.5, 0.5, "OK")}


async def keep(redis: Redis, moved: dict[str, list[int]]) -> None:
    """In Redis, as the calculator writes them: subject → minutes of the day in which it moved."""
    async with redis.pipeline(transaction=False) as pipe:
        for subject, minutes in moved.items():
            for minute in minutes:
                fields: dict[Any, Any] = {"v": "1", "simulated": "0", "d": json.dumps(bars(subject, minute))}
                pipe.xadd(KEYS.history(subject), fields, id=f"{START + minute * MINUTE_MS}-0")
        await pipe.execute()


def history(redis: Redis, folder: Path) -> HistoryRows:
    """Of the board in Redis and of the files in that folder."""
    return HistoryRows(HistoryReader(redis, KEYS), folder, simulated=False, known=lambda: NAMES)


def unasked() -> list[str]:
    """Names of metrics, for who does not need them."""
    raise AssertionError("every metric is meant, whatever it is called")


async def sent(redis: Redis) -> int:
    """Bytes that the server has given out."""
    return int((await answer(redis.info("stats")))["total_net_output_bytes"])


async def test_entries_of_an_older_version_are_counted_in_the_log(redis: Redis) -> None:
    """What does not say whether it is simulated, or what has to be said of its numbers, is passed over; how many there
    were is told, of each subject once, however often it is read."""
    await keep(redis, {"S00": [1, 2], "S01": [1]})
    old = json.dumps({"price.now": [1.0, 1.0, 1.0, 1.0]})
    for minute in (3, 4, 5):
        await answer(redis.xadd(KEYS.history("S00"), {"v": "1", "d": old}, id=f"{START + minute * MINUTE_MS}-0"))
    reader = HistoryReader(redis, KEYS)

    with capture_logs() as logs:
        read = [
            [bars.ms async for bars in reader.minutes(subject, START, START + DAY_MS)]
            for subject in ("S00", "S01", "S00")
        ]

    assert [len(minutes) for minutes in read] == [2, 1, 2]
    assert [(line["event"], line["entries"]) for line in logs] == [("history_entries_skipped", 3)]


async def test_a_page_costs_what_it_gives_not_the_day(redis: Redis, tmp_path: Path) -> None:
    """The first rows of a day of all subjects, and some from its middle, are read without the rest of the day: Redis
    sends a twentieth of what the whole day is. The names of the board's metrics, which take long, are not asked for."""
    await keep(redis, {subject: list(range(200)) for subject in SUBJECTS})
    rows = HistoryRows(HistoryReader(redis, KEYS), tmp_path, simulated=False, known=unasked)
    costs = []
    for since_ms, limit in ((START, 100), (START + 150 * MINUTE_MS, 100), (START, 10_000)):
        before = await sent(redis)
        found, more = await rows.read([], since_ms, START + DAY_MS, "1m", limit)
        costs.append(await sent(redis) - before)
        assert (len(found), more) == (min(limit, 8_000), limit == 100)

    first, middle, whole = costs
    assert max(first, middle) < whole / 20


@pytest.mark.parametrize("limit", [41, 57, 1000])
async def test_pages_together_are_the_day(redis: Redis, tmp_path: Path, limit: int) -> None:
    """Quiet hours, minutes in which one subject moved alone, and minutes that only the files have: page after page
    gives each row once, in the order of one page that has all."""
    quiet = [*range(5), 200, 201, *range(700, 720), 1439]
    await keep(redis, {subject: quiet if n % 2 else quiet[::3] for n, subject in enumerate(SUBJECTS)})
    filed = MinuteRows()
    for minute in (3, 650, 701, 1000):
        filed.add(START + minute * MINUTE_MS, "S00", bars("S00", minute), simulated=False)
    HistoryStore(tmp_path, simulated=False).write_minutes(DAY, filed.table())
    rows = history(redis, tmp_path)
    whole, more = await rows.read([], START, START + DAY_MS, "1m", 10_000)

    pages: list[dict[str, Any]] = []
    since_ms, going = START, True
    while going:
        page, going = await rows.read([], since_ms, START + DAY_MS, "1m", limit)
        if going:  # as the route does: the last moment may be cut
            last = page[-1]["t"]
            page = [row for row in page if row["t"] != last]
            since_ms = to_milliseconds(parse_instant(last))
        pages += page

    assert not more
    assert pages == whole
    expected = {(START + minute * MINUTE_MS, "S01.z.1d") for minute in quiet}
    expected |= {(START + minute * MINUTE_MS, "S00.z.1d") for minute in {*quiet[::3], 3, 650, 701, 1000}}
    found = {(to_milliseconds(parse_instant(row["t"])), row["metric"]) for row in whole}
    assert {key for key in found if key[1] in ("S01.z.1d", "S00.z.1d")} == expected


async def test_a_window_within_the_day_reads_only_itself(redis: Redis, tmp_path: Path) -> None:
    """Ten minutes of one metric are ten rows, at their borders exactly, whatever the day has beside them."""
    await keep(redis, {"S00": list(range(300))})
    rows = history(redis, tmp_path)
    window = START + 100 * MINUTE_MS, START + 110 * MINUTE_MS
    found, more = await rows.read(["S00.price.now"], *window, "1m", 1000)

    assert [row["close"] for row in found] == [float(minute) for minute in range(100, 110)]
    assert not more
