"""The times at which a path has points."""

from collections.abc import Iterable, Mapping, Sequence

from monitor.core.definition import Kind
from monitor.core.instant import MILLISECOND
from monitor.core.moment import Moment
from monitor.core.pairs.side import Side, calendar_of, has_close, legs_of
from monitor.core.paths.ledger import Ledger, markets_of
from monitor.core.paths.recorded import Recorded, Watch, pulse
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot


def witnesses(ledger: Ledger, sides: Sequence[Side]) -> list[str]:
    """The instruments whose minutes a path of these sides wants: their own, and an index of each of their exchanges,
    which moves every minute where a share may not."""
    indices = {
        leg.calendar.name: symbol for symbol, leg in reversed(ledger.legs.items()) if leg.instrument.kind is Kind.INDEX
    }
    own = [leg.instrument.symbol for side in sides for leg in legs_of(side)]
    return list(dict.fromkeys([*own, *(indices[c.name] for c in markets_of(*sides) if c.name in indices)]))


def watches(ledger: Ledger, sides: Sequence[Side], recorded: Recorded, now_ms: int) -> dict[str, Watch]:
    """The exchanges of some sides by name. Every instrument in `recorded` bears witness to its own."""
    symbols: dict[str, list[str]] = {}
    for symbol in recorded:
        if symbol in ledger.legs:
            symbols.setdefault(ledger.legs[symbol].calendar.name, []).append(symbol)
    return {
        calendar.name: Watch(calendar, pulse(recorded, symbols.get(calendar.name, ())), now_ms)
        for calendar in markets_of(*sides)
    }


def minute_grid(watched: Mapping[str, Watch], first_ms: int, last_ms: int) -> list[int]:
    """Every time from `first_ms` to `last_ms` at which something was recorded on one of the exchanges, or at which it
    opens, shuts, or is not recorded."""
    times = {first_ms}
    for watch in watched.values():
        times.update(watch.beats)
        times.update(watch.edges(first_ms))
    return sorted(t for t in times if first_ms <= t <= last_ms)


def closing_grid(markets: Iterable[Calendar], first: str, moment: Moment) -> list[tuple[str, int]]:
    """The dates from `first` on at which one of the exchanges has had its close by the moment, ascending, each with the
    last of their close instants, epoch ms UTC."""
    found: dict[str, int] = {}
    for calendar in markets:
        known = moment.markets[calendar.name].known
        for session in [] if known is None else [first, *calendar.between(first, known)]:
            if session in calendar and session <= (known or ""):
                found[session] = max(calendar.close_instant(session) // MILLISECOND, found.get(session, 0))
    return sorted(found.items())


def without_closes(side: Side, labels: Sequence[str], moment: Moment) -> set[int]:
    """Which of some dates are sessions of a side without its close on file; of a basket, without enough of them."""
    calendar = calendar_of(side)
    return {
        i
        for i, label in enumerate(labels)
        if label in calendar and not (_complete(side, label, moment) or has_close(side, label, moment))
    }


def _complete(side: Side, label: str, moment: Moment) -> bool:
    return all(leg.closes.get(label, moment.markets[leg.calendar.name].known) is not None for leg in legs_of(side))


def sessions_begun_ms(sides: Iterable[Side], now: Snapshot) -> int | None:
    """When the sessions of now of some sides had all begun, epoch ms UTC: from then on the board's own numbers of the
    day count from where they do now. None while none of them has a price."""
    opened = []
    for leg in (leg for side in sides for leg in legs_of(side)):
        view = now.instruments.get(leg.instrument.symbol)
        if view is not None and view.asof_session is not None and view.asof_session in leg.calendar:
            opened.append(leg.calendar.opens_at(view.asof_session) // MILLISECOND)
    return max(opened, default=None)
