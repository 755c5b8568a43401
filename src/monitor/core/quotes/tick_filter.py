"""Keeps bad ticks from moving a price (DOMAIN 11.1, BAD): a simplified, causal form of the neighbourhood filter of
Brownlees & Gallo (2006)."""

from collections import deque
from collections.abc import Callable, Sequence
from enum import StrEnum
from math import isfinite, log, sqrt
from typing import TypeAlias

import msgspec

from monitor.core.definition import FilterParams
from monitor.core.event import Quote
from monitor.core.instant import SECOND
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar, Phase, Segment
from monitor.core.tolerance import EPS

REMEMBERED_KEYS = 1024
"""Ticks that a duplicate is looked for among."""

SCALES = (2, 3, 4, 5, 8, 10, 20, 25, 50, 100, 1000)
"""Ratios that look like a split, a decimal error or another unit rather than a move."""
SCALE_BAND = 0.02
"""How near, in logarithm, a jump must be to one of them."""

_LOG_SCALES = tuple(log(scale) for scale in SCALES)


class Verdict(StrEnum):
    """Why a tick was accepted, held or rejected. The names are the counters that readouts show."""

    OK = "OK"
    FIRST = "FIRST"
    JUMP_CONFIRMED = "JUMP_CONFIRMED"
    JUMP = "JUMP"
    SCALE_SUSPECT = "SCALE_SUSPECT"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    BAD_FIELD = "BAD_FIELD"
    NON_POSITIVE = "NON_POSITIVE"
    CROSSED = "CROSSED"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    FUTURE = "FUTURE"
    TOO_OLD = "TOO_OLD"
    DUPLICATE = "DUPLICATE"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    OUT_OF_SESSION = "OUT_OF_SESSION"

    @property
    def action(self) -> str:
        """ACCEPT, HOLD or REJECT."""
        if self in ACCEPTED:
            return "ACCEPT"
        return "HOLD" if self in HELD else "REJECT"


ACCEPTED = frozenset({Verdict.OK, Verdict.FIRST, Verdict.JUMP_CONFIRMED})
HELD = frozenset({Verdict.JUMP, Verdict.SCALE_SUSPECT})

PHASES = frozenset({Phase.REGULAR, Phase.AUCTION})
"""Phases whose prices count (rule 10)."""
EXTENDED_PHASES = PHASES | {Phase.PRE, Phase.POST}

TickKey: TypeAlias = tuple[str, int, float | None, float | None]
"""(source, event time, price, size), or with a sequence number (source, seq, None, None)."""


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """The last accepted tick. session: it belongs to. active_ns: session clock at its event time."""

    price: float
    event_ns: int
    session: str
    active_ns: int


class Pending(msgspec.Struct):
    """A jump that waits to be confirmed. event_ns: of the tick that raised it. verdict: JUMP or SCALE_SUSPECT.
    witnessed: only witnesses have seen it so far."""

    price: float
    event_ns: int
    verdict: Verdict
    count: int
    sources: list[str]
    witnessed: bool = False


class FilterState(msgspec.Struct, array_like=True):
    """All that a filter remembers, for a checkpoint."""

    last: Accepted | None
    pending: Pending | None
    keys: list[TickKey]


