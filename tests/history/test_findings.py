"""Each thing that can be wrong with a series of closes is found by the finder for it, and by no other row."""

import pytest

from monitor.core.instant import parse_instant
from monitor.core.reference import ActionType, CorporateAction
from monitor.history import findings as find
from monitor.history.findings import Trouble
from tests.history.lines import hong_kong, row, rows_of

BONUS = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=20, per=10)
RAW = rows_of(d2025_06_05=400.0, d2025_06_06=403.0, d2025_06_09=396.6, d2025_06_10=135.6, d2025_06_11=140.8)
CALM = rows_of(d2025_06_11=140.8, d2025_06_12=134.4, d2025_06_13=131.5, d2025_06_16=133.0)


def test_a_step_that_no_action_explains_is_a_suspected_split() -> None:
    """BYD on 10 June 2025: 396.6, then 135.6. With the bonus issue on file the step is 2.6 %."""
    rows = (*RAW[:3], row("2025-06-10", 132.2), row("2025-06-11", 137.0))

    (found,) = find.suspected_splits("1211.HK", rows, (), {}, hong_kong())

    assert (found.trouble, found.day, found.grave, found.refused) == (Trouble.SPLIT, "2025-06-10", True, True)
    assert str(found).startswith("1211.HK.csv:2025-06-10: close: 132.2 on 2025-06-10 after 396.6")
    assert "looks like 3:1" in found.problem
    assert "corporate_actions.csv" in found.hint
    assert find.suspected_splits("1211.HK", rows, (BONUS,), {}, hong_kong()) == []


def test_a_wild_day_is_no_split() -> None:
    """−22 % is bad, and near no ratio; two rows a year apart prove nothing; a person's close settles it."""
    wild = rows_of(d2025_06_11=100.0, d2025_06_12=78.0)
    apart = rows_of(d2024_06_12=100.0, d2025_06_12=50.0)
    halved = rows_of(d2025_06_11=100.0, d2025_06_12=50.0)

    assert find.suspected_splits("1211.HK", wild, (), {}, hong_kong()) == []
    assert find.suspected_splits("1211.HK", apart, (), {}, hong_kong()) == []
    assert len(find.suspected_splits("1211.HK", halved, (), {"2025-06-12": 51.0}, hong_kong())) == 1
    assert find.suspected_splits("1211.HK", halved, (), {"2025-06-12": 50.0}, hong_kong()) == []


@pytest.mark.parametrize(("close", "how"), [(1315.0, "10 times too high"), (1.34, "100 times too low")])
def test_a_slipped_decimal_is_found_between_its_neighbours(close: float, how: str) -> None:
    """The days before and after agree with each other."""
    rows = (*CALM[:2], row("2025-06-13", close), CALM[3])

    (found,) = find.slipped("1211.HK", rows, ())

    assert (found.day, found.refused) == ("2025-06-13", True)
    assert how in found.problem
    assert found.hint == "Correct the decimal point."
    assert find.slipped("1211.HK", CALM, ()) == []


def test_a_ten_for_one_split_is_no_slipped_decimal() -> None:
    """NVDA stayed where it was afterwards."""
    rows = rows_of(d2024_06_06=1209.98, d2024_06_07=1208.88, d2024_06_11=121.79, d2024_06_12=120.91)

    assert find.slipped("NVDA", rows, ()) == []


def test_every_row_after_the_first_of_a_day_is_a_duplicate() -> None:
    """Grave when it says something else; the message names both."""
    rows = (row("2025-06-11", 140.8), row("2025-06-11", 140.8, where="b:2"), row("2025-06-11", 141.0, where="b:3"))

    same, other = find.duplicates("1211.HK", rows)

    assert (same.where, same.grave) == ("b:2", False)
    assert (other.where, other.grave) == ("b:3", True)
    assert "141, and 140.8 at 1211.HK.csv:2025-06-11" in other.problem


def test_a_row_on_a_day_without_a_session_is_found() -> None:
    """A Saturday, and 1 September 2023, which the override closes; not a day that the calendar does not reach."""
    rows = (row("2023-09-01", 1.0), row("2025-06-07", 1.0), row("2025-06-09", 1.0), row("2031-01-01", 1.0))

    assert [found.day for found in find.without_session("1211.HK", rows, hong_kong())] == ["2023-09-01", "2025-06-07"]


