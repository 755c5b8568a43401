"""One instrument of a board: its last accepted tick, its closes, and what both say at an instant (DOMAIN TIM-5)."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from monitor.core.coverage import member_status
from monitor.core.definition import Instrument
from monitor.core.event import SIMULATED, OfficialClose, Quote
from monitor.core.instant import SECOND
from monitor.core.instruments.baselines import Baselines
from monitor.core.moment import Moment
from monitor.core.prices.closes import Closes
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.derived_close import plausible
from monitor.core.quotes.arbiter import Arbiter
from monitor.core.quotes.source_state import ArbiterState, Price, Told
from monitor.core.quotes.tick_filter import ACCEPTED, FilterState, TickFilter, Verdict
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar
from monitor.core.status import Status

_FIT = frozenset({Verdict.OK, Verdict.JUMP_CONFIRMED, Verdict.JUMP, Verdict.SCALE_SUSPECT, Verdict.OUT_OF_ORDER})
"""Verdicts on quotes that are sound in themselves: whoever sends them is there, believed or not."""


class Tick(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An accepted quote. session: it belongs to (TIM-3)."""

    price: float
    event_ns: int
    session: str
    source: str
    delay_s: int
    flags: int


class Point(msgspec.Struct, frozen=True, gc=False):
    """An instrument at one instant: its as-of state (TIM-5) and COV-1 status with a baseline assumed.

    price, session, event_ns: None while it has neither a tick nor a close. source: None for an official close.
    """

    price: float | None
    session: str | None
    event_ns: int | None
    status: Status
    source: str | None
    simulated: bool


_NOTHING = Point(None, None, None, Status.MISSING, None, False)


class LegState(msgspec.Struct, array_like=True):
    """All that a leg remembers, for a checkpoint."""

    ticks: list[Tick]
    halted: bool
    delay_s: int
    rejected: dict[str, int]
    closes: list[OfficialClose]
    filter: FilterState
    arbiter: ArbiterState = msgspec.field(default_factory=ArbiterState)


