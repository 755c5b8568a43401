"""Paths over a day and a week: recorded minutes, closes where there are none, and holes."""

import pytest
from msgspec.structs import replace

from monitor.core.event import Quote
from monitor.core.instant import parse_instant
from monitor.core.paths.basket import basket_day
from monitor.core.paths.pair import PairPaths
from monitor.core.paths.path import PairPath
from monitor.core.paths.recorded import Recorded
from monitor.core.paths.shades import Shade
from monitor.core.paths.spark import spark
from monitor.core.paths.tip import with_basket_tip, with_tip
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.core.snapshot import Snapshot
from monitor.errors import UsageError
from tests.core.market import CALENDARS, definition
from tests.core.paths.world import MINUTE, at, board, ledger, ms, series, snapshot, values

NIGHT = "2025-04-24T21:00:00Z"  # New York's session of the 24th is over, Hong Kong's too
HONG_KONG_HOURS = [*range(150), *range(210, 390)]


def flat(symbols: str, price: float) -> Reference:
    """Every close of some instruments at one price: a return is what was recorded since."""
    closes = {
        one.symbol: dict.fromkeys((s for s in CALENDARS[one.calendar].sessions if s < "2025-04-25"), price)
        for one in definition().instruments
        if one.calendar and one.symbol in symbols.split()
    }
    return Reference(closes=closes)


FLAT = flat("HSTECH IXIC NVDA AAPL 0700.HK 9988.HK 0981.HK", 100.0)


def day(recorded: Recorded, now: str = NIGHT, span: str = "today") -> PairPath:
    return PairPaths(ledger(FLAT), "hstech-ixic", board(FLAT).snapshot(parse_instant(now)), recorded).path(span)


def trading(instant: str, *symbols: str, files: Reference = FLAT) -> Snapshot:
    """The board with one quote of each of these instruments, at 100."""
    engine, t = board(files), parse_instant(instant)
    for symbol in symbols:
        engine.apply(Quote(symbol, "A", t, t, 100.0))
    return engine.snapshot(t)


def hong_kong(price: float = 101.0, skip: range = range(0)) -> dict[str, object]:
    """A whole session of Hong Kong on the 24th, one price a minute, with its lunch, less some minutes."""
    minutes = [price if m in HONG_KONG_HOURS and m not in skip else None for m in range(390)]
    return {"HSTECH": {"price.now": series("2025-04-24T01:30:00Z", minutes)}}


def test_a_day_begins_at_the_later_close_of_the_two() -> None:
    """At New York's close of the 24th its day began at its close of the 23rd, after Hong Kong's: both lines are 0 there
    and both sessions are on the chart, with the lunch."""
    found = day(hong_kong())

    assert found.first_ms == ms("2025-04-23T20:00:00Z")
    assert at(found, "2025-04-23T20:00:00Z") == (0.0, 0.0, 0.0)
    assert at(found, "2025-04-24T01:31:00Z") == pytest.approx((1.0, 0.0, 1.0))
    assert found.shades == [
        Shade("hong_kong", ms("2025-04-24T01:30:00Z"), ms("2025-04-24T04:00:00Z")),
        Shade("lunch", ms("2025-04-24T04:00:00Z"), ms("2025-04-24T05:00:00Z")),
        Shade("hong_kong", ms("2025-04-24T05:00:00Z"), ms("2025-04-24T08:00:00Z")),
        Shade("new_york", ms("2025-04-24T13:30:00Z"), ms("2025-04-24T20:00:00Z")),
    ]


def test_before_it_opens_a_leg_stands_where_its_day_began() -> None:
    """In Hong Kong's morning the chart begins at Hong Kong's close of the day before: New York's session of that date
    is on it from nought, whatever was recorded of its session before."""
    york = {"IXIC": {"price.now": series("2025-04-22T19:00:00Z", [150.0] * 60)}}
    found = PairPaths(ledger(FLAT), "hstech-ixic", trading("2025-04-24T03:00:00Z", "HSTECH"), york).path("today")

    assert found.first_ms == ms("2025-04-23T08:10:00Z")
    assert {value for _, value in found.b.points} == {0.0}


def test_lunch_and_night_are_flat() -> None:
    """Nothing is recorded while a market is shut, and the line goes on at the last price, without a hole."""
    found = day(hong_kong(102.0))

    a = values(found.a.points)
    assert a[ms("2025-04-24T04:00:00Z")] == a[ms("2025-04-24T05:01:00Z")] == pytest.approx(2.0)
    assert None not in a.values()
    assert a[ms("2025-04-24T01:30:00Z")] == 0.0


