"""What the z-score of a pair was at each session's close (DOMAIN STA-1 under LAG), by the closes that are known now."""

from collections.abc import Callable
from itertools import islice

from monitor.core.definition import Statistics
from monitor.core.moment import Moment
from monitor.core.pairs.alignment import lag_anchors, lag_pairs, lag_session
from monitor.core.pairs.history import closing_sessions, step_return
from monitor.core.pairs.lag import DAY
from monitor.core.pairs.side import Side, calendar_of, latest_close
from monitor.core.paths.ledger import Ledger
from monitor.core.prices.rates import Rates
from monitor.core.stats.rolling import RollingZ

Step = Callable[[str, str], float | None]
"""Return of a side from the close of one session to that of another."""


class Steps:
    """Computes each step of a side once: that of a day is mostly one of the history too, and sides are shared."""

    def __init__(self, moment: Moment, rates: Rates) -> None:
        self._moment = moment
        self._rates = rates
        self._found: dict[int, dict[tuple[str, str], float | None]] = {}

    def of(self, side: Side) -> Step:
        """`step_return` of a side at the moment."""
        found = self._found.setdefault(id(side), {})

        def step(start: str, end: str) -> float | None:
            key = start, end
            if key not in found:
                found[key] = step_return(side, start, end, self._moment, self._rates)
            return found[key]

        return step


def closing_scores(
    a: Side, b: Side, parameters: Statistics, moment: Moment, steps: "Steps", since: str
) -> list[tuple[str, float | None]]:
    """Sessions of a with a close, from the ISO date `since` on, ascending, and the z-score that the board had there:
    the LAG spread of the session against those of up to `lookback` sessions before it. None as on the board.

    Sessions before the last long hole (`monitor.core.prices.series.MAX_HOLE`) are left out.
    """
    calendar_a, calendar_b = calendar_of(a), calendar_of(b)
    known_a, known_b = (moment.markets[calendar.name].known for calendar in (calendar_a, calendar_b))
    if known_a is None or known_b is None:
        return []
    step_a, step_b = steps.of(a), steps.of(b)
    room = parameters.lookback + parameters.lookback // 8 + 5  # holidays of b leave fewer steps than sessions
    newest_first = list(closing_sessions(a, known_a, moment))
    wanted = sum(session >= since for session in newest_first)
    sessions_a = list(islice(newest_first, wanted + room))[::-1]
    sessions_b = list(closing_sessions(b, known_b, moment))[::-1]
    rows: list[tuple[str, str]] = []
    spreads: list[float | None] = []  # of the steps between rows
    found = []
    judge = RollingZ(parameters.lookback, parameters.min_obs)
    for session in sessions_a:
        if session >= since:
            found.append((session, judge.score(_day(a, b, session, step_a, step_b, moment)).z))
        for row in lag_pairs([session], sessions_b, calendar_a, calendar_b):
            if rows and rows[-1][1] == row[1]:  # the same close of b: this session adds up with the one before
                rows.pop()
                del spreads[-1:]
                judge = RollingZ(parameters.lookback, parameters.min_obs)
                for value in spreads:
                    judge.update(value)
            if rows:
                spreads.append(_spread_pp(step_a(rows[-1][0], row[0]), step_b(rows[-1][1], row[1])))
                judge.update(spreads[-1])
            rows.append(row)
    return found


class ScoreTable:
    """Remembers the z-scores of each pair until a close changes or becomes known."""

    def __init__(self) -> None:
        self._made_of: object = None
        self._kept: dict[str, tuple[str, list[tuple[str, float | None]]]] = {}
        self._steps: Steps | None = None

    def of(self, ledger: Ledger, pair: str, moment: Moment, since: str, oldest: str) -> list[tuple[str, float | None]]:
        """As `closing_scores`. oldest: the earliest date that anybody may ask for: all is worked out in one go. Raises
        UsageError for a pair that the board does not have."""
        made_of = (id(ledger), ledger.version, moment.known)
        if self._steps is None or self._made_of != made_of:
            self._made_of, self._kept, self._steps = made_of, {}, Steps(moment, ledger.rates)
        kept = self._kept.get(pair)
        if kept is None or since < kept[0]:
            a, b = ledger.sides(pair)
            first = min(since, oldest)
            found = closing_scores(a, b, ledger.definition.statistics, moment, self._steps, first)
            kept = self._kept[pair] = first, found
        return [score for score in kept[1] if score[0] >= since]


def _day(a: Side, b: Side, session: str, step_a: Step, step_b: Step, moment: Moment) -> float | None:
    """The LAG spread of one session of a, percentage points, as the board has it at a's close."""
    calendar_a, calendar_b = calendar_of(a), calendar_of(b)
    anchor_a, anchor_b = lag_anchors(calendar_a, calendar_b, DAY, session, moment.t_ns)
    mapped = lag_session(calendar_a, calendar_b, session, moment.t_ns)
    session_b = None if mapped is None else latest_close(b, mapped, moment)
    if anchor_a is None or anchor_b is None or session_b is None:
        return None
    return _spread_pp(step_a(anchor_a, session), step_b(anchor_b, session_b))


def _spread_pp(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else 100 * (a - b)
