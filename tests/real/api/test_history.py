"""The past over HTTP: rows as the command gives them, page by page, and paths."""

import asyncio
import csv
import io
import json
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.instant import DAY_MS
from tests.eventually import eventually
from tests.processes import environment, run_monitor
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import T_MS, sample
from tests.real.api.served import BOARD, Start

MINUTE = T_MS // 60_000 * 60_000
METRIC = "hstech-ixic.spread_pp.1d"


async def keep_minutes(redis: Redis, count: int) -> None:
    """Simulated one-minute bars of two metrics, the newest in the minute of the sample board."""
    for back in reversed(range(count)):
        bars = {"spread_pp.1d": [1.5, 2.25, 1.125, 2.0 + back / 8, "OK"], "z.1d": [0.1, 0.2, 0.1, 0.1 + back / 8, "OK"]}
        fields = {"v": "1", "simulated": "1", "d": json.dumps(bars)}
        await answer(redis.xadd(KEYS.history("hstech-ixic"), fields, id=f"{MINUTE - back * 60_000}-0"))


async def test_json_csv_and_the_command_say_the_same(
    redis: Redis, redis_url: str, start: Start, tmp_path: Path
) -> None:
    """The rows of the API, as JSON and as CSV, are those that `monitor history` writes."""
    await publish(redis, sample(simulated=True))
    await keep_minutes(redis, 5)
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, body, _ = await server.get(f"{BOARD}/history?metric={METRIC}")
        _, text, said = await server.get(f"{BOARD}/history?metric={METRIC}&format=csv")
    out = tmp_path / "rows.csv"
    variables = environment(MONITOR_REDIS__URL=redis_url, MONITOR_FEED="sim")
    done = await asyncio.to_thread(run_monitor, "history", METRIC, "--out", out, env=variables)

    assert done.returncode == 0, done.stderr
    assert said.content_type == "text/csv"
    assert _read(text) == body["rows"]
    assert _read(out.read_text()) == body["rows"]
    assert len(body["rows"]) == 5
    assert body["next"] is None


def _read(text: str) -> list[dict[str, Any]]:
    numbers = ("open", "high", "low", "close")
    return [
        row | {name: float(row[name]) for name in numbers} | {"simulated": row["simulated"] == "true"}
        for row in csv.DictReader(io.StringIO(text))
    ]


async def test_page_by_page_nothing_is_lost(redis: Redis, start: Start) -> None:
    """Going on at `next` gives every row once, though several metrics share a minute and the limit cuts between."""
    await publish(redis, sample())
    await keep_minutes(redis, 7)
    found, since, pages = [], "2025-02-21", 0
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, whole, _ = await server.get(f"{BOARD}/history?since=2025-02-21")
        while since:
            _, page, _ = await server.get(f"{BOARD}/history?limit=3&since={since}")
            found += page["rows"]
            since = page["next"]
            pages += 1
        status, body, _ = await server.get(f"{BOARD}/history?limit=1&since=2025-02-21")

    assert found == whole["rows"]
    assert len(found) == 14
    assert pages > 4
    assert (status, body["error"]) == (409, "limit too small")


async def test_closes_come_without_naming_a_limit(redis: Redis, start: Start) -> None:
    """All metrics of a close are more rows than a page of minutes has: a plain question for closes is answered all the
    same, page by page."""
    await publish(redis, sample())
    names = [f"S{n}.price.now" for n in range(1_200)]
    for back in reversed(range(10)):
        record = {"session": f"2025-02-{20 - back}", "market": "XNYS", "t": T_MS - (1 + back) * DAY_MS, "statuses": {}}
        document = json.dumps(record | {"simulated": True, "metrics": dict.fromkeys(names, 1.0)})
        await answer(redis.xadd(KEYS.daily, {"v": "1", "d": document}, id=f"{record['t']}-0"))
    async with start() as server:
        await eventually(lambda: server.live.newest)
        status, page, _ = await server.get(f"{BOARD}/history?every=1d")
        _, rest, _ = await server.get(f"{BOARD}/history?every=1d&since={page['next']}")

    assert status == 200
    assert len(page["rows"]) + len(rest["rows"]) == 12_000
    assert rest["next"] is None


EMPTY = [
    ("since=1970-01-01&until=1970-01-02", "nothing is on file within this window"),
    ("since=9999-12-31T23:59:59-12:00", "nothing is on file yet: `since` is later than the newest snapshot"),
    ("since=0001-01-01T00:00:00%2B14:00&until=0001-01-01T00:00:01Z", "nothing is on file within this window"),
]
BACKWARDS = [
    ("since=2025-02-21&until=2025-02-20", "until 2025-02-20 is not later than since 2025-02-21"),
    (
        "since=0001-01-01T00:00:00Z&until=0001-01-01T00:00:01%2B14:00",
        "until 0001-01-01T00:00:01+14:00 is not later than since 0001-01-01T00:00:00Z",
    ),
    ("until=1970-01-01", "until 1970-01-01 is not later than since {start}"),
]


async def test_a_window_without_data_is_empty_with_the_reason(redis: Redis, start: Start) -> None:
    """However absurd the window: an empty list and why, as JSON, with the ends that were asked for, as far as there are
    dates; only the header line as CSV."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        for (window, reason), every in product(EMPTY, ("1m", "1d")):
            status, body, _ = await server.get(f"{BOARD}/history?{window}&every={every}")
            _, text, _ = await server.get(f"{BOARD}/history?{window}&every={every}&format=csv")
            assert (status, body["rows"], body["reason"]) == (200, [], reason), window
            for name, asked in parse_qsl(window):
                assert body[name][:4] == asked[:4], window
            assert text.count("\n") == 1


async def test_a_window_that_ends_before_it_begins_is_422(redis: Redis, start: Start) -> None:
    """Two instants in the wrong order are a mistake, not an empty window: refused as on the command line, in both
    formats; where `since` was not given, with the instant that it stands for."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        for (window, reason), format_ in product(BACKWARDS, ("json", "csv")):
            status, body, _ = await server.get(f"{BOARD}/history?{window}&format={format_}")
            assert (status, body["error"]) == (422, "not usable"), window
            assert body["reason"] == reason.format(start="2025-02-20T16:20:00.250Z"), window


async def test_unknown_metrics_are_404_with_the_nearest(redis: Redis, start: Start) -> None:
    """A mistyped metric is not an empty list."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        status, body, _ = await server.get(f"{BOARD}/history?metric=hstech-ixic.spred_pp.1d")

    assert (status, body["error"]) == (404, "unknown metric")
    assert METRIC in body["reason"]


async def test_paths_end_at_the_board(redis: Redis, start: Start) -> None:
    """The path of a pair and the day of a basket end with the numbers of the snapshot, also with nothing on file."""
    board = sample(simulated=True)
    await publish(redis, board)
    await keep_minutes(redis, 5)
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, path, _ = await server.get(f"{BOARD}/pairs/hstech-ixic/path?span=today")
        _, year, _ = await server.get(f"{BOARD}/pairs/hstech-ixic/path?span=YTD")
        _, day, _ = await server.get(f"{BOARD}/baskets/mag7/day")

    assert path["spread"]["points"][-1] == [T_MS, board.pairs["hstech-ixic"]["1D"]]
    assert (year["window"], year["resolution"], day["basket"]) == ("YTD", "1d", "mag7")
    assert path["simulated"]
