from monitor.core.alignment import reference_date, same_date_session
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
