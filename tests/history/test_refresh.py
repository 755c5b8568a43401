"""A delivery beside what is on file: what is kept, what is left out, and what is said."""

import pytest

from monitor.core.definition import Instrument, Kind
from monitor.core.instant import parse_instant
from monitor.core.reference import ActionType, CorporateAction
from monitor.errors import DataError
from monitor.history.findings import Trouble
from monitor.history.providers.port import Daily
from monitor.history.record import Grade, Record, Verdict
from monitor.history.refresh import Outcome, Refresh
from monitor.history.shelf import Shelf
from tests.history.lines import BYD, calendars, delivery, record, row, rows_of

NOW = "2025-06-17T09:00:00Z"
BONUS = CorporateAction(symbol="1211.HK", type=ActionType.BONUS, ex_date="2025-06-10", new=20, per=10)
ROWS = rows_of(d2025_06_06=403.0, d2025_06_09=396.6, d2025_06_10=135.6, d2025_06_11=140.8)


def refresh(*held: Record, replace: bool = False, store: Shelf | None = None) -> Refresh:
    days = {each.day: each for each in held}
    config = Shelf(closes={"1211.HK": days} if days else {}, actions=((BONUS, "futunn.com"),))
    return Refresh(config, store or Shelf(), calendars(), replace=replace, now_ns=parse_instant(NOW), fetched_at=NOW)


def take(work: Refresh, daily: Daily) -> Outcome:
    return work.take(BYD, daily)


def values(work: Refresh) -> dict[str, float | None]:
    return work.shelf.reference().closes.get("1211.HK", {})


def test_new_closes_are_kept_with_all_that_is_known_of_them() -> None:
    """Raw, with source, grade and time; a close on file that agrees is not stored again."""
    work = refresh(record("2025-06-09", 396.6))

    outcome = take(work, delivery(*ROWS))

    assert outcome.counts == {Verdict.NEW: 3, Verdict.SAME: 1}
    assert (outcome.changed, outcome.grave) == (True, False)
    kept = work.closes["1211.HK"]["2025-06-10"]
    assert (kept.value, kept.source, kept.grade, kept.fetched_at) == (135.6, "somebody", Grade.PROVIDER, NOW)
    assert "2025-06-09" not in work.closes["1211.HK"]
    assert work.shelf.reference().close_sources["1211.HK"]["2025-06-09"] == "the exchange"


def test_the_same_delivery_again_changes_nothing() -> None:
    """A refresh can be repeated: what is on file already is not stored again."""
    work = refresh()
    take(work, delivery(*ROWS))

    assert not take(work, delivery(*ROWS)).changed


def test_a_better_source_is_never_replaced_silently() -> None:
    """The conflict is told with both values, both sources and the difference; the one on file stays."""
    work = refresh(record("2025-06-09", 396.6))

    outcome = take(work, delivery(ROWS[0], row("2025-06-09", 398.6), *ROWS[2:]))

    assert values(work)["2025-06-09"] == 396.6
    assert outcome.grave
    (conflict,) = outcome.conflicts
    assert (
        str(conflict)
        == "1211.HK 2025-06-09: 396.6 (recorded, the exchange) stays; 398.6 (provider, somebody), +0.504 %"
    )


def test_replace_says_what_it_replaced() -> None:
    """Out loud, in the outcome and in the row; and it still stands after the store was read again."""
    work = refresh(record("2025-06-09", 396.6), replace=True)

    outcome = take(work, delivery(row("2025-06-09", 398.6)))

    assert "is replaced by 398.6" in str(outcome.conflicts[0])
    assert not outcome.grave
    assert work.closes["1211.HK"]["2025-06-09"].replaces == "396.6 (recorded, the exchange)"
    assert values(work)["2025-06-09"] == 398.6
    again = refresh(record("2025-06-09", 396.6), store=Shelf(closes=work.closes))
    assert values(again)["2025-06-09"] == 398.6


def test_a_doubtful_close_gives_way_to_a_better_one() -> None:
    """And the difference is told, without an alarm."""
    work = refresh(record("2025-06-09", 396.6, grade=Grade.DOUBTFUL))

    outcome = take(work, delivery(row("2025-06-09", 398.6)))

    assert outcome.counts == {Verdict.BETTER: 1}
    assert (len(outcome.conflicts), outcome.grave) == (1, False)
    assert values(work)["2025-06-09"] == 398.6


def test_a_flat_print_is_kept_as_doubtful() -> None:
    """31 December 2024 was a half day: the last close of the year, as good as nobody has a better one."""
    eve = row("2024-12-31", 266.6, open=266.6, high=266.6, low=266.6, volume=0.0)
    work = refresh()

    outcome = take(work, delivery(row("2024-12-30", 268.2), eve, row("2025-01-02", 263.0)))

    (found,) = outcome.findings
    assert (found.trouble, found.grave, found.refused) == (Trouble.FLAT, False, False)
    assert "half day 2024-12-31" in found.problem
    assert work.closes["1211.HK"]["2024-12-31"].grade is Grade.DOUBTFUL
    assert work.shelf.reference().close_sources["1211.HK"]["2024-12-31"] == "somebody (doubtful)"


