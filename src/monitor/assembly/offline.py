"""What needs no Redis: snapshots of recorded quotes."""

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import cast

import typer

from monitor.assembly.site import Site
from monitor.core.board import Board
from monitor.core.event import SIMULATED, Event, Fx, OfficialClose, Quote
from monitor.core.reference import Basis, Reference
from monitor.errors import UsageError
from monitor.feeds.replay import Replay
from monitor.history.basis import confirmed_basis
from monitor.workers.offline import instant_of, snapshots


def open_replay(site: Site, paths: Sequence[Path], basis: str | None) -> Replay:
    """A reader of recordings for the board. basis: as on the command line. Raises UsageError or DataError."""
    if basis not in (None, "raw", "split_adjusted"):
        raise UsageError(f"--basis {basis}: allowed are raw and split_adjusted")
    actions = site.recorded_reference.actions
    confirmed = confirmed_basis(paths, cast("Basis | None", basis or site.settings.replay.basis or None), actions)
    return Replay(site.definition.lines, site.calendars, actions, confirmed)


def is_simulated(events: Iterator[Event]) -> tuple[bool, Iterator[Event]]:
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
    recording = open_replay(site, paths, basis)
    simulated, events = is_simulated(recording.events(paths))
    reference = Reference() if simulated else site.recorded_reference
    # Boundaries in between would be computed for nobody: only the instants asked for are printed.
    board = Board(site.definition, site.calendars, reference, interval_ns=0)
    for snapshot in snapshots(events, board, instants):
        sys.stdout.buffer.write(snapshot.to_json() + b"\n")
    sys.stdout.flush()
    if left_out := recording.selection.rejected:
        reasons = ", ".join(f"{reason} {count}" for reason, count in sorted(left_out.items()))
        typer.echo(f"{recording.selection.rows} rows read; left out: {reasons}", err=True)
