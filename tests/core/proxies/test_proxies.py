"""Fair values and SYNC on a board: futures in Hong Kong's day, an ETF and ADRs in New York's, in winter and summer."""

from collections.abc import Iterable

import pytest

from monitor.core.board import Board
from monitor.core.definition import BoardDefinition, FilterParams, Kind, Proxy, ProxyMethod, ProxyReference
from monitor.core.event import SIMULATED, Event, Fx, OfficialClose, Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import FairValueView
from monitor.core.views.pair import PolicyView
from tests.core.market import CALENDARS, definition, instrument

DAYS = CALENDARS["XNYS"].sessions
ROUND_THE_CLOCK = Calendar.from_rows(
    "CMES",
    "America/Chicago",
    [
        [day, parse_instant(f"{day}T00:00:00Z"), None, None, parse_instant(f"{day}T23:00:00Z")]
        for day in CALENDARS["XNYS"].sessions
    ],
    auction_min=0,
    pre_min=0,
    post_min=0,
)
BOTH = {**CALENDARS, "CMES": ROUND_THE_CLOCK}
EXTENDED = FilterParams(extended=True)

NQ = instrument("NQ", kind=Kind.FUTURE, calendar="CMES", filter=EXTENDED)
KWEB = instrument("KWEB", kind=Kind.ETF, filter=EXTENDED)
ADR = instrument(
    "BABA",
    kind=Kind.ADR,
    filter=EXTENDED,
    underlying="9988.HK",
    adr_ratios=(("2019-07-30", 4.0), ("2025-01-01", 8.0)),
)
FUTURES = Proxy(target="IXIC", method=ProxyMethod.FUTURES, symbol="NQ")
ETF = (
    Proxy(target="HSTECH", method=ProxyMethod.ETF, symbol="KWEB", limit_s=600.0),
    Proxy(
        target="HSTECH",
        method=ProxyMethod.ETF,
        symbol="KWEB",
        reference=ProxyReference.FIRST_AFTER,
        limit_s=3600.0,
    ),
)
PARITY = Proxy(target="9988.HK", method=ProxyMethod.ADR, symbol="BABA")


def closes(until: str = "2025-03-07") -> Reference:
    """Every close before `until` is 100 on both sides; 7.8 Hong Kong dollars a US dollar."""
    table = {
        symbol: {session: 100.0 for session in CALENDARS[calendar].sessions if session < until}
        for calendar, symbols in (("XHKG", ("HSTECH", "0700.HK", "9988.HK", "0981.HK")), ("XNYS", ("IXIC", "AAPL")))
        for symbol in symbols
    }
    return Reference(closes=table, fixings={"USDHKD": dict.fromkeys(CALENDARS["XHKG"].sessions, 7.8)})


def board(ref: Reference | None = None, **changes: object) -> Board:
    fields: dict[str, object] = {"proxy_lines": (NQ, KWEB, ADR), "proxies": (FUTURES, *ETF, PARITY), **changes}
    return Board(definition(**fields), BOTH, closes() if ref is None else ref, interval_ns=0)


def quote(symbol: str, price: float, at: str, **changes: object) -> Quote:
    event_ns = parse_instant(at)
    fields: dict[str, object] = {"recv_ns": event_ns, **changes}
    return Quote(symbol, "A", event_ns, price=price, **fields)  # type: ignore[arg-type]


def dollar(rate: float, at: str) -> Fx:
    return Fx("USDHKD", rate, parse_instant(at), parse_instant(at), "A")


def shown(events: Iterable[Event], t: str, engine: Board | None = None) -> Snapshot:
    engine = board() if engine is None else engine
    for event in events:
        engine.apply(event)
    return engine.snapshot(parse_instant(t))


def fair(snapshot: Snapshot, symbol: str) -> FairValueView:
    view = snapshot.instruments[symbol].fair_value
    assert view is not None
    return view


def sync(snapshot: Snapshot) -> PolicyView:
    view = snapshot.pair_views["hstech-ixic"].sync
    assert view is not None
    return view


HONG_KONG_MORNING = [
    quote("NQ", 20_000.0, "2025-03-06T20:59:30Z"),
    quote("NQ", 20_010.0, "2025-03-06T21:00:01Z"),
    quote("NQ", 20_100.0, "2025-03-07T02:00:00Z"),
    quote("HSTECH", 102.0, "2025-03-07T02:00:00Z"),
]
"""Friday 7 March 2025, winter in New York: futures up half a per cent since Thursday's close there, HSTECH up two."""

