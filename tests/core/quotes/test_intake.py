"""FEEDS section 3: what the intake lets through, what it stops, and that it counts what it stops."""

import math
from typing import Any

import msgspec
import pytest

from monitor.core.event import EVENT_TIME_IS_RECEIPT, RETAINED, SIMULATED, Fx, OfficialClose, Quote
from monitor.core.instant import SECOND
from monitor.core.quotes.intake import Intake
from monitor.core.quotes.raw import RawClose, RawQuote
from tests.feeds.board import CALENDARS, INSTRUMENTS, at

NOON = at("06-10T15:00")


def raw(symbol: str = "NVDA", source: str = "yahoo", **fields: Any) -> RawQuote:
    given = {"event_ns": NOON, "price": 100.0} | fields
    given.setdefault("recv_ns", (given["event_ns"] or NOON) + 1)
    return RawQuote(source=source, source_symbol=symbol, **given)


@pytest.fixture
def intake() -> Intake:
    return Intake(INSTRUMENTS, CALENDARS, canonical=["mqtt"])


def test_a_quote_gets_the_boards_symbol_and_the_sources_delay(intake: Intake) -> None:
    """HSTECH.HK of Yahoo is HSTECH, 15 minutes late by contract."""
    (quote,) = intake.accept(raw("HSTECH.HK", event_ns=at("06-10T02:00"), session="regular"))

    assert isinstance(quote, Quote)
    assert (quote.symbol, quote.delay_s, quote.flags) == ("HSTECH", 900, 0)
    assert intake.tally("yahoo").accepted == 1


def test_a_canonical_source_uses_the_boards_symbols(intake: Intake) -> None:
    assert intake.accept(raw("HSBIO", "mqtt"))
    assert not intake.accept(raw("HSBIO", "yahoo"))
    assert intake.tally("yahoo").rejected == {"UNKNOWN_SYMBOL": 1}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"price": math.nan}, "BAD_FIELD"),
        ({"price": math.inf}, "BAD_FIELD"),
        ({"price": None}, "BAD_FIELD"),
        ({"price": None, "bid": 99.0}, "BAD_FIELD"),
        ({"price": None, "bid": 99.0, "ask": 0.0}, "BAD_FIELD"),
        ({"day_volume": math.nan}, "BAD_FIELD"),
        ({"price": 0.0}, "NON_POSITIVE"),
        ({"price": -1.0}, "NON_POSITIVE"),
        ({"symbol": ""}, "MISSING_SYMBOL"),
        ({"symbol": "nvda"}, "UNKNOWN_SYMBOL"),
    ],
)
def test_what_no_source_may_send_is_stopped_and_counted(intake: Intake, fields: dict[str, Any], reason: str) -> None:
    """Rejected records leave no trace but a count under their reason."""
    assert intake.accept(raw(**fields)) == []
    assert intake.tally("yahoo").rejected == {reason: 1}
    assert intake.accept(raw())


def test_a_two_sided_market_is_a_quote_without_price(intake: Intake) -> None:
    (quote,) = intake.accept(raw(price=None, bid=99.0, ask=101.0))

    assert isinstance(quote, Quote)
    assert (quote.price, quote.bid, quote.ask) == (None, 99.0, 101.0)


def test_zero_is_a_vendors_word_for_nothing(intake: Intake) -> None:
    """An empty side of the book and an unknown close come as 0 and are None here."""
    (quote,) = intake.accept(raw(bid=0.0, ask=101.0, prev_close=0.0))

    assert isinstance(quote, Quote)
    assert (quote.bid, quote.ask, quote.prev_close) == (None, 101.0, None)


def test_a_repeated_record_counts_as_duplicate(intake: Intake) -> None:
    """Reconnecting repeats records; the time of receipt makes no difference."""
    assert intake.accept(raw(day_volume=10))
    assert not intake.accept(raw(day_volume=10, recv_ns=NOON + 5))
    assert intake.tally("yahoo").rejected == {"DUPLICATE": 1}


@pytest.mark.parametrize("older", [{"event_ns": NOON - 1}, {"day_volume": 9, "price": 101.0}])
def test_an_older_record_is_dropped(intake: Intake, older: dict[str, Any]) -> None:
    """Older by time, or at the same time by day volume."""
    assert intake.accept(raw(day_volume=10))
    assert not intake.accept(raw(**older))
    assert intake.tally("yahoo").rejected == {"OUT_OF_ORDER": 1}


