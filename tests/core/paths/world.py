"""Boards and ledgers over the small market of `tests.core.market`."""

from functools import cache

from monitor.core.board import Board
from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.paths.ledger import Ledger
from monitor.core.paths.path import PairPath, PathPoint
from monitor.core.paths.recorded import Series
from monitor.core.reference import Reference
from monitor.core.snapshot import Snapshot
from tests.core.market import CALENDARS, definition, reference

MINUTE = 60_000
SINCE = "SINCE:2025-01-13"


@cache
def on_file() -> Reference:
    """Closes up to 24 April 2025, with holes, and a split of NVDA on 10 March."""
    return reference(until="2025-04-25")


def ledger(files: Reference | None = None) -> Ledger:
    return Ledger(definition(), CALENDARS, files or on_file())


def board(files: Reference | None = None, **changes: object) -> Board:
    return Board(definition(**changes), CALENDARS, files or on_file(), interval_ns=0, trends_of=())


@cache
def snapshot(instant: str) -> Snapshot:
    """The board when all that it knows are official closes."""
    return board().snapshot(parse_instant(instant))


def ms(instant: str) -> int:
    return parse_instant(instant) // MILLISECOND


def values(points: list[PathPoint]) -> dict[int, float | None]:
    return dict(points)


def at(path: PairPath, instant: str) -> tuple[float | None, float | None, float | None]:
    """Values of a, b and the spread at exactly that time."""
    a, b, spread = (values(line.points)[ms(instant)] for line in (path.a, path.b, path.spread))
    return a, b, spread


def series(start: str, prices: list[float | None]) -> Series:
    """One price a minute from `start` on, each at the end of its minute; None where nothing was recorded."""
    found = [(ms(start) + (i + 1) * MINUTE, price) for i, price in enumerate(prices) if price is not None]
    return Series([t for t, _ in found], [price for _, price in found])
