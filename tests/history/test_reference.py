"""Reference data: the shipped files are in order, and every bad row is refused by file and line."""

from datetime import date
from pathlib import Path

import pytest

from monitor.core.definition import Instrument
from monitor.core.prices.fx import fixing
from monitor.core.reference import ActionType
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.calendars import load_calendars
from monitor.history.record import Grade
from monitor.history.reference import load_reference, read_shelf
from monitor.settings.instrument_file import load_instruments

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def instruments() -> list[Instrument]:
    return list(load_instruments(CONFIG).values())


@pytest.fixture(scope="module")
def calendars() -> dict[str, Calendar]:
    overrides = CONFIG / "calendars" / "overrides.toml"
    return load_calendars(["XHKG", "XNYS", "XSHG"], overrides, start=date(2023, 1, 1), end=date(2026, 12, 31))


def test_the_shipped_reference_is_in_order(instruments: list[Instrument], calendars: dict[str, Calendar]) -> None:
    """It holds raw closes: BYD ended 2024 at 266.60, three times what split-adjusted files say."""
    reference = load_reference(CONFIG / "reference", instruments, calendars)

    assert reference.closes["HSTECH"]["2024-12-31"] == 4468.11
    assert reference.closes["1211.HK"]["2024-12-31"] == 266.6
    assert reference.fixings["USDHKD"]["2024-12-31"] == 7.76648
    assert {(action.symbol, action.type) for action in reference.actions} == {
        ("NVDA", ActionType.SPLIT),
        ("1211.HK", ActionType.BONUS),
        ("1211.HK", ActionType.CASH_DIV),
    }


def test_every_anchor_of_the_year_is_there(instruments: list[Instrument], calendars: dict[str, Calendar]) -> None:
    """Each instrument that has closes at all has those of the two year ends and of the SINCE anchor."""
    reference = load_reference(CONFIG / "reference", instruments, calendars)

    for symbol, closes in reference.closes.items():
        assert {"2024-12-31", "2025-01-13", "2025-12-31"} <= set(closes), symbol


def test_every_shipped_number_says_where_it_was_published(
    instruments: list[Instrument], calendars: dict[str, Calendar]
) -> None:
    """Closes and fixings with their sources; few enough to be read by a person. The flat prints are doubtful, so that
    any better source takes their place."""
    shelf, problems = read_shelf(CONFIG / "reference", instruments, calendars)

    records = [record for table in (shelf.closes, shelf.fixings) for days in table.values() for record in days.values()]
    assert problems == []
    assert all(record.source for record in records)
    assert all(source for _, source in shelf.actions)
    assert len(records) < 400
    flat = {record.name for record in records if record.grade is Grade.DOUBTFUL}
    assert flat == {"0981.HK", "0992.HK", "9618.HK", "9888.HK"}
    assert shelf.closes["0992.HK"]["2024-12-31"].grade is Grade.DOUBTFUL


def test_every_close_has_a_fixing_for_its_date(instruments: list[Instrument], calendars: dict[str, Calendar]) -> None:
    """FX-2: of the date or up to five days before, as far as fixings are known to us."""
    reference = load_reference(CONFIG / "reference", instruments, calendars)
    fixings = reference.fixings["USDHKD"]

    days = {day for closes in reference.closes.values() for day in closes if min(fixings) <= day <= max(fixings)}

    assert len(days) > 12
    assert [day for day in sorted(days) if fixing(day, fixings)[1] is None] == []


def test_share_counts_are_of_the_whole_company(instruments: list[Instrument], calendars: dict[str, Calendar]) -> None:
    """Nvidia's 24.49 billion, which make its loss of 27 January 2025 593 billion dollars (DOMAIN MV-1); BYD's count
    triples with the bonus issue."""
    reference = load_reference(CONFIG / "reference", instruments, calendars)

    (day, count), *_ = reference.shares["NVDA"]
    drop = reference.closes["NVDA"]["2025-01-24"] - reference.closes["NVDA"]["2025-01-27"]  # type: ignore[operator]
    assert (day < "2025-01-27", round(drop * count / 1e9)) == (True, 593)
    *_, before, after = (count for _, count in reference.shares["1211.HK"])
    assert after == 3 * before


