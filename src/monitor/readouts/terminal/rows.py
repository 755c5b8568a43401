"""Rows of one grid of columns, between which a line may run across all of them; and parts beside each other."""

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from monitor.readouts.terminal import cell

_GAP = 3
_INDENT = 2
_LEAST_LABEL = 12


class Rows:
    """A label and right-aligned numbers in each row. label: its columns on the screen. numbers: those of each number,
    with the space before it; a number that needs more takes it from the label. width: of the whole. noted: there is
    room for a note behind the numbers."""

    def __init__(self, label: int, numbers: Sequence[int], width: int, *, noted: bool = False) -> None:
        self.label = label
        self.noted = noted
        self._numbers = numbers
        self._width = width
        self._rows: list[Text | Padding | tuple[Text, Sequence[Text], Text]] = []

    def row(self, label: Text, numbers: Sequence[Text], note: Text | None = None) -> None:
        """One number for each column; a label that is too long is cut, and so is a note."""
        self._rows.append((label, numbers, note or Text()))

    def across(self, line: Text) -> None:
        """A line over all columns, cut at the edge."""
        self._rows.append(line)

    def packed(self, parts: Sequence[Text]) -> None:
        """Parts with ` · ` between them, indented, on as many lines as they need; none without parts."""
        line: list[Text] = []
        for part in parts:
            if line and _INDENT + cell.joined([*line, part]).cell_len > self._width:
                self._indented(cell.joined(line))
                line = []
            line.append(part)
        if line:
            self._indented(cell.joined(line))

    def _indented(self, line: Text) -> None:
        """A part that is longer than a line goes on in the next."""
        self._rows.append(Padding(line, (0, 0, 0, _INDENT)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = [
            max(width, *(number.cell_len + 1 for number in column))
            for width, *column in zip(self._numbers, *(numbers for _, numbers, _ in self._numbered()), strict=True)
        ]
        label_width = max(min(self.label, self._width - sum(widths)), _LEAST_LABEL)
        for row in self._rows:
            if isinstance(row, Padding):
                yield row
                continue
            if isinstance(row, Text):
                line = row.copy()
            else:
                label, numbers, note = row
                label = label.copy()
                label.truncate(label_width, overflow="ellipsis", pad=True)
                line = Text().append_text(label)
                for number, width in zip(numbers, widths, strict=True):
                    line.append(" " * (width - number.cell_len)).append_text(number)
                if note:
                    line.append("  ").append_text(note)
            line.no_wrap, line.overflow = True, "ellipsis"
            yield line

    def _numbered(self) -> list[tuple[Text, Sequence[Text], Text]]:
        return [row for row in self._rows if isinstance(row, tuple)]


class Beside:
    """Parts next to each other where they fit, else below each other; a blank line between."""

    def __init__(self, *parts: RenderableType) -> None:
        self._parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        shelves: list[list[tuple[RenderableType, int]]] = []
        room = 0
        for part in self._parts:
            width = Measurement.get(console, options, part).maximum
            if not shelves or width + _GAP > room:
                shelves.append([])
                room = options.max_width + _GAP
            shelves[-1].append((part, width))
            room -= width + _GAP
        for number, shelf in enumerate(shelves):
            if number:
                yield Text()
            if len(shelf) == 1:
                yield shelf[0][0]
                continue
            grid = Table.grid()
            for index, (_, width) in enumerate(shelf):
                grid.add_column(width=width + (_GAP if index < len(shelf) - 1 else 0))
            grid.add_row(*(Padding(part, (0, _GAP, 0, 0)) if part is not shelf[-1][0] else part for part, _ in shelf))
            yield grid


def packed(parts: Sequence[Text], width: int) -> Rows:
    """Parts alone, as `Rows.packed` sets them."""
    rows = Rows(0, [], width)
    rows.packed(parts)
    return rows


def spaced(blocks: Sequence[RenderableType]) -> Group:
    """Blocks with a blank line between them."""
    found: list[RenderableType] = []
    for block in blocks:
        found += [Text(), block] if found else [block]
    return Group(*found)
