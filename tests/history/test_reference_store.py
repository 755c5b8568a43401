"""The store of a refresh: what is written is read back, whole or not at all, by one at a time."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from monitor.core.reference import ActionType, CorporateAction
from monitor.errors import DataError
from monitor.history.record import Grade
from monitor.history.reference import load_reference
from monitor.history.reference_store import ReferenceStore
from tests.history.lines import CONFIG, calendars, instruments, record

PRECISE = 422.4 / 3
CLOSES = {
    "1211.HK": {
        "2025-06-09": record(
            "2025-06-09", 396.6, grade=Grade.PROVIDER, source='a "b", c', fetched_at="2025-06-17T09:00:00Z"
        ),
        "2025-06-10": record("2025-06-10", None, grade=Grade.DOUBTFUL, note="two\nlines"),
        "2025-06-11": record("2025-06-11", PRECISE, grade=Grade.OFFICIAL, replaces="140.8 (provider, x)"),
    }
}
SPLIT = CorporateAction(symbol="AAPL", type=ActionType.SPLIT, ex_date="2025-06-10", ratio=4)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Every field, every digit; and the same bytes when it is written again."""
    store = ReferenceStore(tmp_path / "reference")
    with store.owned():
        store.write_closes(CLOSES)
        store.write_actions([(SPLIT, "yfinance")])

    shelf = store.read(instruments().values(), calendars())

    held = shelf.closes["1211.HK"]
    assert (held["2025-06-09"].value, held["2025-06-09"].source) == (396.6, 'a "b", c')
    assert (held["2025-06-10"].value, held["2025-06-10"].note) == (None, "two lines")
    assert (held["2025-06-11"].value, held["2025-06-11"].replaces) == (PRECISE, "140.8 (provider, x)")
    assert held["2025-06-11"].grade is Grade.OFFICIAL
    assert shelf.actions == ((SPLIT, "yfinance"),)
    before = (store.folder / "closes.csv").read_bytes()
    store.write_closes(shelf.closes)
    assert (store.folder / "closes.csv").read_bytes() == before


def test_the_store_lies_over_the_shipped_files(tmp_path: Path) -> None:
    """A day more, a split more; rows of symbols that the configuration no longer has are passed over."""
    store = ReferenceStore(tmp_path)
    store.write_closes(CLOSES)
    store.write_actions([(SPLIT, "yfinance")])
    with (tmp_path / "closes.csv").open("a") as file:
        file.write("GONE.HK,2025-06-09,1,somebody,provider,,,\n")

    reference = load_reference(CONFIG / "reference", instruments().values(), calendars(), tmp_path)

    assert reference.closes["1211.HK"]["2025-06-11"] == PRECISE
    assert reference.closes["1211.HK"]["2024-12-31"] == 266.6
    assert reference.close_sources["1211.HK"]["2025-06-11"] == "the exchange"
    assert SPLIT in reference.actions


def test_a_row_that_somebody_spoiled_is_refused_by_line(tmp_path: Path) -> None:
    """As in the configuration: a start says file and line."""
    store = ReferenceStore(tmp_path)
    store.write_closes(CLOSES)
    text = (tmp_path / "closes.csv").read_text().replace("396.6", "39.66")
    (tmp_path / "closes.csv").write_text(text.replace("official", "oficial"))

    with pytest.raises(DataError, match=r"closes\.csv:5: grade: 'oficial' is unknown"):
        load_reference(CONFIG / "reference", instruments().values(), calendars(), tmp_path)
    with pytest.raises(DataError, match=r"closes\.csv:5: grade"):
        store.read(instruments().values(), calendars())


def test_one_refresh_at_a_time(tmp_path: Path) -> None:
    """The second is told so, and the first one's end lets it in."""
    store = ReferenceStore(tmp_path)
    with (
        store.owned(),
        pytest.raises(DataError, match="another refresh is under way"),
        ReferenceStore(tmp_path).owned(),
    ):
        pass

    with store.owned():
        pass


def _write_for_ever(folder: str, started: "multiprocessing.synchronize.Event") -> None:
    store = ReferenceStore(Path(folder))
    started.set()
    while True:
        store.write_closes(CLOSES)


def test_a_writer_that_is_killed_leaves_a_whole_file(tmp_path: Path) -> None:
    """kill -9 while it writes: the file is the old one or the new one, never half of either."""
    ReferenceStore(tmp_path).write_closes(CLOSES)
    whole = (tmp_path / "closes.csv").read_bytes()
    context = multiprocessing.get_context("spawn")
    for _ in range(2):
        started = context.Event()
        writer = context.Process(target=_write_for_ever, args=(str(tmp_path), started))
        writer.start()
        assert started.wait(60)
        assert writer.pid is not None
        os.kill(writer.pid, signal.SIGKILL)
        writer.join(60)
        assert (tmp_path / "closes.csv").read_bytes() == whole
