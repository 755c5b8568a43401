"""The order of the member table: the board's own, or by a column that the viewer has chosen."""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.core.snapshot import Snapshot
from monitor.readouts import choose, lines, words

_MINUTE = len("2025-02-21T16:20")


class Column(NamedTuple):
    """A heading. sort: what a click on it asks for, "" for the board's order, None where it cannot be sorted by. order:
    `ascending` or `descending` where the table is sorted by it, else ""."""

    title: str
    sort: str | None
    order: str


def columns(snapshot: Snapshot, chosen: str) -> list[Column]:
    """All headings. chosen: the column's name, with `-` in front for the largest first; anything else is no choice."""
    names = {"name": "instrument", **{window: words.window(window) for window in snapshot.windows}, "age": "age"}
    found = [_column(name, title, chosen) for name, title in names.items()]
    return [found[0], Column("price", None, ""), *found[1:]]


def _column(name: str, title: str, chosen: str) -> Column:
    # A click brings what one looks for first, the best return, the first letter; the next the other end; a third none.
    first, second = (name, f"-{name}") if name == "name" else (f"-{name}", name)
    order = "ascending" if chosen == name else "descending" if chosen == f"-{name}" else ""
    return Column(title, second if chosen == first else "" if chosen == second else first, order)


class MemberOrder:
    """Sorts by the numbers of the last full minute: rows that jump four times a second cannot be read."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, frozenset[str], list[str]]] = {}

    def of(self, snapshot: Snapshot, chosen: str) -> list[str]:
        """Symbols in their order; those without a number come last. chosen: as of `columns`."""
        symbols = choose.members(snapshot)
        if chosen.removeprefix("-") not in ("name", "age", *snapshot.windows):
            return symbols
        minute, all_of_them = snapshot.t[:_MINUTE], frozenset(symbols)
        known = self._known.get(chosen)
        if known is None or known[:2] != (minute, all_of_them):
            known = self._known[chosen] = (minute, all_of_them, _sorted(snapshot, symbols, chosen))
        return known[2]


def sentence(snapshot: Snapshot, chosen: str) -> str:
    """By what the table is sorted, and as of when; "" in the board's order."""
    name = chosen.removeprefix("-")
    if name not in ("name", "age", *snapshot.windows):
        return ""
    if name == "name":
        return "by name"
    of = words.window(name) if name in snapshot.windows else name
    return f"by {of} as of {lines.clock(snapshot, words.HONG_KONG)[:5]} in Hong Kong; sorted anew every minute"


def _sorted(snapshot: Snapshot, symbols: Sequence[str], chosen: str) -> list[str]:
    name, largest_first = chosen.removeprefix("-"), chosen.startswith("-")
    views = snapshot.instruments
    if name == "name":
        return sorted(symbols, key=lambda symbol: views[symbol].name.casefold(), reverse=largest_first)
    values = {symbol: views[symbol].age_s if name == "age" else views[symbol].returns.get(name) for symbol in symbols}
    known = {symbol: value for symbol, value in values.items() if value is not None}
    found = sorted(known, key=lambda symbol: known[symbol], reverse=largest_first)
    return [*found, *(symbol for symbol in symbols if symbol not in known)]
