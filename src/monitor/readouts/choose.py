"""What to show where there is no room for all: which windows, which members, which marks."""

from collections.abc import Sequence

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import words

_FIRST_WANTED = ("1D", "YTD", "1M", "WTD", "1W", "1Y", "MTD", "3M", "SINCE", "QTD", "6M", "3Y")


def windows_that_fit(windows: Sequence[str], count: int) -> list[str]:
    """The `count` windows that people ask for first, in the order of the board; at least one."""
    wanted = sorted(windows, key=_rank)[: max(count, 1)]
    return [window for window in windows if window in wanted]


def _rank(window: str) -> int:
    kind = window.partition(":")[0]
    return _FIRST_WANTED.index(kind) if kind in _FIRST_WANTED else len(_FIRST_WANTED)


def members(snapshot: Snapshot) -> list[str]:
    """Symbols of the member table: everything but exchange rates, which have a table of their own."""
    return [symbol for symbol, view in snapshot.instruments.items() if view.kind != "fx"]


def pairs_of_instruments(snapshot: Snapshot) -> list[str]:
    """Ids of the pairs with at least one leg that is a single instrument."""
    return [id for id in snapshot.pair_views if not _of_baskets(snapshot, id)]


def pairs_of_baskets(snapshot: Snapshot) -> list[str]:
    """Ids of the pairs whose legs are both baskets: the basket divergence."""
    return [id for id in snapshot.pair_views if _of_baskets(snapshot, id)]


def _of_baskets(snapshot: Snapshot, pair: str) -> bool:
    view = snapshot.pair_views[pair]
    return view.a in snapshot.baskets and view.b in snapshot.baskets


def state(view: InstrumentView) -> str:
    """Status of an instrument in words: the phase where the price is good, else why it is not."""
    if view.status in ("LIVE", "CLOSED"):
        return words.phase(view.phase)
    return words.clean(view.status).replace("_", " ")


def marks(view: InstrumentView, *, simulated_board: bool) -> list[str]:
    """What a reader must know before trusting this price: `SIMULATED`, `UNCONFIRMED`, `DELAYED 15 min`, `STAND-IN for
    longbridge`, `FEED DOWN`.

    An instrument is marked simulated only on a board that mixes; on a simulated board the banner says it once.
    """
    found = []
    if view.simulated and not simulated_board:
        found.append("SIMULATED")
    if not view.confirmed:
        found.append("UNCONFIRMED")
    if view.delay_s > 0 and view.price is not None:
        found.append(f"DELAYED {words.age(view.delay_s)}")
    if view.stand_in_for is not None and view.source is not None:
        found.append(f"STAND-IN for {words.clean(view.stand_in_for)}")
    if view.status == "LIVE" and not view.live:
        found.append("FEED DOWN")
    return found


def wholly_simulated(snapshot: Snapshot) -> bool:
    """Whether every price on the board was invented."""
    return snapshot.simulated and all(
        view.simulated for view in snapshot.instruments.values() if view.price is not None
    )


def trades_in_hong_kong(snapshot: Snapshot, leg: str) -> bool:
    """Whether a leg is quoted in Hong Kong dollars, or one of its members is: what southbound flows may have moved."""
    instrument = snapshot.instruments.get(leg)
    if instrument is not None:
        return instrument.currency == "HKD"
    return any(
        snapshot.instruments[symbol].currency == "HKD"
        for window in snapshot.baskets.get(leg, {}).values()
        for symbol in (*window.included, *window.excluded)
        if symbol in snapshot.instruments
    )
