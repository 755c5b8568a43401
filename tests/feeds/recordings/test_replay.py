"""Price files and recordings become one stream in the order of receipt."""

from pathlib import Path

import pytest

from monitor.core.event import EVENT_TIME_IS_RECEIPT, FIXING, Beat, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND
from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.errors import DataError
from monitor.feeds.recordings.price_files import read_daily
from monitor.feeds.recordings.replay import Replay, with_beats
from tests.feeds.board import CALENDARS, INSTRUMENTS, at
from tests.shared import SHARED, needs_shared

# BYD: 8 bonus and 12 capitalisation shares per 10, ex 10 June 2025 (DOMAIN CA-2).
BONUS = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=20, per=10)


def write(folder: Path, name: str, *lines: str) -> Path:
    file = folder / name
    file.write_text("\n".join(lines) + "\n")
    return file


@pytest.fixture
def replay() -> Replay:
    return Replay(INSTRUMENTS, CALENDARS)


def test_a_daily_row_is_the_official_close_at_its_close_instant(tmp_path: Path, replay: Replay) -> None:
    """Hong Kong's close is known at 16:10; an empty cell is unknown, a day without a session is counted."""
    header = "date,open,high,low,close,volume"
    file = write(tmp_path, "HSTECH.csv", header, "2025-06-07,,,,1,", "2025-06-09,,,,5422.7,", "2025-06-10,,,,,")

    assert list(replay.events([file])) == [OfficialClose("HSTECH", "2025-06-09", 5422.7, at("06-09T08:10"), "daily")]
    assert (replay.selection.rows, replay.selection.rejected) == (3, {"NOT_A_SESSION": 1})


@pytest.mark.parametrize(("basis", "expected"), [("split_adjusted", [396.6, 135.6]), ("raw", [132.2, 135.6])])
def test_split_adjusted_closes_are_made_raw_again(tmp_path: Path, basis: Basis, expected: list[float]) -> None:
    """132.2 in today's shares was 396.6 on the board of 9 June 2025."""
    file = write(tmp_path, "1211.HK.csv", "date,close", "2025-06-09,132.2", "2025-06-10,135.6")

    assert [close.price for close in read_daily(file, CALENDARS["XHKG"], [BONUS], basis)] == expected


def test_an_action_after_the_files_end_is_not_worked_into_it(tmp_path: Path) -> None:
    file = write(tmp_path, "1211.HK.csv", "date,close", "2025-06-09,396.6")

    assert [close.price for close in read_daily(file, CALENDARS["XHKG"], [BONUS], "split_adjusted")] == [396.6]


def test_a_daily_rate_is_known_at_the_fixing(tmp_path: Path, replay: Replay) -> None:
    file = write(tmp_path, "USDHKD.csv", "date,close", "2025-06-09,7.8461")

    assert list(replay.events([file])) == [Fx("USDHKD", 7.8461, at("06-09T12:15"), at("06-09T12:15"), "daily", FIXING)]


def test_a_bar_is_one_quote_at_its_end(tmp_path: Path, replay: Replay) -> None:
    """Where trading ends with the bar, its quote is the last millisecond's; an hour cut off by the close ends there."""
    rows = ["2025-06-10T13:30:00Z,1,2,1,141.5,9", "2025-06-10T19:30:00Z,1,2,1,143.9,9"]
    first, last = replay.events([write(tmp_path, "NVDA_1h.csv", "ts,open,high,low,close,volume", *rows)])

    assert isinstance(first, Quote)
    assert isinstance(last, Quote)
    assert (first.price, first.event_ns, first.recv_ns) == (141.5, at("06-10T14:30"), at("06-10T14:30"))
    assert (last.price, last.event_ns, last.recv_ns) == (143.9, at("06-10T20:00") - MILLISECOND, at("06-10T20:00"))


def test_polled_quotes_may_lack_a_time_or_have_words_for_one(tmp_path: Path, replay: Replay) -> None:
    """No time: dated by receipt. Words: counted. What the poller says of the previous close is not believed."""
    file = write(
        tmp_path,
        "polls.csv",
        "received_at,symbol,as_of,value,previous_close_as_sent",
        "2025-06-10T02:00:00.5Z,HSTECH,,5400.1,1",
        "2025-06-10T02:00:01Z,HSTECH,2025-06-09 Hong Kong close,5400.1,1",
        "2025-06-10T02:00:02Z,QQQ,2025-06-10T02:00:00Z,500,1",
    )
    (quote,) = replay.events([file])

    assert isinstance(quote, Quote)
    assert (quote.flags, quote.event_ns, quote.prev_close) == (EVENT_TIME_IS_RECEIPT, quote.recv_ns, None)
    assert replay.selection.rejected == {"BAD_TIMESTAMP": 1, "UNKNOWN_SYMBOL": 1}