class TickFilter:
    """The rules of BAD for one symbol.

    actions: corporate actions of this symbol. official: the official close that stands in for a last price as long as
    no tick was accepted: takes the session of the tick, returns the latest session before it with its raw close, or
    None.
    """

    def __init__(
        self,
        symbol: str,
        currency: str,
        calendar: Calendar,
        params: FilterParams,
        actions: Sequence[CorporateAction],
        official: Callable[[str], tuple[str, float] | None],
    ) -> None:
        self.symbol = symbol
        self.last: Accepted | None = None
        self._currency = currency
        self._calendar = calendar
        self._params = params
        self._actions = actions
        self._official = official
        self._max_future_ns = round(params.max_future_s * SECOND)
        self._max_age_ns = round(params.max_age_s * SECOND)
        self._pending_ns = round(params.pending_s * SECOND)
        self._phases = EXTENDED_PHASES if params.extended else PHASES
        self._pending: Pending | None = None
        self._keys: set[TickKey] = set()
        self._key_order: deque[TickKey] = deque()
        self._segment: Segment = calendar.segment(0)
        self._open = False
        self._regular_ns = 0

    def check(self, quote: Quote, cross_rate: float | None = None, *, witness: bool = False) -> Verdict:
        """Judge one quote and remember what later ones are judged by; `last` is its tick when it was accepted.

        cross_rate: live units of the instrument's currency per USD, None if unknown; a price in the wrong currency is
        off by this factor. witness: the source may not move the price. It can raise a jump, and confirm one that a
        source which may has made as well (rule 14): only then is it accepted. Nothing that is pending is dropped for
        it, and it is no tick that a duplicate could be one of.
        """
        price = self._price(quote)
        if isinstance(price, Verdict):
            return price
        event_ns = quote.event_ns
        refused = self._refused(quote, price, event_ns, witness)
        if refused is not None:
            return refused
        segment = self._segment
        if not segment.start_ns <= event_ns < segment.end_ns:
            segment = self._enter(event_ns)
        session = segment.phase_session
        if session is None or not self._open:
            return Verdict.OUT_OF_SESSION
        active_ns = segment.active_at(event_ns)
        verdict = self._judge_move(price, event_ns, session, active_ns, quote.source, cross_rate, witness)
        if verdict in ACCEPTED and (not witness or verdict is Verdict.JUMP_CONFIRMED):
            self._pending = None
            self.last = Accepted(price, event_ns, session, active_ns)
        return verdict

    def _price(self, quote: Quote) -> float | Verdict:
        """Rules 1 to 4: the price of a quote, its last trade or else its mid, or why it has none."""
        if quote.symbol != self.symbol:
            return Verdict.UNKNOWN_SYMBOL
        price, bid, ask = quote.price, quote.bid, quote.ask
        if price is not None:
            if not isfinite(price):
                return Verdict.BAD_FIELD
            return float(price) if price > 0 else Verdict.NON_POSITIVE
        if bid is None or ask is None or not (isfinite(bid) and isfinite(ask)):
            return Verdict.BAD_FIELD
        if bid <= 0 or ask <= 0:
            return Verdict.NON_POSITIVE
        return Verdict.CROSSED if bid > ask else (bid + ask) / 2

    def _refused(self, quote: Quote, price: float, event_ns: int, witness: bool) -> Verdict | None:
        """Rules 5 to 9: what needs no look at the price before."""
        if quote.currency is not None and quote.currency != self._currency:
            return Verdict.WRONG_CURRENCY
        age_ns = quote.recv_ns - event_ns
        if age_ns < -self._max_future_ns:
            return Verdict.FUTURE
        if age_ns > self._max_age_ns + quote.delay_s * SECOND:
            return Verdict.TOO_OLD
        if not witness:
            seq = quote.seq
            source = quote.source
            key: TickKey = (source, event_ns, price, quote.size) if seq is None else (source, seq, None, None)
            if key in self._keys:
                return Verdict.DUPLICATE
            self._keys.add(key)
            self._key_order.append(key)
            if len(self._key_order) > REMEMBERED_KEYS:
                self._keys.discard(self._key_order.popleft())
        if self.last is not None and event_ns < self.last.event_ns:
            return Verdict.OUT_OF_ORDER
        return None

    def _enter(self, event_ns: int) -> Segment:
        self._segment = segment = self._calendar.segment(event_ns)
        self._open = segment.phase in self._phases
        if segment.phase_session is not None:
            self._regular_ns = round(self._calendar.regular_seconds(segment.phase_session) * SECOND)
        return segment

    def _judge_move(
        self,
        price: float,
        event_ns: int,
        session: str,
        active_ns: int,
        source: str,
        cross_rate: float | None,
        witness: bool,
    ) -> Verdict:
        """Rules 11 to 15: is this price near enough to the one before?"""
        last = self.last
        elapsed_ns = self._regular_ns
        if last is not None:
            reference, reference_session = last.price, last.session
            if reference_session == session:
                elapsed_ns = min(active_ns - last.active_ns, elapsed_ns)
        else:
            official = self._official(session)
            if official is None:
                return Verdict.FIRST
            reference_session, reference = official
        if reference_session != session and self._actions:
            reference *= adjustment(self._actions, reference_session, session).price_factor
        params = self._params
        # A move is only as far from normal as the market had time to travel, by the session clock.
        tolerance = max(params.floor, params.k * params.sigma_daily * sqrt(elapsed_ns / self._regular_ns))
        move = log(price / reference)
        if abs(move) <= tolerance + EPS:
            return Verdict.OK
        return self._suspect(price, event_ns, source, abs(move), cross_rate, witness)

    def _suspect(
        self, price: float, event_ns: int, source: str, move: float, cross_rate: float | None, witness: bool
    ) -> Verdict:
        """Rules 14 and 15: hold a jump until a second source or enough ticks agree with it. One that is too old (rule
        13) is as good as none. Witnesses confirm nothing among themselves."""
        pending = self._pending
        if pending is not None and event_ns - pending.event_ns > self._pending_ns:
            pending = None
        if pending is None or abs(log(price / pending.price)) > self._params.confirm_band + EPS:
            verdict = Verdict.SCALE_SUSPECT if _looks_scaled(move, cross_rate) else Verdict.JUMP
            if pending is None or pending.witnessed or not witness:
                self._pending = Pending(price, event_ns, verdict, 1, [source], witness)
            return verdict
        pending.count += 1
        if source not in pending.sources:
            pending.sources.append(source)
        pending.witnessed = pending.witnessed and witness
        if pending.witnessed:
            return pending.verdict
        repeated = not witness and pending.verdict is Verdict.JUMP and pending.count >= self._params.n_confirm
        return Verdict.JUMP_CONFIRMED if repeated or len(pending.sources) > 1 else pending.verdict

    def dump(self) -> FilterState:
        """Everything later verdicts depend on."""
        pending = self._pending
        copy = None if pending is None else msgspec.structs.replace(pending, sources=list(pending.sources))
        return FilterState(self.last, copy, list(self._key_order))

    def load(self, state: FilterState) -> None:
        """Go on from a dumped state."""
        self.last = state.last
        self._pending = state.pending
        self._key_order = deque(state.keys)
        self._keys = set(state.keys)


def _looks_scaled(move: float, cross_rate: float | None) -> bool:
    if any(abs(move - scale) <= SCALE_BAND + EPS for scale in _LOG_SCALES):
        return True
    return cross_rate is not None and abs(move - abs(log(cross_rate))) <= SCALE_BAND + EPS
