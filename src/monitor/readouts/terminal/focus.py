"""Where the reader of a terminal is: which view of what, how far down, and where each key leads. Pure."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from monitor.core.snapshot import Snapshot


class View(StrEnum):
    """What a terminal may show."""

    BOARD = "board"
    PAIR = "pair"
    BASKET = "basket"
    ALERTS = "alerts"
    HELP = "help"


_LETTERS = {"b": View.BOARD, "s": View.BASKET, "k": View.BASKET, "a": View.ALERTS}
_STEPS = {"tab": 1, "n": 1, "right": 1, "back tab": -1, "p": -1, "left": -1}


class Focus(msgspec.Struct, frozen=True, kw_only=True):
    """pair, basket: of those views; "" for the board's first. window: of a basket's contributions; "" for the first.
    top: lines of the view above the screen. before: the view that help was asked for from."""

    view: View = View.BOARD
    pair: str = ""
    basket: str = ""
    window: str = ""
    top: int = 0
    before: View = View.BOARD

    def on(self, snapshot: Snapshot) -> "Focus":
        """The same on a board that may lack what it names: then at the first there."""
        return msgspec.structs.replace(
            self,
            pair=_present(self.pair, list(snapshot.pair_views)),
            basket=_present(self.basket, list(snapshot.baskets)),
            window=_present(self.window, snapshot.windows),
        )

    def subject(self) -> str:
        """The pair or basket that is shown; "" in the other views."""
        return self.pair if self.view is View.PAIR else self.basket if self.view is View.BASKET else ""

    def after(self, key: str, snapshot: Snapshot, *, page: int, depth: int) -> "Focus":
        """Where a key leads; the same one for a key without a meaning. page: lines of the view that the screen
        holds. depth: how far down there is something to see."""
        here = self.on(snapshot)
        if key.isdecimal():
            pairs = list(snapshot.pair_views)
            return here._at(View.PAIR, pair=pairs[int(key) - 1]) if 0 < int(key) <= len(pairs) else here
        if key in _LETTERS:
            return here._at(_LETTERS[key])
        if key in _STEPS:
            return here._next(snapshot, _STEPS[key])
        match key:
            case "?" | "h":
                return here._at(here.before if here.view is View.HELP else View.HELP, before=here.view)
            case "escape":
                return here._at(here.before if here.view is View.HELP else View.BOARD)
            case "w":
                return msgspec.structs.replace(here, window=_neighbour(here.window, snapshot.windows, 1))
        tops = {
            "up": here.top - 1,
            "down": here.top + 1,
            "page up": here.top - page,
            "page down": here.top + page,
            "home": 0,
            "end": depth,
        }
        return msgspec.structs.replace(here, top=max(0, min(tops.get(key, here.top), depth)))

    def _next(self, snapshot: Snapshot, step: int) -> "Focus":
        """The next pair, or among baskets the next basket; from elsewhere the first pair."""
        if self.view is View.BASKET:
            return self._at(View.BASKET, basket=_neighbour(self.basket, list(snapshot.baskets), step))
        if self.view is View.PAIR:
            return self._at(View.PAIR, pair=_neighbour(self.pair, list(snapshot.pair_views), step))
        return self._at(View.PAIR)

    def _at(self, view: View, **changes: str) -> "Focus":
        """At the top of another view."""
        return msgspec.structs.replace(self, **({"before": View.BOARD} | changes | {"view": view, "top": 0}))


def _present(name: str, names: Sequence[str]) -> str:
    return name if name in names else names[0] if names else ""


def _neighbour(name: str, names: Sequence[str], step: int) -> str:
    return names[(names.index(name) + step) % len(names)] if name in names else ""
