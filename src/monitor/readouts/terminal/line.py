"""The board in one line, for logs and pipes."""

from collections.abc import Sequence

from monitor.core.snapshot import Snapshot
from monitor.readouts import doubt, words
from monitor.readouts.alert_view import AlertView

_WINDOWS = ("1D", "YTD")


def board_line(snapshot: Snapshot, alerts: Sequence[AlertView]) -> str:
    """Time, every pair's spread today and since the year began (percentage points, policy LAST) with what is wrong with
    its legs (`stale`), data alerts where there are any, and firing alerts."""
    parts = [f"{snapshot.t} {words.clean(snapshot.board)}{' SIMULATED' if snapshot.simulated else ''}"]
    for id, view in snapshot.pair_views.items():
        values = " ".join(
            f"{window} {words.points(view.last.spreads[window].spread_pp)}"
            for window in _WINDOWS
            if window in view.last.spreads
        )
        marks = doubt.marks(doubt.of_pair(snapshot, id))
        parts.append(f"{words.clean(id)} {values} pp{f' {marks}' if marks else ''}")
    if snapshot.data_alerts:
        count = len(snapshot.data_alerts)
        parts.append(f"{count} data {'alert' if count == 1 else 'alerts'}")
    firing = sum(alert.firing for alert in alerts)
    parts.append(f"{firing} {'alert' if firing == 1 else 'alerts'} firing")
    return " | ".join(parts)
