"""The last line of the screen: where the reader is, which keys lead elsewhere, what lies above and below."""

from rich.text import Text

from monitor.readouts.terminal import cell
from monitor.readouts.terminal.focus import View

_PAIRS = "1–9"
"""As far as there are pairs."""
_KEYS: tuple[tuple[str, str, View | None], ...] = (
    ("b", "board", View.BOARD),
    (_PAIRS, "pair", View.PAIR),
    ("s", "basket", View.BASKET),
    ("a", "alerts", View.ALERTS),
    ("Tab", "next", None),
    ("space", "freeze", None),
    ("?", "help", View.HELP),
    ("q", "quit", None),
)
_FIRST_TO_GO = ("Tab", "space", "b", "s", _PAIRS, "a", "?", "q")
"""Keys in the order in which a narrow terminal does without them; the help has all."""

_NO_KEYS = "no keys: standard input is not this terminal"


def key_bar(
    view: View, width: int, *, pairs: int, firing: int, above: int, below: int, frozen: str = "", keys: bool = True
) -> Text:
    """At most `width` columns. pairs: how many the board has. firing: alerts. above, below: lines of the view that are
    out of sight. frozen: for how long the picture has stood still, "" while it moves. keys: whether any are read."""
    where = " ".join(f"{sign}{count}" for sign, count in (("↑", above), ("↓", below)) if count)
    for left_out in range(len(_FIRST_TO_GO) + 1):
        bar = _bar(view, set(_FIRST_TO_GO[:left_out]), pairs, firing, frozen) if keys else cell.text(_NO_KEYS, cell.DIM)
        room = width - bar.cell_len - len(where)
        if room >= (2 if where else 0) or left_out == len(_FIRST_TO_GO):
            bar.append(" " * max(room, 1)).append(where, cell.DIM)
            bar.truncate(width)
            return bar
    raise AssertionError


def _bar(view: View, without: set[str], pairs: int, firing: int, frozen: str) -> Text:
    parts = [cell.text(f" FROZEN {frozen} ", cell.CAUTION)] if frozen else []
    for key, name, leads_to in _KEYS:
        if key in without:
            continue
        if key == _PAIRS and not pairs:
            continue
        shown = key if key != _PAIRS else "1" if pairs == 1 else f"1–{min(pairs, 9)}"
        part = cell.text(shown, cell.HEADING)
        if frozen and key == "space":
            name = "go on"
        part.append(f" {name}", cell.BOLD if leads_to is view else cell.DIM)
        if leads_to is View.ALERTS and firing:
            part.append(f" {firing}", cell.CAUTION)
        parts.append(part)
    return Text("  ").join(parts)
