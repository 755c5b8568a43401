"""A page as HTML: a shape with empty cells, what stands in each cell, and what each chart shows.

The shape changes when a row comes or goes; the cells change all the time. A browser that has the shape needs only the
cells and charts that differ from those it shows. Pure: the same arguments give the same picture.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.runtime import Context
from markupsafe import Markup, escape

from monitor.readouts import words


class Cell(NamedTuple):
    """What a cell shows: its text, its CSS classes, and the words that appear when one points at it."""

    text: str
    classes: str
    hint: str


class Chart(msgspec.Struct, frozen=True):
    """What a chart shows, as JSON that `charts/index.js` understands. kind: which of its charts. past: what changes
    once a minute or less. tip: what changes with every snapshot, the newest values; sent alone while `past` stays."""

    kind: str
    past: dict[str, Any]
    tip: dict[str, Any] = {}


ChartChange = tuple[str, dict[str, Any] | None, dict[str, Any]]
"""Kind of a chart, its past (None where that stays) and its tip."""


class Changes(NamedTuple):
    """What a browser must be told. shape: None where it stays. charts: by id."""

    shape: str | None
    cells: dict[str, Cell]
    charts: dict[str, ChartChange]

    @property
    def nothing(self) -> bool:
        """Whether the browser shows it all already."""
        return self.shape is None and not self.cells and not self.charts


class Picture(msgspec.Struct, frozen=True):
    """shape: HTML with an empty element for each cell and chart, every text in it escaped. cells, charts: by id."""

    shape: str
    cells: dict[str, Cell]
    charts: dict[str, Chart] = {}

    def changes(self, before: "Picture | None") -> Changes:
        """What someone who shows `before` must change; everything when the shape is another."""
        if before is None or before.shape != self.shape:
            whole: dict[str, ChartChange] = {
                id: (chart.kind, chart.past, chart.tip) for id, chart in self.charts.items()
            }
            return Changes(self.shape, self.cells, whole)
        cells = {id: cell for id, cell in self.cells.items() if before.cells.get(id) != cell}
        charts: dict[str, ChartChange] = {}
        for id, chart in self.charts.items():
            old = before.charts.get(id)
            if old is None or old.past != chart.past:
                charts[id] = _whole(chart)
            elif old.tip != chart.tip:
                charts[id] = (chart.kind, None, chart.tip)
        return Changes(None, cells, charts)


def _whole(chart: Chart) -> ChartChange:
    return chart.kind, chart.past, chart.tip


class Slots:
    """Collects cells and charts while a template is rendered."""

    def __init__(self) -> None:
        self.cells: dict[str, Cell] = {}
        self.charts: dict[str, Chart] = {}

    def cell(self, id: str, text: str, classes: str = "", hint: str = "", tag: str = "td") -> Markup:
        """An element whose content changes without the shape. tag: the template's own word."""
        self.cells[id] = Cell(words.clean(text), classes, words.clean(hint))
        return _place(tag, id)

    def chart(self, id: str, chart: Chart, label: str, classes: str = "") -> Markup:
        """A place for a chart. label: what it shows, for those who cannot see it."""
        self.charts[id] = chart
        place = Markup("<div class='chart {}' data-chart='{}' role='img' aria-label='{}'></div>")
        return place.format(classes, id, words.clean(label))

    def piece(self, piece: Picture) -> Markup:
        """A part of the page that was drawn before."""
        self.cells |= piece.cells
        self.charts |= piece.charts
        return Markup(piece.shape)  # noqa: S704 - drawn by a template, which escapes


@lru_cache(maxsize=50_000)
def _place(tag: str, id: str) -> Markup:
    return Markup(f"<{tag} data-cell='{escape(id)}'></{tag}>")  # noqa: S704 - tag is the template's own word


class _Calls(Context):
    """Calls what a template calls, without asking first whether it wants the context: nothing here does, and a page has
    thousands of cells, each of which is a call."""

    def call(self, obj: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return obj(*args, **kwargs)


class _Environment(Environment):
    context_class = _Calls


templates = _Environment(
    loader=PackageLoader("monitor.readouts.web.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def drawn(template: str, slots: Slots | None = None, **facts: Any) -> Picture:
    """The picture of a template of `templates/`, which calls `cell` and `chart` for what moves, and `piece` for what
    was drawn before. slots: where its cells are collected, for facts that fill some themselves."""
    slots = slots or Slots()
    shape = templates.get_template(template).render(
        cell=slots.cell, chart=slots.chart, piece=slots.piece, words=words, **facts
    )
    return Picture(shape, slots.cells, slots.charts)