def test_closes_say_where_they_were_published(instruments: list[Instrument], calendars: dict[str, Calendar]) -> None:
    """For `explain`, and for whoever doubts a number."""
    sources = load_reference(CONFIG / "reference", instruments, calendars).close_sources

    assert sources["HSTECH"]["2024-12-31"] == "Sina, as collected by zedmon3tr/index-valuation"
    assert sources["0981.HK"]["2024-12-31"].endswith("(doubtful)")


def test_earnings_and_southbound_are_read(
    tmp_path: Path, instruments: list[Instrument], calendars: dict[str, Calendar]
) -> None:
    """In the formats that the shipped, empty files describe; losses are earnings, too."""
    for name, row in (("earnings.csv", "0700.HK,2025-02-21,-24.5,CNY,us"), ("southbound.csv", "2025-02-21,5e9,0,hkex")):
        shipped = (CONFIG / "reference" / name).read_text("utf-8")
        (tmp_path / name).write_text(f"{shipped}{row}\n", "utf-8")

    reference = load_reference(tmp_path, instruments, calendars)

    assert reference.earnings == {"0700.HK": [("2025-02-21", -24.5, "CNY")]}
    assert reference.southbound == {"2025-02-21": (5e9, 0.0)}


def test_a_folder_without_files_is_empty(
    tmp_path: Path, instruments: list[Instrument], calendars: dict[str, Calendar]
) -> None:
    """Each file is optional: what is not on file is NO_BASELINE on the board, not an error here."""
    reference = load_reference(tmp_path, instruments, calendars)

    assert reference.closes == {}
    assert reference.actions == ()


ACTIONS = "symbol,ex_date,type,ratio,new,per,price,amount,cum_close\n"


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31,x", 2, "'x' is not a number"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31,nan", 2, "not a finite number above zero"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31,0", 2, "not a finite number above zero"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31,-1", 2, "not a finite number above zero"),
        ("closes.csv", "# why\nsymbol,session,close\n\nHSTEC,2024-12-31,1", 4, "'HSTEC' is not in instruments.toml"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-25,4000", 2, "XHKG had no session on 2024-12-25"),
        ("closes.csv", "symbol,session,close\nHSTECH,31.12.2024,4000", 2, "'31.12.2024' is no date"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31,1\nHSTECH,2024-12-31,1", 3, "is there twice"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31", 2, "2 cells under 3 columns"),
        ("closes.csv", "symbol,date,close\nHSTECH,2024-12-31,1", 1, "Expected symbol,session,close"),
        ("closes.csv", "symbol,session,close\nHSTECH,2024-12-31,4468\nHSTECH,2025-12-31,55159.8", 3, "decimal point"),
        ("closes.csv", "symbol,session,close\n,2024-12-31,1", 2, "symbol is empty"),
        ("closes.csv", "symbol,session,close,grade\nHSTECH,2024-12-31,1,good", 2, "grade: 'good' is unknown"),
        ("closes.csv", "symbol,session,close,grade,source\nHSTECH,2024-12-31,1,official,", 2, "source is empty"),
        ("earnings.csv", "symbol,as_of,eps_forward,currency\nNVDA,2025-02-21,x,USD", 2, "eps_forward: 'x'"),
        ("earnings.csv", "symbol,as_of,eps_forward,currency\nNVDA,2025-02-21,1,usd", 2, "Three capitals"),
        ("southbound.csv", "date,buy,sell\n2025-02-21,1,-1", 2, "an amount below zero"),
        ("southbound.csv", "date,buy,sell\n2025-02-21,1,1\n2025-02-21,1,1", 3, "is there twice"),
        ("fixings.csv", "pair,date,rate\nHSTECH,2024-12-31,7.8", 2, "is no exchange rate"),
        ("shares.csv", "symbol,effective_date,shares\nNVDA,2024-12-31,", 2, "shares is empty"),
        ("corporate_actions.csv", ACTIONS + "NVDA,2024-06-10,SPLITT,10,,,,,", 2, "Known: SPLIT, BONUS"),
        ("corporate_actions.csv", ACTIONS + "NVDA,2024-06-10,SPLIT,,10,1,,,", 2, "It has ratio, and nothing else"),
        ("corporate_actions.csv", ACTIONS + "NVDA,2024-06-10,CASH_DIV,,,,,1.0,", 2, "It has amount and cum_close"),
        ("corporate_actions.csv", ACTIONS + "NVDA,2024-06-10,SPECIAL_DIV,,,,,5.0,5.0", 2, "leaves nothing of a close"),
        ("corporate_actions.csv", ACTIONS + "NVDA,2024-06-09,SPLIT,10,,,,,", 2, "XNYS had no session on 2024-06-09"),
        ("corporate_actions.csv", ACTIONS + 2 * "NVDA,2024-06-10,SPLIT,10,,,,,\n", 3, "is there twice"),
    ],
)
def test_a_bad_row_is_refused(
    tmp_path: Path,
    instruments: list[Instrument],
    calendars: dict[str, Calendar],
    name: str,
    text: str,
    line: int,
    says: str,
) -> None:
    """The message begins with file and line."""
    (tmp_path / name).write_text(text, "utf-8")

    with pytest.raises(DataError) as refused:
        load_reference(tmp_path, instruments, calendars)

    assert str(refused.value).startswith(f"{tmp_path / name}:{line}: ")
    assert says in str(refused.value)


