"""Paths over months: official closes, and the price of now at the end."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.core.board import Board
from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.measuring import frame_of
from monitor.core.paths.pair import PairPaths
from monitor.core.paths.path import SPANS, Span
from monitor.core.paths.tip import with_tip
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.errors import UsageError
from tests.core.market import CALENDARS, definition, trading
from tests.core.paths.world import SINCE, at, board, ledger, ms, on_file, snapshot

NOW = "2025-04-24T22:00:00Z"
PAIRS = ("hstech-ixic", "china-america")


def path(pair: str, span: Span, now: str = NOW):
    return PairPaths(ledger(), pair, snapshot(now)).path(span)


@pytest.mark.parametrize("pair", PAIRS)
def test_every_close_on_the_way_is_what_the_board_showed_then(pair: str) -> None:
    """Returns since a fixed date and z-scores equal the numbers that the board itself has when it stands at that
    instant: over a split of a member, holidays of one side, holes in the data, fixings and weights of a basket in
    another currency, and sessions of a that see one and the same close of b."""
    found = path(pair, "since")
    assert found.z is not None
    a, b, spread, z = (dict(line.points) for line in (found.a, found.b, found.spread, found.z))
    small = definition(windows=("1D", SINCE), pairs=tuple(one for one in definition().pairs if one.id == pair))
    then = Board(small, CALENDARS, on_file(), interval_ns=0, trends_of=())
    spreads = [t for t, value in spread.items() if value is not None]
    scores = [t for t, value in z.items() if value is not None]
    for t in sorted({*spreads[::2], *scores[::2]}):
        view = then.snapshot(t * MILLISECOND).pair_views[pair]
        if t in spread and spread[t] is not None:
            expected = view.last.spreads[SINCE]
            assert (a[t], b[t], spread[t]) == pytest.approx(
                (100 * expected.r_a, 100 * expected.r_b, expected.spread_pp), rel=1e-12, abs=1e-11
            )
        if t in scores:
            assert z[t] == pytest.approx(view.statistics.z, rel=1e-12)

    assert found.status == "OK"
    assert len(spreads) > 50
    assert len(scores) > 40


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10_000), count=st.integers(20, 150), pair=st.sampled_from(PAIRS), span=st.sampled_from(SPANS)
)
def test_the_last_point_is_the_snapshot(seed: int, count: int, pair: str, span: Span) -> None:
    """Whatever the log brought, the ends of all lines are the metrics of the snapshot, exactly, and times ascend."""
    engine = Board(definition(), CALENDARS, on_file(), interval_ns=0, trends_of=())
    for event in trading(seed, count):
        engine.apply(event)
    now = engine.snapshot()
    metrics = frame_of(now).metrics

    found = with_tip(PairPaths(ledger(), pair, now).path(span), now)

    for line in (found.a, found.b, found.spread, found.z, found.estimate):
        if line is not None and line.window:
            assert line.points[-1] == (ms(now.t), metrics[f"{line.subject}.{line.measure}.{line.window}"])
            assert all(earlier[0] < later[0] for earlier, later in pairwise(line.points))
    assert found.last_ms == ms(now.t)


def test_a_leg_is_carried_over_its_holidays() -> None:
    """While Hong Kong has its new year, its line is flat and New York's goes on; the other way round on 17 February."""
    found = path("hstech-ixic", "since")
    before, new_year, presidents = (
        at(found, t) for t in ("2025-01-28T21:00:00Z", "2025-01-30T21:00:00Z", "2025-02-17T08:10:00Z")
    )

    assert before[0] == new_year[0] is not None
    assert before[1] != new_year[1]
    assert presidents[1] == at(found, "2025-02-14T21:00:00Z")[1]
    assert presidents[0] != at(found, "2025-02-14T21:00:00Z")[0]


def test_a_missing_close_breaks_the_line() -> None:
    """On a session whose close is not on file the leg and the spread have no value; the other leg has."""
    files = on_file()
    closes = {**files.closes, "HSTECH": {**files.closes["HSTECH"], "2025-03-12": None}}
    holey = replace(files, closes=closes)
    now = board(holey).snapshot(parse_instant(NOW))

    found = PairPaths(ledger(holey), "hstech-ixic", now).path("since")

    a, b, spread = at(found, "2025-03-12T20:00:00Z")
    assert (a, spread) == (None, None)
    assert b is not None


def test_a_split_leaves_no_step() -> None:
    """A line whose price halves at a split of two for one goes on as if nothing had happened."""
    sessions = CALENDARS["XNYS"].sessions
    halved = {s: 100.0 if s < "2025-03-10" else 50.0 for s in sessions if s < "2025-04-25"}
    split = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2025-03-10", ratio=2)
    files = Reference(
        closes={**on_file().closes, "NVDA": halved, "AAPL": dict.fromkeys(halved, 200.0)},
        actions=(split,),
        fixings=on_file().fixings,
    )
    now = board(files).snapshot(parse_instant(NOW))

    found = PairPaths(ledger(files), "china-america", now).path("since")

    assert {value for _, value in found.b.points} == {0.0}


def test_months_begin_at_the_later_anchor_and_at_nought() -> None:
    """A month before 24 April is 24 March: both legs start there with 0, at New York's close."""
    found = path("hstech-ixic", "1M")

    assert found.window == "1M"
    assert found.first_ms == found.a.points[0][0] == ms("2025-03-24T20:00:00Z")
    assert at(found, "2025-03-24T20:00:00Z") == (0.0, 0.0, 0.0)
    assert (found.resolution, found.shades, found.estimate) == ("1d", [], None)


def test_without_history_it_says_why() -> None:
    """A window that the board does not have, and legs without closes, give NO_HISTORY with a reason in words."""
    year = path("hstech-ixic", "1Y")
    assert (year.status, year.window, year.reason) == ("NO_HISTORY", "", "the board has no window for 1Y")

    empty = board(Reference()).snapshot(parse_instant(NOW))
    nothing = PairPaths(ledger(Reference()), "hstech-ixic", empty).path("YTD")
    assert (nothing.status, nothing.reason) == ("NO_HISTORY", "nothing has a price yet")
    assert nothing.a.points == nothing.spread.points == []

    files = replace(on_file(), closes={**on_file().closes, "HSTECH": {"2025-04-24": 5000.0}})
    late = board(files).snapshot(parse_instant(NOW))
    half = PairPaths(ledger(files), "hstech-ixic", late).path("YTD")
    assert (half.status, half.reason) == ("OK", "")
    assert half.a.points == half.spread.points == []
    assert half.b.points


def test_a_basket_without_fresh_prices_still_has_a_past() -> None:
    """A basket that has no number now, because all of its prices are weeks old, has the line up to its last closes, and
    ends without a value."""
    now = snapshot("2025-04-30T07:00:00Z")
    made = PairPaths(ledger(), "china-america", now).path("since")
    found, earlier = with_tip(made, now), path("china-america", "since")

    assert now.baskets["china-usd"][SINCE].basket_return is None
    assert dict(found.a.points)[ms("2025-03-24T20:00:00Z")] == dict(earlier.a.points)[ms("2025-03-24T20:00:00Z")]
    assert found.a.points[-1] == (ms("2025-04-30T07:00:00Z"), None)


def test_an_unknown_pair_is_refused_with_the_nearest() -> None:
    """A mistyped pair names the one that was probably meant."""
    with pytest.raises(UsageError, match=r"has no pair 'hstech-ixc'. Did you mean hstech-ixic\?"):
        PairPaths(ledger(), "hstech-ixc", snapshot(NOW))
