"""What has to be said beside a number that leaves the board without its snapshot: late, old, thin, or an estimate."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache

from monitor.core.metrics.catalogue import parse_metric
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.core.views.instrument import InstrumentView

OK = "OK"
"""Nothing has to be said."""
MISSING = "MISSING"
"""There is no value."""
ESTIMATE = "ESTIMATE"
"""No market quotes it: a fair value, or a spread under SYNC that has one in it."""
FEED_DOWN = "FEED_DOWN"
"""It is fresh still, and what it came from is silent."""
DELAYED = "DELAYED"
"""From a source that is late by contract."""
FIXING = "FIXING"
"""A basket in another currency than its members', by the fixing of the day where no live rate is."""

_ORDER = (ESTIMATE, "STALE", "HALTED", FEED_DOWN, "DEGRADED", FIXING, DELAYED)
_FAIR_VALUES = frozenset({"fair_value", "fair_move_pct"})
_BY_SYNC = frozenset({"sync_spread_pp", "ewma_z"})
_OWN_STATE = frozenset({"age_seconds", "data_alerts"})
"""Measures that are about the data themselves: they are as good as ever."""
_OFFICIAL = frozenset({"same_date_spread_pp"})
"""Measures of official closes only."""
_CONVERTED = {"usd_return_pct": "USD", "hkd_return_pct": "HKD"}
"""Measures of a basket in a currency of their own."""
_FRESH = ("LIVE", "CLOSED")


def of_instrument(view: InstrumentView) -> tuple[str, ...]:
    """What has to be said of the price of an instrument; nothing of one that has none."""
    if view.price is None:
        return ()
    found = []
    if view.status not in _FRESH:
        found.append(view.status)
    elif view.status == "LIVE" and not view.live:
        found.append(FEED_DOWN)
    if view.delay_s > 0:
        found.append(DELAYED)
    return tuple(found)


def by_fixing(snapshot: Snapshot, members: Iterable[str], currency: str) -> bool:
    """Whether a basket of some members, counted in a currency (LOCAL: each in its own), takes a rate from a fixing."""
    if currency == "LOCAL":
        return False
    own = {snapshot.instruments[symbol].currency for symbol in members if symbol in snapshot.instruments} - {currency}
    needed = {f"USD{code}" for code in (*own, currency) if code != "USD"} if own else set()
    return any(view.status == FIXING for pair, view in snapshot.fx.items() if pair in needed)


@lru_cache(maxsize=4096)
def joined(statuses: frozenset[str]) -> str:
    """Statuses as one text, in one order whatever was said first: `STALE DELAYED`; OK for none."""
    return " ".join(sorted(statuses - {OK}, key=_rank)) or OK


def either(one: str, other: str) -> str:
    """What has to be said where both are: `STALE` and `STALE DELAYED` are `STALE DELAYED`."""
    return one if one == other else joined(frozenset((*one.split(), *other.split())))


def said_of(metrics: Mapping[str, float | None], status_of: Callable[[str], str]) -> dict[str, str]:
    """The statuses of those metrics that have a value and of which something has to be said, by name. status_of: of a
    metric, by its name (`Statuses.of`)."""
    return {name: status for name, value in metrics.items() if value is not None and (status := status_of(name)) != OK}


class Statuses:
    """Of the metrics of one snapshot. What is said of a basket's member, or of a pair's leg, is said of it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._found: dict[tuple[str, str], frozenset[str]] = {}
        self._late = {symbol for symbol, view in snapshot.instruments.items() if view.delay_s > 0}
        self._fixings = any(view.status == FIXING for view in snapshot.fx.values())
        self._windows = [window.lower() for window in snapshot.windows]

    def of(self, metric: str) -> str:
        """The status of a metric that has a value: OK, or what has to be said, with a blank between two. OK for a
        name that is none of the board's."""
        subject, measure, window = _parts(metric)
        if measure in _OWN_STATE:
            return OK
        if measure in _FAIR_VALUES:
            return ESTIMATE
        found = frozenset[str]() if measure in _OFFICIAL else self._of_subject(subject, window)
        pair = self._snapshot.pair_views.get(subject)
        if pair is not None and measure in _BY_SYNC and pair.sync is not None and pair.sync.estimated:
            found |= {ESTIMATE}
        if measure in _CONVERTED and self._fixed(subject, window, _CONVERTED[measure]):
            found |= {FIXING}
        return joined(found)

    def basis(self, subject: str) -> Hashable:
        """What the statuses of all metrics of an instrument, basket or pair come from: while it stays equal, from one
        snapshot to the next, so do they."""
        line = self._snapshot.instruments.get(subject)
        if line is not None:
            return of_instrument(line)
        found = tuple([self._of_subject(subject, window) for window in self._windows])
        pair = self._snapshot.pair_views.get(subject)
        if pair is not None:
            return found, pair.sync is not None and pair.sync.estimated
        return found, tuple(
            self._fixed(subject, window, code) for window in self._windows for code in _CONVERTED.values()
        )

    def _of_subject(self, subject: str, window: str) -> frozenset[str]:
        """window: lower case."""
        key = subject, window
        if key not in self._found:
            pair = self._snapshot.pair_views.get(subject)
            self._found[key] = (
                frozenset(self._of_leg(subject, window))
                if pair is None
                else self._of_subject(pair.a, window) | self._of_subject(pair.b, window)
            )
        return self._found[key]

    def _of_leg(self, leg: str, window: str) -> Iterable[str]:
        instrument = self._snapshot.instruments.get(leg)
        if instrument is not None:
            return of_instrument(instrument)
        view = self._window(leg, window)
        if view is None or view.basket_return is None:
            return ()
        found = [] if view.status == OK else [view.status]
        if not self._late.isdisjoint(view.included):
            found.append(DELAYED)
        beyond = self._snapshot.basket_views.get(leg) if self._fixings else None
        if beyond is not None and by_fixing(self._snapshot, view.included, beyond.currency):
            found.append(FIXING)
        return found

    def _fixed(self, basket: str, window: str, currency: str) -> bool:
        view = self._window(basket, window) if self._fixings else None
        return view is not None and by_fixing(self._snapshot, view.included, currency)

    def _window(self, basket: str, window: str) -> BasketWindow | None:
        """Of a basket; for a measure without one (`pe.now`) its first."""
        windows = self._snapshot.baskets.get(basket, {})
        return windows.get(window.upper()) or next(iter(windows.values()), None)


@lru_cache(maxsize=65_536)
def _parts(metric: str) -> tuple[str, str, str]:
    try:
        return parse_metric(metric)
    except ValueError:
        return "", "", ""


def _rank(status: str) -> tuple[int, str]:
    return (_ORDER.index(status) if status in _ORDER else len(_ORDER)), status
