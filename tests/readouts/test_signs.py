import pytest
from rich.cells import cell_len

from monitor.readouts import words
from monitor.readouts.terminal.signs import STAND_INS


@pytest.mark.parametrize("encoding", ["ascii", "iso-8859-1", "cp1252"])
def test_a_fall_is_a_fall_in_every_encoding(encoding: str) -> None:
    """Signs and directions survive where the minus and the arrows of the board do not exist."""
    shown = f"{words.ARROWS[-1]} {words.percent(-0.0114)} {words.ARROWS[1]} {words.points(1.5)}"

    assert shown.encode(encoding, STAND_INS).decode(encoding) == "v -1.14 % ^ +1.50"


def test_what_stands_in_takes_the_same_columns() -> None:
    """Each cell that was counted on is sent, of wide letters too: what is drawn later finds its place."""
    shown = "▒▒ 阿里巴巴 · e\u0301 … ▁▅█ ─ 1–4\xa0%"

    sent = shown.encode("ascii", STAND_INS).decode("ascii")

    assert len(sent) == cell_len(shown)
    assert sent == "## ???????? . e ~ ??# ? 1-4 %"
