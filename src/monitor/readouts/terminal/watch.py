"""`monitor watch`: keeps a view of the board on the terminal; where there is none, a line every few seconds."""

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec
from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.reader import BoardReader
from monitor.readouts.services import ServiceView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.beyond import Beyond, Lookup
from monitor.readouts.terminal.board import NARROWEST
from monitor.readouts.terminal.focus import Focus
from monitor.readouts.terminal.full_screen import FullScreen
from monitor.readouts.terminal.header import banner
from monitor.readouts.terminal.key_bar import key_bar
from monitor.readouts.terminal.line import board_line
from monitor.readouts.terminal.outlet import outlet, write_exactly
from monitor.readouts.terminal.spark import drawable
from monitor.readouts.terminal.views import view_renderable
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end, first_of, unless

_REFRESH_S = 0.4
"""Pause between two pictures: more are not read, a slow ssh line has to carry them, and each costs some 30 ms."""
_KEY_S = 0.05
"""And after a key, so that a key held down leaves time for everything else."""
_IDLE_S = 0.5
"""Longest wait for a new state: the silence, the lag and a resized terminal show without one."""
_LOOK_S = 5.0
"""Pause between two looks beyond the snapshot; another view is looked up at once."""
_NOTICES = 4
_ROWS_PER_NOTICE = 6

Lines = list[list[Segment]]


async def show_once(
    reader: BoardReader,
    console: Console,
    clock: Clock,
    *,
    as_json: bool = False,
    focus: Focus | None = None,
    lookup: Lookup | None = None,
) -> None:
    """Print the newest board, or with `as_json` exactly the stored document and nothing else.

    focus: which view; None: the board. lookup: for what is not in the snapshot; None: without.
    Raises UnreachableError when Redis does not answer or holds no snapshot of this board.
    """
    focus = focus or Focus()
    document, entries = await reader.present()
    with outlet(console):
        if as_json:
            write_exactly(console.file, document)
            return
        snapshot, alerts = msgspec.json.decode(document, type=Snapshot), active_alerts(entries)
        beyond = await lookup.look(focus, snapshot, alerts) if lookup else Beyond()
        now_ms, plain = clock.now_ns() // 1_000_000, not drawable(console.encoding)
        for line in banner(snapshot, max(console.width, NARROWEST)):
            console.print(line)
        console.print(view_renderable(focus, snapshot, alerts, beyond, console.width, now_ms, plain=plain))


