"""What is on file of an instrument, in a few numbers."""

from monitor.core.instant import parse_instant
from monitor.history.record import Grade, Record
from monitor.history.review import review
from monitor.history.shelf import Shelf
from tests.history.lines import BYD, hong_kong, instruments, record

NOW, TODAY = parse_instant("2025-06-17T09:00:00Z"), "2025-06-17"


def test_a_series_is_summed_up() -> None:
    """First, last, how many, what is missing in between, what is doubtful, where from, and how old."""
    held = [
        record("2025-06-05", 400.0),
        record("2025-06-06", 403.0, source="somebody", grade=Grade.DOUBTFUL),
        record("2025-06-09", None),
        record("2025-06-10", 135.6, replaces="x"),
    ]

    found = review(Shelf(closes={"1211.HK": {each.day: each for each in held}}), BYD, hong_kong(), NOW, TODAY)

    assert (found.first, found.last, found.number) == ("2025-06-05", "2025-06-10", 3)
    assert (found.missing, found.doubtful, found.replaced) == (("2025-06-09",), ("2025-06-06",), ("2025-06-10",))
    assert found.sources == {"the exchange": 2, "somebody": 1}
    assert found.suspected_splits == ()
    assert (found.behind, found.stale) == (5, False)
    assert review(Shelf(), BYD, hong_kong(), NOW, TODAY).first is None


def test_a_split_that_is_not_on_file_is_suspected_between_neighbours() -> None:
    """Not between closes that a person wrote down, and not over half a year."""
    halved = {
        day: record(day, price, grade=Grade.PROVIDER) for day, price in (("2025-06-05", 400.0), ("2025-06-06", 200.0))
    }
    anchors = {day: record(day, price) for day, price in (("2024-12-31", 400.0), ("2025-06-06", 200.0))}

    found = [review(Shelf(closes={"1211.HK": days}), BYD, hong_kong(), NOW, TODAY) for days in (halved, anchors)]

    assert [each.suspected_splits for each in found] == [("2025-06-06",), ()]


def test_a_currency_pair_is_counted_in_days() -> None:
    """It has no sessions; more than five days behind is stale."""
    fixings = {"USDHKD": {"2025-06-10": Record(name="USDHKD", day="2025-06-10", value=7.85)}}

    found = review(Shelf(fixings=fixings), instruments()["USDHKD"], None, NOW, TODAY)

    assert (found.number, found.missing, found.behind, found.stale) == (1, (), 7, True)
    assert found.sources == {"not said": 1}
