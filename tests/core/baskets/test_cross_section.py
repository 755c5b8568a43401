from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.baskets.cross_section import cross_section, tracking
from monitor.core.baskets.scheme import normalised

members = st.dictionaries(st.text("ABCDEFGH", min_size=1, max_size=3), st.floats(-0.9, 3), min_size=1, max_size=12)


@given(members, st.data())
def test_cross_section_against_its_definition(returns: dict[str, float], data: st.DataObject) -> None:
    """XSC-2 recomputed in the plainest way."""
    weights = normalised({symbol: data.draw(st.floats(0.1, 10)) for symbol in returns})
    found = cross_section(returns, weights, 0.1)
    mean = sum(weights[s] * returns[s] for s in returns)
    assert found.mean == pytest.approx(mean, abs=1e-12)
    assert found.dispersion == pytest.approx(
        sqrt(sum(weights[s] * (returns[s] - mean) ** 2 for s in returns)), abs=1e-9
    )
    assert found.advancers + found.decliners + found.unchanged == len(returns)
    assert found.min <= found.median <= found.max
    assert found.range == found.max - found.min


def test_ties() -> None:
    """Among equals the smallest symbol is named; a tie with the benchmark does not count as above it."""
    returns = {"C": 0.05, "B": 0.05, "A": 0.0}
    found = cross_section(returns, normalised(dict.fromkeys(returns, 1.0)), 0.05)
    assert (found.best, found.worst, found.breadth_vs_bench) == ("B", "A", 0.0)


def test_rounding_does_not_make_a_mover() -> None:
    """A return of 1e-13 is unchanged, and equal to the benchmark up to rounding is a tie."""
    found = cross_section({"A": 1e-13, "B": 0.1 + 1e-13}, {"A": 0.5, "B": 0.5}, 0.1)
    assert (found.advancers, found.unchanged, found.breadth_vs_bench) == (1, 1, 0.0)


def test_without_a_benchmark_there_is_no_breadth() -> None:
    """None, not zero."""
    assert cross_section({"A": 0.1}, {"A": 1.0}, None).breadth_vs_bench is None


def test_nothing_has_no_cross_section() -> None:
    """An empty basket is refused."""
    with pytest.raises(ValueError):
        cross_section({}, {}, None)


def test_tracking() -> None:
    """XSC-4: compounded difference, and its error from two days on."""
    assert tracking([0.1, 0.1], [0.0, 0.0]).tracking_difference_pp == pytest.approx(21)
    assert tracking([0.1, 0.1], [0.1, 0.1]).tracking_error_ann == 0
    assert tracking([0.1], [0.0]).tracking_error_ann is None
    with pytest.raises(ValueError):
        tracking([0.1], [])
