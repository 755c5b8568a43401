"""What moved by window: pairs under every policy, and baskets, in one grid so that a window is one column."""

from collections.abc import Callable

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import choose, words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.basket_rows import add_basket
from monitor.readouts.terminal.detail import Detail
from monitor.readouts.terminal.pair_rows import add_pair
from monitor.readouts.terminal.rows import Rows

_NARROW = 110
_LABEL = 30
_NARROW_LABEL = 25
_WIDE = 150
_NOTE = 40
"""Columns of the notes behind the numbers, which a brief board has from `_WIDE` on."""

_Add = Callable[[Rows, Snapshot, str, list[str], Detail], None]


def windows(snapshot: Snapshot, width: int, detail: Detail) -> list[RenderableType]:
    """Spreads of pairs of instruments, then of baskets, then the baskets' own returns."""
    label = _NARROW_LABEL if width < _NARROW else _LABEL
    noted = detail is Detail.BRIEF and width >= _WIDE
    shown = that_fit(snapshot.windows, width - label - (_NOTE if noted else 0))
    corner = "▲ China leads"
    parts: list[tuple[str, str, list[str], _Add]] = [
        (_title(detail, noted=noted), corner, choose.pairs_of_instruments(snapshot), add_pair),
        ("BASKET DIVERGENCE in pp", corner, choose.pairs_of_baskets(snapshot), add_pair),
        ("BASKETS return", "", list(snapshot.baskets), add_basket),
    ]
    found: list[RenderableType] = []
    for title, over, ids, add in parts:
        if not ids:
            continue
        rows = Rows(label, [width_of(window) for window in shown], width, noted=noted)
        rows.across(cell.text(title, cell.HEADING))
        if not found:  # the names of the windows stand once for all parts
            rows.row(Text(over, style=cell.DIM), [Text(words.window(window), style=cell.DIM) for window in shown])
        for id in ids:
            add(rows, snapshot, id, shown, detail)
        found.append(rows)
    return found


def _title(detail: Detail, *, noted: bool) -> str:
    if detail is Detail.BRIEF and not noted:
        return "SPREADS in pp at last prices, below: closes of the same date"
    return "SPREADS in pp at last prices, below: by the other policies"


def that_fit(windows: list[str], room: int) -> list[str]:
    """The most wanted windows whose columns, with their headings, are no wider than `room`."""
    count = max(room // cell.NUMBER_WIDTH, 1)
    while True:
        shown = choose.windows_that_fit(windows, count)
        if count == 1 or sum(map(width_of, shown)) <= room:
            return shown
        count -= 1


def width_of(window: str) -> int:
    """Columns of a window: of its numbers and its name, with the space before them."""
    return max(cell.NUMBER_WIDTH, len(words.window(window)) + 1)
