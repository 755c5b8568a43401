"""Pairs by window under both policies, and the legs they are made of."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from monitor.core.snapshot import InstrumentView, PairView, Snapshot, Spread
from monitor.readouts import choose, words
from monitor.readouts.terminal import cell

_NARROW = 110
_LABEL = 30
_NARROW_LABEL = 20


def pairs(snapshot: Snapshot, width: int) -> list[RenderableType]:
    """The spread table: one block a pair, LAST in bold with its gap, SAME_DATE below with its session."""
    found: list[RenderableType] = []
    for title, ids in (
        (
            "SPREADS in pp at last prices, below: closes of the same date",
            choose.pairs_of_instruments(snapshot),
        ),
        ("BASKET DIVERGENCE in pp", choose.pairs_of_baskets(snapshot)),
    ):
        if ids:
            found.append(_spreads(title, snapshot, ids, width))
    if snapshot.pair_views:
        found.append(_legs(snapshot, width))
    return found


def _spreads(title: str, snapshot: Snapshot, ids: list[str], width: int) -> Table:
    narrow = width < _NARROW
    label = _NARROW_LABEL if narrow else _LABEL
    windows = choose.windows_that_fit(snapshot.windows, (width - label) // cell.NUMBER_WIDTH)
    table = cell.table(title)
    table.add_column("▲ China leads", width=label, no_wrap=not narrow)
    cell.add_windows(table, windows)
    for id in ids:
        view = snapshot.pair_views[id]
        name = words.clean(view.name)
        if narrow:
            name = name.replace(" – ", "\n– ", 1)
        table.add_row(Text(name, style=cell.BOLD), *_row(view.last, windows, bold=True))
        same = words.day(view.same_date_session)
        table.add_row(
            Text(f" close {same}" if narrow else f"  same date {same}", style=cell.DIM),
            *_row(view.same_date, windows, bold=False),
        )
        table.add_row(Text(f" {_apart(view)}" if narrow else f"  quotes {_apart(view)}", style=cell.DIM))
    return table


def _row(spreads: dict[str, Spread], windows: list[str], *, bold: bool) -> list[Text]:
    cells = []
    for window in windows:
        spread = spreads.get(window)
        if spread is None:
            cells.append(cell.text(words.MISSING, cell.DIM))
        else:
            cells.append(cell.points(spread.spread_pp, spread.status, bold=bold))
    return cells


def _apart(view: PairView) -> str:
    """How far the two legs' quotes lie apart: the number compares prices of two moments."""
    if view.async_gap_s is None:
        return f"{words.MISSING} apart"
    return f"{words.age(abs(view.async_gap_s))} apart"


def _legs(snapshot: Snapshot, width: int) -> Table:
    table = cell.table("LEGS")
    table.add_column("", no_wrap=True, overflow="ellipsis", ratio=1, max_width=28, min_width=18)
    table.add_column("price", justify="right", no_wrap=True)
    table.add_column("1D", justify="right", no_wrap=True, min_width=cell.NUMBER_WIDTH - 1)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=False, overflow="fold")
    seen = set()
    for view in snapshot.pair_views.values():
        for id, phase, age_s in ((view.a, view.phase_a, view.age_a_s), (view.b, view.phase_b, view.age_b_s)):
            if id in seen:
                continue
            seen.add(id)
            instrument = snapshot.instruments.get(id)
            if instrument is not None:
                table.add_row(*_instrument_leg(instrument, simulated_board=choose.wholly_simulated(snapshot)))
            else:
                table.add_row(*_basket_leg(snapshot, id, phase, age_s))
    return table


def _instrument_leg(view: InstrumentView, *, simulated_board: bool) -> list[Text]:
    state = Text(choose.state(view), style=cell.FLAT if view.status in ("LIVE", "CLOSED") else cell.NOTE)
    for mark in choose.marks(view, simulated_board=simulated_board):
        state.append(f" {mark}", cell.NOTE)
    return [
        cell.text(view.name),
        cell.text(words.price(view.price), cell.BOLD),
        cell.percent(view.returns.get("1D"), view.return_status.get("1D", "NO_PRICE")),
        cell.text(words.age(view.age_s)),
        state,
    ]


def _basket_leg(snapshot: Snapshot, id: str, phase: str, age_s: float | None) -> list[Text]:
    day = snapshot.baskets.get(id, {}).get("1D")
    members = len(day.included) + len(day.excluded) if day else 0
    state = cell.text(words.phase(phase))
    if day is not None and day.status != "OK":
        state.append(f" {words.clean(day.status).replace('_', ' ')}", cell.NOTE)
    return [
        cell.text(snapshot.basket_names.get(id, id)),
        cell.text(f"{members} names", cell.DIM),
        cell.percent(day.basket_return if day else None, day.status if day else "MISSING"),
        cell.text(words.age(age_s)),
        state,
    ]
