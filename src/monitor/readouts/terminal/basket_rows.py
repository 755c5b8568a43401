"""A basket in the grid of windows: its return, the other ways to count it, and its index, value and valuation."""

from collections.abc import Mapping

from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.readouts import doubt, variants, words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.detail import Detail
from monitor.readouts.terminal.rows import Rows


def add_basket(rows: Rows, snapshot: Snapshot, id: str, shown: list[str], detail: Detail) -> None:
    """The return as the basket's file defines it; FULL adds the rest. What is wrong with it stands below."""
    by_window = snapshot.baskets[id]
    doubts = doubt.of_leg(snapshot, id)
    grave = doubt.grave(doubts)
    numbers = []
    for window in shown:
        view = by_window.get(window)
        numbers.append(
            cell.percent(view.basket_return if view else None, view.status if view else "MISSING", grave=grave)
        )
    trouble = Text()
    if doubts:
        trouble.append(doubt.sentence(doubts, named=False), cell.NOTE)
        who = _who(snapshot, by_window) if grave else ""
        trouble.append(f" {who}" if who else "", cell.DIM)
    rows.row(cell.text(snapshot.basket_name(id), cell.BOLD), numbers, trouble if rows.noted else None)
    if trouble and detail is Detail.FULL:
        rows.packed([trouble])
    elif trouble and not rows.noted:
        rows.across(Text("  ").append_text(trouble))
    more = snapshot.basket_views.get(id)
    if more is not None and detail is Detail.FULL:
        add_more(rows, snapshot, more, shown)


def add_more(rows: Rows, snapshot: Snapshot, view: BasketView, shown: list[str]) -> None:
    """The basket counted in other ways, against its index, in dollars, and its valuation."""
    for way in variants.ways(view):
        if (
            "LOCAL" in way or view.scheme in way
        ):  # other schemes in other currencies follow from these; the page has all
            found = [variants.variant(view, window, way) for window in shown]
            rows.row(_label(variants.short_label(way)), [cell.percent(v.value, v.status) for v in found])
    if view.tracking:
        ahead = [view.tracking.get(window) for window in shown]
        rows.row(
            _label(f"ahead of {words.clean(view.index or '')}, pp"),
            [cell.points(t.difference_pp, t.status) if t else cell.text(words.MISSING, cell.DIM) for t in ahead],
        )
        errors = [cell.text(variants.tracking_error(tracking)) for tracking in ahead]
        if any(tracking.error_ann is not None for tracking in ahead if tracking):
            rows.row(_label("tracking error a year"), errors)
    if view.value:
        added = [view.value.get(window) for window in shown]
        rows.row(
            _label("value added, USD bn"),
            [cell.billions(v.added_usd, v.status) if v else cell.text(words.MISSING, cell.DIM) for v in added],
        )
    rows.packed(_notes(snapshot, view))


def _notes(snapshot: Snapshot, view: BasketView) -> list[Text]:
    found = []
    if view.valuation is not None:
        found += [Text(part, style=cell.DIM) for part in variants.valuation(snapshot, view.valuation)]
    if missing := variants.value_without(snapshot, view):
        found.append(Text(f"value added without {missing}", style=cell.NOTE))
    return found


def _label(content: str) -> Text:
    return Text(f"  {content}", style=cell.DIM)


def _who(snapshot: Snapshot, by_window: Mapping[str, BasketWindow]) -> str:
    """The members that are carried or left out, over the first window with a return; without any, over the first."""
    views = list(by_window.values())
    for view in [view for view in views if view.basket_return is not None and view.status != "OK"] or views[:1]:
        return doubt.members(snapshot, view)
    return ""
