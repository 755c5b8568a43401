"""The page `/`: one picture a snapshot for all who look, pushed to each as fast as it takes them.

NiceGUI carries the messages and reconnects; what is shown comes from `picture`.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from nicegui import Client, background_tasks, ui
from nicegui.element import Element

from monitor.readouts import lines, services, words
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.web.picture import Cell, Picture, picture, waiting
from monitor.runtime.clock import Clock

TITLE = "Monitor"
TAB = "tab"
"""The cell that is the title of the browser's tab."""

_STYLE = (Path(__file__).parent / "board.css").read_text()
_ICON = (Path(__file__).parent / "icon.svg").read_text()
_PAUSE_S = 0.25
"""At most four pushes a second to one page."""
_IDLE_S = 1.0
"""Longest wait for a snapshot before the page is told that none came."""
_SHOWN_WITHIN_S = 10.0
"""A browser that has not shown a push by then is sent the whole board again."""
_LATE_S = 5.0


class BoardElement(Element, component="board.js"):
    """The board in one browser. Sends what changed, and the next only when the browser has shown the last."""

    def __init__(self) -> None:
        super().__init__()
        self._shown = asyncio.Event()
        self._sent: Picture | None = None
        self.on("shown", self._shown.set, args=[])

    async def show(self, new: Picture) -> None:
        """Bring the browser to `new` and wait until it is there."""
        changes = new.changes(self._sent)
        same_shape = self._sent is not None and self._sent.shape == new.shape
        if same_shape and not changes:
            return
        self._shown.clear()
        self.run_method("show", None if same_shape else new.shape, {id: list(cell) for id, cell in changes.items()})
        try:
            async with asyncio.timeout(_SHOWN_WITHIN_S):
                await self._shown.wait()
            self._sent = new
        except TimeoutError:
            self._sent = None


class Pictures:
    """The picture of the newest observation, drawn once however many look at it."""

    def __init__(self, live: LiveBoard, clock: Clock) -> None:
        self.live = live
        self._clock = clock
        self._drawn: tuple[int, Picture] = (0, waiting())

    def now(self, observation: Observation | None, quiet_s: float = 5.0) -> Picture:
        """The newest board with what is wrong now: `quiet_s` seconds without a snapshot are said."""
        if observation is not None and observation.version != self._drawn[0]:
            self._drawn = (observation.version, picture(observation))
        drawn = self._drawn[1]
        trouble = self._trouble(quiet_s)
        now = {
            "trouble": Cell(trouble, "trouble", ""),
            "lag": self._lag(observation),
            "services": self._services(),
            TAB: Cell(_tab(observation, trouble), "", ""),
        }
        return Picture(drawn.shape, drawn.cells | now)

    def _services(self) -> Cell:
        found = self.live.services
        good = all(service.good for service in found)
        return Cell(
            services.sentence(found) or words.MISSING, "" if good else "doubts", "the processes of this monitor"
        )

    def _trouble(self, quiet_s: float) -> str:
        silent_s = self.live.silent_s()
        if silent_s is None:
            return self.live.problem
        if silent_s < quiet_s:
            return ""
        return ": ".join(part for part in (f"No new snapshot for {words.age(silent_s)}", self.live.problem) if part)

    def _lag(self, observation: Observation | None) -> Cell:
        moment = words.instant(observation.snapshot.t) if observation is not None else None
        if observation is None or moment is None:
            return Cell(words.MISSING, "time", "")
        if observation.snapshot.simulated:
            return Cell("SIM", "time late", "the simulated market has its own clock")
        lag_s = self._clock.now_ns() / 1e9 - moment.timestamp()
        shown = f"{lag_s:.1f} s" if 0 <= lag_s < 10 else words.age(lag_s, coarse=True)
        return Cell(
            shown, "time late" if lag_s > _LATE_S else "time", "how far the board is behind this machine's clock"
        )


def _tab(observation: Observation | None, trouble: str) -> str:
    """Title of the browser's tab: the headline spread, and a sign in front when the board does not move."""
    headline = lines.headline(observation.snapshot) if observation is not None else ""
    return " ".join(part for part in ("⚠" if trouble else "", headline or TITLE) if part)


def add_pages(app: FastAPI, live: LiveBoard, clock: Clock) -> None:
    """Serve the page from `app`. Only once in a process: NiceGUI's own application is one for all."""
    pictures = Pictures(live, clock)

    @ui.page("/", title=TITLE, response_timeout=10)
    async def board_page(client: Client) -> None:
        ui.add_css(_STYLE)
        element = BoardElement()
        await client.connected()
        pushing = background_tasks.create(_push(client, element, pictures), name=f"page {client.id}")
        client.on_delete(_canceller(pushing))

    ui.run_with(
        app,
        title=TITLE,
        favicon=_ICON,
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        binding_refresh_interval=None,
        reconnect_timeout=10.0,
        message_history_length=50,
    )


async def _push(client: Client, element: BoardElement, pictures: Pictures) -> None:
    version = 0
    while not pictures.live.closed:
        found = await pictures.live.after(version, _IDLE_S)
        version = found.version if found else version
        if client.has_socket_connection:
            await element.show(pictures.now(pictures.live.newest))
        await asyncio.sleep(_PAUSE_S)


def _canceller(task: asyncio.Task[Any]) -> Callable[[], None]:
    def cancel() -> None:
        task.cancel()

    return cancel
