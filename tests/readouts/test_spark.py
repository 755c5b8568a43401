import math

from hypothesis import given
from hypothesis import strategies as st

from monitor.readouts.terminal.spark import axis_of, bar, drawable, spark

MINUTE = 60_000
VALUES = st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=300)


@given(VALUES, st.integers(1, 60), st.booleans())
def test_a_line_has_room_and_its_extremes(values: list[float | None], width: int, plain: bool) -> None:
    """No line is wider than asked; where every minute has a column, the highest value has the highest sign."""
    points = [(number * MINUTE, value) for number, value in enumerate(values)]

    line = spark(points, width, plain=plain)

    assert len(line) <= width
    known = [value for value in values if value is not None]
    if len(points) <= width and known and max(known) - min(known) >= 0.005:
        assert len(line) == len(points)
        assert line[values.index(max(known))] == ("#" if plain else "█")
        assert line[values.index(min(known))] == ("_" if plain else "▁")
        assert [sign == " " for sign in line] == [value is None for value in values]
    if plain:
        assert line.isascii()


def test_the_newest_value_is_the_last_column() -> None:
    """A day of 390 minutes in 40 columns ends with what was last, not with what was last sampled."""
    points = [(number * MINUTE, math.sin(number / 60)) for number in range(389)] + [(389 * MINUTE, 5.0)]

    assert spark(points, 40).endswith("█")
    assert len(spark(points, 40)) == 40


def test_a_market_that_is_shut_draws_a_flat_line() -> None:
    """The newest number stands behind recorded ones, which are rounded: what no number shows is no step."""
    assert spark([(0, -1.1416), (2 * MINUTE, -1.14157)], 40) == "▄▄▄"
    assert spark([(0, -1.14), (MINUTE, -1.13)], 40) == "▁█"


def test_what_does_not_move_is_held() -> None:
    """Only what moves is recorded: between two points the line goes on, and without a value it is blank."""
    assert spark([(0, 1.0), (3 * MINUTE, 2.0), (4 * MINUTE, None), (6 * MINUTE, 1.0)], 40) == "▁▁▁█  ▁"
    assert spark([(0, 1.0), (2 * MINUTE, 1.0)], 40) == "▄▄▄"
    assert spark([], 40) == spark([(0, None)], 40) == ""


def test_lines_share_an_axis() -> None:
    """A line that began later begins further right, and one that no longer moves goes on to the end of the others."""
    early, late = [(0, 1.0), (MINUTE, 2.0)], [(2 * MINUTE, 1.0), (4 * MINUTE, 3.0)]
    axis = axis_of([early, late, []])

    assert axis == (0, 4 * MINUTE)
    assert (spark(early, 40, axis), spark(late, 40, axis)) == ("▁████", "  ▁▁█")
    assert axis_of([]) is None


def test_a_bar_is_as_long_as_its_share() -> None:
    """The largest fills the room, half of it half, and nothing is nothing."""
    assert (bar(-4.0, 4.0, 8), bar(2.0, 4.0, 8), bar(0.0, 4.0, 8), bar(0.0, 0.0, 8)) == ("█" * 8, "█" * 4, "", "")
    assert (bar(1.0, 3.0, 8), bar(1.0, 3.0, 8, plain=True)) == ("██▋", "###")


def test_signs_follow_the_encoding() -> None:
    """Where the output has no blocks, signs of ASCII are drawn."""
    assert drawable("utf-8")
    assert not drawable("latin-1")
    assert not drawable("no such encoding")
