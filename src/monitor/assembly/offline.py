"""What needs no Redis: snapshots of recorded quotes."""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import cast

import msgspec
import typer

from monitor.assembly.site import Site
from monitor.core.board import Board
from monitor.core.event import SIMULATED, Event, Fx, OfficialClose, Quote
from monitor.core.reference import Basis, Reference
from monitor.errors import UsageError
from monitor.feeds.recordings.replay import Replay
from monitor.feeds.recordings.selection import Selection
from monitor.history.basis import confirmed_basis
from monitor.history.slips import refuse_slips
from monitor.workers.offline import instant_of, snapshots


class Recording(msgspec.Struct, frozen=True):
    """Recorded quotes of a board. simulated: they are invented. reference: what was on file before them; nothing for
    invented ones. events: in log order, to be read once. selection: what was left out of them, complete when they have
    been read. size: bytes of the files, 0 without any."""

    simulated: bool
    reference: Reference
    events: Iterator[Event]
    selection: Selection
    size: int = 0

    @property
    def left_out(self) -> str:
        """How many rows were read and not taken, by reason; "" when all were taken."""
        rejected = self.selection.rejected
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(rejected.items()))
        return f"{self.selection.rows} rows read; left out: {reasons}" if reasons else ""


def open_recording(site: Site, paths: Sequence[Path], basis: str | None) -> Recording:
    """Recordings for the board. basis: as `stated_basis`. Raises UsageError or DataError."""
    actions = site.recorded_reference.actions
    confirmed = confirmed_basis(paths, stated_basis(site, basis), actions)
    refuse_slips(paths, confirmed, actions)
    replay = Replay(site.definition.lines, site.calendars, actions, confirmed)
    simulated, events = _is_simulated(replay.events(paths))
    return Recording(simulated, site.reference_for(simulated=simulated), events, replay.selection, replay.size)


def open_data(site: Site, paths: Sequence[Path], basis: str | None) -> Recording:
    """As `open_recording`; without any paths there is nothing but what is on file."""
    if paths:
        return open_recording(site, paths, basis)
    return Recording(False, site.recorded_reference, iter(()), Selection())


def stated_basis(site: Site, basis: str | None) -> Basis | None:
    """How daily files state their closes. basis: as on the command line, None for what monitor.toml says. None: nobody
    said. Raises UsageError for a word that is none."""
    if basis not in (None, "raw", "split_adjusted"):
        raise UsageError(f"--basis {basis}: allowed are raw and split_adjusted")
    return cast("Basis | None", basis or site.settings.replay.basis or None)


def _is_simulated(events: Iterator[Event]) -> tuple[bool, Iterator[Event]]:
    """Whether a recording comes from the simulator, and all its events. The first price tells: one log never holds
    both kinds."""
    ahead: list[Event] = []
    for event in events:
        ahead.append(event)
        if isinstance(event, Quote | Fx | OfficialClose):
            return bool(event.flags & SIMULATED), chain(ahead, events)
    return False, iter(ahead)


def print_snapshots(site: Site, paths: Sequence[Path], at: Sequence[str], basis: str | None) -> None:
    """`monitor snapshot`: one JSON document a line for each instant, ascending. What was left out goes to stderr."""
    instants = [instant_of(text, site.exchanges) for text in at]
    recording = open_recording(site, paths, basis)
    # Boundaries in between would be computed for nobody: only the instants asked for are printed.
    board = Board(site.definition, site.calendars, recording.reference, interval_ns=0)
    for snapshot in snapshots(recording.events, board, instants):
        sys.stdout.buffer.write(snapshot.to_json() + b"\n")
    sys.stdout.flush()
    if recording.left_out:
        typer.echo(recording.left_out, err=True)
