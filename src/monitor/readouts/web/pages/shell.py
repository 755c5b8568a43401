"""The pages and their addresses: each browser is pushed its own page, as fast as it takes it.

NiceGUI carries the messages and reconnects; what is shown comes from the screens.
"""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import FastAPI, Request
from nicegui import Client, background_tasks, ui
from nicegui import app as nicegui_app
from starlette.responses import HTMLResponse, Response

from monitor.core.session import Calendar
from monitor.readouts.desk import Desk
from monitor.readouts.live import LiveBoard
from monitor.readouts.past import Past
from monitor.readouts.services import MetricsTexts
from monitor.readouts.web.pages.alerts import AlertsScreen
from monitor.readouts.web.pages.basket import BasketScreen
from monitor.readouts.web.pages.board import BoardScreen
from monitor.readouts.web.pages.drawings import TITLE, Drawings
from monitor.readouts.web.pages.element import PageElement
from monitor.readouts.web.pages.episode import EpisodeScreen
from monitor.readouts.web.pages.head import HEAD
from monitor.readouts.web.pages.health import HealthScreen
from monitor.readouts.web.pages.pair import PairScreen
from monitor.readouts.web.pages.screen import Address, Screen
from monitor.readouts.web.plain_page import not_here
from monitor.runtime.clock import Clock
from monitor.runtime.ending import unless

_ICON = (Path(__file__).parent / "icon.svg").read_text()
PAUSE_S = 0.25
"""At most four pushes a second to one page."""
_IDLE_S = 1.0
"""Longest wait for a snapshot before the page is told that none came."""
_HIDDEN_S = 1.0
"""Seconds between two pushes to a page in a tab that nobody sees: its title and its mark of trouble are enough."""
_LONGEST = 200
"""Characters of a subject or a choice that anybody looks at."""


def screens_of(
    live: LiveBoard,
    clock: Clock,
    past: Past,
    desk: Desk,
    texts: MetricsTexts,
    calendars: Mapping[str, Calendar] | None = None,
) -> dict[str, Screen]:
    """Every kind of page by its name, which is the first part of its path."""
    return {
        "": BoardScreen(past, desk),
        "alerts": AlertsScreen(desk, calendars),
        "episode": EpisodeScreen(desk, calendars),
        "health": HealthScreen(live, clock, desk, texts),
        "baskets": BasketScreen(past),
        "pairs": PairScreen(past, desk),
    }


def add_pages(
    app: FastAPI,
    live: LiveBoard,
    clock: Clock,
    past: Past,
    desk: Desk,
    texts: MetricsTexts,
    calendars: Mapping[str, Calendar] | None = None,
    *,
    pause_s: float = PAUSE_S,
) -> None:
    """Serve the pages from `app`. Only once in a process: NiceGUI's own application is one for all.

    texts: metrics of all processes, for the health page. calendars: of exchanges, by name.
    pause_s: shortest time between two pushes to one page.
    """
    screens = screens_of(live, clock, past, desk, texts, calendars)
    drawings = Drawings(live, clock, screens, calendars)
    for page, screen in screens.items():
        ui.page(screen.path, title=TITLE, response_timeout=10)(_builder(page, screen, drawings, pause_s))
    nicegui_app.add_exception_handler(404, _not_here)
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


async def _not_here(request: Request, _: Exception) -> Response:
    """An address of no page: said by one that costs no connection."""
    return HTMLResponse(not_here(request.scope["path"]), 404)


def _builder(page: str, screen: Screen, drawings: Drawings, pause_s: float) -> Callable[..., Any]:
    async def build(client: Client, request: Request) -> None:
        subject = str(request.path_params.get("subject", ""))[:_LONGEST]
        viewer = _Viewer(drawings, screen, Address(page, subject, _choices(screen, request.url.query)), pause_s)
        ui.add_head_html(HEAD)
        element = PageElement(viewer.choose, viewer.look)
        await client.connected()
        if client.is_deleted:  # whoever fetched it runs no scripts: it never comes
            return
        pushing = background_tasks.create(viewer.push(client, element), name=f"page {client.id}")
        client.on_delete(_canceller(pushing))

    async def without_subject(client: Client, request: Request) -> None:
        await build(client, request)

    async def with_subject(client: Client, request: Request, subject: str) -> None:
        await build(client, request)

    return with_subject if "{subject}" in screen.path else without_subject


class _Viewer:
    """One open page: where it is, and the loop that keeps it fresh."""

    def __init__(self, drawings: Drawings, screen: Screen, address: Address, pause_s: float) -> None:
        self._drawings = drawings
        self._screen = screen
        self._address = address
        self._pause_s = pause_s
        self._chosen = asyncio.Event()

    def choose(self, href: str) -> None:
        """Other choices on the same page."""
        self._address = self._address._replace(choices=_choices(self._screen, urlsplit(href).query))
        self._chosen.set()

    def look(self) -> None:
        """The page can be seen again: do not wait."""
        self._chosen.set()

    async def push(self, client: Client, element: PageElement) -> None:
        """Until the server closes: bring the browser to every new state, as fast as it takes them."""
        version, live = 0, self._drawings.live
        while not live.closed:
            found = await unless(self._chosen, live.after(version, _IDLE_S))
            self._chosen.clear()
            version = found.version if found else version
            if client.has_socket_connection:
                await element.show(await self._drawings.now(self._address))
            await self._pause(element)

    async def _pause(self, element: PageElement) -> None:
        await asyncio.sleep(self._pause_s)
        if element.hidden:
            await unless(self._chosen, asyncio.sleep(_HIDDEN_S))


def _choices(screen: Screen, query: str) -> tuple[tuple[str, str], ...]:
    """What a query says of the names that the screen knows, each once: the last counts."""
    try:
        found: Mapping[str, str] = dict(parse_qsl(query, max_num_fields=20))
    except ValueError:
        return ()
    return tuple((name, found[name][:_LONGEST]) for name in screen.choices if name in found)


def _canceller(task: asyncio.Task[Any]) -> Callable[[], None]:
    def cancel() -> None:
        task.cancel()

    return cancel
