"""A snapshot as small Redis hashes: what a human reads with HGETALL, and what changed from one to the next."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import compress
from operator import is_not

import msgspec

from monitor.core.metrics.fragment import Fragments
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.statuses import Statuses, said_of
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.core.views.instrument import FairValueView, TrendView
from monitor.core.views.pair import PairView
from monitor.wire.last_quote import last_quote_text

NULL = "null"
"""How a missing value is written in a hash."""

Hash = dict[str, str]

LAST = ""
"""Stands for the hash of last quotes among those of the subjects."""

_NONE: Hash = {}
_NEVER = object()
"""What no frame holds."""

_AGES = frozenset({"age_s", "age_seconds.now", "as_of", "fair_value_age_s"})
"""Fields that change by time passing."""


class Readout:
    """The hashes of one snapshot of a board after the other. Only what changed is written out as text again."""

    def __init__(self) -> None:
        self.hashes: dict[str, Hash] = {}
        """Subject → fields, as of the last `update`; first, under the name LAST, symbol → JSON of `LastQuote` for every
        instrument that has a price.

        Fields are `measure.window` → shortest exact number or `null`; besides `status`, `as_of` (ISO UTC) and `age_s`
        (seconds), `simulated` (of the snapshot: `true` or `false`) and `statuses`, JSON of field → what has to be said
        of its number (`monitor.core.metrics.statuses`), without those of which nothing has to be. An instrument's are
        those of its price. A basket's and a pair's status is that of the board's first window, as_of is the snapshot's
        time, age_s is that of the oldest price in it. What no number says stands in fields without a dot.
        """
        self._names: list[str] = []
        self._values: Sequence[object] = []
        self._metrics: dict[str, list[str]] = {}
        self._said: dict[str, tuple[Hashable, str]] = {}
        """Subject → field `statuses`, with what it came from; not of those that have a number more or less."""
        self._sizes: dict[str, int] = {}
        self._shown: dict[str, Hash] = {}
        self._texts = Fragments[Hash]()
        self._quotes = Fragments[str]()

    def update(self, snapshot: Snapshot, frame: Frame, statuses: Statuses) -> dict[str, Hash] | None:
        """Bring the hashes up to date. frame, statuses: of the snapshot.

        Returns the fields that are other than before, by subject; None when some are new or gone, as at first: then
        whoever keeps a copy begins it anew.
        """
        names = list(frame.metrics)
        known = names == self._names
        if not known:
            self._begin(names)
        changes = self._changes(snapshot, frame, statuses)
        if known and any(len(self.hashes[subject]) != size for subject, size in self._sizes.items()):
            known = False  # a text is gone
            self._begin(names)
            self._changes(snapshot, frame, statuses)
        return changes if known else None

    def _begin(self, names: list[str]) -> None:
        self.hashes, self._shown, self._names, self._values = {}, {}, names, [_NEVER] * len(names)
        self._metrics, self._said = {}, {}
        for name in names:
            self._metrics.setdefault(_place(name)[0], []).append(name)

    def _changes(self, snapshot: Snapshot, frame: Frame, statuses: Statuses) -> dict[str, Hash]:
        quotes = self._last_quotes(snapshot)
        changes = {LAST: self._put(LAST, quotes)}
        self._sizes = {LAST: len(quotes)}
        numbers = self._changed_numbers(list(frame.metrics.values()))
        simulated = "true" if snapshot.simulated else "false"
        for subject, head, texts in self._parts(snapshot):
            head |= {"simulated": simulated, "statuses": self._said_of(subject, frame, statuses)}
            new = _NONE if self._shown.get(subject) is texts else texts
            changes[subject] = self._put(subject, head, numbers.get(subject, _NONE), new)
            self._shown[subject] = texts
            self._sizes[subject] = len(head) + len(self._metrics.get(subject, ())) + len(texts)
        return changes

    def _put(self, subject: str, *parts: Hash) -> Hash:
        known = self.hashes.setdefault(subject, {})
        changed = {name: text for part in parts for name, text in part.items() if known.get(name) != text}
        known.update(changed)
        return changed

    def _changed_numbers(self, values: list[float | None]) -> dict[str, Hash]:
        """Those that are not the very objects of the last frame, by subject."""
        before, self._values = self._values, values
        changed = list(compress(range(len(values)), map(is_not, values, before)))
        found: dict[str, Hash] = {}
        for i, text in zip(changed, _numbers([values[i] for i in changed]), strict=True):
            subject, field = _place(self._names[i])
            found.setdefault(subject, {})[field] = text
            if values[i] is None or before[i] is None:
                self._said.pop(subject, None)
        return found

    def _said_of(self, subject: str, frame: Frame, statuses: Statuses) -> str:
        """Field `statuses`. A board has thousands of metrics: they are gone through only where one may say another
        thing than before."""
        known, basis = self._said.get(subject), statuses.basis(subject)
        if known is not None and known[0] == basis:
            return known[1]
        said = said_of({name: frame.metrics[name] for name in self._metrics.get(subject, ())}, statuses.of)
        text = msgspec.json.encode({_place(name)[1]: status for name, status in said.items()}).decode()
        self._said[subject] = basis, text
        return text

    def _parts(self, snapshot: Snapshot) -> Iterator[tuple[str, Hash, Hash]]:
        """Each subject with its first fields and its texts."""
        for symbol, line in snapshot.instruments.items():
            texts = self._texts.of(
                symbol,
                _instrument_texts,
                line.trend,
                line.fair_value,
                line.source,
                line.delay_s,
                line.sources,
                line.stand_in_for,
                line.failovers,
            )
            yield symbol, _head(line.status, line.event_time or NULL, line.age_s), texts
        for basket, windows in snapshot.baskets.items():
            view = snapshot.basket_views.get(basket)
            status, age_s = _basket_state(windows, snapshot)
            yield basket, _head(status, snapshot.t, age_s), {} if view is None else _basket_texts(view)
        for pair, pair_view in snapshot.pair_views.items():
            status, age_s = _pair_state(pair_view)
            yield pair, _head(status, snapshot.t, age_s), _pair_texts(pair_view)

    def _last_quotes(self, snapshot: Snapshot) -> Hash:
        return {
            symbol: self._quotes.of(
                symbol,
                last_quote_text,
                symbol,
                view.price,
                view.currency,
                view.event_time,
                view.source,
                view.phase,
                view.status,
                view.delay_s,
                view.simulated,
                view.stand_in_for,
            )
            for symbol, view in snapshot.instruments.items()
            if view.price is not None
        }


def hashes_of(snapshot: Snapshot, frame: Frame) -> dict[str, Hash]:
    """The hashes of one snapshot; of one after the other `Readout` makes the same at less cost."""
    readout = Readout()
    readout.update(snapshot, frame, Statuses(snapshot))
    return readout.hashes


def moved(changes: Mapping[str, Hash]) -> list[str]:
    """Subjects of which more than the age changed. changes: of a `Readout`."""
    return [subject for subject, fields in changes.items() if subject != LAST and fields.keys() - _AGES]


def _head(status: str, as_of: str, age_s: float | None) -> Hash:
    return {"status": status, "as_of": as_of, "age_s": _text(age_s)}


def _instrument_texts(
    trend: TrendView | None,
    fair: FairValueView | None,
    source: str | None,
    delay_s: int,
    sources: Mapping[str, str],
    stand_in_for: str | None,
    failovers: int,
) -> Hash:
    """Source of the price, and the roles of all if there are several; regime, extremes and fair value: what they are,
    since when, and why they are missing."""
    fields: Hash = {
        "source": source or NULL,
        "delay_s": str(delay_s),
        "sources": ", ".join(f"{name} {role}" for name, role in sources.items()) or NULL,
        "stand_in_for": stand_in_for or NULL,
        "failovers": str(failovers),
    }
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


def _basket_state(windows: Mapping[str, BasketWindow], snapshot: Snapshot) -> tuple[str, float | None]:
    first = next(iter(windows.values()), None)
    members = first.included if first is not None else []
    ages = [age for symbol in members if (age := snapshot.instruments[symbol].age_s) is not None]
    return first.status if first is not None else NULL, max(ages, default=None)


def _pair_state(view: PairView) -> tuple[str, float | None]:
    first = next(iter(view.last.spreads.values()), None)
    ages = [age for age in (view.last.age_a_s, view.last.age_b_s) if age is not None]
    return first.status if first is not None else NULL, max(ages, default=None)


def _numbers(values: list[float | None]) -> list[str]:
    """As `_text`, of many at a fraction of the cost: JSON differs from it only in the exponents of what is very small
    or very large."""
    written = msgspec.json.encode(values).decode()[1:-1].split(",") if values else []
    return [
        text if value is None or 1e-4 <= abs(value) < 1e16 else _text(value)
        for value, text in zip(values, written, strict=True)
    ]


def _text(value: float | None) -> str:
    return NULL if value is None else repr(value)
