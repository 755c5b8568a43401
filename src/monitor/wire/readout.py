"""A snapshot as small Redis hashes: what a human reads with HGETALL, and what changed from one to the next."""

from collections.abc import Mapping
from functools import lru_cache
from operator import is_not

import msgspec

from monitor.core.fragment import Fragments
from monitor.core.metric import Frame
from monitor.core.snapshot import BasketView, BasketWindow, FairValueView, PairView, Snapshot, TrendView

NULL = "null"
"""How a missing value is written in a hash."""

Hash = dict[str, str]

_AGES = frozenset({"age_s", "age_seconds.now", "as_of", "fair_value_age_s"})
"""Fields that change by time passing."""


class LastQuote(msgspec.Struct, frozen=True, kw_only=True):
    """The last accepted price of an instrument: one field of the hash `last`, as JSON."""

    symbol: str
    price: float
    currency: str
    event_time: str | None
    source: str | None
    phase: str
    status: str
    delay_s: int
    simulated: bool


class Readout:
    """The hashes of one snapshot of a board after the other: only what changed is written out as text again."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._values: list[float | None] = []
        self._numbers: dict[str, Hash] = {}
        self._texts = Fragments[Hash]()
        self._quotes = Fragments[str]()

    def subjects(self, snapshot: Snapshot, frame: Frame) -> dict[str, Hash]:
        """Subject → fields. `measure.window` → shortest exact number or `null`; besides `status`, `as_of` (ISO UTC) and
        `age_s` (seconds). frame: of the snapshot.

        An instrument's are those of its price. A basket's and a pair's status is that of the board's first window,
        as_of is the snapshot's time, age_s is that of the oldest price in it. What no number says stands in fields
        without a dot.
        """
        self._write(frame.metrics)
        hashes: dict[str, Hash] = {}
        for symbol, line in snapshot.instruments.items():
            texts = self._texts.of(symbol, _instrument_texts, line.trend, line.fair_value)
            hashes[symbol] = self._hash(symbol, line.status, line.event_time or NULL, line.age_s, texts)
        for basket, windows in snapshot.baskets.items():
            status, age_s = _basket_state(windows, snapshot)
            view = snapshot.basket_views.get(basket)
            texts = {} if view is None else _basket_texts(view)
            hashes[basket] = self._hash(basket, status, snapshot.t, age_s, texts)
        for pair, pair_view in snapshot.pair_views.items():
            status, age_s = _pair_state(pair_view)
            hashes[pair] = self._hash(pair, status, snapshot.t, age_s, _pair_texts(pair_view))
        return hashes

    def _hash(self, subject: str, status: str, as_of: str, age_s: float | None, texts: Hash) -> Hash:
        numbers = self._numbers.get(subject, {})
        return {"status": status, "as_of": as_of, "age_s": _text(age_s), **numbers, **texts}

    def _write(self, metrics: Mapping[str, float | None]) -> None:
        """Bring the texts of all numbers up to date: of those that are not the very objects of the last frame."""
        names, values = list(metrics), list(metrics.values())
        if names == self._names:
            changed = [i for i, moved in enumerate(map(is_not, values, self._values)) if moved]
        else:
            changed, self._names, self._numbers = list(range(len(names))), names, {}
        self._values = values
        for i in changed:
            subject, field = _place(names[i])
            self._numbers.setdefault(subject, {})[field] = _text(values[i])

    def last_quotes(self, snapshot: Snapshot) -> Hash:
        """Symbol → JSON of `LastQuote`, for every instrument that has a price."""
        return {
            symbol: self._quotes.of(
                symbol,
                _last_quote,
                symbol,
                view.price,
                view.currency,
                view.event_time,
                view.source,
                view.phase,
                view.status,
                view.delay_s,
                view.simulated,
            )
            for symbol, view in snapshot.instruments.items()
            if view.price is not None
        }


def subject_hashes(snapshot: Snapshot, frame: Frame) -> dict[str, Hash]:
    """The hashes of one snapshot; of one after the other `Readout` makes the same at less cost."""
    return Readout().subjects(snapshot, frame)


def _instrument_texts(trend: TrendView | None, fair: FairValueView | None) -> Hash:
    """Regime, extremes and fair value: what they are, since when, and why they are missing."""
    fields: Hash = {}
    if trend is not None:
        fields |= {
            "trend_status": trend.status,
            "regime_state": trend.state or NULL,
            "regime_provisional": trend.provisional_state or NULL,
            "regime_since": trend.since or NULL,
            "highest_since": trend.highest_since or NULL,
            "lowest_since": trend.lowest_since or NULL,
            "history_start": trend.history_start or NULL,
        }
    if fair is not None:
        fields |= {
            "fair_value_status": fair.status,
            "fair_value_method": fair.method,
            "fair_value_proxy": fair.proxy,
            "fair_value_age_s": _text(fair.age_s),
        }
    return fields


def _basket_texts(view: BasketView) -> Hash:
    return {"index": view.index or NULL, "scheme": view.scheme, "currency": view.currency}


def _pair_texts(view: PairView) -> Hash:
    """For each policy its sessions and the gap between its prices; for SYNC the methods; statuses of the statistics."""
    fields: Hash = {}
    for policy in view.policies:
        name = policy.policy.lower()
        fields[f"{name}_sessions"] = f"{policy.session_a or NULL} {policy.session_b or NULL}"
        fields[f"{name}_gap_s"] = _text(policy.async_gap_s)
    if view.sync is not None:
        fields["sync_methods"] = f"{view.sync.method_a or NULL} {view.sync.method_b or NULL}"
        fields["sync_estimated"] = "true" if view.sync.estimated else "false"
    if view.statistics is not None:
        found = view.statistics
        fields |= {
            "statistics_n": str(found.n),
            "statistics_sessions": f"{found.first_session or NULL} {found.last_session or NULL}",
            "z_status": found.z_status,
            "robust_z_status": found.robust_status,
            "ewma_z_status": found.ewma_status,
            "beta_status": found.beta_status,
        }
    return fields


@lru_cache(maxsize=65_536)
def _place(name: str) -> tuple[str, str]:
    """Subject and field of a metric."""
    subject, measure, window = name.rsplit(".", 2)
    return subject, f"{measure}.{window}"


def _last_quote(
    symbol: str,
    price: float,
    currency: str,
    event_time: str | None,
    source: str | None,
    phase: str,
    status: str,
    delay_s: int,
    simulated: bool,
) -> str:
    return msgspec.json.encode(
        LastQuote(
            symbol=symbol,
            price=price,
            currency=currency,
            event_time=event_time,
            source=source,
            phase=phase,
            status=status,
            delay_s=delay_s,
            simulated=simulated,
        )
    ).decode()


def last_quotes(snapshot: Snapshot) -> Hash:
    """The last quotes of one snapshot; see `Readout.last_quotes`."""
    return Readout().last_quotes(snapshot)


def changed_subjects(before: Mapping[str, Hash], after: Mapping[str, Hash]) -> list[str]:
    """Subjects of which more than the age changed."""
    return [subject for subject, fields in after.items() if _moved(before.get(subject, {}), fields)]


def _moved(before: Hash, after: Hash) -> bool:
    if (before.keys() ^ after.keys()) - _AGES:
        return True
    return any(before.get(name) != value and name not in _AGES for name, value in after.items())


def _basket_state(windows: Mapping[str, BasketWindow], snapshot: Snapshot) -> tuple[str, float | None]:
    first = next(iter(windows.values()), None)
    members = first.included if first is not None else []
    ages = [age for symbol in members if (age := snapshot.instruments[symbol].age_s) is not None]
    return first.status if first is not None else NULL, max(ages, default=None)


def _pair_state(view: PairView) -> tuple[str, float | None]:
    first = next(iter(view.last.spreads.values()), None)
    ages = [age for age in (view.last.age_a_s, view.last.age_b_s) if age is not None]
    return first.status if first is not None else NULL, max(ages, default=None)


def _text(value: float | None) -> str:
    return NULL if value is None else repr(value)