def test_a_close_that_is_not_known_yet_is_found() -> None:
    """At noon of the 11th its close is none: no alarm. That of the 12th is in the future: an alarm."""
    noon = parse_instant("2025-06-11T04:30:00Z")

    today, tomorrow = find.not_closed("1211.HK", CALM[:2], hong_kong(), noon)

    assert (today.trouble, today.grave, today.refused) == (Trouble.NOT_YET, False, True)
    assert (tomorrow.trouble, tomorrow.grave) == (Trouble.FUTURE, True)
    assert find.not_closed("1211.HK", CALM[:1], hong_kong(), parse_instant("2025-06-11T08:10:00Z")) == []


def test_dividends_taken_off_are_seen_by_the_closes_on_file() -> None:
    """Constant below the printed closes up to an ex-date, equal after it."""
    on_file = {"2024-12-31": 100.0, "2025-01-13": 90.0, "2025-06-13": 131.5, "2025-06-16": 133.0}
    adjusted = rows_of(d2024_12_31=98.5, d2025_01_13=88.65, d2025_06_13=131.5, d2025_06_16=133.0)
    one_wrong = rows_of(d2024_12_31=98.5, d2025_01_13=90.0, d2025_06_13=131.5, d2025_06_16=133.0)
    above = rows_of(d2024_12_31=101.5, d2025_01_13=91.35, d2025_06_13=131.5, d2025_06_16=133.0)

    found = find.dividend_adjusted("1211.HK", adjusted, on_file)

    assert found is not None
    assert (found.trouble, found.day, found.refused) == (Trouble.DIVIDENDS, "", True)
    assert "0.9850 of the 100 on file" in found.problem
    assert "auto_adjust=False" in found.hint
    assert find.dividend_adjusted("1211.HK", one_wrong, on_file) is None
    assert find.dividend_adjusted("1211.HK", above, on_file) is None
    assert find.dividend_adjusted("1211.HK", CALM, on_file) is None


def test_a_flat_print_is_one_price_and_no_trade() -> None:
    """Yahoo's half days: O = H = L = C and volume 0, or nothing but a close between days that have all."""
    flat = row("2025-06-12", 134.4, open=134.4, high=134.4, low=134.4, volume=0.0)
    empty = row("2025-06-12", 134.4, open=None, high=None, low=None, volume=None)

    assert find.flat_prints((CALM[0], flat, CALM[2])) == [flat]
    assert find.flat_prints((CALM[0], empty, CALM[2])) == [empty]
    assert find.flat_prints((empty, row("2025-06-13", 1.0, open=None, high=None, low=None, volume=None))) == []
    assert find.flat_prints(CALM) == []


def test_half_days_are_the_calendars() -> None:
    """New Year's Eve is one; the day before it and a Saturday are not."""
    days = ["2024-12-30", "2024-12-31", "2025-01-04"]

    assert [find.is_half_day(day, hong_kong()) for day in days] == [False, True, False]


def test_gaps_and_age_are_counted_in_sessions() -> None:
    """The weekend is no gap; the 12th is."""
    assert find.gaps(["2025-06-11", "2025-06-13", "2025-06-16"], hong_kong()) == ["2025-06-12"]
    assert find.gaps([], hong_kong()) == []
    (hole,) = find.holes("1211.HK", (CALM[0], CALM[2], CALM[3]), hong_kong(), ())
    assert (hole.day, hole.grave, hole.refused) == ("2025-06-13", False, False)
    assert "no close of 2025-06-12 (1) before 2025-06-13" in hole.problem
    assert find.holes("1211.HK", (CALM[0], CALM[2]), hong_kong(), {"2025-06-12"}) == []
    assert find.sessions_behind("2025-06-13", hong_kong(), parse_instant("2025-06-17T09:00:00Z")) == 2
    assert find.sessions_behind("2025-06-13", hong_kong(), parse_instant("2025-06-16T08:09:59Z")) == 0
