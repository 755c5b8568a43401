"""What a pair did on the sessions before today: the daily series its statistics are made of (DOMAIN section 8)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

import msgspec

from monitor.core.definition import Statistics
from monitor.core.instruments.cut import Cut
from monitor.core.moment import Moment
from monitor.core.pairs.alignment import lag_pairs, lag_session, same_date_pairs
from monitor.core.pairs.side import Side, calendar_of, closes_version, has_close, legs_of, returns_of
from monitor.core.prices.rates import Rates
from monitor.core.prices.series import backwards
from monitor.core.stats.regression import Regression, overlapping, regression
from monitor.core.stats.rolling import RobustZ, RollingZ


class PairReturns(msgspec.Struct, frozen=True):
    """Returns of both legs between consecutive aligned closes, decimal fractions, oldest first. sessions: of a, at
    which they end. None where a leg is a basket without enough coverage over that step."""

    sessions: Sequence[str]
    a: Sequence[float | None]
    b: Sequence[float | None]


class History(msgspec.Struct, frozen=True):
    """Statistics of the sessions before the as-of session of a. first, last: session of the oldest and newest return
    used, None without any. z, robust: hold the LAG spreads, percentage points. lag: a on b under LAG; overlap: the same
    for two-day overlapping returns under SAME_DATE."""

    first: str | None
    last: str | None
    z: RollingZ
    robust: RobustZ
    lag: Regression
    overlap: Regression


class PairHistory:
    """Remembers the statistics of two sides until a close or the as-of session changes."""

    def __init__(self, a: Side, b: Side, parameters: Statistics) -> None:
        self._a = a
        self._b = b
        self._parameters = parameters
        self._found: tuple[object, History] | None = None

    def before(self, session: str | None, moment: Moment, rates: Rates) -> History:
        """Statistics of the sessions before `session`, the as-of session of a. None: of none."""
        key = (session, moment.known, closes_version(self._a), closes_version(self._b), rates.version)
        if self._found is None or self._found[0] != key:
            self._found = (key, self._compute(session, moment, rates))
        return self._found[1]

    def _compute(self, session: str | None, moment: Moment, rates: Rates) -> History:
        own, min_obs = self._parameters, self._parameters.min_obs
        nothing = PairReturns([], [], [])
        lag = nothing if session is None else self.lag_returns(session, moment, rates)
        same_date = nothing if session is None else self._same_date_returns(session, moment, rates)
        z, robust = RollingZ(own.lookback, min_obs), RobustZ(own.lookback, min_obs)
        for a, b in zip(lag.a, lag.b, strict=True):
            spread_pp = None if a is None or b is None else 100 * (a - b)
            z.update(spread_pp)
            robust.update(spread_pp)
        return History(
            first=lag.sessions[0] if lag.sessions else None,
            last=lag.sessions[-1] if lag.sessions else None,
            z=z,
            robust=robust,
            lag=regression(lag.a, lag.b, min_obs),
            overlap=regression(overlapping(same_date.a), overlapping(same_date.b), min_obs),
        )

    def lag_returns(self, session: str, moment: Moment, rates: Rates) -> PairReturns:
        """The last `lookback` steps before `session` over which both legs have a return; others are left out."""
        lookback = self._parameters.lookback
        count = lookback + lookback // 8 + 5  # holidays of b leave fewer steps than sessions
        while True:
            sessions_a = self._sessions(self._a, session, moment, count)
            steps = list(pairwise(self._lag_rows(sessions_a, moment)))
            whole = list(islice(self._whole(reversed(steps), moment, rates), lookback))
            if len(whole) == lookback or len(sessions_a) < count:
                ends, a, b = zip(*reversed(whole), strict=True) if whole else ((), (), ())
                return PairReturns(ends, a, b)
            count *= 2

    def _whole(
        self, steps: Iterable[tuple[tuple[str, str], tuple[str, str]]], moment: Moment, rates: Rates
    ) -> Iterator[tuple[str, float, float]]:
        """Session of a and both returns, of the steps over which both legs have one."""
        for start, end in steps:
            a = step_return(self._a, start[0], end[0], moment, rates)
            b = None if a is None else step_return(self._b, start[1], end[1], moment, rates)
            if a is not None and b is not None:
                yield end[0], a, b

    def _lag_rows(self, sessions_a: Sequence[str], moment: Moment) -> list[tuple[str, str]]:
        calendar_a, calendar_b = calendar_of(self._a), calendar_of(self._b)
        newest = lag_session(calendar_a, calendar_b, sessions_a[-1], moment.t_ns) if sessions_a else None
        if newest is None:
            return []
        oldest = lag_session(calendar_a, calendar_b, sessions_a[0], moment.t_ns) or calendar_b.sessions[0]
        sessions_b: list[str] = []
        for day in closing_sessions(self._b, newest, moment):
            sessions_b.append(day)
            if day <= oldest:
                break
        return lag_pairs(sessions_a, sessions_b[::-1], calendar_a, calendar_b)

    def _same_date_returns(self, session: str, moment: Moment, rates: Rates) -> PairReturns:
        """Up to `lookback` + 1 steps in a row: as many two-day returns as the lookback has sessions."""
        count = 2 * (self._parameters.lookback + 2)  # half of it is far more than two markets' holidays take away
        rows = same_date_pairs(
            self._sessions(self._a, session, moment, count), self._sessions(self._b, session, moment, count)
        )
        steps = list(pairwise(rows[-(self._parameters.lookback + 2) :]))
        return PairReturns(
            [end[0] for _, end in steps],
            [step_return(self._a, start[0], end[0], moment, rates) for start, end in steps],
            [step_return(self._b, start[1], end[1], moment, rates) for start, end in steps],
        )

    def _sessions(self, side: Side, before: str, moment: Moment, count: int) -> list[str]:
        """The last `count` sessions with a close before `before`, ascending, as far as they have no long hole."""
        return list(islice((day for day in closing_sessions(side, before, moment) if day < before), count))[::-1]


def closing_sessions(side: Side, asof: str, moment: Moment) -> Iterator[str]:
    """Sessions with a known close from `asof` back to the first long hole."""
    found = backwards(calendar_of(side), lambda day: True if has_close(side, day, moment) else None, asof)
    return (day for day, _ in found)


def step_return(side: Side, start: str, end: str, moment: Moment, rates: Rates) -> float | None:
    """Return of an instrument, or of a basket bought at the close of `start` and held to that of `end`, fraction; None
    where a close is missing."""
    return returns_of(side, Cut.closing(legs_of(side), end, [start], moment, rates), moment)[0].value
