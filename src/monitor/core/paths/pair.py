"""The path of a pair up to the last minute or close; `monitor.core.paths.tip` adds the numbers of now."""

from collections.abc import Sequence
from itertools import chain

from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.catalogue import MEASURES
from monitor.core.metrics.statuses import OK, either
from monitor.core.pairs.lag import DAY
from monitor.core.pairs.side import calendar_of
from monitor.core.paths.grid import closing_grid, minute_grid, sessions_begun_ms, watches, without_closes
from monitor.core.paths.held import held, points_of, to_last_value
from monitor.core.paths.ledger import Ledger, markets_of
from monitor.core.paths.path import SPANS, Line, PairPath, PathPoint, Span, Stretch
from monitor.core.paths.recorded import Recorded, Watch, merged, series_of
from monitor.core.paths.returns import SideReturns
from monitor.core.paths.scores import ScoreTable
from monitor.core.paths.shades import AHEAD_MS, shades
from monitor.core.paths.spans import anchors, start_ns, window_of
from monitor.core.paths.thinning import thinned
from monitor.core.snapshot import Snapshot

BY_MINUTE: frozenset[Span] = frozenset({"today", "1W"})
"""Spans whose paths are made of one-minute bars."""

NO_HISTORY = "NO_HISTORY"
_SILENT_MS = 300_000
"""An estimate moves with futures, every minute: a longer silence is none."""