def test_minutes_in_which_the_monitor_did_not_run_are_a_hole() -> None:
    """Half an hour of trading without a record breaks the line of the leg and of the spread, not that of the other
    leg; the line ends at the last minute before it and goes on at the first after it."""
    found = day(hong_kong(103.0, skip=range(60, 90)))

    a, b = values(found.a.points), values(found.b.points)
    assert a[ms("2025-04-24T02:30:00Z")] == pytest.approx(3.0)
    assert a[ms("2025-04-24T02:31:00Z")] is None
    assert a[ms("2025-04-24T03:01:00Z")] == pytest.approx(3.0)
    assert values(found.spread.points)[ms("2025-04-24T02:31:00Z")] is None
    assert None not in b.values()


def test_five_still_minutes_are_no_hole() -> None:
    """A price that does not move for five minutes is still the price."""
    found = day(hong_kong(103.0, skip=range(60, 64)))

    assert None not in values(found.a.points).values()


def test_an_index_bears_witness_for_a_share_that_does_not_move() -> None:
    """A member that stands still for an hour is no hole as long as an index of its exchange was recorded."""
    still = {
        **hong_kong(101.0),
        **{s: {"price.now": series("2025-04-24T01:30:00Z", [110.0])} for s in ("0700.HK", "9988.HK", "0981.HK")},
    }
    files = replace(FLAT, fixings={"USDHKD": dict.fromkeys(CALENDARS["XHKG"].sessions, 7.8)})
    now = trading("2025-04-24T07:00:00Z", "0700.HK", "9988.HK", "0981.HK", files=files)
    found = PairPaths(ledger(files), "china-america", now, still).path("today")

    assert values(found.a.points)[ms("2025-04-24T03:30:00Z")] == pytest.approx(10.0)


def test_a_basket_in_another_currency_is_said_to_be_by_fixing() -> None:
    """Live rates of the past are kept nowhere: within the day its line is by the fixing, and says so; that of the
    other leg, in the currency of its members, does not. Over official closes fixings are what counts: nothing is
    said."""
    still = {
        **hong_kong(101.0),
        **{s: {"price.now": series("2025-04-24T01:30:00Z", [110.0])} for s in ("0700.HK", "9988.HK", "0981.HK")},
    }
    files = replace(FLAT, fixings={"USDHKD": dict.fromkeys(CALENDARS["XHKG"].sessions, 7.8)})
    now = trading("2025-04-24T07:00:00Z", "0700.HK", "9988.HK", "0981.HK", files=files)
    paths = PairPaths(ledger(files), "china-america", now, still)

    today, year = paths.path("today"), paths.path("YTD")

    assert (today.a.status, today.b.status, today.spread.status) == ("FIXING", "OK", "FIXING")
    assert (year.a.status, year.spread.status) == ("OK", "OK")


def test_a_session_without_any_record_is_drawn_to_its_close() -> None:
    """Of days on which the monitor did not run the closes are there, joined by lines: nothing is broken."""
    found = PairPaths(ledger(), "hstech-ixic", snapshot(NIGHT), {}).path("1W")
    then = board()

    assert found.status == "OK"
    assert None not in values(found.spread.points).values()
    for close in ("2025-04-22T20:00:00Z", "2025-04-23T20:00:00Z"):
        expected = then.snapshot(parse_instant(close)).instruments["IXIC"]
        start = snapshot(NIGHT).instruments["IXIC"]
        growth = (1 + start.returns["1W"]) * expected.price / start.price - 1
        assert at(found, close)[1] == pytest.approx(100 * growth)


def test_what_was_never_recorded_is_known_as_such() -> None:
    """Hong Kong's session was recorded and New York's was not: the line of New York, and of the spread, say from when
    to when; one that goes on is a hole instead. A week keeps the ends of all such sessions through its thinning."""
    found = day(hong_kong())
    session = (ms("2025-04-24T13:30:00Z"), ms("2025-04-24T20:00:00Z"))
    assert (found.a.unrecorded, found.b.unrecorded, found.spread.unrecorded) == ([], [session], [session])

    assert session[0] not in {start for start, _ in day(hong_kong(), "2025-04-24T19:00:00Z").b.unrecorded}

    minutes = series("2025-04-22T13:30:00Z", [100.0 + n % 7 for n in range(390)])
    more = series("2025-04-23T13:30:00Z", [100.0 + n % 5 for n in range(390)])
    york = {"IXIC": {"price.now": type(minutes)([*minutes.times, *more.times], [*minutes.values, *more.values])}}
    week = day({**york, **hong_kong()}, span="1W")
    assert len(week.b.unrecorded) > 2
    assert {t for stretch in week.b.unrecorded for t in stretch} <= set(values(week.b.points))