SUMMER_NIGHT = [
    dollar(7.8, "2025-03-10T08:04:00Z"),
    quote("KWEB", 40.0, "2025-03-10T08:04:00Z"),
    OfficialClose("HSTECH", "2025-03-10", 100.0, parse_instant("2025-03-10T08:11:00Z")),
    quote("KWEB", 40.1, "2025-03-10T08:12:00Z"),
    dollar(7.722, "2025-03-10T15:00:00Z"),
    quote("KWEB", 41.0, "2025-03-10T15:00:00Z"),
    quote("IXIC", 101.0, "2025-03-10T15:00:00Z"),
]
"""Monday 10 March 2025, summer in New York: the pre-market began ten minutes before Hong Kong's close."""


def test_in_hong_kongs_day_the_futures_stand_for_the_nasdaq() -> None:
    """HSTECH is live, the Nasdaq worth its close plus half a per cent; the price of the closed index stays its own."""
    snapshot = shown(HONG_KONG_MORNING, "2025-03-07T02:00:30Z")
    view, last = sync(snapshot), snapshot.pair_views["hstech-ixic"].last

    assert fair(snapshot, "IXIC").value == pytest.approx(100.5, rel=1e-12)
    assert (view.method_a, view.method_b, view.estimated) == ("LIVE", "FUTURES", True)
    assert view.spreads["1D"].spread_pp == pytest.approx(2.0 - 0.5, rel=1e-9)
    assert last.spreads["1D"].spread_pp == pytest.approx(2.0, rel=1e-9)
    assert (view.age_a_s, view.age_b_s, view.async_gap_s) == (30.0, 30.0, 0.0)
    assert snapshot.instruments["IXIC"].price == 100.0
    assert "NQ" not in snapshot.instruments
    assert snapshot.ref_date == "2025-03-07"


def test_a_fair_value_says_what_it_was_made_from() -> None:
    """Proxy, both of its times, beta and the age of the live one."""
    view = fair(shown(HONG_KONG_MORNING, "2025-03-07T02:00:30Z"), "IXIC")

    assert (view.method, view.proxy, view.status, view.beta, view.age_s) == ("FUTURES", "NQ", "OK", 1.0, 30.0)
    assert (view.ref_time, view.live_time) == ("2025-03-06T20:59:30.000Z", "2025-03-07T02:00:00.000Z")
    assert view.implied_move == pytest.approx(0.005, rel=1e-9)


def test_no_value_without_a_reference_or_a_fresh_price() -> None:
    """Futures first seen in the morning say nothing about the night; two minutes of silence end a fair value."""
    missed = shown(HONG_KONG_MORNING[2:], "2025-03-07T02:00:30Z")
    silent = shown(HONG_KONG_MORNING, "2025-03-07T02:02:01Z")

    assert (fair(missed, "IXIC").status, fair(missed, "IXIC").value) == ("NO_REF", None)
    assert (fair(silent, "IXIC").status, fair(silent, "IXIC").value) == ("STALE", None)
    for snapshot, status in ((missed, "NO_REF"), (silent, "STALE")):
        view = sync(snapshot)
        assert (view.method_b, view.estimated, view.age_b_s) == (None, False, None)
        assert (view.spreads["1D"].spread_pp, view.spreads["1D"].status) == (None, status)


def test_a_source_that_is_late_by_contract_is_not_stale() -> None:
    """Ten minutes of delay are allowed on top of the two."""
    late = [
        quote("NQ", price, at, recv_ns=parse_instant(at) + 600 * SECOND, delay_s=600)
        for price, at in ((20_000.0, "2025-03-06T20:59:30Z"), (20_100.0, "2025-03-07T02:00:00Z"))
    ]
    assert fair(shown(late, "2025-03-07T02:12:00Z"), "IXIC").status == "OK"
    assert fair(shown(late, "2025-03-07T02:12:01Z"), "IXIC").status == "STALE"


def test_in_new_yorks_day_the_etf_stands_for_hstech() -> None:
    """In dollars KWEB gains 2.5 %, in Hong Kong dollars 1.475 %, measured from the pre-market before the close; the
    Nasdaq is live."""
    snapshot = shown(SUMMER_NIGHT, "2025-03-10T15:00:30Z", board(closes("2025-03-08")))
    view, found = sync(snapshot), fair(snapshot, "HSTECH")

    assert found.ref_time == "2025-03-10T08:04:00.000Z"
    assert found.value == pytest.approx(100.0 * 41.0 / 40.0 * 7.722 / 7.8, rel=1e-12)
    assert (view.method_a, view.method_b, view.estimated) == ("ETF", "LIVE", True)
    assert view.spreads["1D"].spread_pp == pytest.approx(1.475 - 1.0, rel=1e-9)