class Leg:
    """State of one instrument. actions: its corporate actions. closes: its official closes. failed: sources whose feeds
    have given up, kept up to date by the owner."""

    def __init__(
        self,
        instrument: Instrument,
        calendar: Calendar,
        closes: Closes,
        actions: Sequence[CorporateAction],
        failed: Collection[str] = (),
    ) -> None:
        self.instrument = instrument
        self.calendar = calendar
        self.closes = closes
        self.baselines = Baselines(calendar, closes, actions)
        """Where its windows begin."""
        self.halted = False
        self.delay_s = 0
        self.verdict: Verdict | None = None
        """What the tick filter said of the last quote; None before the first, and of a witness that bears out the price
        or has nothing to say."""
        self.rejected: Mapping[str, int] = {}
        """Quotes not accepted, by verdict: another object whenever it changes."""
        self.actions = actions
        self._filter = TickFilter(
            instrument.symbol, instrument.currency, calendar, instrument.filter, actions, closes.before
        )
        self.arbiter = Arbiter(
            instrument.priority,
            instrument.stale_after_s,
            calendar.extended_ns if instrument.filter.extended else calendar.active_ns,
            failed,
        )
        self._tick: Tick | None = None
        self._ahead: list[Tick] = []
        self._point = _NOTHING
        """The last point, which only its status can change as long as it is made of the same."""
        self._made_of: object = None
        self._active_ns = 0
        """Session clock at its event time."""

    def quote(self, quote: Quote, log_ns: int, cross_rate: float | None) -> bool:
        """Put a quote through the tick filter; True when it was accepted.

        log_ns: log time. cross_rate: live units of the instrument's currency per USD, None if unknown.
        """
        source, sole = quote.source, self.arbiter.sole
        if source == sole:
            source = sole  # one and the same object, by which readouts see that it has not changed
            self.verdict = verdict = self._filter.check(quote, cross_rate)
            accepted = verdict in ACCEPTED or self._refuse(verdict)
        else:
            accepted = self._one_of_several(quote, log_ns, cross_rate)
            source = self.arbiter.charge if source == self.arbiter.charge else source
        last = self._filter.last
        if not accepted or last is None:
            return False
        tick = Tick(last.price, last.event_ns, last.session, source, quote.delay_s, quote.flags)
        self.delay_s = quote.delay_s
        if tick.event_ns <= log_ns:
            self._tick = tick
            self._ahead.clear()
        else:  # a source whose clock is up to two seconds fast: this price is not due yet
            self._promote(log_ns)
            self._ahead.append(tick)
        return True

    def _one_of_several(self, quote: Quote, log_ns: int, cross_rate: float | None) -> bool:
        """A quote where more than one source is heard: of the one in charge, or of another. True: accepted."""
        before, session = self._filter.last, self.calendar.phase_session(quote.event_ns)
        told = Told(quote.source, quote.event_ns, quote.delay_s, session, log_ns, quote.flags)
        in_charge = quote.source == self.arbiter.charge
        if not in_charge:
            price = None if before is None else Price(before.event_ns, before.session, self.delay_s)
            if not self.arbiter.admits(told, price):
                return self._witness(quote, told, cross_rate)
        self.verdict = verdict = self._filter.check(quote, cross_rate)
        accepted = verdict in ACCEPTED
        if accepted or (verdict in _FIT and not in_charge):
            self.arbiter.heard(told, took=accepted or verdict is Verdict.OUT_OF_ORDER)
        return accepted or self._refuse(verdict)

    def _witness(self, quote: Quote, told: Told, cross_rate: float | None) -> bool:
        """A quote that is not counted, and accepted only where it confirms a jump."""
        if told.ageless:
            self.verdict = None
            return False
        verdict = self._filter.check(quote, cross_rate, witness=True)
        if verdict in _FIT:
            self.arbiter.heard(told, took=False)
        self.verdict = None if verdict is Verdict.OK else verdict
        return verdict is Verdict.JUMP_CONFIRMED

    def _refuse(self, verdict: Verdict) -> bool:
        self.rejected = {**self.rejected, verdict: self.rejected.get(verdict, 0) + 1}
        return False

    @property
    def last_price(self) -> float | None:
        """Of the last accepted quote, whenever that was; None before the first."""
        return None if self._filter.last is None else self._filter.last.price

    def close(self, close: OfficialClose) -> bool:
        """Take an official close from the log; True when it changed a stored one.

        A derived one from an ex-date is refused: sources differ on whether the previous close they show there is
        already on the new share basis, and adjusting it twice is worse than not having it. So is one that does not fit
        the last tick of its session, or the close before it."""
        if close.derived and (self._ex_date_follows(close.session) or not self._plausible(close)):
            return False
        return self.closes.put(close)

    def _plausible(self, close: OfficialClose) -> bool:
        session, price = close.session, close.price
        if session not in self.calendar or not price > 0:
            return False
        last = self._filter.last
        if last is not None and last.session == session:
            left_ns = self.calendar.active_ns(self.calendar.close_instant(session)) - last.active_ns
            share = left_ns / SECOND / self.calendar.regular_seconds(session)
            return plausible(price, last.price, share, self.instrument.filter)
        before = self.closes.before(session)
        if before is None:
            return True
        on_file, raw = before
        reference = raw * adjustment(self.actions, on_file, session).price_factor
        return plausible(price, reference, self.calendar.distance(on_file, session), self.instrument.filter)

    def _ex_date_follows(self, session: str) -> bool:
        following = self.calendar.next(session)
        return following is not None and adjustment(self.actions, session, following).price_factor != 1.0

    def _promote(self, t_ns: int) -> None:
        while self._ahead and self._ahead[0].event_ns <= t_ns:
            self._tick = self._ahead.pop(0)

    def tick_at(self, t_ns: int) -> Tick | None:
        """The last accepted quote at or before an instant that is not before log time; None without one."""
        for tick in reversed(self._ahead):
            if tick.event_ns <= t_ns:
                return tick
        return self._tick

    def point(self, moment: Moment) -> Point:
        """TIM-5 and COV-1: the later of the last tick and the last known official close; on the same session the
        official close wins. The same object as before while nothing of it changed."""
        market = moment.markets[self.calendar.name]
        tick, closes = self.tick_at(moment.t_ns), self.closes
        made_of = (tick, market.known, closes.version, closes.simulated)
        if self._made_of != made_of:
            self._made_of = made_of
            self._point = self._asof(tick, market.known)
            self._active_ns = 0 if self._point.event_ns is None else self.calendar.active_ns(self._point.event_ns)
        if self._point.price is not None:
            status = member_status(
                has_price=True,
                has_baseline=True,
                halted=self.halted,
                active_age_s=(market.active_ns - self._active_ns) / SECOND,
                stale_after_s=self.instrument.stale_after_s + self.delay_s,
                phase=market.phase,
            )
            if self._point.status is not status:
                self._point = msgspec.structs.replace(self._point, status=status)
        return self._point

    def _asof(self, tick: Tick | None, known: str | None) -> Point:
        """The as-of state; with a price its status is CLOSED until somebody looks at its age."""
        closes = self.closes
        session = closes.latest(known)
        close = None if session is None else closes.get(session, known)
        if session is not None and close is not None and (tick is None or session >= tick.session):
            return self.point_on(session, known)
        if tick is None:
            return _NOTHING
        simulated = bool(tick.flags & SIMULATED) or closes.simulated
        return Point(tick.price, tick.session, tick.event_ns, Status.CLOSED, tick.source, simulated)

    def point_on(self, session: str, known: str | None) -> Point:
        """The instrument at the official close of one session (ALN-2)."""
        close = self.closes.get(session, known)
        if close is None:
            return _NOTHING
        return Point(close, session, self.calendar.close_instant(session), Status.CLOSED, None, self.closes.simulated)

    def dump(self, log_ns: int) -> LegState:
        """Everything that snapshots from `log_ns` on depend on, apart from the reference data."""
        self._promote(log_ns)
        ticks = ([self._tick] if self._tick else []) + self._ahead
        return LegState(
            ticks,
            self.halted,
            self.delay_s,
            dict(self.rejected),
            self.closes.received(),
            self._filter.dump(),
            self.arbiter.dump(),
        )

    def load(self, state: LegState, log_ns: int) -> None:
        """Go on from a dumped state; `self` must be new. log_ns: log time of the dump."""
        self.halted = state.halted
        self.delay_s = state.delay_s
        self.rejected = dict(state.rejected)
        self._ahead = list(state.ticks)
        self._promote(log_ns)
        for close in state.closes:  # each was believed when it came
            self.closes.put(close)
        self._filter.load(state.filter)
        self.arbiter.load(state.arbiter)
