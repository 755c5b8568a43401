"""The colours of up and down in a terminal: for people who learnt them in different markets, or see them differently.

Arrows and signs say the same without colour.
"""

from collections.abc import Mapping
from typing import Any, Literal

from rich.console import Console
from rich.style import Style
from rich.theme import Theme

Colours = Literal["green-up", "red-up", "blue-orange"]
"""`green-up` as in the United States, `red-up` as in Hong Kong and on the mainland, `blue-orange` for whoever cannot
tell red from green."""

_UP_AND_DOWN: Mapping[Colours, tuple[str, str]] = {
    "green-up": ("green", "red"),
    "red-up": ("red", "green"),
    "blue-orange": ("dodger_blue1", "dark_orange"),
}


def board_console(colours: Colours, **options: Any) -> Console:
    """A console that knows the colours of the board (`cell.UP`, `cell.DOWN`). options: as of rich's `Console`."""
    up, down = (Style(color=name) for name in _UP_AND_DOWN[colours])
    bold = Style(bold=True)
    return Console(theme=Theme({"up": up, "down": down, "bold up": up + bold, "bold down": down + bold}), **options)
