"""One view of a board as one renderable, whichever it is. Pure."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts.alert_view import AlertView
from monitor.readouts.services import ServiceView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts_view import alerts_view
from monitor.readouts.terminal.basket_view import basket_view
from monitor.readouts.terminal.beyond import Beyond
from monitor.readouts.terminal.board import NARROWEST, board_renderable
from monitor.readouts.terminal.focus import Focus, View
from monitor.readouts.terminal.help_view import help_view
from monitor.readouts.terminal.pair_view import pair_view


def view_renderable(
    focus: Focus,
    snapshot: Snapshot,
    alerts: Sequence[AlertView],
    beyond: Beyond,
    width: int,
    now_ms: int,
    services: Sequence[ServiceView] = (),
    *,
    rows: int | None = None,
    plain: bool = False,
) -> RenderableType:
    """What stands at `focus`, below `banner`; where the board has no such thing, a sentence that says so.

    now_ms, services, rows: as of `board_renderable`. plain: lines and bars are drawn in ASCII.
    """
    here, width = focus.on(snapshot), max(width, NARROWEST)
    match here.view:
        case View.PAIR if here.pair:
            view = pair_view(snapshot, alerts, beyond, here, width, now_ms, plain=plain)
        case View.BASKET if here.basket:
            view = basket_view(snapshot, alerts, beyond, here, width, now_ms, plain=plain)
        case View.PAIR | View.BASKET:
            view = Text(f"this board has no {here.view}", style=cell.NOTE)
        case View.ALERTS:
            view = alerts_view(snapshot, alerts, beyond, width, now_ms)
        case View.HELP:
            view = help_view(snapshot, width)
        case View.BOARD:
            return board_renderable(snapshot, alerts, width, now_ms, services, rows=rows)
    return Group(view, Text(), cell.text(beyond.problem, cell.NOTE)) if beyond.problem else view
