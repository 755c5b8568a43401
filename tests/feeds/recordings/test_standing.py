"""Closes and bars as prices that stand: when the quotes come, when one looks, and that nothing comes out of order."""

from itertools import pairwise
from pathlib import Path

import pytest

from monitor.core.event import Beat, Event, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, MINUTE, SECOND, format_instant
from monitor.feeds.recordings.price_files import BARS, DAILY
from monitor.feeds.recordings.standing import (
    Form,
    bar_lengths,
    bars_standing,
    closes_standing,
    form_of,
    longest_step_ns,
)
from tests.feeds.board import CALENDARS, DAYS

XHKG, XNYS = CALENDARS["XHKG"], CALENDARS["XNYS"]
MARKETS = {"HSTECH": XHKG, "0700.HK": XHKG, "NDX": XNYS}
DAY = DAYS[3]


def close(symbol: str, session: str, price: float) -> OfficialClose:
    return OfficialClose(symbol, session, price, MARKETS[symbol].close_instant(session), DAILY)


def minutes_before(event: Event, instant_ns: int) -> float:
    return (instant_ns - event.recv_ns) / MINUTE


def closes(*days: str) -> list[Event]:
    """Both indices and a name on those days, in log order."""
    found: list[Event] = [close(symbol, day, 100.0 + n) for day in days for n, symbol in enumerate(MARKETS)]
    return sorted(found, key=lambda event: event.recv_ns)


def test_a_close_stands_in_the_last_minutes_of_its_session() -> None:
    """Quotes of it every minute for longer than the span, three of them close together so that a jump is believed; the
    close itself follows when it is known."""
    end = XHKG.closes_at(DAY)

    events = list(closes_standing([close("HSTECH", DAY, 5000.0)], MARKETS, 3 * MINUTE, MINUTE))

    quotes = [event for event in events if isinstance(event, Quote)]
    assert [minutes_before(quote, end) for quote in quotes] == pytest.approx(
        [5, 5 - 1 / 60, 5 - 2 / 60, 4, 3, 2, 1], abs=1e-9
    )
    assert {quote.price for quote in quotes} == {5000.0}
    assert all(quote.event_ns == quote.recv_ns for quote in quotes)
    assert isinstance(events[-1], OfficialClose)
    assert events[-1].recv_ns == XHKG.close_instant(DAY)


def test_one_looks_behind_everything_of_an_instant_and_when_trading_has_ended() -> None:
    """One beat an instant, after the quotes of all instruments of it; one at the end of trading; never two."""
    events = list(closes_standing(closes(*DAYS[2:5]), MARKETS, MINUTE, MINUTE))

    beats = [event.recv_ns for event in events if isinstance(event, Beat)]
    assert beats == sorted(set(beats))
    assert [(XHKG.closes_at(DAY) - at) / MINUTE for at in beats if XHKG.opens_at(DAY) < at <= XHKG.closes_at(DAY)] == [
        *(3, 2, 1, 0)
    ]
    for before, after in pairwise(events):
        assert before.recv_ns <= after.recv_ns
        if isinstance(before, Beat) and isinstance(after, Quote):
            assert before.recv_ns < after.recv_ns, format_instant(after.recv_ns)


def test_all_closes_are_still_there() -> None:
    """What is added takes nothing away."""
    given = closes(*DAYS[1:6])

    left = [event for event in closes_standing(given, MARKETS, 5 * MINUTE, MINUTE) if isinstance(event, OfficialClose)]

    assert left == given


def test_what_is_no_daily_row_stays_as_it_is() -> None:
    """A close that a feed published, and one of an instrument without a market, have no quotes."""
    given: list[Event] = [
        OfficialClose("HSTECH", DAY, 5000.0, XHKG.close_instant(DAY), "yahoo"),
        OfficialClose("USDHKD", DAY, 7.8, XHKG.close_instant(DAY), DAILY),
    ]

    assert list(closes_standing(given, MARKETS, MINUTE, MINUTE)) == given


def test_a_bar_stands_until_the_next_is_due_but_not_over_lunch() -> None:
    """Quotes of its close every minute of trading; the bar that ends at lunch stands for no longer."""
    noon = XHKG.segment(XHKG.opens_at(DAY)).end_ns
    bars: list[Event] = [
        Quote("HSTECH", BARS, noon - 5 * MINUTE, noon - 5 * MINUTE, 5000.0),
        Quote("HSTECH", BARS, noon - MILLISECOND, noon, 5001.0),
    ]

    events = list(bars_standing(bars, MARKETS, {"HSTECH": 5 * MINUTE}, MINUTE))

    quotes = [event for event in events if isinstance(event, Quote)]
    assert [(minutes_before(quote, noon), quote.price) for quote in quotes] == [
        (5.0, 5000.0),
        (pytest.approx(5 - 1 / 60), 5000.0),
        (pytest.approx(5 - 2 / 60), 5000.0),
        *((float(minute), 5000.0) for minute in (4, 3, 2, 1)),
        (0.0, 5001.0),
    ]
    beats = [minutes_before(event, noon) for event in events if isinstance(event, Beat)]
    assert beats == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(("gap_s", "step_s"), [(60, 60), (3600, 60), (59, 30), (10, 10), (7, 6), (1, 1), (0.5, 1)])
def test_a_step_is_no_hole_and_ends_with_trading(gap_s: float, step_s: int) -> None:
    """The longest divisor of a minute that no timer takes for a gap; a second where even that is one."""
    assert longest_step_ns(round(gap_s * SECOND)) == step_s * SECOND


def test_the_best_form_counts(tmp_path: Path) -> None:
    """Recorded quotes decide over bars, bars over daily closes."""
    daily, bars, polled = tmp_path / "HSTECH.csv", tmp_path / "AAPL_5m.csv", tmp_path / "polled.csv"
    daily.write_text("date,open,high,low,close,volume\n")
    bars.write_text("ts,open,high,low,close,volume\n")
    polled.write_text("received_at,symbol,ts,price\n")

    assert form_of([daily]) is Form.CLOSES
    assert form_of([daily, bars]) is Form.BARS
    assert form_of([daily, bars, polled]) is Form.QUOTES
    assert form_of([daily, tmp_path / "log.jsonl"]) is Form.QUOTES
    assert bar_lengths([daily, bars]) == {"AAPL": 5 * MINUTE}
