"""The element that carries a page into one browser."""

import asyncio
from collections.abc import Callable

import nicegui.elements.echart  # noqa: F401  (registers the module that charts/index.js imports)
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from monitor.readouts.web.pages.picture import Picture

_SHOWN_WITHIN_S = 10.0
"""A browser that has not shown a push by then is sent the whole page again."""
_LONGEST_HREF = 500


class PageElement(Element, component="page.js", esm={"monitor-charts": "charts", "monitor-browser": "browser"}):
    """One page in one browser. Sends what changed, and the next only when the browser has shown the last.

    on_choose: is told the address that a viewer has chosen within the page, as he sent it. on_looked: that he looks at
    the page again.
    """

    def __init__(self, on_choose: Callable[[str], None], on_looked: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.hidden = False
        """Whether nobody can see the page: its tab is behind another."""
        self._shown = asyncio.Event()
        self._sent: Picture | None = None

        def shown(event: GenericEventArguments) -> None:
            self.hidden = event.args is True
            self._shown.set()

        def looked() -> None:
            self.hidden = False
            on_looked()

        self.on("shown", shown)
        self.on("looked", looked, args=[])

        def chosen(event: GenericEventArguments) -> None:
            if isinstance(event.args, str):
                on_choose(event.args[:_LONGEST_HREF])

        self.on("choose", chosen)

    async def show(self, new: Picture) -> None:
        """Bring the browser to `new` and wait until it is there."""
        changes = new.changes(self._sent)
        if changes.nothing:
            return
        self._shown.clear()
        cells = {id: list(cell) for id, cell in changes.cells.items()}
        # Not by `run_method`: it sends a script, which the browser would compile anew for every push.
        push = {"shape": changes.shape, "cells": cells, "charts": changes.charts}
        self.client.outbox.enqueue_message("page", push, self.client.id)
        try:
            async with asyncio.timeout(_SHOWN_WITHIN_S):
                await self._shown.wait()
            self._sent = new
        except TimeoutError:
            self._sent = None
