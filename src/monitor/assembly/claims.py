"""`monitor claims check`: what the press said against the closes on file."""

from collections.abc import Iterator, Sequence
from itertools import chain, takewhile
from pathlib import Path

import typer
from rich.console import Console

from monitor.assembly.offline import open_data
from monitor.assembly.site import Site
from monitor.core.board import Board
from monitor.core.claims.check import Judgement, check
from monitor.core.claims.claim import Claim
from monitor.core.claims.measures import board_for
from monitor.core.event import Event, Quote
from monitor.core.snapshot import Snapshot
from monitor.errors import DataError
from monitor.readouts import judgements as readout
from monitor.settings.claim_file import load_claims
from monitor.workers.offline import instant_of, snapshots

SOURCE = "claim"
"""Source of the quotes that a claim brings along."""

_FOLDED_WIDTH = 160
"""Columns of the table where there is no terminal."""


def check_claims(site: Site, files: Sequence[Path], data: Sequence[Path], basis: str | None, *, as_json: bool) -> int:
    """`monitor claims check`; returns the exit code: 1 when a claim got another verdict than it expects, else 0.

    files: claim files, or folders of them. data: recorded prices; none: the closes on file only. Raises ConfigError
    for a claim file, DataError for a recording, UsageError for an option.
    """
    claims = [claim for file in claim_files(files) for claim in load_claims(file, site.definition)]
    found = judged(site, claims, data, basis)
    if as_json:
        for line in readout.lines(found):
            typer.echo(line)
    else:
        console = Console()
        if not console.is_terminal:
            console = Console(width=_FOLDED_WIDTH)
        console.print(readout.table(found))
        typer.echo(readout.summary(found), err=True)
    return 0 if all(judgement.as_expected for judgement in found) else 1


def claim_files(paths: Sequence[Path]) -> list[Path]:
    """`paths` with each folder replaced by the TOML files in it, by name. Raises DataError for a folder without any."""
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not inside:
            raise DataError(str(path), "holds no .toml file", "Name claim files, or a folder of them.")
        files.extend(inside)
    return files


def judged(site: Site, claims: Sequence[Claim], data: Sequence[Path], basis: str | None) -> list[Judgement]:
    """A judgement for each claim, in their order. Boards of the same instant are computed once."""
    definition = board_for(site.definition, claims)
    recording = open_data(site, data, basis)
    reference, events = recording.reference, list(recording.events)
    instants = {claim.as_of: instant_of(claim.as_of, site.exchanges) for claim in claims}
    plain = sorted({instants[claim.as_of] for claim in claims if not claim.quotes})
    board = Board(definition, site.calendars, reference, interval_ns=0)
    boards = dict(zip(plain, snapshots(events, board, plain), strict=True))
    found = []
    for claim in claims:
        t_ns = instants[claim.as_of]
        if claim.quotes:
            board = Board(definition, site.calendars, reference, interval_ns=0)
            snapshot = _with_quotes(claim, t_ns, events, board)
        else:
            snapshot = boards[t_ns]
        found.append(check(claim, site.definition, snapshot, site.calendars))
    return found


def _with_quotes(claim: Claim, t_ns: int, events: Sequence[Event], board: Board) -> Snapshot:
    """The board at the claim's instant, when the prices that came with the claim have been taken in."""
    before: Iterator[Event] = takewhile(lambda event: event.recv_ns <= t_ns, events)
    quotes = (
        Quote(symbol=symbol, source=SOURCE, event_ns=t_ns, recv_ns=t_ns, price=price)
        for symbol, price in claim.quotes.items()
    )
    return next(snapshots(chain(before, quotes), board, [t_ns]))
