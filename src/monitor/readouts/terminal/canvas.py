"""What must be sent so that a terminal shows another picture: only the cells that differ. Pure."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

_JOINED = 8
"""Cells that did not change are sent again where fewer lie between two that did: moving the cursor costs as much."""

_PLAIN = Style.null()
_BLANK = (" ", _PLAIN)
_ERASE = "\x1b[K"

_Cell = tuple[str, Style]
"""A character and how it looks; the second cell of a wide one holds no text."""
ScreenLine = Sequence[Segment]
"""One line of a picture, from the left edge."""


class Canvas:
    """Remembers what a terminal shows. colours: those it has; None: none, and no other attribute either."""

    def __init__(self, colours: ColorSystem | None) -> None:
        self._colours = colours
        self._size = (0, 0)
        self._lines: list[ScreenLine] = []
        self._rows: list[list[_Cell]] = []

    def forget(self) -> None:
        """What the terminal shows is not known: the next picture is sent in full."""
        self._size = (0, 0)

    def change(self, lines: Sequence[ScreenLine], width: int, height: int) -> str:
        """What turns the last picture into this one; "" when they are alike. Lines below those given are empty, and
        what does not fit into `width` and `height` is left out."""
        sent = ""
        if (width, height) != self._size:
            self._size, self._lines, self._rows = (width, height), [()] * height, [[] for _ in range(height)]
            sent = "\x1b[0m\x1b[H\x1b[2J"
        wanted = [*lines[:height], *[()] * (height - len(lines))]
        for number, (line, before) in enumerate(zip(wanted, self._lines, strict=True)):
            if line != before:
                row = _row(line, width)
                sent += self._patch(number, self._rows[number], row)
                self._rows[number] = row
        self._lines = wanted
        return sent

    def _patch(self, number: int, before: list[_Cell], row: list[_Cell]) -> str:
        return "".join(
            f"\x1b[{number + 1};{first + 1}H{self._ansi(row[first:last])}{'' if last <= len(row) else _ERASE}"
            for first, last in _changes(before, row)
        )

    def _ansi(self, cells: Sequence[_Cell]) -> str:
        return "".join(
            style.render("".join(text for text, _ in run), color_system=self._colours)
            for style, run in groupby(cells, key=itemgetter(1))
        )


def _row(line: ScreenLine, width: int) -> list[_Cell]:
    """The cells of a line, without blank ones at its end."""
    cells: list[_Cell] = []
    for text, style, _ in line:
        for char in text:
            size = 1 if char.isascii() else _size(char)
            if size == 0:
                if cells:
                    base = -1 if cells[-1][0] else -2
                    cells[base] = (cells[base][0] + char, cells[base][1])
                continue
            look = style or _PLAIN
            cells += [(char, look), *[("", look)] * (size - 1)]
    if cells[width:] and not cells[width][0]:  # half of a wide character is none
        cells[width - 1] = _BLANK
    del cells[width:]
    while cells and cells[-1] == _BLANK:
        cells.pop()
    return cells


def _changes(before: Sequence[_Cell], row: Sequence[_Cell]) -> Iterator[tuple[int, int]]:
    """Where a row differs from what was there, as first cell and the one behind the last; that one is behind the row's
    end where the rest of the line is to be erased."""
    runs: list[list[int]] = []
    for at, cell in enumerate(row):
        if at >= len(before) or cell != before[at]:
            if runs and at - runs[-1][1] < _JOINED:
                runs[-1][1] = at + 1
            else:
                runs.append([at, at + 1])
    if len(before) > len(row):
        if runs and runs[-1][1] == len(row):
            runs[-1][1] += 1
        else:
            runs.append([len(row), len(row) + 1])
    for first, last in runs:
        while first < len(row) and not row[first][0]:  # a wide character is written whole
            first -= 1
        while last < len(row) and not row[last][0]:
            last += 1
        yield first, last


@lru_cache(maxsize=4096)
def _size(char: str) -> int:
    return cell_len(char)