def test_in_winter_the_first_price_after_the_close_counts() -> None:
    """New York's pre-market begins 50 minutes after Hong Kong's close: the second proxy of the file has the value."""
    engine = board(closes("2025-02-21"))
    events = [
        dollar(7.8, "2025-02-21T08:00:00Z"),
        OfficialClose("HSTECH", "2025-02-21", 100.0, parse_instant("2025-02-21T08:11:00Z")),
        quote("KWEB", 37.0, "2025-02-21T09:00:05Z"),
        quote("KWEB", 37.37, "2025-02-21T15:00:00Z"),
    ]
    found = fair(shown(events, "2025-02-21T15:00:30Z", engine), "HSTECH")

    assert (found.status, found.ref_time) == ("OK", "2025-02-21T09:00:05.000Z")
    assert found.value == pytest.approx(101.0, rel=1e-9)


def test_why_there_is_no_value_is_told_by_the_proxy_that_came_furthest() -> None:
    """In a winter night the first proxy never has a reference; the second one's silence is the news."""
    engine = board(closes("2025-02-21"))
    events = [
        OfficialClose("HSTECH", "2025-02-21", 100.0, parse_instant("2025-02-21T08:11:00Z")),
        quote("KWEB", 37.0, "2025-02-21T09:00:05Z"),
    ]
    assert fair(shown(events[:1], "2025-02-21T08:30:00Z", engine), "HSTECH").status == "NO_REF"
    assert fair(shown(events[1:], "2025-02-21T15:00:30Z", engine), "HSTECH").status == "STALE"


def test_a_late_official_close_is_still_matched_with_its_own_reference() -> None:
    """Until it is there, the value starts from the session before and from the proxy's price at that close."""
    engine = board()
    before = [
        quote("NQ", 20_000.0, "2025-03-06T20:59:30Z"),
        quote("NQ", 20_400.0, "2025-03-07T20:59:30Z"),
        quote("NQ", 20_604.0, "2025-03-07T22:00:00Z"),
    ]
    assert fair(shown(before, "2025-03-07T22:00:30Z", engine), "IXIC").value == pytest.approx(103.02, rel=1e-12)
    late = [OfficialClose("IXIC", "2025-03-07", 102.5, parse_instant("2025-03-07T22:00:31Z"))]
    found = fair(shown(late, "2025-03-07T22:00:40Z", engine), "IXIC")
    assert (found.value, found.ref_time) == (pytest.approx(102.5 * 1.01, rel=1e-12), "2025-03-07T20:59:30.000Z")


def test_a_beta_is_estimated_from_closes_or_the_value_waits() -> None:
    """IXIC moves half as much as AAPL on file: with twenty returns the value counts by that half, before it is
    WARMUP."""
    estimated = Proxy(target="IXIC", method=ProxyMethod.FUTURES, symbol="NQ", beta=None, beta_of="AAPL")
    level = {"IXIC": 100.0, "AAPL": 100.0}
    table: dict[str, dict[str, float | None]] = {"IXIC": {}, "AAPL": {}}
    sessions = [day for day in DAYS if day < "2025-03-07"]
    for n, day in enumerate(sessions):
        move = 0.01 * ((n % 5) - 2)
        level["AAPL"] *= 1.0 + move
        level["IXIC"] *= 1.0 + move / 2
        for symbol, price in level.items():
            table[symbol][day] = price
    short = {symbol: {day: closes[day] for day in sessions[-20:]} for symbol, closes in table.items()}
    warm = shown(HONG_KONG_MORNING, "2025-03-07T02:00:30Z", board(Reference(closes=table), proxies=(estimated,)))
    cold = shown(HONG_KONG_MORNING, "2025-03-07T02:00:30Z", board(Reference(closes=short), proxies=(estimated,)))

    assert fair(warm, "IXIC").beta == pytest.approx(0.5, rel=1e-9)
    assert fair(warm, "IXIC").implied_move == pytest.approx(0.0025, rel=1e-6)
    assert (fair(cold, "IXIC").status, fair(cold, "IXIC").value, fair(cold, "IXIC").beta) == ("WARMUP", None, None)


