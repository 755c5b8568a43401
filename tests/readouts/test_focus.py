import msgspec
import pytest

from monitor.readouts.terminal.focus import Focus, View
from tests.readouts.sample import sample

BOARD = sample()
PAIRS, BASKETS = list(BOARD.pair_views), list(BOARD.baskets)


def after(*keys: str, start: Focus | None = None, page: int = 20, depth: int = 100) -> Focus:
    """Where these keys lead on the sample board."""
    focus = start or Focus()
    for key in keys:
        focus = focus.after(key, BOARD, page=page, depth=depth)
    return focus


@pytest.mark.parametrize(
    ("keys", "view", "subject"),
    [
        (["1"], View.PAIR, PAIRS[0]),
        (["4"], View.PAIR, PAIRS[3]),
        (["9"], View.BOARD, ""),
        (["0"], View.BOARD, ""),
        (["tab"], View.PAIR, PAIRS[0]),
        (["1", "tab", "n", "right"], View.PAIR, PAIRS[3]),
        (["1", "p"], View.PAIR, PAIRS[-1]),
        (["4", "tab"], View.PAIR, PAIRS[0]),
        (["s"], View.BASKET, BASKETS[0]),
        (["k", "tab"], View.BASKET, BASKETS[1]),
        (["s", "back tab"], View.BASKET, BASKETS[-1]),
        (["s", "tab", "b", "s"], View.BASKET, BASKETS[1]),
        (["2", "a"], View.ALERTS, ""),
        (["2", "escape"], View.BOARD, ""),
        (["2", "?"], View.HELP, ""),
        (["2", "?", "?"], View.PAIR, PAIRS[1]),
        (["2", "?", "escape"], View.PAIR, PAIRS[1]),
        (["x", "enter", "ß"], View.BOARD, ""),
    ],
)
def test_keys_lead_to_views(keys: list[str], view: View, subject: str) -> None:
    """Numbers, letters and Tab lead where the help says; what means nothing changes nothing."""
    focus = after(*keys)

    assert (focus.view, focus.subject()) == (view, subject)


def test_scrolling_stays_within_the_view() -> None:
    """Never above the top nor below the last line; another view begins at its top."""
    assert after("up").top == 0
    assert after("down", "down").top == 2
    assert after("page down").top == 20
    assert after("end").top == 100
    assert after("end", "page down", "down").top == 100
    assert after("end", "page up", "home").top == 0
    assert after("page down", "1").top == 0
    assert after("page down", "w").top == 20


def test_windows_of_a_basket_go_round() -> None:
    """`w` steps through the board's windows and comes back to the first."""
    windows = [after(*["w"] * count).window for count in range(len(BOARD.windows) + 1)]

    assert windows[1:] == [*BOARD.windows[1:], BOARD.windows[0]]


def test_a_board_may_lack_what_was_chosen() -> None:
    """After a change of the board's file the first pair and basket take the place of those that are gone."""
    focus = Focus(view=View.PAIR, pair="gone", basket="gone", window="gone").on(BOARD)

    assert (focus.pair, focus.basket, focus.window) == (PAIRS[0], BASKETS[0], BOARD.windows[0])
    empty = msgspec.structs.replace(BOARD, pair_views={}, baskets={}, windows=[])
    for key in ("1", "tab", "p", "s", "w", "down"):
        assert Focus().after(key, empty, page=20, depth=0).on(empty).subject() == ""
