"""The invented market: the same for the same seed, continuous, correlated, and a rally every Hong Kong morning."""

import statistics
from itertools import pairwise

import pytest

from monitor.core.definition import FilterParams, Instrument, Kind
from monitor.core.instant import MINUTE, SECOND, format_instant, parse_instant
from monitor.core.session import Calendar
from monitor.feeds.market_hours import market_hours
from monitor.feeds.simulated.market import Market
from monitor.feeds.simulated.sim_clock import SimClock, default_start
from tests.feeds.board import CALENDARS, DAYS, INSTRUMENTS, at

OPENING = at("06-10T01:30")
ROUND_THE_CLOCK = Calendar.from_rows(
    "CMES",
    "America/Chicago",
    [
        [day, parse_instant(f"{before}T22:00:00Z"), None, None, parse_instant(f"{day}T21:00:00Z")]
        for before, day in pairwise(("2025-06-04", *DAYS))
    ],
    auction_min=0,
    pre_min=0,
    post_min=0,
)
"""Futures: from 22:00 UTC to 21:00 the next day."""


@pytest.fixture
def market() -> Market:
    return Market(INSTRUMENTS, CALENDARS, seed=7)


def long_calendar(name: str, opens: str, closes: str) -> Calendar:
    """Two hundred sessions in 2023 and 2024, on every day of a month up to the 28th."""
    days = [f"2023-{month:02d}-{day:02d}" for month in range(1, 9) for day in range(1, 26)]
    rows = [[day, f"{day}T{opens}Z", None, None, f"{day}T{closes}Z"] for day in days]
    return Calendar.from_rows(name, "UTC", rows, auction_min=0, pre_min=0, post_min=0)


def test_a_price_is_a_function_of_seed_and_time(market: Market) -> None:
    """A market that was asked other questions before, and in another order, answers the same."""
    again = Market(INSTRUMENTS, CALENDARS, seed=7)
    instants = [OPENING + minute * MINUTE for minute in range(0, 380, 7)]
    forwards = [market.price("1211.HK", instant) for instant in instants]
    backwards = [again.price("1211.HK", instant) for instant in reversed(instants)]

    assert forwards == backwards[::-1]
    assert forwards != [Market(INSTRUMENTS, CALENDARS, seed=8).price("1211.HK", instant) for instant in instants]


def test_a_session_ends_at_its_close(market: Market) -> None:
    """The last price of a session is its official close, and the next session compares with it."""
    end = at("06-10T20:00")

    assert market.price("NVDA", end) == market.close("NVDA", "2025-06-10")
    assert market.previous_close("NVDA", at("06-11T14:00")) == market.close("NVDA", "2025-06-10")


def test_prices_lie_on_the_exchanges_grid(market: Market) -> None:
    """Hong Kong stocks move in ticks (0.05 below HKD 100, 0.1 above)."""
    for minute in range(0, 330, 11):
        price = market.price("1211.HK", OPENING + minute * MINUTE)
        tick = 0.05 if price < 100 else 0.1
        assert price / tick == pytest.approx(round(price / tick), abs=1e-6)


def test_every_hong_kong_morning_the_leader_rallies_and_falls_back(market: Market) -> None:
    """HSTECH against the Nasdaq's last day: +3 points about eight minutes after the opening, near 4 for a while, then
    gone before the first hour is over."""
    for day in DAYS[3:]:
        opening = CALENDARS["XHKG"].opens_at(day)
        us = CALENDARS["XNYS"].known_close(opening)
        assert us is not None
        before = CALENDARS["XNYS"].previous(us)
        assert before is not None
        follower = market.close("IXIC", us) / market.close("IXIC", before) - 1.0
        base = market.previous_close("HSTECH", opening)
        spread = {
            minute: 100.0 * (market.price("HSTECH", opening + minute * MINUTE) / base - 1.0 - follower)
            for minute in (1, 5, 10, 20, 30, 50)
        }
        assert spread[1] < 0.0 < spread[5] < 3.0 < spread[10] < spread[20]
        assert spread[30] > 3.5
        assert spread[50] < 0.0


