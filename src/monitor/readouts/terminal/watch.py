"""`monitor watch`: keeps the board on the terminal, or a line every few seconds where there is no terminal."""

import asyncio
from collections import deque

import msgspec
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.reader import BoardReader
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.board import board_renderable
from monitor.readouts.terminal.line import board_line
from monitor.readouts.terminal.outlet import outlet, write_exactly
from monitor.runtime.clock import Clock

_REFRESH_S = 0.4
"""Pause between two pictures: more are not read, a slow ssh line has to carry them, and each costs some 30 ms."""
_IDLE_S = 0.5
"""Longest wait for a new state: the silence, the lag and a resized terminal show without one."""
_NOTICES = 4


async def show_once(reader: BoardReader, console: Console, clock: Clock, *, as_json: bool = False) -> None:
    """Print the newest board, or with `as_json` exactly the stored document and nothing else.

    Raises UnreachableError when Redis does not answer or holds no snapshot of this board.
    """
    document, entries = await reader.present()
    with outlet(console):
        if as_json:
            write_exactly(console.file, document)
            return
        snapshot = msgspec.json.decode(document, type=Snapshot)
        now_ms = clock.now_ns() // 1_000_000
        console.print(board_renderable(snapshot, active_alerts(entries), console.width, now_ms))


class Watch:
    """The live board.

    live: must be running (`LiveBoard.run`). quiet_s: after so many seconds without a new snapshot the board says so.
    line_every_s: pause between lines when `console` is no terminal.
    """

    def __init__(
        self, live: LiveBoard, clock: Clock, console: Console, *, quiet_s: float = 5.0, line_every_s: float = 5.0
    ) -> None:
        self._live = live
        self._clock = clock
        self._console = console
        self._quiet_s = quiet_s
        self._line_every_s = line_every_s
        self._notices: deque[str] = deque(maxlen=_NOTICES)
        self._started_ns = clock.now_ns()

    def say(self, notice: str) -> None:
        """Show a line above the board (the last few stay), or print it at once where there is no terminal."""
        self._notices.append(notice)
        if not self._console.is_terminal:
            with outlet(self._console):
                self._print(notice)

    async def run(self) -> None:
        """Show the board until cancelled, or until nobody reads the output any more."""
        with outlet(self._console):
            if self._console.is_terminal:
                await self._paint()
            else:
                await self._write_lines()

    def picture(self) -> RenderableType:
        """What the terminal shows now, cut to its height."""
        width, height = self._console.size
        lines: list[RenderableType] = [_line(notice, cell.NOTE) for notice in self._notices]
        trouble = self.trouble()
        if trouble:
            lines.append(_line(f" {trouble} ", cell.ALARM))
        newest = self._live.newest
        if newest is not None:
            rows = height - len(lines)
            lines.append(
                board_renderable(newest.snapshot, newest.alerts, width, self._now_ms(), self._live.services, rows=rows)
            )
        return _Cut(Group(*lines), height)

    def trouble(self) -> str:
        """Why the board may be older than it looks; "" when it is not."""
        silent_s = self._live.silent_s()
        if silent_s is None:
            waited_s = (self._clock.now_ns() - self._started_ns) / 1e9
            return f"waiting for the first snapshot for {words.age(waited_s)}: {self._live.problem or 'reading'}"
        if silent_s < self._quiet_s:
            return ""
        reason = f": {self._live.problem}" if self._live.problem else ""
        return f"no new snapshot for {words.age(silent_s)}{reason}"

    async def _paint(self) -> None:
        version = 0
        with Live(console=self._console, screen=True, auto_refresh=False) as display:
            while True:
                version = _version(await self._live.after(version, _IDLE_S), version)
                display.update(self.picture(), refresh=True)
                await asyncio.sleep(_REFRESH_S)

    async def _write_lines(self) -> None:
        version = 0
        while True:
            found = await self._live.after(version, max(self._quiet_s, self._line_every_s))
            version = _version(found, version)
            trouble = self.trouble()
            if trouble:
                self._print(trouble)
            if found is not None:
                self._print(board_line(found.snapshot, found.alerts))
            await self._clock.sleep(self._line_every_s)

    def _print(self, line: str) -> None:
        self._console.file.write(words.clean(line) + "\n")
        self._console.file.flush()

    def _now_ms(self) -> int:
        return self._clock.now_ns() // 1_000_000


def _line(content: str, style: Style) -> Text:
    """A line that is cut at the edge: what it says in full stands in the logs."""
    line = cell.text(content, style)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def _version(found: Observation | None, before: int) -> int:
    return before if found is None else found.version


class _Cut:
    """A renderable of at most `height` lines; what does not fit is counted in the last one."""

    def __init__(self, whole: RenderableType, height: int) -> None:
        self._whole = whole
        self._height = height

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self._whole, options.update(height=None), pad=True)
        cut = len(lines) > self._height
        for line in lines[: self._height - 1] if cut else lines:
            yield from line
            yield Segment.line()
        if cut:
            hidden = len(lines) - self._height + 1
            yield Text(f"… {hidden} more lines: enlarge the window, or `monitor watch --once`", style=cell.DIM)
