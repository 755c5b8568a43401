"""LAG and the statistics of pairs on a board: holidays of either market, exact anchors, no look-ahead, a basket."""

from math import exp, sin

import pytest

from monitor.core.board import Board
from monitor.core.definition import Basket, Pair, Statistics
from monitor.core.event import Event, Halt, OfficialClose, Quote
from monitor.core.instant import parse_instant
from monitor.core.reference import Reference
from monitor.core.views.pair import PairView, PolicyView, StatisticsView
from tests.core.market import AMERICA, CALENDARS, CHINA, definition

SYMBOLS = {"XHKG": ("HSTECH", *CHINA), "XNYS": ("IXIC", *AMERICA)}
CLOSES = {
    symbol: {
        session: round(100 * exp(0.02 * sin(0.7 * i * (1 + 0.2 * n)) + 0.001 * i), 3)
        for i, session in enumerate(CALENDARS[name].sessions)
    }
    for name, symbols in SYMBOLS.items()
    for n, symbol in enumerate(symbols)
}
"""A close for every session, beyond now too: whatever comes out must not have looked at those."""


def on_file(*holes: tuple[str, str], since: str = "", until: str = "9") -> Reference:
    """All closes but the holes (symbol, session); of sessions from `since` until before `until`."""
    closes: dict[str, dict[str, float | None]] = {
        symbol: {
            session: None if (symbol, session) in holes else price
            for session, price in table.items()
            if since <= session < until
        }
        for symbol, table in CLOSES.items()
    }
    return Reference(closes=closes, fixings={"USDHKD": dict.fromkeys(CALENDARS["XHKG"].sessions, 7.8)})


def quote(symbol: str, price: float, at: str) -> Quote:
    return Quote(symbol, "A", parse_instant(at), parse_instant(at), price)


def pair_at(t: str, *events: Event, ref: Reference | None = None, pair: str = "hstech-ixic") -> PairView:
    engine = Board(definition(), CALENDARS, on_file() if ref is None else ref, interval_ns=0)
    for event in events:
        engine.apply(event)
    return engine.snapshot(parse_instant(t)).pair_views[pair]


def lag_of(view: PairView) -> PolicyView:
    assert view.lag is not None
    return view.lag


def statistics_of(view: PairView) -> StatisticsView:
    assert view.statistics is not None
    return view.statistics


def moved(symbol: str, start: str, end: str) -> float:
    return (CLOSES[symbol][end] - CLOSES[symbol][start]) / CLOSES[symbol][start]


def test_back_from_hong_kongs_holiday() -> None:
    """On 3 February Hong Kong's day is compared with New York's from 27 to 31 January, which it had not answered."""
    price = CLOSES["HSTECH"]["2025-01-28"] * 1.03
    view = lag_of(pair_at("2025-02-03T02:00:30Z", quote("HSTECH", price, "2025-02-03T02:00:00Z")))
    day = view.spreads["1D"]

    assert (view.session_a, view.session_b) == ("2025-02-03", "2025-01-31")
    assert day.r_a == pytest.approx(0.03, rel=1e-9)
    assert day.r_b == pytest.approx(moved("IXIC", "2025-01-27", "2025-01-31"), rel=1e-9)
    assert (view.age_a_s, view.age_b_s) == (30.0, 2.0 * 86_400 + 5 * 3600 + 30)


def test_over_new_yorks_holiday() -> None:
    """On 21 January New York has nothing new since Hong Kong's 20th: it did not move."""
    view = lag_of(pair_at("2025-01-21T02:00:00Z", quote("HSTECH", 100.0, "2025-01-21T01:59:59Z")))

    assert (view.session_a, view.session_b) == ("2025-01-21", "2025-01-17")
    assert view.spreads["1D"].r_b == 0.0
    assert view.spreads["1D"].status == "OK"


def test_this_year_starts_at_30_december() -> None:
    """New York's 31 December was not over when Hong Kong's was; LAST starts both at the 31st."""
    view = pair_at("2025-02-21T03:15:00Z", quote("HSTECH", 110.0, "2025-02-21T03:14:58Z"))

    assert lag_of(view).spreads["YTD"].r_b == pytest.approx(moved("IXIC", "2024-12-30", "2025-02-20"), rel=1e-9)
    assert view.last.spreads["YTD"].r_b == pytest.approx(moved("IXIC", "2024-12-31", "2025-02-20"), rel=1e-9)


def test_new_yorks_trading_moves_nothing() -> None:
    """While Hong Kong sleeps the pair, its z and its beta stand still: what happens now belongs to its next day."""
    quiet = pair_at("2025-03-10T14:00:00Z")
    busy = pair_at("2025-03-10T14:00:00Z", quote("IXIC", 120.0, "2025-03-10T13:59:00Z"))

    assert lag_of(busy) == lag_of(quiet)
    assert statistics_of(busy) == statistics_of(quiet)
    assert statistics_of(busy).z is not None
    assert busy.last.spreads["1D"].spread_pp != quiet.last.spreads["1D"].spread_pp


