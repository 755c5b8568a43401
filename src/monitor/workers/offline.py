"""Recorded events in, snapshots or history out: the calculator without Redis and without a clock (DESIGN section 5)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, pairwise

from monitor.core.bars import MINUTE_MS, Bars, Minute
from monitor.core.board import Board
from monitor.core.daily import DailyRecord, records_of
from monitor.core.event import Beat, Event
from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.measuring import Frames
from monitor.core.metrics.statuses import Statuses
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.errors import UsageError
from monitor.feeds.recordings.replay import with_beats


def snapshots(events: Iterable[Event], board: Board, at: Sequence[int]) -> Iterator[Snapshot]:
    """The board at each instant of `at` (nanoseconds UTC), in ascending order, each once.

    events: in log order; all whose log time is not after an instant are in its snapshot (DOMAIN E2E-1), and no more
    are read than the last instant needs. board: new, or loaded from a checkpoint that is not later than the first
    instant. The same events give the bytes that the live calculator writes for that boundary.
    """
    waiting = sorted(set(at), reverse=True)
    for event in events:
        while waiting and event.recv_ns > waiting[-1]:
            yield board.snapshot(waiting.pop())
        if not waiting:
            return
        board.apply(event)
    while waiting:
        yield board.snapshot(waiting.pop())


def history(
    events: Iterable[Event],
    board: Board,
    calendars: Collection[Calendar],
    interval_ns: int,
    *,
    since_ns: int = 0,
    until_ns: int | None = None,
) -> Iterator[Minute | DailyRecord]:
    """The minutes and daily records that the live calculator makes of the same events when `monitor replay` publishes
    them: beats are added where the recording has none, and one ends the last boundary.

    events: in log order. board: new, made with `interval_ns` and with `since_ns` as `wanted_from_ns`. calendars:
    exchanges whose closes make records. interval_ns: 0: a snapshot after each event, where the calculator makes one
    after each log entry; a recording does not say what was in one entry, so highs and lows may then differ. since_ns:
    nothing before it is wanted, and no more is made than the state it starts from. until_ns: nothing from this instant
    on is wanted, and nothing is read that lies behind its minute; None: everything is.
    """
    bars, frames, before_ms = Bars(), Frames(), None
    for snapshot in every_boundary(events, board, interval_ns, since_ns):
        frame = frames.of(snapshot)
        status_of = Statuses(snapshot).of
        minute = bars.add(frame, status_of)
        if minute is not None:
            yield minute
        yield from records_of(frame, before_ms, calendars, status_of)
        before_ms = frame.t
        if until_ns is not None and frame.t // MINUTE_MS * MINUTE_MS * MILLISECOND >= until_ns:
            return


def every_boundary(events: Iterable[Event], board: Board, interval_ns: int, since_ns: int) -> Iterator[Snapshot]:
    """The snapshots that the live calculator makes of recorded events when `monitor replay` publishes them. Arguments
    as for `history`."""
    for event, following in pairwise(chain(with_beats(events), [None])):
        assert event is not None  # only the last one has nothing behind it
        yield from board.apply(event)
        if not interval_ns and (following is None or following.recv_ns >= since_ns):
            yield board.snapshot()
    if interval_ns:
        yield from board.apply(Beat(board.log_ns + interval_ns))


def instant_of(text: str, calendars: Iterable[Calendar]) -> int:
    """Nanoseconds UTC of what stands after `--at`.

    An instant is ISO-8601 with `Z` or an offset. A bare date means that session is over everywhere: the latest close
    instant (DOMAIN TIM-4) of the sessions with that label, so that the New York close of the date is in; a date on
    which nothing traded is the last millisecond of its UTC day. Raises UsageError for anything else.
    """
    try:
        if len(text) == len("2025-02-21"):
            day = date.fromisoformat(text).isoformat()
            closes = [calendar.close_instant(day) for calendar in calendars if day in calendar]
            return max(closes, default=parse_instant(f"{day}T23:59:59Z") + 999 * MILLISECOND)
        return parse_instant(text)
    except ValueError as error:
        raise UsageError(
            f"--at {text!r}: {error}. Write a date (2025-02-21) or an instant (2025-02-21T08:10:00Z)"
        ) from error
