"""A metric's small line of today."""

from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.catalogue import parse_metric
from monitor.core.pairs.side import Side
from monitor.core.paths.grid import sessions_begun_ms
from monitor.core.paths.ledger import Ledger
from monitor.core.paths.path import PathPoint
from monitor.core.paths.recorded import Recorded, series_of
from monitor.core.paths.thinning import spread_evenly
from monitor.core.snapshot import Snapshot


def spark(ledger: Ledger, metric: str, now: Snapshot, recorded: Recorded, count: int) -> list[PathPoint]:
    """At most `count` recorded values since the sessions of now began, from which on the numbers of the day count from
    the same closes; evenly spread, the newest last. Empty for a name that is no metric of the board."""
    try:
        subject, measure, window = parse_metric(metric)
    except ValueError:
        return []
    begun_ms = sessions_begun_ms(sides_of(ledger, subject), now)
    if begun_ms is None:
        return []
    found = series_of(recorded, subject, f"{measure}.{window}")
    return spread_evenly(list(found.between(begun_ms, parse_instant(now.t) // MILLISECOND)), count)


def sides_of(ledger: Ledger, subject: str) -> list[Side]:
    """The instrument or basket of that id, or both legs of the pair; none where the board has no such subject."""
    if subject in ledger.legs or subject in ledger.composites:
        return [ledger.side(subject)]
    return [side for pair in ledger.definition.pairs if pair.id == subject for side in ledger.sides(subject)]