def test_files_are_merged_by_receipt(tmp_path: Path, replay: Replay) -> None:
    """A folder stands for its recordings; a symbol that is not on the board is counted, row by row."""
    write(tmp_path, "IXIC.csv", "date,close", "2025-06-09,19591.24", "2025-06-10,19714.99")
    write(tmp_path, "HSTECH.csv", "date,close", "2025-06-09,5422.7", "2025-06-10,5392.17")
    write(tmp_path, "QQQ.csv", "date,close", "2025-06-09,1", "2025-06-10,1")
    write(tmp_path, "z.jsonl", '{"symbol":"NVDA","price":1,"ts":1749502800000}')

    assert [getattr(event, "symbol", "") for event in replay.events([tmp_path])] == [
        "HSTECH",
        "IXIC",
        "NVDA",
        "HSTECH",
        "IXIC",
    ]
    assert replay.selection.rejected == {"UNKNOWN_SYMBOL": 2}


def test_rows_out_of_order_are_sorted_within_the_window(tmp_path: Path) -> None:
    """A file grouped by symbol is put in order when the window holds it, and refused by name when it does not."""
    times = [*range(10, 20), *range(10)]
    lines = [f'{{"kind":"beat","received_at":{1749500000000 + time}}}' for time in times]
    file = write(tmp_path, "a.jsonl", *lines)
    received = [event.recv_ns for event in Replay(INSTRUMENTS, CALENDARS, window=10).events([file])]

    assert received == sorted(received)
    assert len(received) == 20
    with pytest.raises(DataError, match=r"a\.jsonl: not in order of receipt"):
        list(Replay(INSTRUMENTS, CALENDARS, window=4).events([file]))


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("HSTECH.csv", ["date,close", "2025-06-09,x"], "HSTECH.csv:2: close: 'x' is not a price"),
        ("HSTECH.csv", ["date,close", "9 June,1"], "HSTECH.csv:2: date: '9 June'"),
        ("HSTECH.csv", ["day,price"], "HSTECH.csv:1: no column date and close"),
        ("HSTECH.csv", ["date,close", '2025-06-09,"1'], "not CSV text"),
        ("HSTECH_5m.csv", ["ts,close", "soon,1"], "HSTECH_5m.csv:2: ts: not a time"),
        ("HSTECH.csv", ["ts,close", "1,1"], "does not say symbol and interval"),
        ("notes.txt", ["hello"], "notes.txt: ends in none of"),
    ],
)
def test_a_price_file_that_is_none_is_refused(
    tmp_path: Path, replay: Replay, name: str, lines: list[str], expected: str
) -> None:
    """The message names file, line and problem."""
    with pytest.raises(DataError) as caught:
        list(replay.events([write(tmp_path, name, *lines)]))
    assert expected in str(caught.value)


def test_nothing_to_read_is_an_error(tmp_path: Path, replay: Replay) -> None:
    for paths in ([], [tmp_path], [tmp_path / "none.jsonl"]):
        with pytest.raises(DataError):
            list(replay.events(paths))


def halt(at_ns: int) -> Halt:
    return Halt("NVDA", True, at_ns)


def test_time_passes_between_recorded_events() -> None:
    """Beats at every second of the minute after a price, and one at the end of every gap; none inside a second."""
    start = at("06-10T02:00")
    price = Quote("HSTECH", "test", start, start, 5400.0)
    events = [price, halt(start + 3 * SECOND), halt(start + 3 * SECOND + 1), halt(start + 3600 * SECOND)]
    later = [halt(start + 7200 * SECOND)]
    received = [event.recv_ns - start for event in with_beats(events + later)]

    assert received[:6] == [0, SECOND, 2 * SECOND, 3 * SECOND, 3 * SECOND + 1, 4 * SECOND]
    assert received[60:] == [second * SECOND for second in (59, 60, 3599, 3600, 7199, 7200)]
    assert received == sorted(received)
    assert [event for event in with_beats(events) if not isinstance(event, Beat)] == events


def test_a_recorded_log_keeps_its_own_time() -> None:
    """What has beats gets none, so the recording of a replay replays the same."""
    start = at("06-10T02:00")
    log = [halt(start), halt(start + SECOND), Beat(start + 2 * SECOND), halt(start + 9 * SECOND)]
    once = list(with_beats([halt(start), halt(start + 999 * SECOND)]))

    assert list(with_beats(log)) == log
    assert list(with_beats(once)) == once


@needs_shared
def test_all_shared_price_files_can_be_read(replay: Replay) -> None:
    """Real files, late and repeated polls included: nothing crashes, what is not usable is counted."""
    folders = [SHARED / "data/daily", SHARED / "data/intraday", SHARED / "data/intraday/snapshots"]
    received = [event.recv_ns for event in replay.events(folders)]

    assert received == sorted(received)
    assert replay.selection.rejected["BAD_TIMESTAMP"] == 5
    assert replay.selection.rows == len(received) + replay.selection.rejected.total()
