"""The whole board as one rich renderable. Pure: the same snapshot, alerts, width and time give the same text."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.services import ServiceView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts import alerts as alert_lines
from monitor.readouts.terminal.baskets import inside
from monitor.readouts.terminal.header import header
from monitor.readouts.terminal.legs import legs
from monitor.readouts.terminal.members import members
from monitor.readouts.terminal.rows import Beside
from monitor.readouts.terminal.sources import sources
from monitor.readouts.terminal.windows import windows

NARROWEST = 60
_WIDE = 150
"""From here on tables stand beside each other."""
_LEGS = 72
_STATE = 18
"""Columns that the legs take there, and of these their states."""


def board_renderable(
    snapshot: Snapshot,
    alerts: Sequence[AlertView],
    width: int,
    now_ms: int,
    services: Sequence[ServiceView] = (),
) -> RenderableType:
    """The board for a terminal of `width` columns, most important first.

    now_ms: the reader's clock, UTC, to tell how far the board is behind. services: empty where nothing is known.
    """
    width = max(width, NARROWEST)
    blocks: list[RenderableType] = [
        Group(
            *header(snapshot, width, now_ms), *alert_lines(snapshot, alerts, width), *sources(snapshot, services, width)
        ),
        *windows(snapshot, width),
    ]
    if snapshot.pair_views or snapshot.baskets:
        blocks.append(_inner(snapshot, width))
    blocks += [*members(snapshot, width), *_legend(snapshot)]
    spaced: list[RenderableType] = []
    for block in blocks:
        spaced += [Text(), block] if spaced else [block]
    return Group(*spaced)


def _inner(snapshot: Snapshot, width: int) -> RenderableType:
    """What the spreads are made of."""
    wide = width >= _WIDE
    parts: list[RenderableType] = []
    if snapshot.pair_views:
        parts.append(legs(snapshot, state_width=_STATE if wide else None))
    if snapshot.baskets:
        parts.append(inside(snapshot, width - _LEGS if wide else width))
    return Beside(*parts)


def _legend(snapshot: Snapshot) -> list[RenderableType]:
    """What stands behind a dash, for the reasons that occur on this board."""
    statuses = {
        *(
            s
            for view in snapshot.instruments.values()
            for w, s in view.return_status.items()
            if view.returns.get(w) is None
        ),
        *(s.status for view in snapshot.pair_views.values() for s in view.last.spreads.values() if s.spread_pp is None),
        *(
            s.status
            for view in snapshot.pair_views.values()
            for s in view.same_date.spreads.values()
            if s.spread_pp is None
        ),
        *(w.status for by_window in snapshot.baskets.values() for w in by_window.values() if w.basket_return is None),
    }
    reasons: dict[str, str] = {}
    for status in sorted(statuses):
        reasons.setdefault(words.short_status(status), words.status_words(status))
    if not reasons:
        return []
    found = "  ·  ".join(f"{words.MISSING} {short}: {meaning}" for short, meaning in sorted(reasons.items()))
    return [Text(found, style=cell.DIM)]
