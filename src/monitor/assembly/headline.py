"""`monitor headline`: press-style sentences from the live board, or from prices on file at a date."""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import typer

from monitor.assembly.offline import open_data
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.bus.redis import command_client
from monitor.core.board import Board
from monitor.core.snapshot import Snapshot
from monitor.errors import DataError, UsageError
from monitor.readouts.headline import KINDS, Headline, headlines
from monitor.readouts.headline_text import heading, sheet
from monitor.readouts.lines import data_alert_detail, data_alert_subject
from monitor.readouts.reader import BoardReader
from monitor.runtime.serve import Service, serve
from monitor.workers.offline import instant_of, snapshots


def headline(
    site: Site,
    *,
    at: str | None,
    data: Sequence[Path],
    basis: str | None,
    only: Sequence[str],
    short: bool,
    as_json: bool,
) -> int:
    """`monitor headline`; returns the exit code.

    at: date or instant; None: the end of `data`, or now. data: recorded prices; none: with `at` the closes on file,
    else the live board in Redis. only: kinds of sentence; empty: all. short: without the numbers behind them.
    Raises UsageError, DataError, ConfigError or UnreachableError.
    """
    if unknown := [kind for kind in only if kind not in KINDS]:
        raise UsageError(f"--only {unknown[0]}: there is {', '.join(KINDS)}")

    def tell(snapshot: Snapshot) -> None:
        _print(snapshot, headlines(snapshot, only or KINDS), short=short, as_json=as_json)

    if at is not None or data:
        tell(recorded_snapshot(site, at, data, basis))
        return 0

    async def main(service: Service) -> None:
        async with aclosing(command_client(site.redis_url, name=f"headline-{site.instance}")) as client:
            document, _ = await BoardReader(client, site.keys).present()
            tell(msgspec.json.decode(document, type=Snapshot))

    configure_logs(site, "headline", quiet=True)
    return serve("headline", main)


def recorded_snapshot(site: Site, at: str | None, data: Sequence[Path], basis: str | None) -> Snapshot:
    """The board from prices on file. at: None for the end of `data`. Raises UsageError or DataError."""
    recording = open_data(site, data, basis)
    board = Board(site.definition, site.calendars, recording.reference, interval_ns=0)
    if at is not None:
        return next(snapshots(recording.events, board, [instant_of(at, site.exchanges)]))
    for event in recording.events:
        board.apply(event)
    if board.seq == 0:
        raise DataError(", ".join(map(str, data)), "holds no price of this board")
    return board.snapshot()


def _print(snapshot: Snapshot, found: Sequence[Headline], *, short: bool, as_json: bool) -> None:
    if as_json:
        for item in found:
            typer.echo(msgspec.json.encode(item))
        return
    typer.echo(heading(snapshot) if found else f"{heading(snapshot)}: nothing to tell", err=True)
    for alert in snapshot.data_alerts:
        typer.echo(f"data alert: {data_alert_subject(alert)}: {data_alert_detail(alert, snapshot)}", err=True)
    for line in sheet(found, short=short):
        typer.echo(line)
