"""Where a log, or a copy of one, ends: what has to be known to go on behind it without a gap and without a repeat.

Many events may share the last log time, so the time alone does not say how far a copy has come.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, dropwhile

import msgspec

from monitor.core.event import Event


class Tail(msgspec.Struct, frozen=True):
    """The end of a log. log_ns: its last log time. events: all that have it, in their order, at least one."""

    log_ns: int
    events: tuple[Event, ...]


class NotTheSameError(ValueError):
    """These events are not the ones that the tail belongs to."""


def timed(events: Iterable[Event]) -> Iterator[tuple[int, Event]]:
    """(log time, event): log time is the running maximum of the times of receipt."""
    log_ns = 0
    for event in events:
        log_ns = max(log_ns, event.recv_ns)
        yield log_ns, event


def tail_of(rows: Iterable[tuple[int, Event]]) -> Tail | None:
    """The tail of (log time, event) in log order; None when there are none."""
    log_ns, last = -1, list[Event]()
    for now_ns, event in rows:
        if now_ns > log_ns:
            log_ns, last = now_ns, []
        last.append(event)
    return Tail(log_ns, tuple(last)) if last else None


def behind(events: Iterable[Event], tail: Tail) -> Iterator[Event]:
    """Those of `events` that come after `tail`, to which the ones before them belong; all of them when all are later.

    Raises NotTheSameError when the events at the tail's log time are others, or there are none.
    """
    rows = timed(events)
    first = next(rows, None)
    if first is not None:
        rows = chain([first], rows)
    if first is None or first[0] <= tail.log_ns:
        rows = dropwhile(lambda row: row[0] < tail.log_ns, rows)
        for expected in tail.events:
            _, event = next(rows, (0, None))
            if event != expected:
                raise NotTheSameError
    for _, event in rows:
        yield event
