"""Expressions mean what the JMESPath library says they mean."""

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from monitor.feeds.expression import ExpressionError, compiled, is_true
from monitor.feeds.port import FrameError

NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, -1, 0.0, 1.5, "", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
LEAVES = st.sampled_from(
    ["a", "b", "@", "a.b", "a[0]", "b[-1]", "[@, a]", "'a'", "`0`", "`1`", "`true`", "`[]`", "a[?b]"]
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["==", "!=", "<", "&&", "||", "|"]), inner)
        | st.builds("!{}".format, inner)
        | st.builds("length({})".format, inner)
    ),
    max_leaves=5,
)


@given(EXPRESSIONS, VALUES)
def test_an_expression_finds_what_the_library_finds(text: str, document: object) -> None:
    """The parts that are compiled and the parts that are left to the library agree with the library alone."""
    try:
        expected = jmespath.search(text, document)
    except (JMESPathError, TypeError, ValueError):
        with pytest.raises(FrameError):
            compiled(text)(document)
        return
    found = compiled(text)(document)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("text", ["", "a ==", "[?", "a[", "foo(", "'x"])
def test_what_is_no_expression_is_refused_in_a_line(text: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compiled(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "truth"), [(0, True), (0.0, True), (False, False), ("", False), ({}, False), ("0", True)]
)
def test_zero_is_true_and_nothing_is_not(value: object, truth: bool) -> None:
    assert is_true(value) is truth