def test_a_split_within_the_week_leaves_no_step() -> None:
    """Prices recorded before a split of two for one count against the close on their own share basis: a line that does
    not move but by the split is nought throughout."""
    halved = {s: 100.0 if s < "2025-04-23" else 50.0 for s in FLAT.closes["IXIC"]}
    split = CorporateAction(symbol="IXIC", type=ActionType.SPLIT, ex_date="2025-04-23", ratio=2)
    files = Reference(closes={**FLAT.closes, "IXIC": halved}, actions=(split,))
    before, after = series("2025-04-22T13:30:00Z", [100.0] * 390), series("2025-04-23T13:30:00Z", [50.0] * 390)
    prices = type(before)([*before.times, *after.times], [*before.values, *after.values])
    now = board(files).snapshot(parse_instant(NIGHT))
    found = PairPaths(ledger(files), "hstech-ixic", now, {"IXIC": {"price.now": prices}}).path("1W")

    assert len(found.b.points) > 700
    assert {value for _, value in found.b.points} == {0.0}


def test_a_session_that_goes_on_without_record_is_a_hole() -> None:
    """An hour after an opening of which nothing was recorded, the line has ended: only the number of now is known."""
    now = board(FLAT).snapshot(parse_instant("2025-04-24T02:30:00Z"))
    found = with_tip(PairPaths(ledger(FLAT), "hstech-ixic", now, {}).path("today"), now)

    assert found.a.points[-3:] == [
        (ms("2025-04-24T01:30:00Z"), 0.0),
        (ms("2025-04-24T01:31:00Z"), None),
        (ms("2025-04-24T02:30:00Z"), 0.0),
    ]
    assert None not in values(found.b.points).values()


def test_shades_end_where_the_newest_value_stands() -> None:
    """A path of a minute ago: its tip shades the market that opened since, to the very snapshot; a close within the
    minute ends the shade of a pair and of a basket there."""
    made = PairPaths(ledger(FLAT), "hstech-ixic", board(FLAT).snapshot(parse_instant("2025-04-24T13:29:40Z")), {})
    opened = with_tip(made.path("today"), board(FLAT).snapshot(parse_instant("2025-04-24T13:30:20Z")))
    assert opened.shades[-1] == Shade("new_york", ms("2025-04-24T13:30:00Z"), ms("2025-04-24T13:30:20Z"))

    day_made, _ = basket({}, "2025-04-24T19:59:40Z")
    closed = with_basket_tip(day_made, board(FLAT).snapshot(parse_instant("2025-04-24T20:00:30Z")))
    assert closed.shades[-1].end_ms == ms("2025-04-24T20:00:00Z")


def test_a_week_has_at_most_some_hundred_points_with_its_extremes() -> None:
    """Five days of minutes are thinned to what a chart can show; the highest and the lowest value stay."""
    sessions = ["2025-04-17", "2025-04-18", "2025-04-21", "2025-04-22", "2025-04-23", "2025-04-24"]
    times, prices = [], []
    for n, session in enumerate(sessions):
        one = series(f"{session}T13:30:00Z", [100 + n + ((m * 7919) % 101) / 100 for m in range(390)])
        times += one.times
        prices += one.values
    prices[777], prices[1234] = 250.0, 50.0
    recorded = {"IXIC": {"price.now": type(one)(times, prices)}}
    found = day(recorded, span="1W")

    assert 500 < len(found.b.points) <= 800
    assert max(v for _, v in found.b.points if v is not None) == pytest.approx(150.0)
    assert min(v for _, v in found.b.points if v is not None) == pytest.approx(-50.0)


