"""A formula with its numbers in it."""

from monitor.core.explain.explanation import Explanation


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
