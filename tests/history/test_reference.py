"""Reference data: the shipped files are in order, and every bad row is refused by file and line."""

from datetime import date
from pathlib import Path

import pytest

from monitor.core.definition import Instrument
from monitor.core.reference import ActionType
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history.calendars import load_calendars
from monitor.history.reference import load_reference, reference_problems
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
    assert "SPLIT" not in str(reference_problems(tmp_path, instruments, calendars)[0].problem)

    (tmp_path / "corporate_actions.csv").write_text(ACTIONS + "NVDA,2024-06-10,SPLIT,10,,,,,")

    assert reference_problems(tmp_path, instruments, calendars) == []


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

    problems = reference_problems(tmp_path, instruments, calendars)

    assert [Path(problem.where.rpartition(":")[0]).name for problem in problems] == [
        "closes.csv",
        "closes.csv",
        "fixings.csv",
    ]
    with pytest.raises(DataError, match="2 more: monitor reference check"):
        load_reference(tmp_path, instruments, calendars)
