"""Recordings: what was written is what is read, and what cannot be read says where and why."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.event import EVENT_TIME_IS_RECEIPT, SIMULATED, Beat, Event, FeedHealth, Fx, Halt, OfficialClose, Quote
from monitor.core.quotes.raw import RawQuote
from monitor.errors import DataError
from monitor.feeds.recordings.daily_recording import DailyRecording, files_of
from monitor.feeds.recordings.parquet import ParquetWriter, read_parquet
from monitor.feeds.recordings.recording import read_json_lines, recording_writer
from monitor.feeds.recordings.replay import Replay
from monitor.feeds.recordings.row_reading import from_row
from monitor.feeds.recordings.rows import raw_row, to_row
from monitor.feeds.recordings.selection import Selection
from tests.feeds.board import CALENDARS, INSTRUMENTS, at

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
              st.dictionaries(TEXTS, st.integers(0, 9), max_size=3), st.integers(0, 9)),
    st.builds(Beat, TIMES),
)  # fmt: skip


def sample() -> list[Event]:
    t = at("06-10T02:00")
    return [
        OfficialClose("HSTECH", "2025-06-09", 5400.5, t, "sim", flags=SIMULATED),
        Quote("HSTECH", "yahoo", t - 900_000_000_001, t + 1, 5431.25, seq=7, session="regular", delay_s=900),
        Fx("USDHKD", 7.8499, t, t + 2, "yahoo"),
        Halt("1211.HK", True, t + 3, "yahoo"),
        FeedHealth("yahoo", "up", t + 4, "fine", 5, 1, {"DUPLICATE": 2}, 8),
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


@pytest.mark.parametrize("name", ["log.jsonl", "log.parquet"])
def test_a_recording_says_what_it_is(tmp_path: Path, name: str) -> None:
    """Format, version and board head the file: the first line, or the metadata; that is no row of it."""
    path = tmp_path / name
    with recording_writer(path, "hk-us") as writer:
        writer.write(Beat(at("06-10T02:00")))
    selection = Selection()
    read = read_parquet if name.endswith("parquet") else read_json_lines

    assert list(read(path, selection)) == [(at("06-10T02:00"), Beat(at("06-10T02:00")))]
    assert (selection.rows, selection.rejected) == (1, {})
    said = {"kind": "recording", "format": "monitor events", "version": 1, "board": "hk-us"}
    if name.endswith("parquet"):
        assert json.loads(pq.read_schema(path).metadata[b"monitor.recording"]) == said
    else:
        assert json.loads(path.read_text().splitlines()[0]) == said


@pytest.mark.parametrize(
    ("version", "format", "says"),
    [(2, "monitor events", "version 2; this monitor reads up to version 1"), (1, "candles", "in the format 'candles'")],
)
def test_a_recording_of_another_kind_is_refused(tmp_path: Path, version: int, format: str, says: str) -> None:
    """A newer version would be misread: nothing of it is read. Files without a heading are read as ever."""
    heading = {"kind": "recording", "format": format, "version": version}
    lines, table = tmp_path / "a.jsonl", tmp_path / "a.parquet"
    lines.write_text(json.dumps(heading) + '\n{"symbol":"NVDA","price":1,"ts":1749567600000}\n')
    schema = pa.schema([("ts", pa.int64())]).with_metadata({b"monitor.recording": json.dumps(heading)})
    pq.write_table(pa.Table.from_pylist([], schema=schema), table)

    for path, read in ((lines, read_json_lines), (table, read_parquet)):
        with pytest.raises(DataError, match=says) as refused:
            list(read(path, Selection()))
        assert str(refused.value).startswith(str(path))


def test_recordings_joined_by_cat_are_one(tmp_path: Path) -> None:
    """A heading in the middle of a file is passed over, and checked like the first one."""
    path = tmp_path / "a.jsonl"
    for _ in range(2):
        with recording_writer(path, append=False) as writer:
            writer.write(Beat(at("06-10T02:00")))
    path.write_text(path.read_text() * 2)

    assert len(list(read_json_lines(path, Selection()))) == 2

    path.write_text(path.read_text() + '{"kind":"recording","format":"monitor events","version":9}\n')
    with pytest.raises(DataError, match=r"a\.jsonl:5: .*version 9"):
        list(read_json_lines(path, Selection()))


@pytest.mark.parametrize("torn", ["", '{"kind":"be', '{"kind":"beat","received_at":17495676' + "0" * 70_000])
def test_a_recording_goes_on_behind_its_last_whole_line(tmp_path: Path, torn: str) -> None:
    """What a killed recorder left unfinished is dropped, however long; the heading is not repeated."""
    path = tmp_path / "a.jsonl"
    with recording_writer(path, append=True) as writer:
        writer.write(Beat(at("06-10T02:00")))
    whole = path.read_text()
    path.write_text(whole + torn)

    with recording_writer(path, append=True) as writer:
        writer.write(Beat(at("06-10T02:01")))

    assert path.read_text().startswith(whole)
    assert [event for _, event in read_json_lines(path, Selection())] == [
        Beat(at("06-10T02:00")),
        Beat(at("06-10T02:01")),
    ]


def test_raw_records_are_read_as_what_ingest_would_have_made_of_them(tmp_path: Path) -> None:
    """Under the source's own symbol, a rate as a rate; what ingest refused is counted under its reason, no event."""
    t = at("06-10T02:00")
    path = tmp_path / "raw.jsonl"
    with recording_writer(path) as writer:
        writer.write_row(raw_row(RawQuote("yahoo", "^IXIC", t + 1, t, 19714.99), "IXIC"))
        writer.write_row(raw_row(RawQuote("yahoo", "^IXIC", t + 2, None, 19715.0)))
        writer.write_row(raw_row(RawQuote("yahoo", "^IXIC", t + 3, t, 1.0), "IXIC", refused="OUT_OF_ORDER"))
        writer.write_row(raw_row(RawQuote("yahoo", "HKD=X", t + 4, t, None, 7.84, 7.86), "USDHKD", rate=True))
    selection = Selection(INSTRUMENTS)
    first, second, rate = (event for _, event in read_json_lines(path, selection))

    assert first == Quote("IXIC", "yahoo", t, t + 1, 19714.99)
    assert second == Quote("IXIC", "yahoo", t + 2, t + 2, 19715.0, flags=EVENT_TIME_IS_RECEIPT)
    assert rate == Fx("USDHKD", 7.85, t, t + 4, "yahoo")
    assert selection.rejected == {"OUT_OF_ORDER": 1}


def test_a_daily_recording_is_a_file_a_day(tmp_path: Path) -> None:
    """The UTC date of log time names the file; together the files are the recording."""
    events = [Beat(at("06-10T23:59:59")), Beat(at("06-11T00:00")), Beat(at("06-11T12:00"))]
    with DailyRecording(tmp_path / "log-{date}.jsonl", recording_writer) as writer:
        for event in events:
            writer.write(event, event.recv_ns)

    assert [path.name for path in files_of(tmp_path / "log-{date}.jsonl")] == [
        "log-2025-06-10.jsonl",
        "log-2025-06-11.jsonl",
    ]
    assert list(Replay(INSTRUMENTS, CALENDARS).events([tmp_path])) == events