@pytest.mark.parametrize("pair", ["hstech-ixic", "china-america"])
@pytest.mark.parametrize("t", ["2025-02-21T02:00:00Z", "2025-02-21T08:09:59Z", "2025-02-21T20:59:59Z"])
def test_nothing_looks_ahead(t: str, pair: str) -> None:
    """Closes on file of sessions that are not over change neither spreads nor statistics."""
    known = CALENDARS["XHKG"].known_close(parse_instant(t)), CALENDARS["XNYS"].known_close(parse_instant(t))
    later = [
        (symbol, session)
        for (name, symbols), last in zip(SYMBOLS.items(), known, strict=True)
        for symbol in symbols
        for session in CALENDARS[name].sessions
        if last is not None and session > last
    ]

    assert pair_at(t, pair=pair) == pair_at(t, pair=pair, ref=on_file(*later))


def test_anchors_are_exact() -> None:
    """LAST takes an earlier close where the anchor's is missing, LAG says NO_BASELINE: its sessions belong together."""
    morning = "2025-02-21T02:00:00Z", quote("HSTECH", 110.0, "2025-02-21T01:59:59Z")
    for hole in (("HSTECH", "2024-12-31"), ("IXIC", "2024-12-30")):
        spread = lag_of(pair_at(*morning, ref=on_file(hole))).spreads["YTD"]
        assert (spread.spread_pp, spread.status) == (None, "NO_BASELINE")
        assert (spread.r_a is None) is (hole[0] == "HSTECH")
    assert pair_at(*morning, ref=on_file(("HSTECH", "2024-12-31"))).last.spreads["YTD"].spread_pp is not None


def test_without_yesterdays_close_the_one_before_it_is_taken() -> None:
    """The newest close of b that there is, and its age beside it."""
    view = lag_of(
        pair_at(
            "2025-02-21T02:00:00Z",
            quote("HSTECH", 110.0, "2025-02-21T01:59:59Z"),
            ref=on_file(("IXIC", "2025-02-20")),
        )
    )
    assert view.session_b == "2025-02-19"
    assert view.spreads["1D"].r_b == 0.0


def test_a_basket_is_held_from_close_to_close() -> None:
    """Equal amounts of each member from the anchor; a halted member stays in, one without a baseline leaves the basket
    without enough coverage."""
    prices = {
        symbol: CLOSES[symbol]["2025-02-20"] * factor for symbol, factor in zip(CHINA, (1.01, 1.02, 1.06), strict=True)
    }
    quotes = [quote(symbol, price, "2025-02-21T02:00:00Z") for symbol, price in prices.items()]
    halt = Halt(CHINA[0], True, parse_instant("2025-02-21T02:00:01Z"))
    t = "2025-02-21T02:00:02Z"

    day = lag_of(pair_at(t, *quotes, halt, pair="china-america")).spreads["1D"]
    america = sum(moved(symbol, "2025-02-19", "2025-02-20") for symbol in AMERICA) / 2
    missing = on_file((CHINA[0], "2025-02-20"))

    assert day.r_a == pytest.approx(0.03, rel=1e-9)
    assert day.r_b == pytest.approx(america, rel=1e-9)
    assert (
        lag_of(pair_at(t, *quotes, pair="china-america", ref=missing)).spreads["1D"].status == "INSUFFICIENT_COVERAGE"
    )


def test_todays_close_is_judged_and_not_part_of_what_it_is_judged_by() -> None:
    """The history ends with yesterday, before and after today's close is official."""
    close = OfficialClose("HSTECH", "2025-02-21", 101.0, parse_instant("2025-02-21T08:11:00Z"))
    ref = on_file(("HSTECH", "2025-02-21"))
    before = statistics_of(pair_at("2025-02-21T08:12:00Z", quote("HSTECH", 101.0, "2025-02-21T07:59:00Z"), ref=ref))
    after = statistics_of(pair_at("2025-02-21T08:12:00Z", close, ref=ref))

    assert after == before
    assert (after.last_session, after.n) == ("2025-02-20", 60)


def test_every_policy_has_the_same_beta() -> None:
    """One beta, of the LAG returns, adjusts the spreads of all policies."""
    view = pair_at("2025-02-21T02:00:00Z", quote("HSTECH", 110.0, "2025-02-21T01:59:59Z"))
    beta = statistics_of(view).beta
    assert beta is not None
    for policy in view.policies:
        for spread in policy.spreads.values():
            if spread.r_a is not None and spread.r_b is not None:
                assert spread.beta_adj_pp == pytest.approx(100 * (spread.r_a - beta * spread.r_b), rel=1e-9)


