"""What moved by window: pairs under both policies, and baskets, in one grid so that a window is one column."""

from collections.abc import Mapping

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import BasketWindow, PairView, Snapshot, Spread
from monitor.readouts import choose, doubt, words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.rows import Rows

_NARROW = 110
_LABEL = 30
_NARROW_LABEL = 25


def windows(snapshot: Snapshot, width: int) -> list[RenderableType]:
    """For each pair LAST in bold, SAME_DATE below with its session, and how far its quotes are apart; then baskets.

    What is wrong with a leg or a basket stands below its numbers, which step back when it is grave.
    """
    label = _NARROW_LABEL if width < _NARROW else _LABEL
    shown = _that_fit(snapshot.windows, width - label)
    parts: list[RenderableType] = []
    for title, ids in (
        ("SPREADS in pp at last prices, below: closes of the same date", choose.pairs_of_instruments(snapshot)),
        ("BASKET DIVERGENCE in pp", choose.pairs_of_baskets(snapshot)),
    ):
        if ids:
            rows = _titled(title, "▲ China leads", label, shown, headed=not parts)
            for id in ids:
                _add_pair(rows, snapshot, id, shown, narrow=width < _NARROW)
            parts.append(rows)
    if snapshot.baskets:
        rows = _titled("BASKETS return", "", label, shown, headed=not parts)
        for id in snapshot.baskets:
            _add_basket(rows, snapshot, id, shown)
        parts.append(rows)
    return parts


def _that_fit(windows: list[str], room: int) -> list[str]:
    """The most wanted windows whose columns, with their headings, are no wider than `room`."""
    count = max(room // cell.NUMBER_WIDTH, 1)
    while True:
        shown = choose.windows_that_fit(windows, count)
        if count == 1 or sum(map(_width, shown)) <= room:
            return shown
        count -= 1


def _width(window: str) -> int:
    return max(cell.NUMBER_WIDTH, len(words.window(window)) + 1)


def _titled(title: str, corner: str, label: int, shown: list[str], *, headed: bool) -> Rows:
    """headed: with the names of the windows, which the first part gives for all."""
    rows = Rows(label, [_width(window) for window in shown])
    rows.across(cell.text(title, cell.HEADING))
    if headed:
        rows.row(Text(corner, style=cell.DIM), [Text(words.window(window), style=cell.DIM) for window in shown])
    return rows


def _add_pair(rows: Rows, snapshot: Snapshot, id: str, shown: list[str], *, narrow: bool) -> None:
    view = snapshot.pair_views[id]
    doubts = doubt.of_pair(snapshot, id)
    grave = doubt.grave(doubts)
    name = words.clean(view.name)
    if narrow and len(name) > _NARROW_LABEL:
        rows.across(Text(name, style=cell.BOLD))
        name = "  last prices"
    rows.row(Text(name, style=cell.BOLD), _spreads(view.last.spreads, shown, bold=True, grave=grave))
    same = f"  {'close' if narrow else 'same date'} {words.day(view.same_date.session_a)}"
    rows.row(Text(same, style=cell.DIM), _spreads(view.same_date.spreads, shown, bold=False, grave=False))
    below = Text(f"  quotes {_apart(view)}", style=cell.DIM)
    if doubts:
        below.append(f" · {doubt.sentence(doubts)}", cell.NOTE)
    rows.across(below)


def _add_basket(rows: Rows, snapshot: Snapshot, id: str, shown: list[str]) -> None:
    by_window = snapshot.baskets[id]
    doubts = doubt.of_leg(snapshot, id)
    grave = doubt.grave(doubts)
    numbers = []
    for window in shown:
        view = by_window.get(window)
        numbers.append(
            cell.percent(view.basket_return if view else None, view.status if view else "MISSING", grave=grave)
        )
    rows.row(cell.text(snapshot.basket_name(id), cell.BOLD), numbers)
    if doubts:
        below = Text("  ").append(doubt.sentence(doubts, named=False), cell.NOTE)
        who = _who(by_window) if grave else ""
        rows.across(below.append(f" {who}", cell.DIM) if who else below)


def _who(by_window: Mapping[str, BasketWindow]) -> str:
    """The members that are carried or left out, over the first window with a return; without any, over the first."""
    views = list(by_window.values())
    for view in [view for view in views if view.basket_return is not None and view.status != "OK"] or views[:1]:
        return doubt.members(view)
    return ""


def _spreads(spreads: Mapping[str, Spread], shown: list[str], *, bold: bool, grave: bool) -> list[Text]:
    cells = []
    for window in shown:
        spread = spreads.get(window)
        if spread is None:
            cells.append(cell.text(words.MISSING, cell.DIM))
        else:
            cells.append(cell.points(spread.spread_pp, spread.status, bold=bold, grave=grave))
    return cells


def _apart(view: PairView) -> str:
    """How far the two legs' quotes lie apart: the number compares prices of two moments."""
    if view.last.async_gap_s is None:
        return f"{words.MISSING} apart"
    return f"{words.age(abs(view.last.async_gap_s))} apart"
