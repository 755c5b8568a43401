"""The whole board as one rich renderable. Pure: the same snapshot, alerts, width and time give the same text."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines, trends, words
from monitor.readouts.alert_view import AlertView
from monitor.readouts.services import ServiceView
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.alerts import alerts as alert_lines
from monitor.readouts.terminal.baskets import contributions, inside
from monitor.readouts.terminal.data_alerts import data_alerts
from monitor.readouts.terminal.detail import Detail, Fitted
from monitor.readouts.terminal.estimates import estimates
from monitor.readouts.terminal.header import header
from monitor.readouts.terminal.indices import indices
from monitor.readouts.terminal.legs import legs
from monitor.readouts.terminal.members import members
from monitor.readouts.terminal.rows import Beside, spaced
from monitor.readouts.terminal.sources import sources
from monitor.readouts.terminal.windows import windows

NARROWEST = 60
_WIDE = 150
"""From here on tables stand beside each other."""
_FEW = 16
"""Rows below which spreads come before rates, feeds and services."""
_LEGS = 72
_STATE = 18
"""Columns that the legs take there, and of these their states."""


def board_renderable(
    snapshot: Snapshot,
    alerts: Sequence[AlertView],
    width: int,
    now_ms: int,
    services: Sequence[ServiceView] = (),
    *,
    rows: int | None = None,
) -> RenderableType:
    """The board for a terminal of `width` columns, most important first, below what `banner` tells.

    now_ms: the reader's clock, UTC, to tell how far the board is behind. services: empty where nothing is known.
    rows: lines of the terminal, which decide how much is said of each pair and basket; None: everything.
    """
    width = max(width, NARROWEST)
    head = Group(
        *header(snapshot, cell.text(snapshot.title, cell.BOLD), width, now_ms),
        *data_alerts(snapshot),
        *alert_lines(snapshot, alerts, width),
    )
    above: list[RenderableType] = list(sources(snapshot, services, width))
    below: list[RenderableType] = []
    if rows is not None and rows < _FEW:
        above, below = [], [Group(*above)]
    stand, legend = [*indices(snapshot, width), *estimates(snapshot, width)], _legend(snapshot)
    return Fitted(
        lambda detail: spaced([Group(head, *above), *windows(snapshot, width, detail), *below]),
        lambda detail: Group(Text(), spaced(_below(snapshot, width, detail, stand, legend))),
        # Where rows are few, the trends come behind the members and push nothing away.
        Group(Text(), spaced([*stand, *legend])),
        rows,
    )


def _below(
    snapshot: Snapshot, width: int, detail: Detail, stand: list[RenderableType], legend: list[RenderableType]
) -> list[RenderableType]:
    """What stands below pairs and baskets. stand: indices and estimates. BRIEF is without these and the legend."""
    inner = [_inner(snapshot, width)] if snapshot.pair_views or snapshot.baskets else []
    found = members(snapshot, width)
    if detail is Detail.BRIEF:
        return [*inner, *found]
    return [*stand, *inner, *contributions(snapshot, width), *found, *legend]


def _inner(snapshot: Snapshot, width: int) -> RenderableType:
    """What the spreads are made of."""
    wide = width >= _WIDE
    parts: list[RenderableType] = []
    if snapshot.pair_views:
        parts.append(legs(snapshot, snapshot.pair_views.values(), state_width=_STATE if wide else None))
    if snapshot.baskets:
        parts.append(inside(snapshot, width - _LEGS if wide else width))
    return Beside(*parts)


def _legend(snapshot: Snapshot) -> list[RenderableType]:
    """What stands behind a dash, for the reasons that occur on this board."""
    pairs, baskets = snapshot.pair_views.values(), snapshot.basket_views.values()
    statuses = {
        *(
            s
            for view in snapshot.instruments.values()
            for w, s in view.return_status.items()
            if view.returns.get(w) is None
        ),
        *(s.status for view in pairs for p in view.policies for s in p.spreads.values() if s.spread_pp is None),
        *(w.status for by_window in snapshot.baskets.values() for w in by_window.values() if w.basket_return is None),
        *(v.status for view in baskets for ways in view.variants.values() for v in ways if v.value is None),
        *(t.status for view in baskets for t in view.tracking.values() if t.difference_pp is None),
        *(v.status for view in baskets for v in view.value.values() if v.added_usd is None),
        *(v.fair_value.status for v in snapshot.instruments.values() if v.fair_value and v.fair_value.value is None),
        *(trend.status for _, _, trend in trends.indices(snapshot) if trend.status != "OK"),
    }
    reasons: dict[str, str] = {}
    for status in sorted(statuses):
        reasons.setdefault(words.short_status(status), words.status_words(status))
    if not reasons:
        return []
    missing = lines.without_closes(snapshot)
    advice = [Text(f"{missing} Run {lines.REFRESH}, then restart.", style=cell.CAUTION)] if missing else []
    found = "  ·  ".join(f"{words.MISSING} {short}: {meaning}" for short, meaning in sorted(reasons.items()))
    return [*advice, Text(found, style=cell.DIM)]
