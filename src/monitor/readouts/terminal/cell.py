"""Cells and tables: signs, arrows and colours of the terminal board.

Everything that comes from feeds or configuration passes `words.clean` and becomes a `Text`, so it is neither markup
nor a control sequence.
"""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.style import Style
from rich.table import Table
from rich.text import Text

from monitor.readouts import words

UP = "up"
DOWN = "down"
"""Names: what they look like is in `monitor.readouts.terminal.palette`."""
FLAT = Style()
GOOD = Style(color="green")
DIM = Style(dim=True)
BOLD = Style(bold=True)
HEADING = Style(bold=True, color="cyan")
ALARM = Style(bold=True, color="white", bgcolor="red")
CAUTION = Style(bold=True, color="black", bgcolor="yellow")
NOTE = Style(color="yellow")

Look = Style | str

NUMBER_WIDTH = 11
"""Columns of `▲ +12.34 % `, the widest number that is usual in a window's column, with the space behind it."""


def text(content: str, style: Look = FLAT) -> Text:
    """`content` as it is, made harmless; what is appended to it has a look of its own."""
    return Text().append(words.clean(content), style)


def colour(value: float | None, *, bold: bool = False) -> Look:
    """The look of a number by its sign as shown."""
    sign = words.direction(value)
    if sign == 0:
        return BOLD if bold else FLAT
    name = UP if sign > 0 else DOWN
    return f"bold {name}" if bold else name


def points(value_pp: float | None, status: str, *, bold: bool = False, grave: bool = False) -> Text:
    """A spread in percentage points with arrow and colour; where there is none, the dash and why.

    grave: dim and without colour, because what it is made of is old or thin.
    """
    return _number(value_pp, words.points(value_pp), status, bold, grave)


def percent(fraction: float | None, status: str, *, bold: bool = False, grave: bool = False) -> Text:
    """A return in percent with arrow and colour; where there is none, the dash and why. grave: as for `points`."""
    return _number(None if fraction is None else fraction * 100, words.percent(fraction), status, bold, grave)


def billions(dollars: float | None, status: str) -> Text:
    """US dollars in billions with arrow and colour; where there are none, the dash and why."""
    return _number(None if dollars is None else dollars / 1e9, words.usd_bn(dollars), status, False, False)


def joined(parts: Sequence[Text]) -> Text:
    """Parts of one line with ` · ` between them."""
    return text(" · ", DIM).join(parts)


def _number(value: float | None, shown: str, status: str, bold: bool, grave: bool) -> Text:
    if value is None:
        return Text(f"{words.MISSING} {words.short_status(status)}", style=NOTE if status == "WARMUP" else DIM)
    sign = words.direction(value)
    if grave:
        return Text(f"{words.ARROWS[sign]} {shown}", style=DIM)
    return Text(f"{words.ARROWS[sign]} {shown}", style=colour(value, bold=bold))


def table(title: str) -> Table:
    """An empty table in the board's style, with its title above the left edge."""
    return Table(
        title=text(title, HEADING),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style=DIM,
    )


def add_windows(target: Table, windows: list[str], unit: str = "") -> None:
    """One right-aligned column for each window. unit: ` %` where its numbers stand without theirs."""
    for window in windows:
        heading = words.window(window).replace(" ", "\n", 1) + unit
        target.add_column(Text(heading), justify="right", no_wrap=True, min_width=NUMBER_WIDTH - 2)
