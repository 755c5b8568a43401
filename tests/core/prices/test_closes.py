from monitor.core.event import SIMULATED, OfficialClose
from monitor.core.prices.closes import Closes
from tests.core.market import CALENDARS


def close(session: str, price: float, **changes: object) -> OfficialClose:
    return OfficialClose("HSTECH", session, price, 0, **changes)  # type: ignore[arg-type]


def closes() -> Closes:
    return Closes(CALENDARS["XHKG"], {"2025-03-05": 10.0, "2025-03-06": None, "2025-03-08": 99.0})


def test_what_is_on_file() -> None:
    """A hole is no close, and a Saturday is no session."""
    book = closes()
    assert book.latest("2025-03-31") == "2025-03-05"
    assert book.get("2025-03-08", "2025-03-31") is None


def test_a_close_counts_only_when_it_is_known() -> None:
    """No look-ahead: a close on file for a later session than the known ones does not exist yet."""
    book = closes()
    assert book.get("2025-03-05", "2025-03-04") is None
    assert book.latest("2025-03-04") is None
    assert book.latest(None) is None


def test_published_closes_replace_and_derived_ones_only_fill_gaps() -> None:
    """A previous close worked out from a quote is a guess; it never overrules a publication."""
    book = closes()
    assert not book.put(close("2025-03-05", 11.0, derived=True))
    assert book.put(close("2025-03-06", 12.0, derived=True))
    assert book.put(close("2025-03-06", 12.5, derived=True))
    assert book.put(close("2025-03-06", 13.0))
    assert not book.put(close("2025-03-06", 14.0, derived=True))
    assert book.put(close("2025-03-05", 10.5))
    assert (book.get("2025-03-05", "2025-03-06"), book.get("2025-03-06", "2025-03-06")) == (10.5, 13.0)


def test_what_cannot_be_a_close_is_refused() -> None:
    """Neither on a day without a session nor without a positive price."""
    book = closes()
    for session, price in (("2025-03-08", 10.0), ("2025-03-07", 0.0), ("2025-03-07", float("nan"))):
        assert not book.put(close(session, price))
    assert book.latest("2025-03-31") == "2025-03-05"


def test_a_simulated_close_marks_the_book_until_it_is_replaced() -> None:
    """The mark follows the closes in force."""
    book = closes()
    book.put(close("2025-03-06", 12.0, flags=SIMULATED))
    assert book.simulated
    book.put(close("2025-03-06", 12.1))
    assert not book.simulated


def test_before_finds_the_reference_of_a_first_tick() -> None:
    """The latest session before, not of, the tick."""
    book = closes()
    assert book.before("2025-03-06") == ("2025-03-05", 10.0)
    assert book.before("2025-03-05") is None


def test_each_close_in_force_says_where_it_comes_from() -> None:
    """The feed that brought it, else the reference data; nothing where nobody said or no close is."""
    book = Closes(CALENDARS["XHKG"], {"2025-03-05": 10.0, "2025-03-06": 11.0, "2025-03-07": None}, {"2025-03-05": "x"})
    assert (book.source("2025-03-05"), book.source("2025-03-06"), book.source("2025-03-07")) == ("x", "", "")
    book.put(close("2025-03-05", 11.0, source="guess", derived=True))
    assert book.source("2025-03-05") == "x"
    book.put(close("2025-03-05", 10.5, source="yahoo"))
    assert book.source("2025-03-05") == "yahoo"
