"""A formula with its numbers in it."""

import msgspec

from monitor.core.board import Board
from monitor.core.event import Quote
from monitor.core.explain.explanation import Explanation
from monitor.core.explain.metric import explain
from monitor.core.instant import SECOND, parse_instant
from monitor.core.reference import Reference
from tests.core.market import CALENDARS, definition


def part(name: str, value: float | None) -> Explanation:
    return Explanation(name=name, label=name, value=value)


def result(value: float | None, *parts: Explanation) -> Explanation:
    return Explanation(name="result", label="", value=value, formula="100 × sum(r) / n", parts=list(parts))


def test_parts_stand_where_their_names_stood() -> None:
    """Several parts of one name are written as their sum, a missing one as a dash."""
    assert result(3.0, part("n", 2.0), part("r", 0.04), part("r", 0.02)).written == "100 × (0.04 + 0.02) / 2"
    assert result(None, part("n", 2.0), part("r", None)).written == "100 × (–) / 2"


def test_nothing_to_sum_is_no_zero() -> None:
    """Without a value and without parts there is nothing to write: no 0 / 0."""
    assert result(None, part("n", 0.0)).written == ""


def test_a_price_names_its_source_and_those_that_stand_by() -> None:
    """Which source it is from, how late that is by contract, what the others are good for, and for whom it stands
    in."""
    lines = [
        msgspec.structs.replace(line, priority=("A", "B"), stale_after_s=60.0) for line in definition().instruments
    ]
    engine = Board(definition(instruments=tuple(lines)), CALENDARS, Reference(), interval_ns=0)
    opened = parse_instant("2025-03-07T02:00:00Z")
    for n in range(0, 100, 2):
        at = opened + n * SECOND
        for source in "AB" if n < 10 else "B":
            engine.apply(Quote("HSTECH", source, at, at, 300.0, delay_s=20 * (source == "B")))
    notes = explain(engine.workings(), "HSTECH.price.now").notes

    assert notes[0] == "quote from B, session 2025-03-07"
    assert notes[2:] == [
        "20 s late by contract",
        "sources, the best first: A STALE, B LIVE",
        "B stands in for A since 2025-03-07T02:01:10.000Z",
    ]
