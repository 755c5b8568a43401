"""Which keys there are, what the subjects are called in rules and commands, and what signs and colours mean. Pure."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.rows import packed, spaced

KEYS: Sequence[tuple[str, str]] = (
    ("b", "the board"),
    ("1 … 9", "that pair"),
    ("s, k", "baskets"),
    ("a", "alerts, episodes, silences, channels"),
    ("Tab n →", "the next pair or basket"),
    ("Shift-Tab p ←", "the one before"),
    ("w", "another window for a basket's contributions"),
    ("↑ ↓ PageUp PageDown Home End", "through a view that is longer than the window"),
    ("space", "hold the picture, and let it go on"),
    ("Ctrl-L", "draw everything anew"),
    ("? h", "this page, and back"),
    ("Esc", "back to the board"),
    ("q", "leave; under monitor up: stop everything"),
)
_MARKS: Sequence[tuple[str, str]] = (
    ("▲ ▼", "above and below zero; of a spread ▲: the first leg leads"),
    ("– base", "no number, and why: the reasons stand below the board"),
    ("dim", "made of prices that are old, thin or carried"),
    ("SIMULATED", "invented"),
    ("ESTIMATE", "of fair value: no market quotes it"),
    ("DELAYED", "late by contract"),
)


def help_view(snapshot: Snapshot, width: int) -> RenderableType:
    """The view: keys first, then names."""
    return spaced(
        [
            _table("KEYS", [(cell.text(key, cell.BOLD), cell.text(meaning)) for key, meaning in KEYS]),
            _table("PAIRS by the names that rules and commands know", _pairs(snapshot)),
            _table(
                "BASKETS", [(cell.text(id, cell.BOLD), cell.text(snapshot.basket_name(id))) for id in snapshot.baskets]
            ),
            Group(Text("INSTRUMENTS", style=cell.HEADING), packed(_instruments(snapshot), width)),
            _table("SIGNS", [(cell.text(mark, cell.BOLD), cell.text(meaning)) for mark, meaning in _MARKS]),
            Group(Text("HOW A NUMBER CAME ABOUT", style=cell.HEADING), packed(_commands(snapshot), width)),
        ]
    )


def _table(title: str, rows: Sequence[Sequence[Text]]) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*row)
    return Group(Text(title, style=cell.HEADING), table)


def _pairs(snapshot: Snapshot) -> list[Sequence[Text]]:
    """Key, id and name of each pair."""
    return [
        (
            Text(str(number) if number < 10 else "", style=cell.HEADING),
            cell.text(id, cell.BOLD),
            cell.text(view.name),
        )
        for number, (id, view) in enumerate(snapshot.pair_views.items(), 1)
    ]


def _instruments(snapshot: Snapshot) -> list[Text]:
    return [
        cell.text(symbol, cell.BOLD).append(f" {words.clean(view.name)}")
        for symbol, view in snapshot.instruments.items()
    ]


def _commands(snapshot: Snapshot) -> list[Text]:
    metrics = [f"{pair}.spread_pp.1d" for pair in list(snapshot.pair_views)[:1]]
    return [cell.text(f"monitor explain {metric}") for metric in metrics] + [
        cell.text("monitor alerts list"),
        cell.text("monitor alerts explain ID"),
    ]
