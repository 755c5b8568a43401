"""Every instrument of the board: price, moves, age, and what is wrong with it."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import choose, doubt, words
from monitor.readouts.terminal import cell

_TWO_COLUMNS = 150
_NAMES = 76
"""Columns below which the symbol has to do."""
_GAP = 3
_MORE_WINDOWS = ("1D", "WTD", "MTD", "YTD", "1Y")


def members(snapshot: Snapshot, width: int) -> list[RenderableType]:
    """One table, or two side by side where there is room for it."""
    symbols = choose.members(snapshot)
    if not symbols:
        return []
    if width < _TWO_COLUMNS:
        return [_table("MEMBERS", snapshot, symbols, width)]
    half = (len(symbols) + 1) // 2
    room = (width - _GAP) // 2
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(width=room)
    grid.add_column(width=room)
    grid.add_row(_table("MEMBERS", snapshot, symbols[:half], room), _table(" ", snapshot, symbols[half:], room))
    return [grid]


def _table(title: str, snapshot: Snapshot, symbols: list[str], width: int) -> Table:
    windows = [window for window in _MORE_WINDOWS if window in snapshot.windows]
    narrow, named = width < 95, width >= _NAMES
    if width < 130:
        windows = [window for window in windows if window in ("1D", "YTD")]
    table = cell.table(title)
    if not named:
        table.box = None  # its lines take a column beside each of the table's
    table.add_column("", width=9, no_wrap=True, overflow="ellipsis")
    if named:
        table.add_column("", width=min(22, max(11, width - 72)) if narrow else 22, no_wrap=True, overflow="ellipsis")
    table.add_column("price", justify="right", no_wrap=True)
    cell.add_windows(table, windows, "" if named else " %")
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("state", min_width=13, overflow="fold")
    simulated = choose.wholly_simulated(snapshot)
    for symbol in symbols:
        grave = doubt.grave(doubt.of_leg(snapshot, symbol))
        view = snapshot.instruments[symbol]
        row = _row(symbol, view, windows, simulated_board=simulated, grave=grave, narrow=narrow, named=named)
        table.add_row(*(row if named else [row[0], *row[2:]]))
    return table


def _row(
    symbol: str,
    view: InstrumentView,
    windows: list[str],
    *,
    simulated_board: bool,
    grave: bool,
    narrow: bool,
    named: bool,
) -> list[Text]:
    usable = view.status in ("LIVE", "CLOSED")
    state = cell.text(choose.state(view), cell.GOOD if view.live else cell.DIM if usable else cell.NOTE)
    for mark in choose.marks(view, simulated_board=simulated_board):
        state.append(f" {mark.partition(' ')[0] if narrow else mark}", cell.NOTE)
    returns = [
        _return(view.returns.get(window), view.return_status.get(window, "NO_PRICE"), grave=grave, bare=not named)
        for window in windows
    ]
    return [
        cell.text(symbol, cell.BOLD),
        cell.text(view.name),
        cell.text(words.price(view.price), cell.FLAT if view.price is not None else cell.DIM),
        *returns,
        cell.text(words.age(view.age_s, coarse=narrow)),
        state,
    ]


def _return(fraction: float | None, status: str, *, grave: bool, bare: bool) -> Text:
    """bare: without the sign of per cent, which stands above it where every column counts."""
    if bare:
        return cell.points(None if fraction is None else 100 * fraction, status, grave=grave)
    return cell.percent(fraction, status, grave=grave)
