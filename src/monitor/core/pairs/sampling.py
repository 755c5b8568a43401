"""Samples of the spreads under SYNC, at fixed times of the log, for their exponentially weighted z-score (STA-2).

A sample belongs to a multiple of the step while either market of its pair is in its regular session, and is taken from
the state before the first event later than that: what it is does not depend on when snapshots are made or how events
are packed. Nothing is sampled while both markets are shut, so there is no decay overnight.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from monitor.core.session import FAR_FUTURE, Calendar, Phase
from monitor.core.stats.ewma import EwmaState, EwmaZ

Spreads: TypeAlias = Callable[[int, Sequence[str]], Mapping[str, float | None]]
"""The spreads of the given pairs at an instant (nanoseconds UTC), percentage points; None for one that has none."""


class Sampler:
    """What the samples of each pair have left behind.

    step_ns: between samples. halflife: in samples. markets: pair → the calendars of its legs; pairs that are not in it
    are not sampled. due_ns: the next sample's instant; compare log time with it before anything else.
    """

    def __init__(self, step_ns: int, halflife: float, markets: Mapping[str, Sequence[Calendar]]) -> None:
        self._step_ns = step_ns
        self._halflife = halflife
        self._markets = markets
        self._calendars = list({c.name: c for calendars in markets.values() for c in calendars}.values())
        self._states = dict.fromkeys(markets, EwmaState())
        self.due_ns = self._next(0)

    def advance(self, to_ns: int, spreads: Spreads) -> None:
        """Take the samples that were due before `to_ns`, the time of the next event."""
        self._states = self.at(to_ns, spreads)
        self.due_ns = self._next(to_ns)

    def at(self, t_ns: int, spreads: Spreads) -> dict[str, EwmaState]:
        """The states after all samples before an instant; nothing is changed. spreads: of the events so far.

        A pair without a spread at one instant is not asked again before the next event: prices only grow older.
        """
        states, at, silent = dict(self._states), self.due_ns, set[str]()
        while at < t_ns and len(silent) < len(self._markets):
            asked = [pair for pair in self._markets if pair not in silent and self._open(self._markets[pair], at)]
            if asked:
                found = spreads(at, asked)
                for pair in asked:
                    value = found[pair]
                    if value is None:
                        silent.add(pair)
                    judge = EwmaZ(self._halflife, state=states[pair])
                    judge.update(value)
                    states[pair] = judge.state
            at = self._next(at + 1)
        return states

    def start(self, t_ns: int) -> None:
        """Let the first event be at `t_ns`: there was nothing to sample before it."""
        self.due_ns = self._next(t_ns)

    def dump(self) -> dict[str, EwmaState]:
        """Everything that later states depend on, apart from log time."""
        return self._states

    def load(self, states: Mapping[str, EwmaState], log_ns: int) -> None:
        """Go on from dumped states. log_ns: log time of the dump."""
        self._states.update(states)
        self.due_ns = self._next(log_ns)

    def _next(self, from_ns: int) -> int:
        """The first multiple of the step, not before an instant, at which a market is open."""
        if not self._calendars:
            return FAR_FUTURE
        at = -(-from_ns // self._step_ns) * self._step_ns
        while at < FAR_FUTURE and not self._open(self._calendars, at):
            opening = min(calendar.next_regular(at) for calendar in self._calendars)
            at = -(-opening // self._step_ns) * self._step_ns
        return at

    @staticmethod
    def _open(calendars: Sequence[Calendar], instant_ns: int) -> bool:
        return any(calendar.phase(instant_ns) is Phase.REGULAR for calendar in calendars)
