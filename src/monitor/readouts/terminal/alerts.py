"""Active alerts."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines
from monitor.readouts.alert_view import AlertView
from monitor.readouts.terminal import cell

_STYLES = {"critical": cell.ALARM, "warning": cell.CAUTION}


def alerts(
    snapshot: Snapshot, active: Sequence[AlertView], width: int, *, title: str = "ALERTS"
) -> list[RenderableType]:
    """One line an alert; one line that says so when there is none. title: "" for none above the alerts."""
    if not active:
        return [Text.assemble(("ALERTS ", cell.HEADING), ("none active", cell.DIM))]
    table = cell.table(title)
    table.title = table.title if title else None
    table.show_header = False
    table.add_column("", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", ratio=1, overflow="fold")
    table.add_column("", justify="right", no_wrap=True)
    for alert in active:
        style = _STYLES.get(alert.level, cell.NOTE) if alert.firing else cell.DIM
        table.add_row(
            cell.text(f" {alert.phase} ", style),
            cell.text(alert.level, cell.DIM),
            cell.text(_sentence(alert), cell.BOLD if alert.firing else cell.FLAT),
            cell.text(lines.alert_since(alert, snapshot), cell.DIM),
        )
    return [table]


def _sentence(alert: AlertView) -> str:
    threshold = f" (limit {alert.threshold})" if alert.threshold else ""
    return f"{alert.title}: {lines.alert_value(alert)}{threshold}"
