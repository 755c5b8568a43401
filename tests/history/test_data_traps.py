"""The traps that the data README of the specification names, against the real files and against small invented ones."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.event import FIXING, Fx, OfficialClose, Quote
from monitor.core.instant import parse_instant
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction
from monitor.feeds.recordings.replay import Replay
from monitor.history.findings import Trouble
from monitor.history.providers.csv_folder import CsvFolder
from monitor.history.record import Grade
from monitor.history.reference import read_shelf
from monitor.history.refresh import Outcome, Refresh
from monitor.history.shelf import Shelf
from tests.history.lines import BYD, CONFIG, calendars, instruments
from tests.shared import SHARED, needs_shared

DAILY = SHARED / "data" / "daily"
POLLED = SHARED / "data" / "intraday" / "snapshots"
NOW = "2026-11-20T23:00:00Z"
FLAT = ("0981.HK", "0992.HK", "9618.HK", "9888.HK")
"""No second source was found for the half days of these."""


def shipped() -> Shelf:
    shelf, problems = read_shelf(CONFIG / "reference", instruments().values(), calendars())
    assert problems == []
    return shelf


def new_refresh(config: Shelf) -> Refresh:
    return Refresh(config, Shelf(), calendars(), replace=False, now_ns=parse_instant(NOW), fetched_at=NOW)


def actions() -> list[CorporateAction]:
    return [action for action, _ in shipped().actions]


@pytest.fixture(scope="module")
def refreshed() -> tuple[Refresh, dict[str, Outcome]]:
    """What `monitor reference refresh --data ../shared/data/daily` makes of the shipped configuration."""
    work = new_refresh(shipped())
    provider = CsvFolder(DAILY, actions(), "split_adjusted")
    outcomes = {
        instrument.symbol: work.take(instrument, provider.fetch(instrument, ""))
        for instrument in instruments().values()
        if provider.offers(instrument)
    }
    return work, outcomes


@needs_shared
def test_the_folder_loads_and_agrees_with_the_shipped_closes(refreshed: tuple[Refresh, dict[str, Outcome]]) -> None:
    """Twenty-three files, no conflict, nothing refused: what is shipped was taken from there as facts."""
    work, outcomes = refreshed

    assert len(outcomes) >= 23
    assert not any(outcome.conflicts or outcome.grave for outcome in outcomes.values())
    assert sum(len(days) for days in work.shelf.closes.values()) > 19_000


@needs_shared
def test_half_day_rows_are_doubtful(refreshed: tuple[Refresh, dict[str, Outcome]]) -> None:
    """The four names with Yahoo's flat prints; the six of Sina, and the indices, are not."""
    work, outcomes = refreshed
    shelf = work.shelf
    sources = shelf.reference().close_sources
    half_days = {"2024-12-24", "2024-12-31", "2025-01-28", "2025-12-24", "2025-12-31", "2026-02-16"}

    for symbol, outcome in outcomes.items():
        flat = {found.day for found in outcome.findings if found.trouble is Trouble.FLAT}
        assert (flat >= half_days) if symbol in FLAT else not flat, symbol
    for symbol in FLAT:
        assert shelf.closes[symbol]["2024-12-31"].grade is Grade.DOUBTFUL
        assert sources[symbol]["2024-12-31"].endswith("(doubtful)")
    assert shelf.closes["0700.HK"]["2024-12-31"].grade is Grade.RECORDED
    assert shelf.closes["0700.HK"]["2024-12-31"].value == 417.0


@needs_shared
def test_a_split_adjusted_file_is_raw_in_the_store(refreshed: tuple[Refresh, dict[str, Outcome]]) -> None:
    """Every raw close adjusted again is what the file shows, to its four decimals."""
    shelf = refreshed[0].shelf

    for symbol in ("1211.HK", "NVDA"):
        last = max(shelf.closes[symbol])
        with (DAILY / f"{symbol}.csv").open(encoding="utf-8") as file:
            for cells in csv.DictReader(file):
                raw = shelf.closes[symbol][cells["date"]].value
                assert raw is not None
                factor = adjustment(shelf.of(symbol), cells["date"], last).price_factor
                assert raw * factor == pytest.approx(float(cells["close"]), abs=0.6e-4)


@needs_shared
def test_currency_rows_are_fixings(refreshed: tuple[Refresh, dict[str, Outcome]]) -> None:
    """In the store, and in a replay: never a live rate, never a close."""
    work, _ = refreshed
    replay = Replay(instruments().values(), calendars())

    events = list(replay.events([DAILY / "USDHKD.csv"]))

    assert len(work.shelf.fixings["USDHKD"]) == len(events) == 811
    assert "USDHKD" not in work.shelf.closes
    assert all(isinstance(event, Fx) and event.flags & FIXING for event in events)


