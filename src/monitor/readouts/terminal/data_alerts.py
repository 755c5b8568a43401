"""What is wrong with the data itself: lines that stand above the alerts."""

from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines
from monitor.readouts.terminal import cell


def data_alerts(snapshot: Snapshot) -> list[Text]:
    """One line each; none when the data looks sound."""
    return [
        Text.assemble(
            (" DATA ALERT ", cell.ALARM),
            " ",
            cell.text(lines.data_alert_subject(alert), cell.BOLD),
            cell.text(f": {lines.data_alert_detail(alert, snapshot)}"),
        )
        for alert in snapshot.data_alerts
    ]
