import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.anchor import anchor_session, baseline, has_begun, target_date
from monitor.core.status import Status
from tests.core.market import CALENDARS, WINDOWS

HONG_KONG = CALENDARS["XHKG"]
sessions = st.sampled_from(HONG_KONG.sessions[80:])


@pytest.mark.parametrize(
    ("window", "ref_date", "expected"),
    [
        ("1M", "2024-03-31", "2024-02-29"),
        ("1M", "2023-03-31", "2023-02-28"),
        ("1M", "2025-02-28", "2025-01-28"),
        ("1Y", "2024-02-29", "2023-02-28"),
        ("QTD", "2025-02-21", "2024-12-31"),
        ("QTD", "2025-12-31", "2025-09-30"),
        ("WTD", "2025-03-09", "2025-03-02"),
        ("WTD", "2025-03-10", "2025-03-09"),
        ("MTD", "2025-03-01", "2025-02-28"),
        ("YTD", "2025-01-02", "2024-12-31"),
        ("SINCE:2025-01-13", "2025-02-21", "2025-01-13"),
        ("1D", "2025-02-21", None),
        ("20S", "2025-02-21", None),
    ],
)
def test_target_dates(window: str, ref_date: str, expected: str | None) -> None:
    """ANC-1: look-backs are clipped to the month's last day and do not stick to month ends."""
    assert target_date(window, ref_date) == expected


@pytest.mark.parametrize("window", ["2D", "0S", "ytd", "SINCE:yesterday", "", "5M"])
def test_other_names_are_refused(window: str) -> None:
    """A window that nobody defined must not be shown as if it were one."""
    with pytest.raises(ValueError):
        target_date(window, "2025-02-21")


def test_the_year_is_the_boards_not_the_instruments() -> None:
    """On 2 January, before New York opens, its year-to-date starts at its own last close: the return is zero."""
    new_york = CALENDARS["XNYS"]
    assert anchor_session(new_york, "YTD", "2025-01-02", "2024-12-31") == "2024-12-31"
    assert anchor_session(new_york, "YTD", "2024-12-31", "2024-12-31") is None  # the table begins in October


@given(sessions, st.sampled_from(WINDOWS))
def test_an_anchor_is_never_after_the_as_of_session(session: str, window: str) -> None:
    """ANC-1 caps every target at S."""
    anchor = anchor_session(HONG_KONG, window, "2025-04-30", session)
    assert anchor is not None
    assert anchor <= session


def test_look_up_walks_back_five_sessions_and_no_more() -> None:
    """ANC-2: the sixth session before the anchor is too old to stand in for it."""
    i = HONG_KONG.sessions.index("2025-02-21")
    five, six = HONG_KONG.sessions[i - 5], HONG_KONG.sessions[i - 6]
    assert baseline(HONG_KONG, {"2025-02-21": 3.0}.get, "2025-02-21") == ("2025-02-21", 3.0, Status.OK)
    assert baseline(HONG_KONG, {five: 2.0, "2025-02-21": None}.get, "2025-02-21") == (five, 2.0, Status.OK_FALLBACK)
    assert baseline(HONG_KONG, {six: 1.0}.get, "2025-02-21") == (None, None, Status.NO_BASELINE)
    assert baseline(HONG_KONG, {}.get, None) == (None, None, Status.NO_BASELINE)


def test_a_window_has_begun_from_its_date_on() -> None:
    """Only SINCE may name a day to come; ANC-1 would anchor it on the as-of session, and show a return of 0."""
    since = "SINCE:2025-01-13"
    assert [has_begun(since, day) for day in ("2025-01-10", "2025-01-13", "2025-02-21")] == [False, True, True]
    assert all(has_begun(window, "2025-01-02") for window in WINDOWS if window != since)
