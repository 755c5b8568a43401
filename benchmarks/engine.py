"""The pure part in one process: what one event and one boundary cost, without Redis and without sockets."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import msgspec

from benchmarks.day import Day
from benchmarks.measure import table
from monitor.core.board import Board
from monitor.core.event import Event, Quote
from monitor.core.metrics.measuring import Frames
from monitor.core.metrics.statuses import Statuses
from monitor.wire.codec import decode_entry, encode_events, entry_fields
from monitor.wire.readout import Readout

PACK = 100


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions, with the counts that must add up."""
    day = Day()
    events = list(day.events(5_000 if quick else 200_000))
    rounds = [_round(day, events, 5 if quick else 100) for _ in range(repeat)]
    table(
        f"engine: a recorded day of {len(events):,} events on the shipped board, one core",
        [{name: value for name, value in one.items() if not name.startswith("_")} for one in rounds],
        "CPU time of this process. A boundary of the calculator: snapshot, frame, hashes and both encodings. after N "
        "new: N events since the last.",
    )
    return rounds


def _round(day: Day, events: list[Event], times: int) -> dict[str, float]:
    board = day.board()
    began = time.process_time()
    apply = board.apply
    for event in events:
        apply(event)
    spent = time.process_time() - began
    snapshot = board.snapshot()
    frame = Frames().of(snapshot)
    rejected = sum(view.not_accepted for view in snapshot.instruments.values())
    return {
        "events a second": len(events) / spent,
        "apply, µs an event": 1e6 * spent / len(events),
        "apply, µs an event, two sources of each": _two_sources(day, events),
        "encode, µs an event (packed 100)": _each(_packs(events, times), encode_events) / PACK,
        "decode, µs an event (packed 100)": _each(_entries(events, times), decode_entry) / PACK,
        **dict(_boundaries(day, events, 1, times)),
        **dict(_boundaries(day, events, 10, times)),
        **dict(_boundaries(day, events, 100, times)),
        "checkpoint, µs": _each([board] * times, Board.dump),
        "snapshot JSON, bytes": len(snapshot.to_json()),
        "frame JSON, bytes": len(frame.to_json()),
        "checkpoint, bytes": len(board.dump()),
        "_events": len(events),
        "_seq": snapshot.seq,
        "_rejected": rejected,
    }


def _two_sources(day: Day, events: list[Event]) -> float:
    """CPU microseconds of one event where everything is quoted twice: by the source in charge, and by one that stands
    by."""
    twice = [copy for event in events[: len(events) // 2] for copy in (event, _again(event))]
    apply = day.board().apply
    return _each(twice, apply)


def _again(event: Event) -> Event:
    return msgspec.structs.replace(event, source="standby") if isinstance(event, Quote) else event


def _boundaries(day: Day, events: list[Event], since: int, times: int) -> Iterator[tuple[str, float]]:
    """CPU microseconds of the parts of one boundary from the middle of the day on, not counting the events before."""
    board, frames, readout = day.board(), Frames(), Readout()
    at = len(events) // 2
    for event in events[:at]:
        board.apply(event)
    spent = dict.fromkeys(("snapshot", "frame", "hashes", "JSON of both"), 0.0)
    taken = -1  # the first boundary computes everything, and is not counted
    while taken < times and at + since <= len(events):
        for event in events[at : at + since]:
            board.apply(event)
        at += since
        clock = [time.process_time()]
        snapshot = board.snapshot()
        clock.append(time.process_time())
        frame = frames.of(snapshot)
        clock.append(time.process_time())
        readout.update(snapshot, frame, Statuses(snapshot))
        clock.append(time.process_time())
        snapshot.to_json(), frame.to_json()
        clock.append(time.process_time())
        taken += 1
        if taken:
            for part, (began, ended) in zip(spent, pairwise(clock), strict=True):
                spent[part] += ended - began
    for part, seconds in spent.items():
        yield f"{part} after {since:,} new, µs", 1e6 * seconds / taken
    yield f"whole boundary after {since:,} new, µs", 1e6 * sum(spent.values()) / taken


def _each(arguments: list[Any], work: Callable[[Any], object]) -> float:
    """CPU microseconds of one call."""
    began = time.process_time()
    for argument in arguments:
        work(argument)
    return 1e6 * (time.process_time() - began) / len(arguments)


def _packs(events: list[Event], count: int) -> list[list[Event]]:
    return [events[start : start + PACK] for start in range(0, min(len(events), PACK * count), PACK)]


def _entries(events: list[Event], count: int) -> list[dict[bytes, bytes]]:
    return [
        {
            name.encode(): value if isinstance(value, bytes) else str(value).encode()
            for name, value in entry_fields("bench:1", 0, pack).items()
        }
        for pack in _packs(events, count)
    ]
