"""A basket through its session, from what was recorded of it; `monitor.core.paths.tip` adds the numbers of now."""

from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.catalogue import MEASURES
from monitor.core.paths.grid import sessions_begun_ms, watches
from monitor.core.paths.held import held, points_of
from monitor.core.paths.ledger import Ledger, markets_of
from monitor.core.paths.pair import NO_HISTORY
from monitor.core.paths.path import BasketDay, Line
from monitor.core.paths.recorded import Recorded, series_of
from monitor.core.paths.shades import AHEAD_MS, shades
from monitor.core.paths.thinning import thinned
from monitor.core.snapshot import Snapshot

MEASURED = ("return_pct", "dispersion_pp", "breadth")
"""What is shown of a basket, in this order."""


def basket_day(ledger: Ledger, basket: str, now: Snapshot, recorded: Recorded) -> BasketDay:
    """A basket since the opening of its session of now, without the numbers of now. The board's own numbers of the day
    count from the same closes all that time, so they are shown as they were recorded.

    recorded: minutes of the basket, its members and an index of each of their exchanges. Raises UsageError for a basket
    that the board does not have.
    """
    side = ledger.basket(basket)
    now_ms = parse_instant(now.t) // MILLISECOND
    begun_ms = sessions_begun_ms([side], now)
    first_ms = now_ms if begun_ms is None else min(begun_ms, now_ms)
    watched = watches(ledger, [side], recorded, now_ms)
    gaps = sorted(gap for watch in watched.values() for gap in watch.gaps(first_ms))
    edges = {t for watch in watched.values() for t in watch.edges(first_ms)}
    lines = []
    for measure in MEASURED:
        series = series_of(recorded, basket, f"{measure}.1d")
        events = series.between(first_ms, now_ms - 1)
        grid = sorted({t for t, _ in events} | {t for t in edges if first_ms <= t < now_ms})
        lines.append(
            Line(
                subject=basket,
                name=now.basket_name(basket),
                measure=measure,
                window="1d",
                unit=MEASURES[measure].unit,
                points=thinned(points_of(grid, held(events, gaps).at(grid))),
                status=series.status,
            )
        )
    known = any(line.points for line in lines)
    session = max((s for leg in side.legs.values() if (s := _asof(now, leg.instrument.symbol))), default="")
    return BasketDay(
        basket=basket,
        first_ms=first_ms,
        last_ms=now_ms,
        total=lines[0],
        dispersion=lines[1],
        breadth=lines[2],
        shades=list(shades({c.name: c for c in markets_of(side)}, first_ms, now_ms + AHEAD_MS)),
        simulated=now.simulated,
        status="OK" if known else NO_HISTORY,
        reason="" if known else f"nothing was recorded of its session {session}" if session else "it has no price yet",
    )


def _asof(now: Snapshot, symbol: str) -> str | None:
    view = now.instruments.get(symbol)
    return None if view is None else view.asof_session