def test_a_time_that_cannot_be_does_not_make_the_next_record_old(intake: Intake) -> None:
    """A source's clock a day ahead: its quote is left to the tick filter, its previous close and its rates are of no
    known day, and the first record with a right time passes."""
    ahead = {"event_ns": NOON + 86_400 * SECOND, "recv_ns": NOON}

    (quote,) = intake.accept(raw(prev_close=99.0, **ahead))
    assert isinstance(quote, Quote)
    assert not intake.accept(raw("HKD=X", price=7.8, **ahead))
    assert intake.tally("yahoo").rejected == {"FUTURE": 1}
    assert intake.accept(raw())
    assert intake.accept(raw("HKD=X", price=7.8))


def test_another_source_has_an_order_of_its_own(intake: Intake) -> None:
    assert intake.accept(raw())
    assert intake.accept(raw("NVDA", "mqtt", event_ns=NOON - 1))


def test_day_volume_falls_only_with_a_new_day_or_a_confirmed_correction(intake: Intake) -> None:
    """One low volume is an error of the vendor, a second one not lower still is its correction."""
    assert intake.accept(raw(day_volume=1000))
    assert not intake.accept(raw(event_ns=NOON + 1, day_volume=10))
    assert intake.accept(raw(event_ns=NOON + 2, day_volume=11))
    assert intake.accept(raw(event_ns=at("06-11T14:00"), day_volume=1))
    assert intake.tally("yahoo").rejected == {"VOLUME_BACKWARDS": 1}


def test_without_a_time_of_its_own_a_quote_is_dated_by_receipt(intake: Intake) -> None:
    (quote,) = intake.accept(raw(event_ns=None, flags=RETAINED))

    assert isinstance(quote, Quote)
    assert (quote.event_ns, quote.flags) == (NOON + 1, RETAINED | EVENT_TIME_IS_RECEIPT)


def test_a_currency_becomes_a_rate(intake: Intake) -> None:
    """HKD=X is USDHKD; without a last price the middle of the market is the rate."""
    assert intake.accept(raw("HKD=X", price=7.8)) == [Fx("USDHKD", 7.8, NOON, NOON + 1, "yahoo")]
    (rate,) = intake.accept(raw("HKD=X", price=None, bid=7.75, ask=7.85, event_ns=NOON + 1))

    assert isinstance(rate, Fx)
    assert rate.rate == pytest.approx(7.8)


def test_a_previous_close_is_told_once_a_session(intake: Intake) -> None:
    """The close belongs to the session before the quote's own, and comes before the quote."""
    close, quote = intake.accept(raw(prev_close=99.0, session="regular"))

    assert close == OfficialClose("NVDA", "2025-06-09", 99.0, NOON + 1, "yahoo", derived=True)
    assert isinstance(quote, Quote)
    assert len(intake.accept(raw(event_ns=NOON + 1, prev_close=99.0))) == 1
    assert len(intake.accept(raw(event_ns=at("06-11T14:00"), prev_close=101.0))) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"session": "post"},
        {"event_ns": at("06-10T21:00")},
        {"event_ns": at("06-10T12:00")},
        {"event_ns": None},
    ],
)
def test_outside_the_regular_day_no_close_is_derived(intake: Intake, fields: dict[str, Any]) -> None:
    """After the close vendors compare with today's close, before it with another one: neither is taken."""
    assert [type(event) for event in intake.accept(raw(prev_close=99.0, **fields))] == [Quote]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_log_takes_prices_of_its_own_market_only(simulated: bool) -> None:
    """A relay may carry the other one: it is counted, whatever the source, and its closes are not taken either."""
    intake = Intake(INSTRUMENTS, CALENDARS, simulated=simulated)
    own, other = (SIMULATED, 0) if simulated else (0, SIMULATED)
    close = RawClose("yahoo", "NVDA", "2025-06-09", 100.0, NOON)

    assert intake.accept(raw(flags=own))
    assert not intake.accept(raw(flags=other, event_ns=NOON + SECOND))
    assert intake.tally("yahoo").rejected == {"WRONG_MARKET": 1}
    assert intake.close(msgspec.structs.replace(close, flags=own))
    assert not intake.close(msgspec.structs.replace(close, flags=other))