class Watch:
    """The live views.

    live: must be running (`LiveBoard.run`). focus: what is shown first; None: the board. lookup: for what is not in the
    snapshot; None: views do without. on_quit: is called when a key has ended `run` and the terminal is as it was.
    quiet_s: after so many seconds without a new snapshot the board says so. line_every_s: pause between lines when
    `console` is no terminal.
    """

    def __init__(
        self,
        live: LiveBoard,
        clock: Clock,
        console: Console,
        *,
        focus: Focus | None = None,
        lookup: Lookup | None = None,
        on_quit: Callable[[], None] = lambda: None,
        quiet_s: float = 5.0,
        line_every_s: float = 5.0,
    ) -> None:
        self._live = live
        self._clock = clock
        self._console = console
        self._focus = focus or Focus()
        self._lookup = lookup or Lookup()
        self._on_quit = on_quit
        self._quiet_s = quiet_s
        self._line_every_s = line_every_s
        self._notices: deque[str] = deque(maxlen=_NOTICES)
        self._standing = ""
        self._started_ns = clock.now_ns()
        self._frozen: tuple[Observation, tuple[ServiceView, ...], int] | None = None
        self._beyond = Beyond()
        self._beyond_of: tuple[str, str] | None = None
        self._page = self._depth = 0
        self._stir = asyncio.Event()
        self._moved = asyncio.Event()
        self._quit = asyncio.Event()

    @property
    def on_screen(self) -> bool:
        """Whether there are pictures, and not lines: on a terminal whose cursor can be moved."""
        return self._console.is_terminal and not self._console.is_dumb_terminal

    def say(self, notice: str, *, stays: bool = False) -> None:
        """Show a line above the board (the last few are seen), or print it at once where there are lines. stays: it is
        seen before them for good, in the place of the last one that was."""
        if stays:
            self._standing = notice
        else:
            self._notices.append(notice)
        if not self.on_screen:
            with outlet(self._console):
                self._print(notice)

    def press(self, key: str) -> None:
        """Do what a key means (`monitor.readouts.terminal.keys`); nothing before the first snapshot but leave."""
        shown = self._shown()
        if key == "q":
            self._quit.set()
        elif shown is not None and key == " ":
            self._frozen = None if self._frozen else (shown, self._live.services, self._clock.now_ns())
        elif shown is not None:
            self._focus = self._focus.after(key, shown.snapshot, page=self._page, depth=self._depth)
            self._moved.set()
        self._stir.set()

    async def run(self) -> None:
        """Show the board until cancelled, until somebody presses `q`, or until nobody reads the output any more."""
        with outlet(self._console):
            if self.on_screen:
                await self._paint()
            else:
                await self._write_lines()

    def picture(self, *, keys: bool = True) -> Lines:
        """The lines that the terminal shows now, as many as it has at most. keys: whether any are read."""
        width, height = self._console.size
        head = self._head(width, height)
        shown = self._shown()
        if shown is None:
            return head[:height]
        focus = self._focus.on(shown.snapshot)
        services = self._frozen[1] if self._frozen else self._live.services
        self._page = max(height - len(head) - 1, 1)
        beyond = self._beyond if self._beyond_of == (focus.view, focus.subject()) else Beyond()
        body = self._drawn(
            view_renderable(
                focus,
                shown.snapshot,
                shown.alerts,
                beyond,
                width,
                (self._frozen[2] if self._frozen else self._clock.now_ns()) // 1_000_000,
                services,
                rows=self._page,
                plain=not drawable(self._console.encoding),
            ),
            width,
        )
        self._depth = max(len(body) - self._page, 0)
        top = min(focus.top, self._depth)
        seen = body[top : top + self._page]
        bar = key_bar(
            focus.view,
            width,
            pairs=len(shown.snapshot.pair_views),
            firing=sum(alert.firing for alert in shown.alerts),
            above=top,
            below=len(body) - top - len(seen),
            frozen=words.age((self._clock.now_ns() - self._frozen[2]) / 1e9) if self._frozen else "",
            keys=keys,
        )
        filling: Lines = [[] for _ in range(self._page - len(seen))]
        return [*head, *seen, *filling, *self._drawn(bar, width)][:height]

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

    def _shown(self) -> Observation | None:
        return self._frozen[0] if self._frozen else self._live.newest

    def _head(self, width: int, height: int) -> Lines:
        """What stays above every view, however far it is scrolled."""
        shown = self._shown()
        most = max(1, min(_NOTICES, height // _ROWS_PER_NOTICE))
        head = banner(shown.snapshot, width) if shown else []
        notices = list(self._notices)[-most:]
        if self._standing and most > 1:
            notices = [self._standing, *notices[-(most - 1) :]]
        elif self._standing and not notices:
            notices = [self._standing]
        head += [_line(notice, cell.NOTE) for notice in notices]
        trouble = self.trouble()
        if trouble:
            head.append(_line(f" {trouble} ", cell.ALARM))
        return [line for text in head for line in self._drawn(text, width)]

    def _drawn(self, what: RenderableType, width: int) -> Lines:
        options = self._console.options.update(width=width, height=None)
        return self._console.render_lines(what, options, pad=False)

    async def _paint(self) -> None:
        version = 0
        looking = asyncio.create_task(self._look())
        try:
            async with FullScreen(self._console, self.press, self._stir.set) as screen:
                while not self._quit.is_set():
                    if looking.done():
                        looking.result()  # it never ends but by an error
                    found = await unless(self._stir, self._live.after(version, _IDLE_S))
                    version = version if found is None else found.version
                    self._stir.clear()
                    await screen.show(self.picture(keys=screen.has_keys), *self._console.size)
                    await asyncio.sleep(_KEY_S)
                    await first_of(_REFRESH_S - _KEY_S, self._stir)
            self._on_quit()
        finally:
            await end(looking)

    async def _look(self) -> None:
        """Keep what lies beyond the snapshot at hand for the view that is open."""
        while True:
            shown = self._shown()
            if shown is not None:
                focus = self._focus.on(shown.snapshot)
                self._beyond = await self._lookup.look(focus, shown.snapshot, shown.alerts)
                self._beyond_of = (focus.view, focus.subject())
                self._stir.set()
            await first_of(_LOOK_S if shown else _IDLE_S, self._moved)
            self._moved.clear()

    async def _write_lines(self) -> None:
        version = 0
        while True:
            found = await self._live.after(version, max(self._quiet_s, self._line_every_s))
            version = version if found is None else found.version
            trouble = self.trouble()
            if trouble:
                self._print(trouble)
            if found is not None:
                self._print(board_line(found.snapshot, found.alerts))
            await self._clock.sleep(self._line_every_s)

    def _print(self, line: str) -> None:
        self._console.file.write(words.clean(line) + "\n")
        self._console.file.flush()


def _line(content: str, style: Style) -> Text:
    """A line that is cut at the edge: what it says in full stands in the logs."""
    line = cell.text(content, style)
    line.no_wrap, line.overflow = True, "ellipsis"
    return line
