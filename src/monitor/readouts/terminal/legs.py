"""The legs that the pairs are made of."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView
from monitor.readouts import choose, doubt, words
from monitor.readouts.terminal import cell


def legs(snapshot: Snapshot, pairs: Iterable[PairView], *, state_width: int | None = None) -> Table:
    """Price, move of the day, age and state of each leg of some pairs, once however many of them it is in.

    state_width: columns of the state, which is then folded; None for as many as it needs.
    """
    table = cell.table("LEGS")
    table.add_column("", no_wrap=True, overflow="ellipsis", max_width=28, min_width=17)
    table.add_column("price", justify="right", no_wrap=True)
    table.add_column("1D", justify="right", no_wrap=True, min_width=cell.NUMBER_WIDTH - 1)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("state", width=state_width, no_wrap=False, overflow="fold")
    seen = set()
    for view in pairs:
        for id, phase, age_s in ((view.a, view.phase_a, view.last.age_a_s), (view.b, view.phase_b, view.last.age_b_s)):
            if id in seen:
                continue
            seen.add(id)
            instrument = snapshot.instruments.get(id)
            grave = doubt.grave(doubt.of_leg(snapshot, id))
            if instrument is not None:
                table.add_row(
                    *_instrument_leg(instrument, grave=grave, simulated_board=choose.wholly_simulated(snapshot))
                )
            else:
                table.add_row(*_basket_leg(snapshot, id, phase, age_s))
    return table


def _instrument_leg(view: InstrumentView, *, grave: bool, simulated_board: bool) -> list[Text]:
    state = Text(choose.state(view), style=cell.FLAT if view.status in ("LIVE", "CLOSED") else cell.NOTE)
    for mark in choose.marks(view, simulated_board=simulated_board):
        state.append(f" {mark}", cell.NOTE)
    return [
        cell.text(view.name),
        cell.text(words.price(view.price), cell.BOLD),
        cell.percent(view.returns.get("1D"), view.return_status.get("1D", "NO_PRICE"), grave=grave),
        cell.text(words.age(view.age_s)),
        state,
    ]


def _basket_leg(snapshot: Snapshot, id: str, phase: str, age_s: float | None) -> list[Text]:
    day = snapshot.baskets.get(id, {}).get("1D")
    members = len(day.included) + len(day.excluded) if day else 0
    state = cell.text(words.phase(phase))
    doubts = doubt.of_leg(snapshot, id)
    if doubts:
        state.append(f" {doubt.sentence(doubts, named=False)}", cell.NOTE)
    return [
        cell.text(snapshot.basket_name(id)),
        cell.text(f"{members} names", cell.DIM),
        cell.percent(day.basket_return if day else None, day.status if day else "MISSING", grave=doubt.grave(doubts)),
        cell.text(words.age(age_s)),
        state,
    ]
