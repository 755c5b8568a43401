import re
from pathlib import Path

from rich.cells import cell_len

from monitor.readouts.terminal.focus import View
from monitor.readouts.terminal.header import simulated_banner
from monitor.readouts.terminal.help_view import KEYS
from monitor.readouts.terminal.key_bar import key_bar

PAGE = (Path(__file__).parents[2] / "docs" / "terminal.md").read_text("utf-8")


def test_the_picture_is_of_the_program() -> None:
    """The picture has 80 columns, and its first and last line are what the program draws today."""
    picture = PAGE.partition("```text\n")[2].partition("\n```")[0].splitlines()
    below = re.search(r"↓(\d+)", picture[-1])
    assert below is not None

    assert max(map(cell_len, picture)) <= 80
    assert picture[0] == simulated_banner(80).plain
    assert picture[-1] == key_bar(View.PAIR, 80, pairs=4, firing=0, above=0, below=int(below[1])).plain.rstrip()


def test_keys_are_those_of_the_help() -> None:
    """The page explains every key that the help lists, and no other."""
    rows = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
    explained = {key for row in rows for key in re.findall(r"`([^`]+)`", row)}
    listed = {key for keys, _ in KEYS for key in keys.replace(" … 9", "").replace(",", " ").split()}

    assert explained - {"9"} == listed
