"""Which of several sources of one symbol is believed: priority, freshness, and patience with both (FEEDS section 1).

One source is *in charge*: its quotes go through the tick filter and make the price. The others stand by and are
witnesses. A **fail-over** puts a stand-in in charge, because the one before was late by the session clock or its feed
had failed; a **fail-back** is the return of a better one after it has delivered without a gap for a while.

The arbiter looks at no clock but that of the log, changes with the quotes of the log only, and judges no price: the
tick filter does, and tells it afterwards. As long as a symbol has one source it is asked nothing.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from monitor.core.instant import MINUTE, SECOND
from monitor.core.quotes.source_state import ArbiterState, Price, SourceState, Told

FAILBACK_NS = 60 * SECOND
"""So long, by the session clock, must a source deliver without a gap before it is in charge again."""
APART_NS = 5 * SECOND
"""So far apart may two sources be in telling of one trade: in the time that they give it, and in bringing the news."""
FORGOTTEN_NS = 12 * 60 * MINUTE
"""A source that was silent for so long, by the session clock, is none any more when a session begins; when it returns
it is a new one."""

LIVE, STANDBY, STALE = "LIVE", "STANDBY", "STALE"
"""Roles: in charge; fresh, could take over; neither, whether it is in charge or not."""

Clock: TypeAlias = Callable[[int], int]
"""Instant → nanoseconds for which the market had been open by then: the session clock."""

_NO_ROLES: dict[str, str] = {}


class Arbiter:
    """Chooses between the sources of one symbol.

    priority: sources from the best to the worst; those that are not named are equal, and come after them. Of equal ones
    the less delayed is better. stale_after_s: how long a source may be silent while others are not, its delay not
    counted. clock: session clock of the symbol. failed: sources whose feeds have given up, kept up to date by the
    owner.

    Ask `admits` of each quote that is neither of the `sole` source nor of the one in charge, put it through the tick
    filter as one that may move the price or as a witness, and report the outcome with `heard` while nobody is sole.
    """

    def __init__(self, priority: Sequence[str], stale_after_s: float, clock: Clock, failed: Collection[str]) -> None:
        self.sole: str | None = None
        """The source in charge while no other was heard lately: its quotes need no arbiter."""
        self._ranks = {source: rank for rank, source in enumerate(priority)}
        self._stale_after_s = stale_after_s
        self._clock = clock
        self._failed = failed
        self._state = ArbiterState()
        self._now = 0, 0
        """Log time, and the session clock then."""
        self._roles = _NO_ROLES
        self._order: tuple[str, ...] = ()
        """All sources, the best first and equal ones as they came; empty while nobody has asked since it changed."""

    @property
    def charge(self) -> str | None:
        """The source in charge, None before the first price."""
        return self._state.charge

    @property
    def failovers(self) -> int:
        """How often a stand-in had to take over."""
        return self._state.failovers

    @property
    def changed_ns(self) -> int | None:
        """Log time of the last change of source, None without one."""
        return self._state.changed_ns

    def admits(self, told: Told, price: Price | None) -> bool:
        """May this quote move the price? Else it is a witness'. price: of the symbol, None before the first."""
        state, source = self._state, told.source
        if state.charge is None or price is None or source == state.charge:
            return True
        if self.sole is not None:
            self._company(price)
        if told.session is None or told.ageless or source in self._failed:
            return False
        # The newest price stays: a source that is behind it could only wait, or take the price back in time.
        if told.event_ns < price.event_ns - APART_NS:
            return False
        now_ns = self._session_clock(told)
        if self._is_better(source, told.delay_s, now_ns):
            return True
        return self._is_lost(told, now_ns)

    def heard(self, told: Told, *, took: bool) -> None:
        """Remember a quote that has passed the tick filter or was a fit witness. took: it may move the price, and did,
        or would have if another source had not told something newer a moment before. Report no others, and of the
        source in charge only those that were accepted."""
        state, source = self._state, told.source
        if told.session is None or told.ageless:
            return
        now_ns = self._session_clock(told)
        if took and source != state.charge:
            self._change(told, now_ns)
        known = state.sources.get(source)
        if known is None:
            state.sources[source] = SourceState(told.event_ns, told.session, told.delay_s, steady_ns=now_ns)
            self.sole, self._order = self._only(), ()
        elif told.event_ns > known.event_ns:
            self._goes_on(known, told, now_ns)
        for name, other in state.sources.items():
            if other.behind_ns is None and told.event_ns > other.event_ns:
                other.behind_ns = now_ns
            if name in self._failed:
                other.steady_ns = None

    def roles(self, t_ns: int) -> dict[str, str]:
        """Source → LIVE, STANDBY or STALE at an instant not before log time, the best first; empty while one source
        does it all. The same object as before while nothing of it changed."""
        state = self._state
        if len(state.sources) < 2:
            return _NO_ROLES
        now_ns = self._clock(t_ns)
        roles = {}
        for source in self._best_first():
            if source in self._failed or self._is_stale(state.sources[source], now_ns):
                roles[source] = STALE
            else:
                roles[source] = LIVE if source == state.charge else STANDBY
        if roles != self._roles or [*roles] != [*self._roles]:
            self._roles = roles
        return self._roles

    def stands_in_for(self) -> str | None:
        """The best source that has quoted, where another one is in charge; None while it is the one."""
        state = self._state
        if state.charge is None or len(state.sources) < 2:
            return None
        best = self._best_first()[0]
        return best if self._rank(best) < self._rank(state.charge) else None

    def _best_first(self) -> tuple[str, ...]:
        if not self._order:
            self._order = tuple(sorted(self._state.sources, key=self._rank))
        return self._order

    def _session_clock(self, told: Told) -> int:
        """At log time. A quote of a later session than any before begins it."""
        if told.log_ns != self._now[0]:
            self._now = told.log_ns, self._clock(told.log_ns)
        now_ns, state = self._now[1], self._state
        # A time that has not come begins nothing.
        if told.session is not None and told.session > state.session and told.event_ns <= told.log_ns + APART_NS:
            state.session, state.began_ns = told.session, now_ns
            for name, known in list(state.sources.items()):
                if name != state.charge and now_ns - self._clock(known.event_ns) > FORGOTTEN_NS:
                    del state.sources[name]
            self.sole, self._order = self._only(), ()
        return now_ns

    def _only(self) -> str | None:
        state = self._state
        return state.charge if len(state.sources) == 1 and state.charge in state.sources else None

    def _company(self, price: Price) -> None:
        """Another source speaks: take down what the sole one did so far. It stays the sole one until the other one was
        heard, which may be never."""
        state, charge = self._state, self._state.charge
        if charge is not None:
            known = state.sources[charge]
            known.event_ns, known.session, known.delay_s = price.event_ns, price.session, price.delay_s
            known.behind_ns = None
            state.session = max(state.session, price.session)

    def _change(self, told: Told, now_ns: int) -> None:
        """Put the source of a quote in charge."""
        state, source = self._state, told.source
        before = state.charge
        if before is not None:
            if not self._is_better(source, told.delay_s, now_ns):
                old = state.sources[before]
                old.lost, old.steady_ns = True, None
                state.failovers += 1
            state.changed_ns = told.log_ns
        state.charge = source
        if source in state.sources:
            state.sources[source].lost = False

    def _goes_on(self, known: SourceState, told: Told, now_ns: int) -> None:
        """A newer quote of a source. After a gap that others have filled its steady run begins anew."""
        if known.steady_ns is None or self._is_silent(known, now_ns):
            known.steady_ns = now_ns
        if told.delay_s != known.delay_s:
            self._order = ()
        known.event_ns, known.session, known.delay_s = told.event_ns, told.session or known.session, told.delay_s
        known.behind_ns = None

    def _rank(self, source: str, delay_s: int | None = None) -> tuple[int, int]:
        """Smaller is better. delay_s: of its quote; None: of its last one."""
        if delay_s is None:
            delay_s = self._state.sources[source].delay_s
        return self._ranks.get(source, len(self._ranks)), delay_s

    def _is_better(self, source: str, delay_s: int, now_ns: int) -> bool:
        """Than the one in charge, and in a state to take over for that reason alone?"""
        charge = self._state.charge
        return (
            charge is not None
            and self._rank(source, delay_s) < self._rank(charge)
            and not self._is_unproven(source, now_ns)
        )

    def _is_unproven(self, source: str, now_ns: int) -> bool:
        """It was lost, and has not been steady for long enough since."""
        known = self._state.sources.get(source)
        return (
            known is not None
            and known.lost
            and (known.steady_ns is None or now_ns - known.steady_ns < FAILBACK_NS or self._is_silent(known, now_ns))
        )

    def _is_stale(self, known: SourceState, now_ns: int) -> bool:
        """By the session clock. One that was last heard in an earlier session has its time from the first news of this
        one on."""
        since_ns = self._clock(known.event_ns) if known.session == self._state.session else self._state.began_ns
        return now_ns - since_ns > round((self._stale_after_s + known.delay_s) * SECOND)

    def _is_silent(self, known: SourceState, now_ns: int) -> bool:
        """Stale, and not because nothing is traded: others told something newer, and it did not follow soon."""
        behind_ns = known.behind_ns
        return behind_ns is not None and now_ns - behind_ns >= APART_NS and self._is_stale(known, now_ns)

    def _is_lost(self, told: Told, now_ns: int) -> bool:
        """Must another source than the one in charge take over, with this quote?"""
        charge = self._state.charge
        if charge is None or charge in self._failed:
            return True
        known = self._state.sources[charge]
        return told.event_ns > known.event_ns + APART_NS and self._is_silent(known, now_ns)

    def dump(self) -> ArbiterState:
        """The state, shared with this object: encode it before the next event."""
        return self._state

    def load(self, state: ArbiterState) -> None:
        """Go on from a dumped state."""
        self._state = state
        self.sole, self._order = self._only(), ()
