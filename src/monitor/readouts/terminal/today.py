"""Lines of today under each other: name, line, from where to where."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.core.paths.path import PathPoint
from monitor.readouts import words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.beyond import SPARK_POINTS
from monitor.readouts.terminal.spark import axis_of, spark

_LABEL = 22
_NUMBERS = 30
"""Columns of the lowest, the highest and the last value."""


def today(rows: Sequence[tuple[str, str, Sequence[PathPoint]]], width: int, *, plain: bool) -> list[RenderableType]:
    """A block with one row for each name and unit that has points; none without. unit: "" of shares between 0 and 1.
    plain: in ASCII."""
    drawn = [(name, unit, points) for name, unit, points in rows if any(value is not None for _, value in points)]
    if not drawn:
        return []
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=_LABEL, no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    axis = axis_of(points for _, _, points in drawn)
    for name, unit, points in drawn:
        values = [value for _, value in points if value is not None]
        line = spark(points, min(max(width - _LABEL - _NUMBERS - 2, 8), SPARK_POINTS), axis, plain=plain)
        table.add_row(cell.text(name, cell.DIM), Text(line), _range(values, points[-1][1], unit))
    return [Group(Text("TODAY by the minute: lowest … highest, last", style=cell.HEADING), table)]


def _range(values: Sequence[float], last: float | None, unit: str) -> Text:
    shown = words.proportion if unit == "" else words.points
    found = cell.text(f"{shown(min(values))} … {shown(max(values))}, ", cell.DIM)
    return found.append(shown(last), style=cell.BOLD).append("" if last is None else unit, style=cell.DIM)
