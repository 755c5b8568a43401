"""What waits for the log is bounded, and what is current is never forgotten."""

from monitor.bus.buffer import EventBuffer
from monitor.core.event import CONFLATED, SIMULATED, Beat, Event, FeedHealth, Fx, OfficialClose, Quote


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def quote(number: int, symbol: str = "A", source: str = "x", flags: int = 0) -> Quote:
    return Quote(symbol, source, number, number, float(number), flags=flags)


def filled(events: list[Event], most: int, age_s: float = 1.0) -> EventBuffer:
    """A buffer that was offered `events` long after its first one."""
    clock = Clock()
    buffer = EventBuffer(most, age_s, clock)
    for event in events:
        buffer.add(event)
        clock.seconds = 10.0
    return buffer


def test_lossless_within_the_bounds() -> None:
    """Up to its size everything comes out as it went in, in portions of any size."""
    events: list[Event] = [quote(number) for number in range(100)]
    buffer = filled(events, 100)

    assert len(buffer) == 100
    assert buffer.take(30) + buffer.take(1000) == events
    assert not buffer.conflated


def test_a_short_burst_may_exceed_the_size() -> None:
    """More than the size is kept while nothing waited longer than the allowed age, but never four times as much."""
    buffer = EventBuffer(10, 1.0, Clock())
    for number in range(40):
        buffer.add(quote(number))
    within = len(buffer)
    buffer.add(quote(40))

    assert within == 40
    assert [event.recv_ns for event in buffer.take(100)] == [40]
    assert buffer.conflated == {"x": 40}


def test_newest_of_each_symbol_and_source_in_order_of_arrival() -> None:
    """Beyond the bounds each symbol and source keeps its newest price, marked; other flags stay."""
    events = [quote(n, "AB"[n % 2], "xy"[n // 2 % 2], SIMULATED) for n in range(20)]
    buffer = filled([*events, quote(99, "C")], 15)

    kept = buffer.take(100)

    assert [(e.symbol, e.source, e.recv_ns) for e in kept] == [
        ("A", "x", 16), ("B", "x", 17), ("A", "y", 18), ("B", "y", 19), ("C", "x", 99),
    ]  # fmt: skip
    assert [e.flags for e in kept] == [SIMULATED | CONFLATED] * 4 + [0]
    assert buffer.conflated == {"x": 8, "y": 8}


def test_facts_are_kept_besides_prices() -> None:
    """Closes of different sessions, health of different sources, rates and beats do not supersede each other."""
    facts: list[Event] = [
        OfficialClose("A", "2025-03-06", 1.0, 1),
        OfficialClose("A", "2025-03-07", 2.0, 2),
        OfficialClose("A", "2025-03-07", 2.1, 3, derived=True),
        FeedHealth("x", "up", 4),
        FeedHealth("y", "up", 5),
        Fx("USDHKD", 7.8, 6, 6, "x"),
        Beat(7),
    ]
    buffer = filled([Beat(0), FeedHealth("x", "down", 0), *facts], 3)

    assert buffer.take(100) == facts
    assert not buffer.conflated


def test_lossless_again_after_it_was_emptied() -> None:
    """Once a writer has taken what was kept, everything is kept again; what it puts back comes first."""
    buffer = filled([quote(number) for number in range(20)], 10)
    taken = buffer.take(100)
    for number in (20, 21, 22):
        buffer.add(quote(number))
    buffer.put_back(taken)

    assert [event.recv_ns for event in buffer.take(100)] == [19, 20, 21, 22]
