"""The runner of feed fixtures with files that it has not seen: other names, damaged rows, other protocols."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from monitor.feeds.yahoo.streamer import frame_of
from monitor.feeds.yahoo.wire import Pricing
from tests.shared import SHARED, needs_shared
from tests.vectors.dispatch import produced, run_file
from tests.vectors.feed_protocol import protocol_of
from tests.vectors.result import CaseResult, Status

FIXTURES = SHARED / "fixtures" / "feeds"
PROTOCOLS = {
    "alltick": "alltick",
    "alpaca_v2": "alpaca",
    "eodhd": "eodhd",
    "finnhub": "finnhub",
    "futu_opend": "futu",
    "itick": "itick",
    "longbridge": "longbridge",
    "massive_polygon": "massive",
    "twelvedata": "twelvedata",
    "webull_mqtt": "webull",
    "yahoo_streamer": "yahoo",
}


def written(folder: Path, rows: Sequence[object], name: str = "rows.jsonl") -> Path:
    file = folder / name
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def statuses(file: Path) -> list[Status]:
    return [result.status for result in run_file(file)]


def trade(price: object, **more: object) -> Mapping[str, Any]:
    return {"s": "AAPL", "p": price, "t": 1_795_190_400_000, "v": 1, **more}


@needs_shared
@pytest.mark.parametrize("name", PROTOCOLS)
def test_renamed(name: str) -> None:
    """A fixture file whose name says nothing is known by its rows."""
    rows = [json.loads(line) for line in (FIXTURES / f"{name}.jsonl").read_text().splitlines()]
    assert protocol_of("unseen", rows) == PROTOCOLS[name]


def test_unknown_rows(tmp_path: Path) -> None:
    """Rows of a protocol that nobody knows, and rows that are no objects, are unsupported."""
    file = written(tmp_path, [{"id": "a", "frame": '{"hello":1}', "dir": "s2c"}, {"packet": 1}, 7, None])
    assert statuses(file) == [Status.UNSUPPORTED] * 4


@pytest.mark.parametrize("text", ["{", '{"id": 1}\n{torn', "\x00"])
def test_unreadable_file(tmp_path: Path, text: str) -> None:
    """A file that is no JSON is one failed case, not the end of the run."""
    file = tmp_path / "torn.jsonl"
    file.write_text(text)
    assert statuses(file) == [Status.FAILED]
    assert list(produced(file)) == []


def test_text_where_objects_are_expected(tmp_path: Path) -> None:
    """A document whose cases expect a word is judged, not stumbled over."""
    file = tmp_path / "words.json"
    file.write_text(json.dumps({"suite": "x", "cases": [{"expected": "refused"}, 3]}))
    assert statuses(file) == [Status.UNSUPPORTED]


def test_list_of_rows(tmp_path: Path) -> None:
    """Rows in a JSON list are rows like those on lines of their own."""
    file = tmp_path / "rows.json"
    frame = frame_of(Pricing(id="AAPL", price=10.0, time=1_795_190_400_000, market_hours=1))
    file.write_text(json.dumps([{"id": "a", "frame": frame, "expected_quote": {"price": 10.0}}]))
    assert statuses(file) == [Status.PASSED]


def test_row_that_raises(tmp_path: Path) -> None:
    """A row that cannot be judged fails alone; those after it are judged."""
    frame = frame_of(Pricing(id="AAPL", price=10.0, time=1_795_190_400_000, market_hours=1))
    file = written(
        tmp_path,
        [{"id": "a", "frame": 7}, {"id": "b", "frame": frame, "expected_quote": {"price": 10.0}}],
        "yahoo.jsonl",
    )
    results: list[CaseResult] = list(run_file(file))
    assert [(result.id, result.status) for result in results] == [("a", Status.FAILED), ("b", Status.PASSED)]


def test_price_that_is_no_number(tmp_path: Path) -> None:
    """A frame with NaN for a price is a rejected one."""
    frame = frame_of(Pricing(id="AAPL", price=float("nan"), time=1_795_190_400_000, market_hours=1))
    assert statuses(written(tmp_path, [{"frame": frame, "kind": "negative", "expected": "reject"}], "yahoo.jsonl")) == [
        Status.PASSED
    ]


def test_records_that_are_rejected(tmp_path: Path) -> None:
    """Of a frame with good and bad records, the good ones are those that are expected."""
    frame = json.dumps({"type": "trade", "data": [trade(1.5), trade(0), trade("x"), trade(2.5, t=None)]})
    row = {"id": "a", "dir": "s2c", "kind": "data", "frame": frame, "expected": [{"symbol": "AAPL", "price": 1.5}]}
    assert statuses(written(tmp_path, [row])) == [Status.PASSED]
    more = {**row, "expected": [{"symbol": "AAPL", "price": 1.5}, {"symbol": "AAPL", "price": 2.5}]}
    assert statuses(written(tmp_path, [more])) == [Status.FAILED]


@pytest.mark.parametrize(
    ("expected", "status"),
    [
        ({"prev_close": 10.0}, Status.PASSED),
        ({"prev_close": 100.0}, Status.FAILED),
        ({"price": 11.0, "wrong_prev_close_trap": 99.0}, Status.PASSED),
        ("reject", Status.FAILED),
    ],
)
def test_chart_of_a_day_of_a_split(tmp_path: Path, expected: Any, status: Status) -> None:
    """The close before a split is expected on the shares of the price; what a row does not name is not asked."""
    days = [1_717_767_000, 1_718_026_200]
    meta = {"symbol": "X", "regularMarketPrice": 11.0, "regularMarketTime": days[1] + 60, "chartPreviousClose": 99.0}
    result = {
        "meta": {**meta, "exchangeTimezoneName": "America/New_York"},
        "timestamp": days,
        "indicators": {"quote": [{"close": [10.0, 11.0]}]},
        "events": {"splits": {"1": {"date": days[1], "numerator": 10.0, "denominator": 1.0}}},
    }
    row = {"id": "a", "response": {"chart": {"result": [result], "error": None}}, "expected": expected}
    assert statuses(written(tmp_path, [row])) == [status]