def test_an_adr_has_a_parity_and_a_premium() -> None:
    """BABA at $104 and 7.8 over eight shares is HKD 101.40; the share at 100 costs 1.38 % less. The ratio is that of
    the day."""
    events = [dollar(7.8, "2025-03-07T15:00:00Z"), quote("BABA", 104.0, "2025-03-07T15:00:00Z")]
    found = fair(shown(events, "2025-03-07T15:00:30Z"), "9988.HK")
    early = [dollar(7.8, "2024-12-30T15:00:00Z"), quote("BABA", 52.0, "2024-12-30T15:00:00Z")]
    before = fair(shown(early, "2024-12-30T15:00:30Z"), "9988.HK")

    assert (found.method, found.proxy, found.status) == ("ADR", "BABA", "OK")
    assert found.value == pytest.approx(101.4, rel=1e-12)
    assert found.premium == pytest.approx(100.0 / 101.4 - 1.0, rel=1e-9)
    assert before.value == pytest.approx(52.0 * 7.8 / 4.0, rel=1e-12)


def test_parity_needs_a_fresh_price_and_a_rate() -> None:
    """STALE two minutes after the last trade; NO_REF without an exchange rate or a ratio."""
    priced = quote("BABA", 104.0, "2025-03-07T15:00:00Z")
    no_rate = Reference(closes=closes().closes)

    assert fair(shown([priced], "2025-03-07T15:02:01Z"), "9988.HK").status == "STALE"
    assert fair(shown([], "2025-03-07T15:02:01Z"), "9988.HK").status == "STALE"
    assert fair(shown([priced], "2025-03-07T15:00:30Z", board(no_rate)), "9988.HK").status == "NO_REF"


def test_an_index_by_the_adrs_of_its_members() -> None:
    """Half of the weight has one and implies +1.4 %; with less than half there is no value."""
    half = Proxy(target="HSTECH", method=ProxyMethod.ADR, weights={"9988.HK": 0.08, "0700.HK": 0.08})
    less = Proxy(target="HSTECH", method=ProxyMethod.ADR, weights={"9988.HK": 0.08, "0700.HK": 0.09})
    events = [dollar(7.8, "2025-03-07T15:00:00Z"), quote("BABA", 104.0, "2025-03-07T15:00:00Z")]
    found = fair(shown(events, "2025-03-07T15:00:30Z", board(proxies=(half,))), "HSTECH")
    thin = fair(shown(events, "2025-03-07T15:00:30Z", board(proxies=(less,))), "HSTECH")

    assert found.value == pytest.approx(101.4, rel=1e-12)
    assert (thin.status, thin.value) == ("INSUFFICIENT_COVERAGE", None)


def test_a_split_of_the_proxy_is_no_move() -> None:
    """KWEB splits two for one before New York opens: its price of the close counts on the new basis."""
    split = CorporateAction(symbol="KWEB", type=ActionType.SPLIT, ex_date="2025-03-11", ratio=2)
    on_file = closes("2025-03-08")
    engine = board(Reference(closes=on_file.closes, fixings=on_file.fixings, actions=(split,)))
    events = [
        quote("KWEB", 40.0, "2025-03-10T08:04:00Z"),
        OfficialClose("HSTECH", "2025-03-10", 100.0, parse_instant("2025-03-10T08:11:00Z")),
        quote("KWEB", 40.0, "2025-03-10T19:59:00Z"),
        quote("KWEB", 20.2, "2025-03-11T08:00:05Z"),
    ]
    found = fair(shown(events, "2025-03-11T08:00:30Z", engine), "HSTECH")

    assert found.value == pytest.approx(101.0, rel=1e-9)


def test_a_checkpoint_keeps_the_reference_prices() -> None:
    """The same snapshot whether or not the calculator was restarted in the night, and the same ever after."""
    straight, restarted = board(), board()
    for event in HONG_KONG_MORNING[:2]:
        straight.apply(event)
        restarted.apply(event)
    again = board()
    again.load(restarted.dump())

    for engine in (straight, again):
        for event in HONG_KONG_MORNING[2:]:
            engine.apply(event)
    t = parse_instant("2025-03-07T02:00:30Z")
    assert again.snapshot(t).to_json() == straight.snapshot(t).to_json()
    assert fair(again.snapshot(t), "IXIC").status == "OK"


def test_a_pair_without_proxies_has_no_sync() -> None:
    """Baskets have no fair value; nor has a board without proxies."""
    assert shown([], "2025-03-07T02:00:30Z").pair_views["china-america"].sync is None
    assert shown([], "2025-03-07T02:00:30Z", board(proxies=())).pair_views["hstech-ixic"].sync is None


