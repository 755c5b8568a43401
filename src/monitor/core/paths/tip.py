"""The numbers of now at the ends of the lines: the only points of a path that change within a minute."""

from msgspec.structs import replace

from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.statuses import OK, Statuses, either
from monitor.core.paths.path import BasketDay, Line, PairPath
from monitor.core.paths.shades import up_to
from monitor.core.snapshot import Snapshot

_DAY = "1D"


def with_tip(path: PairPath, now: Snapshot) -> PairPath:
    """A path that leads to the snapshot: its last points are the snapshot's own numbers at the snapshot's time, None
    where that has none, and its shades end there. now: not before the one that the path was made as of."""
    view, said = now.pair_views.get(path.pair), Statuses(now)
    spread = None if view is None else view.last.spreads.get(path.window)
    t = parse_instant(now.t) // MILLISECOND
    z = None if view is None or view.statistics is None else view.statistics.z
    sync = None if view is None or view.sync is None else view.sync.spreads.get(_DAY)
    return replace(
        path,
        last_ms=t,
        a=_ended(path.a, said, t, None if spread is None or spread.r_a is None else 100.0 * spread.r_a),
        b=_ended(path.b, said, t, None if spread is None or spread.r_b is None else 100.0 * spread.r_b),
        spread=_ended(path.spread, said, t, None if spread is None else spread.spread_pp),
        estimate=(
            None if path.estimate is None else _ended(path.estimate, said, t, None if sync is None else sync.spread_pp)
        ),
        z=None if path.z is None else _ended(path.z, said, t, z),
        shades=up_to(path.shades, t),
        simulated=now.simulated,
    )


def with_basket_tip(day: BasketDay, now: Snapshot) -> BasketDay:
    """A basket's day that leads to the snapshot, as `with_tip`."""
    view, said = now.baskets.get(day.basket, {}).get(_DAY), Statuses(now)
    t = parse_instant(now.t) // MILLISECOND
    total, dispersion = (None, None) if view is None else (view.basket_return, view.dispersion)
    return replace(
        day,
        last_ms=t,
        total=_ended(day.total, said, t, None if total is None else 100.0 * total),
        dispersion=_ended(day.dispersion, said, t, None if dispersion is None else 100.0 * dispersion),
        breadth=_ended(day.breadth, said, t, None if view is None else view.breadth_vs_bench),
        shades=up_to(day.shades, t),
        simulated=now.simulated,
    )


def _ended(line: Line, said: Statuses, t: int, value: float | None) -> Line:
    before = (
        [point for point in line.points if point[0] < t] if line.points and line.points[-1][0] >= t else line.points
    )
    own = OK if value is None else said.of(f"{line.subject}.{line.measure}.{line.window}")
    return replace(line, points=[*before, (t, value)], status=either(line.status, own))