def test_the_peg_holds(market: Market) -> None:
    rates = [market.price("USDHKD", OPENING + hour * 3600 * SECOND) for hour in range(0, 400 * 24, 17)]

    assert 7.75 < min(rates) < max(rates) < 7.85


def test_lines_move_with_their_factors() -> None:
    """Two China names correlate strongly; a China and a US name only through the global factor."""
    calendars = {"XHKG": long_calendar("XHKG", "01:30", "08:00"), "XNYS": long_calendar("XNYS", "13:30", "20:00")}
    names = {"HSTECH": "XHKG", "9988.HK": "XHKG", "NDX": "XNYS", "NVDA": "XNYS"}
    market = Market(
        [
            Instrument(symbol=symbol, name=symbol, kind=Kind.STOCK, calendar=calendar, currency="USD")
            for symbol, calendar in names.items()
        ],
        calendars,
        seed=3,
    )
    sessions = calendars["XHKG"].sessions
    closes = {symbol: [market.close(symbol, session) for session in sessions] for symbol in names}
    returns = {symbol: [b / a - 1.0 for a, b in pairwise(line)] for symbol, line in closes.items()}
    china = statistics.correlation(returns["HSTECH"], returns["9988.HK"])
    us = statistics.correlation(returns["NDX"], returns["NVDA"])
    across = statistics.correlation(returns["HSTECH"], returns["NDX"])

    assert china > 0.5
    assert us > 0.6
    assert across < min(china, us)
    assert all(0.003 < statistics.stdev(line) < 0.05 for line in returns.values())


def test_simulated_time_runs_fast_in_session_and_faster_outside() -> None:
    """Ten real seconds: one minute to the opening at 60×, then nine seconds of session at 20×; never backwards."""
    real = [0]
    clock = SimClock(OPENING - MINUTE, 20.0, 60.0, CALENDARS.values(), lambda: real[0])

    assert clock.now_ns() == OPENING - MINUTE
    real[0] = SECOND
    assert clock.now_ns() == OPENING
    real[0] = 10 * SECOND
    assert clock.now_ns() == OPENING + 180 * SECOND


def test_one_long_pause_is_like_many_short_ones() -> None:
    """Night, lunch and sessions are crossed at their own speeds, however rarely the clock is asked."""
    coarse_real, fine_real = [0], [0]
    coarse = SimClock(OPENING, 20.0, 600.0, CALENDARS.values(), lambda: coarse_real[0])
    fine = SimClock(OPENING, 20.0, 600.0, CALENDARS.values(), lambda: fine_real[0])
    for _ in range(1_000):
        fine_real[0] += SECOND
        fine.now_ns()
    coarse_real[0] = 1_000 * SECOND

    assert abs(coarse.now_ns() - fine.now_ns()) < 1_000 * 600


async def test_sleeping_in_simulated_time() -> None:
    clock = SimClock(OPENING, 6000.0, 6000.0, CALENDARS.values())
    before = clock.now_ns()
    await clock.sleep(120.0)

    assert clock.now_ns() - before >= 120 * SECOND


def test_the_default_start_is_a_minute_before_a_morning_that_new_york_follows() -> None:
    start = default_start(at("06-11T02:00"), CALENDARS["XHKG"], CALENDARS["XNYS"])
    earlier = default_start(at("06-10T01:00"), CALENDARS["XHKG"], CALENDARS["XNYS"])

    assert format_instant(start) == "2025-06-11T01:29:00.000Z"
    assert format_instant(earlier) == "2025-06-09T01:29:00.000Z"
    with pytest.raises(ValueError):
        default_start(at("06-01T00:00"), CALENDARS["XHKG"], CALENDARS["XNYS"])


