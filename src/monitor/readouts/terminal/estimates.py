"""What is worth how much while its own market is shut, by something else that trades."""

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import FairValueView
from monitor.readouts import policies, words
from monitor.readouts.terminal import cell

_METHODS = 76
"""Columns from which the method is named, too."""


def estimates(snapshot: Snapshot, width: int) -> list[RenderableType]:
    """One row for each instrument with a proxy; without a value the dash and why. width: that the table may take."""
    found = [(view.name, view.fair_value) for view in snapshot.instruments.values() if view.fair_value is not None]
    if not found:
        return []
    table = cell.table("")
    table.title = Text.assemble(
        (policies.ESTIMATE, cell.CAUTION), (" of fair value, and the move since the close", cell.HEADING)
    )
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=28, min_width=15)
    table.add_column("fair value", justify="right", no_wrap=True, min_width=9)
    table.add_column("move", justify="right", no_wrap=True, min_width=cell.NUMBER_WIDTH - 1)
    table.add_column("from", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True, min_width=4)
    table.add_column("premium", justify="right", no_wrap=True, min_width=6)
    for name, view in found:
        table.add_row(cell.text(name), *_row(view, methods=width >= _METHODS))
    return [table]


def _row(view: FairValueView, *, methods: bool) -> list[Text]:
    proxy = f"{words.method(view.method)} {view.proxy}" if methods else view.proxy
    return [
        cell.text(words.price(view.value), cell.FLAT if view.value is not None else cell.DIM),
        cell.percent(view.implied_move, view.status),
        cell.text(proxy, cell.DIM),
        cell.text(words.age(view.age_s)),
        cell.text(words.percent(view.premium)),
    ]