@needs_shared
@pytest.mark.parametrize("name", ["us_mag7_polled_quotes_with_repeats_2025-09-08_2025-10-24.csv"])
def test_the_previous_close_of_a_poller_is_never_a_close(name: str) -> None:
    """It is off in more than nine of ten polls, up to 13 %: no official close comes out of the file, and no quote says
    one."""
    events = list(Replay(instruments().values(), calendars()).events([POLLED / name]))

    assert not any(isinstance(event, OfficialClose) for event in events)
    assert {event.prev_close for event in events if isinstance(event, Quote)} == {None}
    assert off_by_more_than(POLLED / name, 1e-4) > 0.9


def off_by_more_than(path: Path, share: float) -> float:
    """How often the previous close as sent is not the last close of the daily file before the poll."""
    closes = {
        symbol: {row.day: row.close for row in CsvFolder(DAILY, actions(), "split_adjusted").fetch(one, "").rows}
        for symbol, one in instruments().items()
        if symbol in ("AAPL", "AMZN", "NVDA")
    }
    wrong = [abs(sent / true - 1) > share for sent, true in _sent_and_true(path, closes)]
    return sum(wrong) / len(wrong)


def _sent_and_true(path: Path, closes: dict[str, dict[str, float]]) -> Iterator[tuple[float, float]]:
    sessions = calendars()["XNYS"]
    with path.open(encoding="utf-8") as file:
        for cells in csv.DictReader(file):
            if cells["symbol"] in closes and cells["ts"] and cells["previous_close_as_sent"]:
                session = sessions.current_session(parse_instant(cells["ts"]))
                before = sessions.previous(session) if session else None
                if before in closes[cells["symbol"]]:
                    yield float(cells["previous_close_as_sent"]), closes[cells["symbol"]][str(before)]


@needs_shared
def test_a_dividend_adjusted_copy_is_refused(tmp_path: Path) -> None:
    """Apple with its dividends taken off, as a download with the default settings has it: told apart by the shipped
    closes alone, and nothing of it is stored."""
    rows = CsvFolder(DAILY, actions(), "split_adjusted").fetch(instruments()["AAPL"], "").rows
    ex_dates = ["2025-02-10", "2025-05-12", "2025-08-11", "2025-11-10", "2026-02-09"]
    lines = ["date,close"]
    for row in rows:
        factor = 0.999 ** sum(row.day < ex_date for ex_date in ex_dates)
        lines.append(f"{row.day},{row.close * factor:.6f}")
    (tmp_path / "AAPL.csv").write_text("\n".join(lines), "utf-8")
    work = new_refresh(shipped())

    outcome = work.take(instruments()["AAPL"], CsvFolder(tmp_path, [], "raw").fetch(instruments()["AAPL"], ""))

    assert [found.trouble for found in outcome.findings] == [Trouble.DIVIDENDS]
    assert work.closes == {}


def test_a_half_day_of_yahoo_never_replaces_the_official_close(tmp_path: Path) -> None:
    """31 December 2024, the base of every number of 2025: Tencent 419.8 there, 417.0 officially."""
    lines = "date,open,high,low,close,volume", "2024-12-30,416,420,414,415,1", "2024-12-31,419.8,419.8,419.8,419.8,0"
    (tmp_path / "0700.HK.csv").write_text("\n".join(lines), "utf-8")
    tencent = instruments()["0700.HK"]
    work = new_refresh(shipped())

    outcome = work.take(tencent, CsvFolder(tmp_path, [], "raw").fetch(tencent, ""))

    assert work.shelf.closes["0700.HK"]["2024-12-31"].value == 417.0
    assert str(outcome.conflicts[0]).startswith("0700.HK 2024-12-31: 417 (recorded, Sina")
    assert "stays; 419.8 (doubtful, CSV folder" in str(outcome.conflicts[0])
    assert outcome.grave


def test_the_wrong_basis_is_refused_by_line(tmp_path: Path) -> None:
    """Split-adjusted closes stated as raw would be divided by three once more."""
    (tmp_path / "1211.HK.csv").write_text("date,close\n2025-06-09,132.2\n2025-06-10,135.6\n", "utf-8")

    with pytest.raises(ValueError, match=r"1211\.HK\.csv:3: stated as raw"):
        CsvFolder(tmp_path, actions(), "raw").fetch(BYD, "")