class PairPaths:
    """The paths of one pair as of a snapshot. recorded: minutes of its sides' instruments, of an index of each of their
    exchanges (`monitor.core.paths.grid.witnesses`) and of the pair itself; only spans by the minute look at them.
    scores: the table to remember z-scores in, for whoever asks again; None: none.

    Raises UsageError for a pair that the board does not have.
    """

    def __init__(
        self,
        ledger: Ledger,
        pair: str,
        now: Snapshot,
        recorded: Recorded | None = None,
        scores: ScoreTable | None = None,
    ) -> None:
        self._ledger = ledger
        self._scores = scores or ScoreTable()
        self._sides = ledger.sides(pair)
        self._id = pair
        self._legs = next((one.a, one.b) for one in ledger.definition.pairs if one.id == pair)
        self._now = now
        self._recorded = recorded or {}
        self._now_ms = parse_instant(now.t) // MILLISECOND
        self._moment = ledger.moment(self._now_ms * MILLISECOND)

    def path(self, span: Span) -> PairPath:
        """One span, without the numbers of now. NO_HISTORY where there is nothing before them."""
        window = window_of(span, self._now.windows)
        if not window:
            return self._nothing(span, "", f"the board has no window for {span}")
        start = start_ns(self._sides, window, self._now)
        if start is None:
            return self._nothing(span, window, "nothing has a price yet")
        if start > self._moment.t_ns:
            return self._nothing(span, window, "this window has not begun")
        return self._by_minute(span, window, start) if span in BY_MINUTE else self._by_close(span, window, start)

    def _by_close(self, span: Span, window: str, start: int) -> PairPath:
        first = max(calendar_of(side).known_close(start) or "" for side in self._sides)
        dates = closing_grid(markets_of(*self._sides), first, self._moment)
        labels, grid = [label for label, _ in dates], [t for _, t in dates]
        returns = SideReturns(
            window,
            self._now,
            self._moment,
            self._ledger.rates,
            {},
            {},
            dict(zip(grid, labels, strict=True)).__getitem__,
        )
        columns = []
        for side in self._sides:
            holes = without_closes(side, labels, self._moment)
            columns.append([None if i in holes else value for i, value in enumerate(returns.at(side, grid))])
        scores = self._closing_scores(first)
        said = (OK, OK)
        return self._whole(span, window, start // MILLISECOND, grid, columns, said, z=(scores, OK))

    def _by_minute(self, span: Span, window: str, start: int) -> PairPath:
        first_ms = start // MILLISECOND
        watched = watches(self._ledger, self._sides, self._recorded, self._now_ms)
        gaps = {market: watch.gaps(first_ms) for market, watch in watched.items()}
        date_at = self._ledger.date_at
        returns = SideReturns(window, self._now, self._moment, self._ledger.rates, self._recorded, gaps, date_at)
        grid = minute_grid(watched, first_ms, self._now_ms)
        columns = [returns.at(side, grid) for side in self._sides]
        scores = self._recorded_scores(first_ms, watched[calendar_of(self._sides[0]).name])
        estimate = self._estimates(first_ms) if span == "today" and self._estimated else None
        a, b = (returns.status(side) for side in self._sides)
        without = [
            merged(gap for market in markets_of(side) for gap in watched[market.name].unrecorded(first_ms))
            for side in self._sides
        ]
        return self._whole(
            span,
            window,
            first_ms,
            grid,
            columns,
            (a, b),
            z=(scores, self._recorded_status("z")),
            estimate=estimate,
            unrecorded=(without[0], without[1]),
        )

    def _whole(
        self,
        span: Span,
        window: str,
        first_ms: int,
        grid: Sequence[int],
        columns: Sequence[Sequence[float | None]],
        said: tuple[str, str],
        *,
        z: tuple[list[PathPoint], str],
        estimate: list[PathPoint] | None = None,
        unrecorded: tuple[list[Stretch], list[Stretch]] = ([], []),
    ) -> PairPath:
        """All lines of both sides' returns at the times of a grid. said: status of each side's line; of z beside it.
        unrecorded: of each side's line; of z that of the first side."""
        a, b = ([None if r is None else 100.0 * r for r in column] for column in columns)
        spread = [None if x is None or y is None else 100.0 * (x - y) for x, y in zip(*columns, strict=True)]
        lines = [
            self._line(
                subject, measure, window, self._before_now(grid, values, whole=span not in BY_MINUTE), status, without
            )
            for subject, measure, values, status, without in (
                (self._legs[0], "return_pct", a, said[0], unrecorded[0]),
                (self._legs[1], "return_pct", b, said[1], unrecorded[1]),
                (self._id, "spread_pp", spread, either(*said), merged(chain(*unrecorded))),
            )
        ]
        known, by_minute = any(line.points for line in lines), span in BY_MINUTE
        return PairPath(
            pair=self._id,
            span=span,
            window=window,
            first_ms=first_ms,
            last_ms=self._now_ms,
            resolution="1m" if by_minute else "1d",
            a=lines[0],
            b=lines[1],
            spread=lines[2],
            estimate=(
                None
                if estimate is None
                else self._line(self._id, "sync_spread_pp", DAY, estimate, self._recorded_status("sync_spread_pp"))
            ),
            z=self._line(self._id, "z", DAY, *z, unrecorded[0]) if z[0] else None,
            shades=list(shades(self._ledger.markets, first_ms, self._now_ms + AHEAD_MS)) if by_minute else [],
            simulated=self._now.simulated,
            status="OK" if known else NO_HISTORY,
            reason="" if known else self._why(window),
        )

    def _oldest(self) -> str:
        """The earliest date that a span of the board starts from."""
        windows = [window for span in SPANS if (window := window_of(span, self._now.windows))]
        starts = [start for window in windows for start in anchors(self._sides, window, self._now).values()]
        return min(starts, default="9999-12-31")

    def _closing_scores(self, since: str) -> list[PathPoint]:
        """The z-score at each close of a, from a session on."""
        calendar = calendar_of(self._sides[0])
        found = self._scores.of(self._ledger, self._id, self._moment, since, self._oldest())
        grid = [calendar.close_instant(session) // MILLISECOND for session, _ in found]
        return self._before_now(grid, [z for _, z in found], whole=True)

    def _recorded_scores(self, first_ms: int, watch: Watch) -> list[PathPoint]:
        """The z-score as it was recorded; where a session of a was not, the one at its close. watch: its exchange."""
        calendar = watch.calendar
        events: list[tuple[int, float]] = [
            (t, z)
            for t, z in self._closing_scores(calendar.known_close(first_ms * MILLISECOND) or "")
            if z is not None and not watch.beats_in(calendar.known_close(t * MILLISECOND) or "")
        ]
        events += series_of(self._recorded, self._id, "z.1d").between(first_ms, self._now_ms - 1)
        grid = sorted({t for t, _ in events} | {t for t in watch.edges(first_ms) if t < self._now_ms})
        values = held(events, watch.gaps(first_ms)).at(grid)
        return [p for p in points_of(grid, values) if p[0] >= first_ms]

    def _before_now(self, grid: Sequence[int], values: Sequence[float | None], *, whole: bool) -> list[PathPoint]:
        """A line up to now. whole: it is joined to the number of now whatever its last value is missing for."""
        points = [point for point in points_of(grid, values) if point[0] < self._now_ms]
        return to_last_value(points) if whole else points

    @property
    def _estimated(self) -> bool:
        """Does the pair have a spread under SYNC?"""
        view = self._now.pair_views.get(self._id)
        return view is not None and view.sync is not None

    def _estimates(self, first_ms: int) -> list[PathPoint]:
        """The spread under SYNC since both sessions of now began: before that it counted from other closes."""
        begun_ms = sessions_begun_ms(self._sides, self._now)
        if begun_ms is None:
            return []
        found: list[PathPoint] = []
        for t, value in series_of(self._recorded, self._id, "sync_spread_pp.1d").between(
            max(first_ms, begun_ms), self._now_ms - 1
        ):
            if found and t - found[-1][0] > _SILENT_MS:
                found.append((found[-1][0] + 1, None))
            found.append((t, value))
        return thinned(found)

    def _recorded_status(self, measure: str) -> str:
        return series_of(self._recorded, self._id, f"{measure}.1d").status

    def _line(
        self,
        subject: str,
        measure: str,
        window: str,
        points: list[PathPoint],
        status: str = OK,
        unrecorded: Sequence[Stretch] = (),
    ) -> Line:
        return Line(
            subject=subject,
            name=self._name(subject),
            measure=measure,
            window=window.lower(),
            unit=MEASURES[measure].unit,
            points=thinned(points, keep=chain(*unrecorded)),
            status=status,
            unrecorded=list(unrecorded),
        )

    def _name(self, subject: str) -> str:
        instrument = self._now.instruments.get(subject)
        if instrument is not None:
            return instrument.name
        pair = self._now.pair_views.get(subject)
        return self._now.basket_name(subject) if pair is None else pair.name

    def _why(self, window: str) -> str:
        """Why there is no point before now, half a sentence."""
        view = self._now.pair_views.get(self._id)
        spread = None if view is None else view.last.spreads.get(window)
        for subject, found in zip(
            self._legs, (None, None) if spread is None else (spread.r_a, spread.r_b), strict=True
        ):
            if found is None:
                return f"no official close of {self._name(subject)} is on file to start from{self._advice}"
        return f"no official close is on file since the start{self._advice}"

    @property
    def _advice(self) -> str:
        """A simulated market brings its own closes."""
        return "" if self._now.simulated else "; monitor reference refresh brings what is missing, then restart"

    def _nothing(self, span: Span, window: str, reason: str) -> PairPath:
        return PairPath(
            pair=self._id,
            span=span,
            window=window,
            first_ms=self._now_ms,
            last_ms=self._now_ms,
            resolution="1m" if span in BY_MINUTE else "1d",
            a=self._line(self._legs[0], "return_pct", window, []),
            b=self._line(self._legs[1], "return_pct", window, []),
            spread=self._line(self._id, "spread_pp", window, []),
            simulated=self._now.simulated,
            status=NO_HISTORY,
            reason=reason,
        )
