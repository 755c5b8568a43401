"""What waits for the log is bounded, and what is current is never forgotten."""

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from monitor.bus.buffer import EventBuffer
from monitor.core.event import (
    CONFLATED,
    FIXING,
    SIMULATED,
    Beat,
    Event,
    FeedHealth,
    Fx,
    OfficialClose,
    Quote,
    is_price,
)


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


def test_age_counts_from_when_the_writer_was_last_here() -> None:
    """A burst is one as long as nothing waits longer than the allowed age, whenever the process began; what is left
    over by a writer that takes a part begins anew."""
    clock = Clock()
    clock.seconds = 100.0
    buffer = EventBuffer(10, 1.0, clock)
    buffer.add(quote(0))
    clock.seconds = 100.5
    for number in range(1, 15):
        buffer.add(quote(number))
    clock.seconds = 105.0
    buffer.take(5)
    clock.seconds = 105.5
    buffer.add(quote(15))
    assert (len(buffer), buffer.conflated) == (11, {})
    clock.seconds = 107.0
    buffer.add(quote(16))
    assert (len(buffer), buffer.conflated) == (1, {"x": 11})


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
        Fx("USDHKD", 7.79, 6, 6, "x", FIXING),
        Fx("USDHKD", 7.81, 7, 7, "x", FIXING),
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


@st.composite
def _offers(draw: st.DrawFn) -> Quote | Fx:
    number, source = draw(st.integers(0, 5)), draw(st.sampled_from("xy"))
    if draw(st.booleans()):
        return quote(number, draw(st.sampled_from("AB")), source)
    return Fx("USDHKD", 7.8, number, number, source, draw(st.sampled_from([0, FIXING])))


@given(
    steps=st.lists(st.one_of(_offers(), st.integers(0, 6), st.floats(0.0, 2.0), st.just("send")), max_size=120),
    most=st.integers(1, 8),
)
@settings(max_examples=200, deadline=None)
def test_offered_is_taken_waiting_or_conflated(steps: list[Quote | Fx | int | float | str], most: int) -> None:
    """Whatever the outages: by source the counts add up, the newest price of each symbol survives, no fixing is lost.

    A number takes that many events, of which a writer puts half back; a float lets time pass: Redis is away meanwhile.
    """
    clock = Clock()
    buffer = EventBuffer(most, 1.0, clock)
    offered: list[Quote | Fx] = []
    out: list[Event] = []
    for step in steps:
        if isinstance(step, Quote | Fx):
            stamped = replace(step, recv_ns=len(offered))
            offered.append(stamped)
            buffer.add(stamped)
        elif isinstance(step, float):
            clock.seconds += step
        elif isinstance(step, int):
            taken = buffer.take(step)
            half = len(taken) // 2
            buffer.put_back(taken[half:])
            out += taken[:half]
        else:
            out += buffer.take(len(buffer))
    out += buffer.take(len(buffer))

    for source in "xy":
        before = [event for event in offered if event.source == source and is_price(event)]
        after = [event for event in out if is_price(event) and event.source == source]
        assert len(before) == len(after) + buffer.conflated[source]
        assert {_name(event): event.recv_ns for event in before} == {_name(event): event.recv_ns for event in after}
    fixings = {(event.source, event.event_ns) for event in offered if not is_price(event)}
    assert fixings == {(event.source, event.event_ns) for event in out if isinstance(event, Fx) and not is_price(event)}


def _name(event: Quote | Fx) -> str:
    return event.symbol if isinstance(event, Quote) else event.pair
