"""The shipped board, put together as the command line does it, for tests that read recorded prices."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from monitor.core.board import Board
from monitor.core.definition import BoardDefinition
from monitor.core.reference import Basis, Reference
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.feeds.recordings.replay import Replay
from monitor.history.calendars import load_calendars
from monitor.history.reference import load_reference
from monitor.settings.board_file import load_board
from monitor.settings.instrument_file import load_instruments
from monitor.workers.offline import instant_of, snapshots
from tests.shared import SHARED

CONFIG = Path(__file__).parents[2] / "config"
DAILY = SHARED / "data" / "daily"
POLLED = SHARED / "data" / "intraday" / "snapshots"


@cache
def definition() -> BoardDefinition:
    return load_board(CONFIG, "hk-us")


@cache
def calendars() -> dict[str, Calendar]:
    names = [instrument.calendar for instrument in definition().lines if instrument.calendar]
    overrides = CONFIG / "calendars" / "overrides.toml"
    return load_calendars(names, overrides, start=date(2020, 1, 1), end=date(2027, 12, 31))


def exchanges() -> list[Calendar]:
    """Those on which the board's own instruments trade."""
    return [calendars()[name] for name in {line.calendar: 0 for line in definition().instruments} if name]


@cache
def reference() -> Reference:
    return load_reference(CONFIG / "reference", load_instruments(CONFIG).values(), calendars())


def board() -> Board:
    """A new one."""
    return Board(definition(), calendars(), reference(), interval_ns=0)


def replay(basis: Basis = "split_adjusted") -> Replay:
    """A new reader of recordings. The files of ../shared/data/daily are split-adjusted, says their README."""
    return Replay(definition().lines, calendars(), reference().actions, basis)


def snapshots_at(paths: Iterable[Path], at: Sequence[str], basis: Basis = "split_adjusted") -> dict[str, Snapshot]:
    """What `monitor snapshot PATH… --at T …` computes, by the texts of `at`, which are ascending."""
    instants = [instant_of(text, exchanges()) for text in at]
    found = snapshots(replay(basis).events(paths), board(), instants)
    return dict(zip(at, found, strict=True))