def test_a_short_history_is_a_warm_up() -> None:
    """Twenty returns need twenty-one pairs of closes; with fewer there is no beta either."""
    first = CALENDARS["XHKG"].previous("2025-02-21", 15) or ""
    view = pair_at("2025-02-21T02:00:00Z", quote("HSTECH", 110.0, "2025-02-21T01:59:59Z"), ref=on_file(since=first))
    found = statistics_of(view)

    assert (found.z, found.z_status, found.robust_status, found.mean) == (None, "WARMUP", "WARMUP", None)
    assert (found.beta, found.beta_status, found.overlap_status) == (None, "WARMUP", "WARMUP")
    assert 0 < found.n < 20
    assert view.last.spreads["1D"].beta_adj_pp is None


def test_a_long_hole_ends_the_history() -> None:
    """Returns over a hole of more than five sessions would be no daily returns; up to five are bridged."""
    sessions = CALENDARS["XHKG"].sessions
    end = sessions.index("2025-01-20")
    live = "2025-02-21T02:00:00Z", quote("HSTECH", 110.0, "2025-02-21T01:59:59Z")
    short = statistics_of(pair_at(*live, ref=on_file(*(("HSTECH", day) for day in sessions[end - 5 : end]))))
    long = statistics_of(pair_at(*live, ref=on_file(*(("HSTECH", day) for day in sessions[end - 6 : end]))))

    assert short.n == 60
    # 20 and 21 January go with the same close of New York, as do 17 and 18 February.
    assert (long.first_session, long.n) == (
        "2025-01-22",
        sessions.index("2025-02-20") - sessions.index("2025-01-21") - 1,
    )


def test_without_a_price_there_is_no_spread_to_judge() -> None:
    """A pair that nobody has a price of says so, everywhere."""
    view = pair_at("2025-02-21T02:00:00Z", ref=Reference())
    assert {spread.status for spread in lag_of(view).spreads.values()} == {"NO_PRICE"}
    assert (lag_of(view).session_a, lag_of(view).session_b) == (None, None)
    assert statistics_of(view).z_status == "NO_PRICE"
    assert statistics_of(view).ewma_status == "NO_PRICE"


def test_the_daily_return_is_there_without_its_window() -> None:
    """A board that does not show 1D has z-scores all the same."""
    engine = Board(definition(windows=("YTD",)), CALENDARS, on_file(), interval_ns=0)
    view = engine.snapshot(parse_instant("2025-02-21T02:00:00Z")).pair_views["hstech-ixic"]
    assert list(lag_of(view).spreads) == ["YTD"]
    assert statistics_of(view).z is not None


def test_the_lookback_is_a_setting() -> None:
    """Only that many sessions count."""
    own = definition(statistics=Statistics(lookback=25, min_obs=5))
    engine = Board(own, CALENDARS, on_file(), interval_ns=0)
    found = statistics_of(engine.snapshot(parse_instant("2025-02-21T02:00:00Z")).pair_views["hstech-ixic"])
    assert (found.n, found.lookback) == (25, 25)


@pytest.mark.parametrize("legs", [("both", "IXIC"), ("HSTECH", "both"), ("both", "both")])
@pytest.mark.parametrize("members", [(CHINA[0], AMERICA[0]), (AMERICA[0], CHINA[0])])
def test_a_basket_of_two_markets_counts_the_sessions_of_its_first(
    members: tuple[str, str], legs: tuple[str, str]
) -> None:
    """Days on which only one of them trades break nothing, under any policy: holidays of either, and days between."""
    own = definition(
        baskets=(Basket(id="both", name="Both", members=members),),
        pairs=(Pair(id="mixed", name="Mixed", a=legs[0], b=legs[1]),),
    )
    for t in ("2025-01-09T16:00:00Z", "2025-01-29T16:00:00Z", "2025-01-30T02:00:00Z", "2025-02-17T03:00:00Z"):
        engine = Board(own, CALENDARS, on_file(until="2025-01-28"), interval_ns=0)
        for symbol, calendar in ((CHINA[0], "XHKG"), (AMERICA[0], "XNYS")):
            if CALENDARS[calendar].phase(parse_instant(t)) == "REGULAR":
                engine.apply(quote(symbol, CLOSES[symbol]["2025-01-27"], t))
        view = engine.snapshot(parse_instant(t)).pair_views["mixed"]
        first = CALENDARS["XHKG" if legs[0] == "HSTECH" or members[0] == CHINA[0] else "XNYS"]
        assert lag_of(view).session_a in first