def test_an_estimate_counts_since_both_sessions_of_now() -> None:
    """The SYNC spread of before New York's opening counted from other closes and is left out; a silence of ten minutes
    breaks the line."""
    sync = series("2025-04-24T13:00:00Z", [9.0] * 30 + [1.0] * 10 + [None] * 10 + [2.0] * 5)
    recorded = {**hong_kong(), "hstech-ixic": {"sync_spread_pp.1d": sync}}
    now = board(FLAT).snapshot(parse_instant(NIGHT))
    view = now.pair_views["hstech-ixic"]
    now = replace(now, pair_views={"hstech-ixic": replace(view, sync=view.last)})
    found = PairPaths(ledger(FLAT), "hstech-ixic", now, recorded).path("today")

    assert found.estimate is not None
    assert {value for _, value in found.estimate.points} == {1.0, None, 2.0}
    assert found.estimate.measure == "sync_spread_pp"
    assert day(hong_kong()).estimate is None


def test_recorded_scores_take_the_place_of_those_of_closes() -> None:
    """On a session that was recorded the z-score goes minute by minute; on others it stands at the close."""
    z = series("2025-04-24T01:30:00Z", [1.5] * 150)
    recorded = {**hong_kong(), "hstech-ixic": {"z.1d": z}}
    found = PairPaths(ledger(), "hstech-ixic", snapshot(NIGHT), recorded).path("1W")

    assert found.z is not None
    points = values(found.z.points)
    assert points[ms("2025-04-24T02:00:00Z")] == 1.5
    assert points[ms("2025-04-23T08:10:00Z")] not in (None, 1.5)
    assert points.get(ms("2025-04-24T08:10:00Z")) == 1.5


def basket(recorded: Recorded, now: str):
    at_now = board(FLAT).snapshot(parse_instant(now))
    return basket_day(ledger(FLAT), "america", at_now, recorded), at_now


def test_a_basket_through_its_session() -> None:
    """A basket's recorded numbers since its opening, broken in holes, and the snapshot's at the end."""
    returns = series("2025-04-24T13:30:00Z", [0.5] * 60 + [None] * 60 + [0.7] * 270)
    spread_out = series("2025-04-24T13:30:00Z", [1.0] * 60)
    beats = series("2025-04-24T13:30:00Z", [1.0] * 60 + [None] * 60 + [1.0] * 270)
    recorded = {"america": {"return_pct.1d": returns, "dispersion_pp.1d": spread_out}, "AAPL": {"price.now": beats}}
    made, now = basket(recorded, NIGHT)
    found = with_basket_tip(made, now)

    total = values(found.total.points)
    assert found.status == "OK"
    assert found.first_ms == ms("2025-04-24T13:30:00Z")
    assert total[ms("2025-04-24T14:30:00Z")] == 0.5
    assert total[ms("2025-04-24T14:31:00Z")] is None
    assert total[ms("2025-04-24T15:31:00Z")] == 0.7
    assert found.total.points[-1] == (ms(NIGHT), 0.0)
    assert (found.total.unit, found.dispersion.unit, found.breadth.unit) == ("pct", "pp", "ratio")
    assert [shade.kind for shade in found.shades] == ["new_york"]


def test_a_basket_of_which_nothing_was_recorded_says_so() -> None:
    """NO_HISTORY with the session that it speaks of; a basket that is none is refused."""
    made, _ = basket({}, NIGHT)
    assert (made.status, made.reason) == ("NO_HISTORY", "nothing was recorded of its session 2025-04-24")
    with pytest.raises(UsageError, match=r"has no basket 'amrica'. Did you mean america\?"):
        basket_day(ledger(FLAT), "amrica", snapshot(NIGHT), {})


def test_sparks_are_of_the_sessions_of_now() -> None:
    """A spark has at most the values asked for, evenly, the last one among them, and none of the day before."""
    prices = series("2025-04-24T13:30:00Z", [float(m) for m in range(100)])
    older = series("2025-04-23T13:30:00Z", [-1.0] * 10)
    recorded = {"IXIC": {"price.now": type(prices)([*older.times, *prices.times], [*older.values, *prices.values])}}
    found = spark(ledger(FLAT), "IXIC.price.now", snapshot(NIGHT), recorded, 10)

    assert [value for _, value in found] == [0.0, 11.0, 22.0, 33.0, 44.0, 55.0, 66.0, 77.0, 88.0, 99.0]
    assert found[0][0] == ms("2025-04-24T13:30:00Z") + MINUTE
    for unknown in ("IXIC.price", "NOBODY.price.now", "hstech-ixic.spread_pp.1d"):
        assert spark(ledger(FLAT), unknown, snapshot(NIGHT), recorded, 10) == []
