"""Where a log, or a copy of one, ends: what has to be known to go on behind it without a gap and without a repeat.

Many events may share the last log time, so the time alone does not say how far a copy has come.
"""

from collections.abc import Iterable, Iterator

import msgspec

from monitor.core.event import Beat, Event


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


def behind(events: Iterable[Event], tail: Tail, closing_ns: int = 0) -> Iterator[Event]:
    """Those of `events` that come after `tail`, to which the ones before them belong; all of them when all are later.

    closing_ns: by how much the beat that ends a complete copy is later than its last event; with that beat as tail
    nothing is left. Raises NotTheSameError when the events at the tail's log time are others, or there are none.
    """
    waiting = list(tail.events)
    last_ns = began_ns = -1
    rows = timed(events)
    for now_ns, event in rows:
        began_ns = now_ns if began_ns < 0 else began_ns
        if began_ns > tail.log_ns:
            waiting = []
        if not waiting:
            yield event
            break
        if now_ns >= tail.log_ns and waiting.pop(0) != event:
            raise NotTheSameError
        last_ns = now_ns
    if waiting and tail.events != (Beat(last_ns + closing_ns),):
        raise NotTheSameError
    for _, event in rows:
        yield event
