from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from monitor.readouts.terminal.canvas import Canvas
from tests.terminal_screen import Screen

COLUMNS, ROWS = 24, 4
STYLES = st.sampled_from([None, Style(bold=True), Style(color="red"), Style(bgcolor="yellow")])
TEXTS = st.text(st.sampled_from("ab 1.─▲中文é\u0301"), max_size=9)
LINES = st.lists(st.builds(Segment, TEXTS, STYLES), max_size=6)
PICTURES = st.lists(st.lists(LINES, max_size=ROWS), min_size=1, max_size=5)


def shown(pictures: list[list[list[Segment]]]) -> Screen:
    """The screen after these pictures one after the other."""
    canvas, screen = Canvas(ColorSystem.STANDARD), Screen(COLUMNS, ROWS)
    for picture in pictures:
        screen.feed(canvas.change(picture, COLUMNS, ROWS))
    return screen


@given(PICTURES)
def test_a_changed_picture_is_the_picture(pictures: list[list[list[Segment]]]) -> None:
    """What differs is sent and nothing else, and the screen is as if the last picture had been drawn on an empty one:
    with wide characters, marks above letters, and colours."""
    assert shown(pictures).cells == shown(pictures[-1:]).cells


def test_nothing_is_sent_of_what_stays() -> None:
    """A number that changes costs its own bytes; a picture that does not change costs none."""
    canvas = Canvas(ColorSystem.STANDARD)
    lines = [[Segment(f"line {number} of the board".ljust(70))] for number in range(20)]
    first = canvas.change(lines, 80, 24)

    assert len(first) > 20 * 20
    assert canvas.change(lines, 80, 24) == ""
    lines[7] = [Segment("line 8 of the board".ljust(70))]
    assert canvas.change(lines, 80, 24) == "\x1b[8;6H8"


def test_another_size_draws_anew() -> None:
    """After a resize, and where the screen is not known, everything is sent."""
    canvas = Canvas(None)
    lines = [[Segment("board")]]
    first = canvas.change(lines, 80, 24)

    assert canvas.change(lines, 60, 10) == first
    assert canvas.change(lines, 60, 10) == ""
    canvas.forget()
    assert canvas.change(lines, 60, 10) == first


def test_without_colours_there_are_none() -> None:
    """A terminal without colours gets text and places."""
    assert "m" not in Canvas(None).change([[Segment("x", Style(color="red", bold=True))]], 80, 24).replace(
        "\x1b[0m", ""
    )
