"""What is inside a basket's number: dispersion, breadth, extremes, coverage."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.rows import Rows

_INSIDE = ("1D", "YTD")
_EXTREMES = 76
"""Columns below which the best and the worst member are left to the contributions."""


def inside(snapshot: Snapshot, width: int) -> Table:
    """Two windows of each basket. width: the columns that the table may take."""
    wide, narrow = width >= 110, width < _EXTREMES
    table = cell.table("BASKETS inside")
    table.add_column("", width=20 if wide else 17, no_wrap=True, overflow="ellipsis")
    table.add_column("over", no_wrap=True)
    table.add_column("dispersion" if wide else "disp.", justify="right", no_wrap=True)
    table.add_column("up/down", justify="right", no_wrap=True)
    if wide:
        table.add_column("beat index", justify="right", no_wrap=True)
    if not narrow:
        table.add_column("best", no_wrap=True)
        table.add_column("worst", no_wrap=True)
    table.add_column("fresh", justify="right", no_wrap=True)
    if wide:
        table.add_column("used", justify="right", no_wrap=True)
        table.add_column("status", min_width=8, overflow="fold")
    for id, by_window in snapshot.baskets.items():
        name = snapshot.basket_name(id)
        for window in _INSIDE:
            view = by_window.get(window)
            if view is not None:
                table.add_row(*_inside_row(snapshot, name, window, view, wide=wide, narrow=narrow))
                name = ""
    return table


def contributions(snapshot: Snapshot, width: int) -> list[RenderableType]:
    """Who moved each basket, in pp, largest first: the parts add up to its return."""
    rows = Rows(0, [], width)
    rows.across(Text("CONTRIBUTIONS in pp: they add up to the return", style=cell.HEADING))
    found = False
    for id, by_window in snapshot.baskets.items():
        for window in _INSIDE:
            view = by_window.get(window)
            if view is not None and view.basket_return is not None:
                _add_sum(rows, f"{snapshot.basket_name(id)} {words.window(window)}", view.basket_return, view)
                found = True
    return [rows] if found else []


def _add_sum(rows: Rows, title: str, value: float, view: BasketWindow) -> None:
    rows.across(cell.text(title, cell.BOLD).append(" ").append_text(cell.points(100 * value, view.status)))
    ranked = sorted(view.contributions_pp.items(), key=lambda item: (-item[1], item[0]))
    rows.packed([cell.text(symbol).append(f" {words.points(share)}") for symbol, share in ranked])


def _inside_row(
    snapshot: Snapshot, name: str, window: str, view: BasketWindow, *, wide: bool, narrow: bool
) -> list[Text]:
    dispersion = words.MISSING if view.dispersion is None else f"{view.dispersion * 100:.2f}"
    whole = view.coverage_fresh >= 1
    row = [cell.text(name, cell.BOLD), cell.text(words.window(window)), cell.text(dispersion)]
    row.append(cell.text(f"{view.advancers}/{view.decliners}" if view.included else words.MISSING))
    if wide:
        row.append(cell.text(words.proportion(view.breadth_vs_bench)))
    if not narrow:
        row += [_member(snapshot, view.best, window, wide=wide), _member(snapshot, view.worst, window, wide=wide)]
    row.append(cell.text(words.share(view.coverage_fresh), cell.FLAT if whole else cell.NOTE))
    if wide:
        row.append(cell.text(words.share(view.coverage_used)))
        row.append(_status(view))
    return row


def _status(view: BasketWindow) -> Text:
    status = cell.text(view.status.replace("_", " "), cell.FLAT if view.status == "OK" else cell.NOTE)
    if view.excluded:
        status.append(f" without {', '.join(words.clean(symbol) for symbol in view.excluded)}", cell.DIM)
    return status


def _member(snapshot: Snapshot, symbol: str | None, window: str, *, wide: bool) -> Text:
    if symbol is None:
        return cell.text(words.MISSING, cell.DIM)
    view: InstrumentView | None = snapshot.instruments.get(symbol)
    found = cell.text(view.name if view and wide else symbol)
    if view is not None:
        value = view.returns.get(window)
        shown = words.percent(value, 2 if wide else 1)
        found.append(f" {shown}", cell.colour(None if value is None else 100 * value))
    return found