def test_a_basket_is_live_or_has_no_value() -> None:
    """Against futures it counts while most of its members are quoted; two hours later they are STALE, and so is it."""
    mixed: BoardDefinition = definition(proxy_lines=(NQ,), proxies=(FUTURES,))
    pair = mixed.pairs[1]
    changed = type(pair)(id=pair.id, name=pair.name, a="china-usd", b="IXIC")
    engine = board(proxy_lines=(NQ,), proxies=(FUTURES,), pairs=(changed,))
    members = [quote(symbol, 101.0, "2025-03-07T02:00:00Z") for symbol in ("0700.HK", "9988.HK", "0981.HK")]
    live = shown([*HONG_KONG_MORNING[:3], *members], "2025-03-07T02:00:30Z", engine).pair_views[pair.id].sync
    assert live is not None
    assert (live.method_a, live.method_b) == ("LIVE", "FUTURES")
    assert live.spreads["1D"].spread_pp == pytest.approx(1.0 - 0.5, rel=1e-9)
    lunch = quote("NQ", 20_100.0, "2025-03-07T04:00:00Z")
    shut = shown([lunch], "2025-03-07T04:00:30Z", engine).pair_views[pair.id].sync
    assert shut is not None
    assert (shut.method_a, shut.spreads["1D"].status) == (None, "STALE")


def test_a_board_refuses_proxies_of_nothing() -> None:
    """A target, a line, a member or an index for beta that is not there, by name."""
    for wrong, name in (
        (Proxy(target="HSI", method=ProxyMethod.FUTURES, symbol="NQ"), "HSI"),
        (Proxy(target="IXIC", method=ProxyMethod.FUTURES, symbol="ES"), "ES"),
        (Proxy(target="IXIC", method=ProxyMethod.FUTURES, symbol="NQ", beta=None, beta_of="NDX"), "NDX"),
        (Proxy(target="HSTECH", method=ProxyMethod.ADR, weights={"3690.HK": 1.0}), "3690.HK"),
    ):
        with pytest.raises(ValueError, match=name):
            board(proxies=(wrong,))


def test_a_snapshot_shows_the_price_of_each_line_that_is_only_quoted() -> None:
    """What another machine needs for the same fair values: price, time, source and delay; MISSING before the first."""
    engine = board()
    snapshot = shown(
        [quote("NQ", 20_100.0, "2025-03-07T02:00:00Z", delay_s=600, flags=SIMULATED)], "2025-03-07T02:00:01Z", engine
    )

    assert list(snapshot.proxy_lines) == ["NQ", "KWEB", "BABA"]
    line = snapshot.proxy_lines["NQ"]
    assert (line.price, line.event_time, line.source, line.delay_s) == (20_100.0, "2025-03-07T02:00:00.000Z", "A", 600)
    assert line.simulated
    nothing = snapshot.proxy_lines["KWEB"]
    assert (nothing.price, nothing.event_time, nothing.source, nothing.status) == (None, None, None, "MISSING")
    assert "NQ" not in snapshot.instruments


def test_the_status_of_a_line_follows_its_own_market() -> None:
    """LIVE while it trades, STALE when nothing comes although it trades, CLOSED when its market is."""
    engine = board()
    engine.apply(quote("KWEB", 40.0, "2025-03-07T15:00:00Z"))

    def status(t: str) -> str:
        return engine.snapshot(parse_instant(t)).proxy_lines["KWEB"].status

    assert status("2025-03-07T15:00:01Z") == "LIVE"
    assert status("2025-03-07T20:00:00Z") == "STALE"
    engine.apply(quote("KWEB", 41.0, "2025-03-07T20:59:59Z"))
    assert status("2025-03-08T12:00:00Z") == "CLOSED"


def test_a_line_that_nothing_has_touched_is_shown_by_the_same_object() -> None:
    """Snapshots share the views of lines without news, so they cost next to nothing."""
    engine = board()
    engine.apply(quote("NQ", 20_100.0, "2025-03-07T15:00:00Z"))
    engine.apply(quote("KWEB", 40.0, "2025-03-07T15:00:00Z"))
    before = engine.snapshot(parse_instant("2025-03-07T15:00:01Z")).proxy_lines
    engine.apply(quote("NQ", 20_101.0, "2025-03-07T15:00:02Z"))
    after = engine.snapshot(parse_instant("2025-03-07T15:00:03Z")).proxy_lines

    assert after["KWEB"] is before["KWEB"]
    assert after["NQ"].price == 20_101.0
