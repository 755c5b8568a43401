"""How much of each pair and basket is shown, and the choice by the rows of the terminal."""

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment


class Detail(IntEnum):
    """BRIEF: three lines a pair. POLICIES: a row for each policy. FULL: everything that is known."""

    BRIEF = 0
    POLICIES = 1
    FULL = 2


class Fitted:
    """The most detailed board of which everything that the brief one shows in `rows` lines is still on the screen.

    top: pairs and baskets, which come first, at a detail. rest: what stands below them. tail: what is behind all that
    when the board is BRIEF. rows: None where the reader can scroll, and then nothing is left out.
    """

    def __init__(
        self,
        top: Callable[[Detail], RenderableType],
        rest: Callable[[Detail], RenderableType],
        tail: RenderableType,
        rows: int | None,
    ) -> None:
        self._top = top
        self._rest = rest
        self._tail = tail
        self._rows = rows

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        options = options.update(height=None)
        if self._rows is None:
            yield self._top(Detail.FULL)
            yield self._rest(Detail.FULL)
            return
        brief, below = self._lines(console, options, self._top), self._lines(console, options, self._rest)
        room = self._rows - (len(below) if len(brief) + len(below) <= self._rows else 0)
        # More detail takes no fewer lines: where the brief one has no room, the others need not be drawn.
        for detail in (Detail.FULL, Detail.POLICIES) if len(brief) <= room else ():
            more = self._lines(console, options, self._top, detail)
            if len(more) <= room:
                yield from _printed([*more, *self._lines(console, options, self._rest, detail)])
                return
        yield from _printed([*brief, *below])
        yield self._tail

    def _lines(
        self,
        console: Console,
        options: ConsoleOptions,
        part: Callable[[Detail], RenderableType],
        detail: Detail = Detail.BRIEF,
    ) -> list[list[Segment]]:
        return console.render_lines(part(detail), options, pad=False)


def _printed(lines: Iterable[list[Segment]]) -> Iterator[Segment]:
    for line in lines:
        yield from line
        yield Segment.line()
