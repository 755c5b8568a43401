"""A board as HTML: a shape with empty cells, and what stands in each cell.

The shape changes when a row comes or goes; the cells change all the time. A browser that has the shape needs only the
cells that differ from those it shows. Pure: the same observation gives the same picture.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from monitor.core.snapshot import FeedView, Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import choose, doubt, figures, lines, policies, trends, variants, words
from monitor.readouts.live import Observation

# Moves of one day that are small, fair, large and huge, in percent or percentage points; longer windows move more.
_STEPS = (0.25, 0.75, 1.5, 3.0)
_WINDOW_SCALE = {"1D": 1.0, "WTD": 2.0, "1W": 2.0, "MTD": 4.0, "1M": 4.0, "QTD": 7.0, "3M": 7.0}
_LONG_SCALE = 10.0


class Cell(NamedTuple):
    """What a cell shows: its text, its CSS classes, and the words that appear when one points at it."""

    text: str
    classes: str
    hint: str


class Picture(msgspec.Struct, frozen=True):
    """shape: HTML with an empty element for each cell, every text in it escaped. cells: id → content."""

    shape: str
    cells: dict[str, Cell]

    def changes(self, before: "Picture | None") -> dict[str, Cell]:
        """The cells that someone who shows `before` must change; all of them when the shape is another."""
        if before is None or before.shape != self.shape:
            return self.cells
        return {id: cell for id, cell in self.cells.items() if before.cells.get(id) != cell}


class _Cells:
    """Collects the cells while the template is rendered."""

    def __init__(self) -> None:
        self.found: dict[str, Cell] = {}

    def __call__(self, id: str, text: str, classes: str = "", hint: str = "", tag: str = "td") -> Markup:
        self.found[id] = Cell(words.clean(text), classes, words.clean(hint))
        return Markup(f"<{tag} data-cell='{escape(id)}'></{tag}>")  # noqa: S704 - tag is the template's own word


_templates = Environment(
    loader=PackageLoader("monitor.readouts.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def picture(observation: Observation) -> Picture:
    """The board of one observation."""
    cells = _Cells()
    snapshot = observation.snapshot
    shape = _templates.get_template("board.html.j2").render(
        s=snapshot,
        alerts=observation.alerts,
        cell=cells,
        words=words,
        choose=choose,
        lines=lines,
        policies=policies,
        trends=trends,
        variants=variants,
        statistics=_statistics,
        counted_otherwise=_counted_otherwise,
        basket_members=_basket_members,
        number=number,
        legs=_legs(snapshot),
        all_simulated=choose.wholly_simulated(snapshot),
        state_classes=state_classes,
        doubt=doubt,
        feed_classes=feed_classes,
    )
    return Picture(shape, cells.found)


def waiting() -> Picture:
    """What is shown before the first snapshot."""
    cells = _Cells()
    shape = _templates.get_template("waiting.html.j2").render(cell=cells)
    return Picture(shape, cells.found)


def number(value: float | None, shown: str, window: str, status: str) -> tuple[str, str, str]:
    """Text, classes and hint of a signed number. value: in percent or percentage points; shown: the same as text."""
    if value is None:
        kind = "none warm" if status == "WARMUP" else "none"
        return f"{words.MISSING} {words.short_status(status)}", kind, words.status_words(status)
    sign = words.direction(value)
    hint = words.status_words(status) if status not in ("OK", "LIVE") else ""
    classes = f"{('down', 'flat', 'up')[sign + 1]} heat{_heat(value, window)}"
    return f"{words.ARROWS[sign]} {shown}", f"{classes} {'doubt' if hint else ''}".rstrip(), hint


def _heat(value: float, window: str) -> int:
    scale = _WINDOW_SCALE.get(window.partition(":")[0], _LONG_SCALE)
    return sum(abs(value) >= step * scale for step in _STEPS)


def _legs(snapshot: Snapshot) -> list[str]:
    """Ids of all legs, each once, in the order of the pairs."""
    return list(dict.fromkeys(leg for view in snapshot.pair_views.values() for leg in (view.a, view.b)))


_Columns = list[tuple[str, str]]


def _statistics(snapshot: Snapshot) -> list[tuple[str, _Columns, dict[str, figures.Figure], str]]:
    """Of each pair with statistics: id, columns of the table (key and heading, the same for all), figures by key, and
    what they rest on."""
    found = {id: figures.figures(view) for id, view in snapshot.pair_views.items()}
    columns = {figure.key: figure.label for of_pair in found.values() for figure in of_pair}
    return [
        (
            id,
            list(columns.items()),
            {figure.key: figure for figure in of_pair},
            figures.basis(snapshot.pair_views[id]),
        )
        for id, of_pair in found.items()
        if of_pair
    ]


def _counted_otherwise(snapshot: Snapshot) -> list[tuple[str, BasketView, list[variants.Way]]]:
    """Baskets that are counted in more ways than their headline's, with these ways."""
    found = [(id, view, variants.ways(view)) for id, view in snapshot.basket_views.items()]
    return [of_basket for of_basket in found if of_basket[2]]


def _basket_members(by_window: Mapping[str, BasketWindow]) -> list[str]:
    """Everyone who is in the basket over some window, or left out of it."""
    return list(dict.fromkeys(s for view in by_window.values() for s in (*view.included, *view.excluded)))


def state_classes(view: InstrumentView) -> str:
    """Colour of an instrument's state."""
    if view.status in ("LIVE", "CLOSED"):
        return "state live" if view.live else "state"
    return "state trouble"


def feed_classes(feed: FeedView) -> str:
    """Colour of a feed's state."""
    return {"up": "badge good", "connecting": "badge fair"}.get(feed.state, "badge bad")
