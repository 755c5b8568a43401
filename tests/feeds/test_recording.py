"""Recordings: what was written is what is read, and what cannot be read says where and why."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.event import SIMULATED, Beat, Event, FeedHealth, Fx, Halt, OfficialClose, Quote
from monitor.errors import DataError
from monitor.feeds.parquet import ParquetWriter, read_parquet
from monitor.feeds.recording import read_json_lines, recording_writer
from monitor.feeds.row_reading import from_row
from monitor.feeds.rows import to_row
from monitor.feeds.selection import Selection
from tests.feeds.board import INSTRUMENTS, at

TIMES = st.integers(min_value=10**17, max_value=2**63 - 1)
PRICES = st.floats(min_value=1e-6, max_value=1e12)
TEXTS = st.text(min_size=1, max_size=8)
MAYBE = st.none() | PRICES
FLAGS = st.integers(min_value=0, max_value=63)
QUOTES = st.builds(
    Quote, TEXTS, st.text(max_size=8), TIMES, TIMES, MAYBE, MAYBE, MAYBE, MAYBE, st.none() | TEXTS,
    st.none() | st.integers(min_value=0, max_value=2**62), st.none() | TEXTS, MAYBE, MAYBE,
    st.integers(min_value=0, max_value=3600), FLAGS,
)  # fmt: skip
EVENTS = st.one_of(
    QUOTES,
    st.builds(Fx, TEXTS, PRICES, TIMES, TIMES, st.text(max_size=8), FLAGS),
    st.builds(Halt, TEXTS, st.booleans(), TIMES, st.text(max_size=8)),
    st.builds(OfficialClose, TEXTS, st.dates().map(str), PRICES, TIMES, st.text(max_size=8), st.booleans(), FLAGS),
    st.builds(FeedHealth, TEXTS, TEXTS, TIMES, st.text(max_size=8), st.integers(0, 9), st.integers(0, 9),
              st.dictionaries(TEXTS, st.integers(0, 9), max_size=3)),
    st.builds(Beat, TIMES),
)  # fmt: skip


def sample() -> list[Event]:
    t = at("06-10T02:00")
    return [
        OfficialClose("HSTECH", "2025-06-09", 5400.5, t, "sim", flags=SIMULATED),
        Quote("HSTECH", "yahoo", t - 900_000_000_001, t + 1, 5431.25, seq=7, session="regular", delay_s=900),
        Fx("USDHKD", 7.8499, t, t + 2, "yahoo"),
        Halt("1211.HK", True, t + 3, "yahoo"),
        FeedHealth("yahoo", "up", t + 4, "fine", 5, 1, {"DUPLICATE": 2}),
        Beat(t + 5),
    ]


@given(EVENTS)
@settings(max_examples=300)
def test_every_event_survives_its_row(event: Event) -> None:
    """Nothing is lost between an event and its row, nanoseconds and unknown flags included."""
    assert from_row(to_row(event), Selection()) == (event.recv_ns, event)


@pytest.mark.parametrize("name", ["log.jsonl", "log.parquet"])
def test_every_event_survives_its_file(tmp_path: Path, name: str) -> None:
    """Log times that run behind the time of receipt are kept, so that the order of the log is."""
    with recording_writer(tmp_path / name) as writer:
        for event in sample():
            writer.write(event, sample()[-1].recv_ns)
    read = read_parquet if name.endswith("parquet") else read_json_lines
    rows = list(read(tmp_path / name, Selection(INSTRUMENTS)))

    assert [event for _, event in rows] == sample()
    assert {log_ns for log_ns, _ in rows} == {sample()[-1].recv_ns}


def test_parquet_is_written_in_pieces(tmp_path: Path) -> None:
    with ParquetWriter(tmp_path / "a.parquet", batch=2) as writer:
        for event in sample():
            writer.write(event)

    assert len(list(read_parquet(tmp_path / "a.parquet", Selection()))) == len(sample())


def test_unusable_rows_are_counted_by_reason(tmp_path: Path) -> None:
    """Unknown symbols and kinds, rows without a time and broken fields do not end a replay."""
    lines = [
        '{"symbol":"NVDA","price":183.45,"ts":1749567600000}',
        '{"source":"yahoo","source_symbol":"^IXIC","price":"19714.99","ts":"2025-06-10T15:00:00Z"}',
        '{"symbol":"QQQ","price":1,"ts":1749567600000}',
        '{"price":1,"ts":1749567600000}',
        '{"symbol":"NVDA","price":NaN,"ts":1749567600000}',
        '{"symbol":"NVDA","price":"abc","ts":1749567600000}',
        '{"symbol":"NVDA","price":1,"received_at":"2025-06-10 US close"}',
        '{"symbol":"NVDA","price":1}',
        '{"kind":"dividend","received_at":1749567600000}',
        "",
        '{"symbol":"NV',
    ]
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(lines))
    selection = Selection(INSTRUMENTS)
    events = [event for _, event in read_json_lines(file, selection)]

    assert [event.symbol for event in events if isinstance(event, Quote)] == ["NVDA", "IXIC", "NVDA"]
    assert selection.rejected == {
        "UNKNOWN_SYMBOL": 1,
        "MISSING_SYMBOL": 1,
        "BAD_FIELD": 1,
        "BAD_TIMESTAMP": 2,
        "UNKNOWN_KIND": 1,
        "TORN_LINE": 1,
    }


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.jsonl", b'{"symbol":"NVDA","price":1,"ts":1}\n{oops}\n', "a.jsonl:2: not JSON"),
        ("a.jsonl", b"[1]\n", "a.jsonl:1: a list where an object is needed"),
        ("a.jsonl", b"\xff\xfe\n", "a.jsonl:1: not UTF-8"),
        ("a.parquet", b"PAR1 not really", "cannot be read as Parquet"),
    ],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, name: str, content: bytes, expected: str) -> None:
    """The message names file, line and problem, and what was expected."""
    (tmp_path / name).write_bytes(content)
    read = read_parquet if name.endswith("parquet") else read_json_lines

    with pytest.raises(DataError, match="Expected a recording") as caught:
        list(read(tmp_path / name, Selection()))
    assert expected in str(caught.value)


def test_a_missing_file_and_an_unwritable_one_say_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        list(read_json_lines(tmp_path / "none.jsonl", Selection()))
    with pytest.raises(DataError, match="cannot be written"):
        recording_writer(tmp_path / "no folder" / "a.jsonl")