def test_quotes_are_expected_in_regular_hours_and_for_currencies_all_week() -> None:
    """Lunch and nights are silent; with a currency on the list only the weekend is."""
    stocks = market_hours([line for line in INSTRUMENTS if line.symbol == "1211.HK"], CALENDARS)
    everything = market_hours(INSTRUMENTS, CALENDARS)

    assert [stocks(at(f"06-10T{hour}:00")) for hour in ("01", "02", "04", "05", "08")] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert everything(at("06-10T04:30"))
    assert not everything(parse_instant("2025-06-07T12:00:00Z"))
    assert not everything(parse_instant("2025-06-08T21:59:00Z"))
    assert everything(parse_instant("2025-06-08T22:00:00Z"))


def proxied() -> tuple[Market, tuple[Instrument, ...]]:
    """The board's lines with futures on New York's index, an ETF on Hong Kong's and an ADR of 1211.HK."""
    calendars = {**CALENDARS, "CMES": ROUND_THE_CLOCK}
    extended = FilterParams(extended=True)
    lines = (
        *INSTRUMENTS,
        Instrument(symbol="NDX", name="NDX", kind=Kind.INDEX, calendar="XNYS", currency="USD"),
        Instrument(symbol="NQ", name="NQ", kind=Kind.FUTURE, calendar="CMES", currency="USD", filter=extended),
        Instrument(symbol="KWEB", name="KWEB", kind=Kind.ETF, calendar="XNYS", currency="USD", filter=extended),
        Instrument(
            symbol="BYDDY",
            name="BYD ADR",
            kind=Kind.ADR,
            calendar="XNYS",
            currency="USD",
            underlying="1211.HK",
            adr_ratios=(("2020-01-01", 2.0),),
            filter=extended,
        ),
    )
    return Market(lines, calendars, seed=7), lines


def test_futures_lead_to_the_opening_and_follow_the_session() -> None:
    """Since New York's close NQ has moved by what NDX then opens with; in the session the two keep their distance."""
    market, _ = proxied()
    closed, opening = at("06-09T20:00"), at("06-10T13:30")
    ahead = market.price("NQ", opening - SECOND) / market.price("NQ", closed)

    assert market.price("NDX", opening) / market.close("NDX", "2025-06-09") == pytest.approx(ahead, rel=1e-4)
    assert market.price("NQ", opening - 3 * 3600 * SECOND) != market.price("NQ", closed)
    distance = [market.price("NQ", t) / market.price("NDX", t) for t in range(opening, opening + 60 * MINUTE, MINUTE)]
    assert max(distance) - min(distance) < 1e-4


def test_what_trades_in_dollars_follows_the_peg_too() -> None:
    """An ADS is worth its shares in dollars; an ETF moves with the index while Hong Kong is shut."""
    market, _ = proxied()
    night = at("06-10T09:00")
    rate = market.price("USDHKD", at("06-10T08:10"))

    assert market.price("BYDDY", at("06-10T08:10")) == pytest.approx(
        2.0 * market.close("1211.HK", "2025-06-10") / rate, rel=1e-3
    )
    opening = CALENDARS["XHKG"].opens_at("2025-06-11")
    ahead = market.price("KWEB", opening - SECOND) / market.price("KWEB", at("06-10T08:10"))
    assert market.price("HSTECH", opening) / market.close("HSTECH", "2025-06-10") == pytest.approx(ahead, rel=2e-3)
    assert market.close("KWEB", "2025-06-10") == market.price("KWEB", at("06-10T20:00"))
    assert market.previous_close("KWEB", night) == market.close("KWEB", "2025-06-09")


def test_proxies_trade_when_others_do_not() -> None:
    """Before and after regular hours, and round the clock; what is no proxy keeps its hours."""
    market, _ = proxied()

    assert [market.trades(symbol, at("06-10T09:00")) for symbol in ("NQ", "KWEB", "NVDA")] == [True, True, False]
    assert [market.trades(symbol, at("06-10T03:00")) for symbol in ("NQ", "KWEB", "HSTECH")] == [True, False, True]
    assert not market.trades("NQ", at("06-10T21:30"))
    assert not market.trades("USDHKD", at("06-10T09:00"))
