"""A stored state is the state, and storing the next one costs no more than what has happened."""

import pytest

from monitor.core.alerts.engine.shelf import Shelf, restored
from monitor.core.alerts.engine.state import AlertState
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import METRIC, Run, T, frame, rule, rule_set, series

OTHER = "china-m7.spread_pp.1d"
EACH = rule_set(rule(metric="*.spread_pp.1d", each=["hstech-ndx", "china-m7"]))
MOVES = rule_set(rule(when={"moves": {"by": 1.0, "within": "60s"}}))


def both(at_s: float, first: float, second: float) -> Frame:
    """A frame with a value for either subject."""
    return Frame(t=T + round(at_s * 1000), seq=0, metrics={METRIC: first, OTHER: second})


def test_a_stored_state_is_the_state() -> None:
    """Times, values, episodes and observations come back as they were."""
    for rules in (EACH, MOVES, rule_set(rule(session={"calendar": "TOY"}))):
        state = Run(rules).take(series([None, 1.0, 1.6, 2.9, 0.1, None])).state

        assert restored(state) == state
    assert restored(AlertState()) == AlertState()


def test_what_did_not_happen_is_not_written() -> None:
    """A new value is a number in the head; only the instance that breaches is written again."""
    run, shelf = Run(EACH), Shelf()
    shelf.store(run.take([both(0, 1.0, 1.0)]).state)

    quiet = shelf.store(run.take([both(1, 1.1, 0.9)]).state)
    loud = shelf.store(run.take([both(2, 1.6, 0.8)]).state)

    assert (quiet.instances.put, quiet.instances.gone) == ({}, ())
    assert list(loud.instances.put) == ["wide:hstech-ndx"]
    assert b"0.8" in loud.head


def test_an_instance_that_is_gone_is_removed() -> None:
    """Without its rule nothing of an instance stays, observations included."""
    run, shelf = Run(MOVES), Shelf()
    shelf.store(run.take(series([1.0, 1.1])).state)
    run.rules = rule_set()
    pieces = shelf.store(run.take([frame(3, 1.2)]).state)

    assert pieces.instances.gone == ("wide:hstech-ndx",)
    assert pieces.windows.gone == (f"wide:hstech-ndx@{T // 10_000}",)


def test_only_the_last_observations_are_written() -> None:
    """Of a long window the chunk that grows is written, and those that have left it are removed."""
    run, shelf = Run(MOVES), Shelf()
    first = shelf.store(run.take(series([1.0] * 60)).state)
    later = shelf.store(run.take(series([1.0] * 15, start_s=60)).state)

    chunk = T // 10_000
    assert list(first.windows.put) == [f"wide:hstech-ndx@{chunk + i}" for i in range(6)]
    assert list(later.windows.put) == [f"wide:hstech-ndx@{chunk + i}" for i in (5, 6, 7)]
    assert later.windows.gone == (f"wide:hstech-ndx@{chunk}",)


def test_rubbish_is_refused_and_written_over() -> None:
    """Pieces of another version, or that do not belong together, are no state; a new shelf begins anew."""
    pieces = Shelf().store(Run(MOVES).take(series([1.0, 1.1])).state)

    assert pieces.instances.anew
    assert pieces.windows.anew
    for head, instances, windows in [
        (pieces.head.replace(b'"version":2', b'"version":9'), pieces.instances.put, pieces.windows.put),
        (b"{", pieces.instances.put, pieces.windows.put),
        (pieces.head, {}, pieces.windows.put),
        (pieces.head, {**pieces.instances.put, "wide:hstech-ndx": b"[]"}, pieces.windows.put),
        (pieces.head, {**pieces.instances.put, "order": b"[]"}, pieces.windows.put),
        (pieces.head, pieces.instances.put, {}),
        (pieces.head, pieces.instances.put, {"wide:hstech-ndx@x": b"{}"}),
    ]:
        with pytest.raises(ValueError, match=r"state|version|observations|invalid literal|zip"):
            Shelf.load(head, instances, windows)
