"""A snapshot as small Redis hashes: what a human reads with HGETALL, and what changed from one to the next."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from monitor.core.metric import Frame
from monitor.core.snapshot import BasketView, BasketWindow, InstrumentView, PairView, Snapshot

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


def subject_hashes(snapshot: Snapshot, frame: Frame) -> dict[str, Hash]:
    """Subject → fields. `measure.window` → shortest exact number or `null`; besides `status`, `as_of` (ISO UTC) and
    `age_s` (seconds).

    An instrument's are those of its price. A basket's and a pair's status is that of the board's first window, as_of is
    the snapshot's time, age_s is that of the oldest price in it. What no number says stands in fields without a dot.
    """
    hashes = {
        subject: {"status": status, "as_of": as_of, "age_s": _text(age_s)}
        for subject, status, as_of, age_s in (
            *(_instrument(symbol, view) for symbol, view in snapshot.instruments.items()),
            *(_basket(basket, windows, snapshot) for basket, windows in snapshot.baskets.items()),
            *(_pair(pair, view, snapshot) for pair, view in snapshot.pair_views.items()),
        )
    }
    for name, value in frame.metrics.items():
        subject, field = _place(name)
        hashes.setdefault(subject, {})[field] = _text(value)
    for symbol, instrument in snapshot.instruments.items():
        hashes[symbol] |= _instrument_texts(instrument)
    for basket, basket_view in snapshot.basket_views.items():
        if basket in hashes:
            hashes[basket] |= _basket_texts(basket_view)
    for pair, pair_view in snapshot.pair_views.items():
        hashes[pair] |= _pair_texts(pair_view)
    return hashes


def _instrument_texts(view: InstrumentView) -> Hash:
    """Regime, extremes and fair value: what they are, since when, and why they are missing."""
    fields: Hash = {}
    if view.trend is not None:
        trend = view.trend
        fields |= {
            "trend_status": trend.status,
            "regime_state": trend.state or NULL,
            "regime_provisional": trend.provisional_state or NULL,
            "regime_since": trend.since or NULL,
            "highest_since": trend.highest_since or NULL,
            "lowest_since": trend.lowest_since or NULL,
            "history_start": trend.history_start or NULL,
        }
    if view.fair_value is not None:
        fair = view.fair_value
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


def last_quotes(snapshot: Snapshot) -> Hash:
    """Symbol → JSON of `LastQuote`, for every instrument that has a price."""
    return {
        symbol: msgspec.json.encode(
            LastQuote(
                symbol=symbol,
                price=view.price,
                currency=view.currency,
                event_time=view.event_time,
                source=view.source,
                phase=view.phase,
                status=view.status,
                delay_s=view.delay_s,
                simulated=view.simulated,
            )
        ).decode()
        for symbol, view in snapshot.instruments.items()
        if view.price is not None
    }


def changed_subjects(before: Mapping[str, Hash], after: Mapping[str, Hash]) -> list[str]:
    """Subjects of which more than the age changed."""
    return [subject for subject, fields in after.items() if _ageless(before.get(subject, {})) != _ageless(fields)]


def _ageless(fields: Hash) -> Hash:
    return {name: value for name, value in fields.items() if name not in _AGES}


def _instrument(symbol: str, view: InstrumentView) -> tuple[str, str, str, float | None]:
    return symbol, view.status, view.event_time or NULL, view.age_s


def _basket(basket: str, windows: Mapping[str, BasketWindow], snapshot: Snapshot) -> tuple[str, str, str, float | None]:
    first = next(iter(windows.values()), None)
    members = first.included if first is not None else []
    ages = [age for symbol in members if (age := snapshot.instruments[symbol].age_s) is not None]
    return basket, first.status if first is not None else NULL, snapshot.t, max(ages, default=None)


def _pair(pair: str, view: PairView, snapshot: Snapshot) -> tuple[str, str, str, float | None]:
    first = next(iter(view.last.spreads.values()), None)
    ages = [age for age in (view.last.age_a_s, view.last.age_b_s) if age is not None]
    return pair, first.status if first is not None else NULL, snapshot.t, max(ages, default=None)


def _text(value: float | None) -> str:
    return NULL if value is None else repr(value)
