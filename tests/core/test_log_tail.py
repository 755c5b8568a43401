"""Going on behind the end of a log: nothing again, nothing left out, nothing of another recording."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.event import Beat, Event, Halt
from monitor.core.log_tail import NotTheSameError, Tail, behind, tail_of, timed

EVENTS = st.lists(st.builds(Halt, st.sampled_from("AB"), st.booleans(), st.integers(1, 6)), min_size=1, max_size=12)


@given(EVENTS, st.data())
def test_wherever_a_copy_ends_what_follows_is_what_is_missing(events: list[Event], data: st.DataObject) -> None:
    """Copy and rest are the events, each once, also where many share a log time or a time goes backwards."""
    copied = data.draw(st.integers(1, len(events)))
    tail = tail_of(timed(events[:copied]))
    assert tail is not None

    assert list(behind(events, tail)) == events[copied:]


@pytest.mark.parametrize(
    "tail",
    [
        Tail(200, (Halt("B", False, 200),)),
        Tail(150, (Beat(150),)),
        Tail(449, (Beat(449),)),
        Tail(200, (Halt("A", False, 200), Beat(200))),
    ],
)
def test_another_log_is_refused(tail: Tail) -> None:
    """Another event at that time, a time that the recording does not have, or more events than it has."""
    events = [Halt("A", True, 100), Halt("A", False, 200)]

    with pytest.raises(NotTheSameError):
        list(behind(events, tail))


def test_a_recording_that_begins_later_is_new() -> None:
    """What the log has is of before: all of it is still to come."""
    events = [Halt("A", True, 100), Halt("A", False, 200)]

    assert list(behind(events, Tail(99, (Beat(99),)))) == events
    assert tail_of(()) is None
    with pytest.raises(NotTheSameError):
        list(behind([], Tail(99, (Beat(99),))))
