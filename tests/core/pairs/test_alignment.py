from hypothesis import given
from hypothesis import strategies as st

from monitor.core.instant import parse_instant
from monitor.core.pairs.alignment import (
    lag_anchors,
    lag_pairs,
    lag_session,
    reference_date,
    same_date_pairs,
    same_date_session,
)
from tests.core.market import CALENDARS


def test_the_reference_date_is_the_latest_session_on_the_board() -> None:
    """TIM-3; instruments without a price have no say."""
    assert reference_date(["2025-03-06", None, "2025-03-07"]) == "2025-03-07"
    assert reference_date([None]) is None


def test_same_date_is_the_latest_common_close() -> None:
    """ALN-2: d* skips the days on which either leg has no close, holidays of the other market among them."""
    hong_kong, new_york = {"2025-01-28", "2025-02-03"}, {"2025-01-28", "2025-01-29", "2025-01-30"}
    calendar = CALENDARS["XHKG"]

    def d_star(span: tuple[str, str] | None) -> str | None:
        return same_date_session(calendar, span, hong_kong.__contains__, new_york.__contains__)

    assert d_star(("2025-01-01", "2025-02-03")) == "2025-01-28"
    assert d_star(("2025-01-28", "2025-02-02")) == "2025-01-28"
    assert d_star(("2025-01-29", "2025-02-03")) is None
    assert d_star(("2025-01-01", "2025-01-27")) is None
    assert d_star(None) is None


def lag_in_march(session: str, now: str = "2025-03-31T00:00:00Z") -> str | None:
    return lag_session(CALENDARS["XHKG"], CALENDARS["XNYS"], session, parse_instant(now))


def test_lag_compares_instants() -> None:
    """ALN-3: Hong Kong's Friday goes with New York's Thursday, winter or summer."""
    assert lag_in_march("2025-03-07") == "2025-03-06"
    assert lag_in_march("2025-03-14") == "2025-03-13"


def test_after_a_holiday_in_hong_kong_lag_jumps() -> None:
    """Back from the New Year's holiday on 3 February, it goes with New York's 31 January."""
    assert lag_in_march("2025-01-28") == "2025-01-27"
    assert lag_in_march("2025-02-03") == "2025-01-31"


def test_over_a_holiday_in_new_york_two_sessions_go_with_one() -> None:
    """20 January was a holiday: Hong Kong's 20th and 21st both go with New York's 17th."""
    assert lag_in_march("2025-01-20") == lag_in_march("2025-01-21") == "2025-01-17"


def test_a_session_that_has_not_closed_goes_with_what_is_known_now() -> None:
    """Before New York's close has come it is not looked at, even where the label says it belongs."""
    assert lag_in_march("2025-03-07", "2025-03-06T20:59:59Z") == "2025-03-05"
    assert lag_in_march("2025-03-07", "2025-03-06T21:00:00Z") == "2025-03-06"
    assert lag_in_march("2024-10-01") is None


def test_lag_this_year_starts_at_30_december() -> None:
    """New York's 31 December had not closed when Hong Kong's had: never label it plain YTD."""
    now = parse_instant("2025-02-21T03:15:00Z")
    found = lag_anchors(CALENDARS["XHKG"], CALENDARS["XNYS"], "YTD", "2025-02-21", now)
    assert found == ("2024-12-31", "2024-12-30")
    assert lag_anchors(CALENDARS["XHKG"], CALENDARS["XNYS"], "3Y", "2025-02-21", now) == (None, None)


def test_of_sessions_that_go_with_the_same_close_the_last_counts() -> None:
    """So that New York's holiday adds up instead of giving a day of zero."""
    days = ["2025-01-17", "2025-01-20", "2025-01-21", "2025-01-22"]
    found = lag_pairs(days, days, CALENDARS["XHKG"], CALENDARS["XNYS"])
    assert found == [("2025-01-21", "2025-01-17"), ("2025-01-22", "2025-01-21")]


sessions_of = {name: st.lists(st.sampled_from(calendar.sessions), unique=True) for name, calendar in CALENDARS.items()}


@given(a=sessions_of["XHKG"], b=sessions_of["XNYS"])
def test_lag_pairs_are_those_a_search_finds(a: list[str], b: list[str]) -> None:
    """Every session of a that is kept goes with the latest close of b before its own; both ascend without repeats."""
    hong_kong, new_york = CALENDARS["XHKG"], CALENDARS["XNYS"]
    expected: dict[str, str] = {}
    for session in sorted(a):
        known = [day for day in b if new_york.close_instant(day) <= hong_kong.close_instant(session)]
        if known:
            expected[max(known)] = session

    found = lag_pairs(sorted(a), sorted(b), hong_kong, new_york)

    assert found == sorted((session, day) for day, session in expected.items())


@given(a=sessions_of["XHKG"], b=sessions_of["XNYS"])
def test_same_date_pairs_are_the_common_labels(a: list[str], b: list[str]) -> None:
    """ALN-2: neither market's holidays are in them."""
    assert same_date_pairs(sorted(a), sorted(b)) == [(day, day) for day in sorted(set(a) & set(b))]
