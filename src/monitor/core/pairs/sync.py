"""Both legs of a pair at one instant: live, or by a fair value while the own market is shut (DOMAIN ALN-4, SYNC).

Never fed into closes, regimes, highs or lows.
"""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.instruments.cut import Cut, Return
from monitor.core.instruments.leg import Leg, Point
from monitor.core.moment import Moment
from monitor.core.pairs.policy import Standing, spread_view, standing
from monitor.core.pairs.side import Side, event_of, legs_of, returns_of, session_of
from monitor.core.proxies.estimate import Estimate
from monitor.core.session import Phase
from monitor.core.status import Status
from monitor.core.tolerance import at_least
from monitor.core.views.pair import Spread

LIVE = "LIVE"


class SyncLeg(msgspec.Struct, frozen=True):
    """What a leg is worth under SYNC, one return a window. method: LIVE, or that of its fair value; None without
    either. event_ns: of that price."""

    method: str | None
    returns: Sequence[Return]
    event_ns: int | None


def sync_leg(
    side: Side, last: Sequence[Return], cut: Cut, moment: Moment, estimates: Mapping[str, Estimate]
) -> SyncLeg:
    """A leg for SYNC. last: its returns under LAST, some windows of them; cut: LAST, with the same windows.

    estimates: fair values by symbol. A leg is live while its market is in its regular session and it has a fresh quote;
    a basket while enough of its members are (the policy's min_coverage_fresh, by count).
    """
    if _is_live(side, cut, moment):
        return SyncLeg(LIVE, last, event_of(side, cut))
    estimate = estimates.get(side.instrument.symbol) if isinstance(side, Leg) else None
    if not isinstance(side, Leg) or estimate is None:
        return SyncLeg(None, [Return(None, _why(side, cut))] * len(last), None)
    if estimate.value is None:
        return SyncLeg(None, [Return(None, estimate.status)] * len(last), None)
    starts = cut.baselines[side.instrument.symbol]
    value = estimate.value
    returns = [Return(None if b.adjusted is None else (value - b.adjusted) / b.adjusted, b.status) for b in starts]
    return SyncLeg(estimate.method, returns, estimate.live_ns)


def sync_standing(
    sides: tuple[Side, Side],
    last: tuple[Sequence[Return], Sequence[Return]],
    windows: Sequence[str],
    cut: Cut,
    moment: Moment,
    estimates: Mapping[str, Estimate],
    beta: float | None,
) -> Standing:
    """A pair under SYNC, over every window. last: returns of both sides under LAST. beta: of a on b, None if unknown.
    The rest as in `sync_leg`."""
    a, b = (sync_leg(side, own, cut, moment, estimates) for side, own in zip(sides, last, strict=True))
    found = standing(
        "SYNC",
        {window: spread_view(x, y, beta) for window, x, y in zip(windows, a.returns, b.returns, strict=True)},
        (session_of(sides[0], cut), session_of(sides[1], cut)),
        (a.event_ns, b.event_ns),
    )
    estimated = any(leg.method not in (None, LIVE) for leg in (a, b))
    ageless = msgspec.structs.replace(found.ageless, method_a=a.method, method_b=b.method, estimated=estimated)
    return Standing(ageless, found.events)


def sync_spread(
    sides: tuple[Side, Side], window: int, cut: Cut, moment: Moment, estimates: Mapping[str, Estimate]
) -> Spread:
    """A pair under SYNC over one window, by its number in the cut, which needs to hold no more than the pair's legs."""
    a, b = (sync_leg(side, returns_of(side, cut, moment), cut, moment, estimates) for side in sides)
    return spread_view(a.returns[window], b.returns[window], None)


def _is_live(side: Side, cut: Cut, moment: Moment) -> bool:
    legs = legs_of(side)
    fresh = sum(_quoted(cut.points[leg.instrument.symbol], moment.markets[leg.calendar.name].phase) for leg in legs)
    if isinstance(side, Leg):
        return fresh == 1
    return at_least(fresh / len(legs), side.basket.coverage.min_coverage_fresh)


def _quoted(point: Point, phase: Phase) -> bool:
    """Does somebody quote it now? A close that is still fresh right after the opening is nobody's quote."""
    return phase is Phase.REGULAR and point.status is Status.LIVE and point.source is not None


def _why(side: Side, cut: Cut) -> Status:
    """Status of a leg that neither trades nor has a proxy: that of its first instrument that does not trade."""
    statuses = [cut.points[leg.instrument.symbol].status for leg in legs_of(side)]
    return next((status for status in statuses if status is not Status.LIVE), Status.CLOSED)