def test_a_recorded_split_is_no_slipped_decimal(
    tmp_path: Path, instruments: list[Instrument], calendars: dict[str, Calendar]
) -> None:
    """Closes are compared on one share basis: NVDA fell from 1208.88 to 121.79 by its 10 for 1 split."""
    (tmp_path / "closes.csv").write_text("symbol,session,close\nNVDA,2024-06-07,1208.88\nNVDA,2024-06-10,121.79")
    assert "SPLIT" not in str(read_shelf(tmp_path, instruments, calendars)[1][0].problem)

    (tmp_path / "corporate_actions.csv").write_text(ACTIONS + "NVDA,2024-06-10,SPLIT,10,,,,,")

    assert read_shelf(tmp_path, instruments, calendars)[1] == []


def test_an_empty_close_is_one_that_nobody_knows(
    tmp_path: Path, instruments: list[Instrument], calendars: dict[str, Calendar]
) -> None:
    """It is None, never zero, so that the look-up walks on to the session before."""
    (tmp_path / "closes.csv").write_text("symbol,session,close,note\nHSTECH,2024-12-31,,not found")

    assert load_reference(tmp_path, instruments, calendars).closes == {"HSTECH": {"2024-12-31": None}}


def test_all_problems_are_listed(tmp_path: Path, instruments: list[Instrument], calendars: dict[str, Calendar]) -> None:
    """`monitor reference check` tells everything at once; a start is refused at the first."""
    (tmp_path / "closes.csv").write_text("symbol,session,close\nX,2024-12-31,1\nHSTECH,2024-12-31,0")
    (tmp_path / "fixings.csv").write_text("pair,date\n")

    problems = read_shelf(tmp_path, instruments, calendars)[1]

    assert [Path(problem.where.rpartition(":")[0]).name for problem in problems] == [
        "closes.csv",
        "closes.csv",
        "fixings.csv",
    ]
    with pytest.raises(DataError, match="2 more: monitor reference check"):
        load_reference(tmp_path, instruments, calendars)
