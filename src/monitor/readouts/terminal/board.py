"""The whole board as one rich renderable. Pure: the same snapshot, alerts, width and time give the same text."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts import alerts as alert_lines
from monitor.readouts.terminal.baskets import baskets
from monitor.readouts.terminal.header import header
from monitor.readouts.terminal.members import members
from monitor.readouts.terminal.pairs import pairs
from monitor.readouts.terminal.sources import sources

NARROWEST = 60


def board_renderable(
    snapshot: Snapshot, alerts: Sequence[AlertView], width: int, now_ms: int, notices: Sequence[str] = ()
) -> RenderableType:
    """The board for a terminal of `width` columns, most important first.

    now_ms: the reader's clock, UTC, to tell how far the board is behind. notices: lines to show above the board.
    """
    width = max(width, NARROWEST)
    sections: list[list[RenderableType]] = [
        [cell.text(notice, cell.NOTE) for notice in notices],
        header(snapshot, width, now_ms),
        alert_lines(snapshot, alerts, width),
        pairs(snapshot, width),
        baskets(snapshot, width),
        sources(snapshot),
        members(snapshot, width),
        _legend(snapshot),
    ]
    spaced: list[RenderableType] = []
    for section in sections:
        for part in section:
            if spaced and not (isinstance(part, Text) and isinstance(spaced[-1], Text)):
                spaced.append(Text())
            spaced.append(part)
    return Group(*spaced)


def _legend(snapshot: Snapshot) -> list[RenderableType]:
    """What stands behind a dash, for the reasons that occur on this board."""
    statuses = {
        *(
            s
            for view in snapshot.instruments.values()
            for w, s in view.return_status.items()
            if view.returns.get(w) is None
        ),
        *(s.status for view in snapshot.pair_views.values() for s in view.last.values() if s.spread_pp is None),
        *(s.status for view in snapshot.pair_views.values() for s in view.same_date.values() if s.spread_pp is None),
        *(w.status for by_window in snapshot.baskets.values() for w in by_window.values() if w.basket_return is None),
    }
    reasons: dict[str, str] = {}
    for status in sorted(statuses):
        reasons.setdefault(words.short_status(status), words.status_words(status))
    if not reasons:
        return []
    found = "  ·  ".join(f"{words.MISSING} {short}: {meaning}" for short, meaning in sorted(reasons.items()))
    return [Text(found, style=cell.DIM)]
