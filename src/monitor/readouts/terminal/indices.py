"""Where each index stands in its own history: regime, drawdown, run-up, extremes."""

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import TrendView
from monitor.readouts import trends, words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.rows import Rows

_NAME = 20


def indices(snapshot: Snapshot, width: int) -> list[RenderableType]:
    """Of each index a line with its regime, and below it the numbers."""
    found = trends.indices(snapshot)
    if not found:
        return []
    rows = Rows(_NAME, [], width)
    rows.across(cell.text("INDICES by official closes, and by the price of now", cell.HEADING))
    for _, view, trend in found:
        name = cell.text(view.name, cell.BOLD)
        name.truncate(_NAME - 1, overflow="ellipsis")
        name.append(" " * (_NAME - name.cell_len))
        regime = _regime(trend)
        if _NAME + regime.cell_len <= width:
            rows.across(name.append_text(regime))
        else:
            rows.across(name)
            rows.packed([regime])
        if trend.status == "OK":
            rows.packed(_numbers(trend))
    return [rows]


def _numbers(trend: TrendView) -> list[Text]:
    cycle = trends.cycle(trend)
    return [
        *([Text(cycle)] if cycle else []),
        *(
            cell.text(f"{what} ", cell.DIM)
            .append_text(cell.percent(value, trend.status))
            .append(f" from {words.day(session)}", cell.DIM)
            for what, value, session in (
                ("drawdown", trend.drawdown, trend.peak_session),
                ("run-up", trend.run_up, trend.trough_session),
            )
        ),
        Text(trends.highest(trend)),
        Text(trends.lowest(trend)),
        *(
            cell.text(f"{what} ", cell.DIM).append_text(cell.percent(value, trend.status))
            for what, value in (("52w high", trend.from_52w_high), ("52w low", trend.from_52w_low))
        ),
    ]


def _regime(trend: TrendView) -> Text:
    short = trends.short_history(trend)
    if short:
        return cell.text(f"{words.MISSING} {short}", cell.NOTE)
    text = cell.text(trends.regime(trend), cell.BOLD)
    provisional = trends.provisional(trend)
    return text.append("; ", cell.DIM).append(provisional, cell.CAUTION) if provisional else text