def test_bad_rows_are_left_out_and_the_others_count() -> None:
    """Ten times off beside its neighbours and beside the file, on a Saturday, twice, of tomorrow, unreadable. Where
    a row was left out there is a gap."""
    work = refresh(record("2025-06-06", 403.0))
    broken = DataError("1211.HK.csv:9", "close: 'x' is no price")
    rows = (
        row("2025-06-05", 401.0),
        row("2025-06-06", 40.3),
        row("2025-06-07", 1.0),
        row("2025-06-11", 140.8),
        row("2025-06-11", 141.8, where="1211.HK.csv:again"),
        row("2025-06-12", 13.44),
        row("2025-06-13", 131.5),
        row("2025-06-18", 130.0),
    )

    outcome = take(work, delivery(*rows, refused=(broken,)))

    assert [found.trouble for found in outcome.findings] == [
        Trouble.BAD_ROW,
        Trouble.DUPLICATE,
        Trouble.NO_SESSION,
        Trouble.FUTURE,
        Trouble.SLIPPED,
        Trouble.SLIPPED,
        Trouble.GAP,
        Trouble.GAP,
    ]
    assert str(outcome.findings[0]) == "1211.HK.csv:9: close: 'x' is no price"
    assert outcome.grave
    assert values(work) == {"2025-06-05": 401.0, "2025-06-06": 403.0, "2025-06-11": 140.8, "2025-06-13": 131.5}


@pytest.mark.parametrize("replace", [False, True])
def test_a_series_that_is_something_else_is_refused_whole(replace: bool) -> None:
    """Split-adjusted closes stated as raw; dividends taken off: not even --replace takes them."""
    anchors = record("2024-12-31", 266.6), record("2025-01-13", 249.2), record("2025-06-11", 140.8)
    work = refresh(*anchors, replace=replace)
    without_dividends = rows_of(d2024_12_31=263.7, d2025_01_13=246.5, d2025_06_11=140.8)
    twice_adjusted = rows_of(d2025_06_09=132.2, d2025_06_10=135.6)

    dividends = take(work, delivery(*without_dividends))
    splits = take(work, delivery(*twice_adjusted))

    assert [found.trouble for found in dividends.findings] == [Trouble.DIVIDENDS]
    assert [found.trouble for found in splits.findings] == [Trouble.SPLIT]
    assert (dividends.changed, splits.changed, work.closes) == (False, False, {})


def test_nothing_is_stored_that_a_start_would_refuse() -> None:
    """A first row ten times off has no neighbours to tell; beside the closes on file its level is impossible."""
    work = refresh(record("2024-12-31", 266.6))

    outcome = take(work, delivery(row("2025-01-13", 2492.0)))

    assert [found.trouble for found in outcome.findings] == [Trouble.SLIPPED]
    assert outcome.grave
    assert work.closes == {}


def test_a_split_that_only_the_provider_knows_is_kept() -> None:
    """With its source; one that is on file as a bonus issue of the same factor is no second one, and another factor is
    told."""
    work = refresh()
    rows = rows_of(d2025_06_12=134.4, d2025_06_13=67.0)

    outcome = take(work, delivery(*rows, splits={"2025-06-13": 2.0, "2025-06-10": 3.0}))

    assert [(action.ex_date, action.ratio) for action in outcome.actions] == [("2025-06-13", 2.0)]
    assert work.actions[0][1] == "somebody"
    assert not outcome.grave
    other = take(refresh(), delivery(*rows[:1], splits={"2025-06-10": 6.0}))
    assert [found.trouble for found in other.findings] == [Trouble.ACTION_DIFFERS]


def test_fixings_of_different_hours_may_differ() -> None:
    """A rate of another hour is no conflict within half a percent; days of a pair are no sessions."""
    pair = Instrument(symbol="USDHKD", name="USD/HKD", kind=Kind.FX, calendar=None, currency="HKD")
    fixed = Record(name="USDHKD", day="2025-06-09", value=7.8461, source="ECB")
    work = Refresh(
        Shelf(fixings={"USDHKD": {"2025-06-09": fixed}}),
        Shelf(),
        calendars(),
        replace=False,
        now_ns=parse_instant(NOW),
        fetched_at=NOW,
    )
    rows = row("2025-06-07", 7.8462), row("2025-06-09", 7.8470)

    outcome = work.take(pair, Daily(symbol="USDHKD", source="yfinance", grade=Grade.PROVIDER, rows=rows))

    assert outcome.counts == {Verdict.NEW: 1, Verdict.SAME: 1}
    assert work.shelf.reference().fixings == {"USDHKD": {"2025-06-07": 7.8462, "2025-06-09": 7.8461}}
