"""`monitor feeds probe`: what each configured symbol really delivers, from the feed itself, without Redis."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from monitor.assembly.feed_address import address_of
from monitor.assembly.listeners import Ear, chosen_feeds, chosen_lines, make_ears
from monitor.assembly.record import check_name
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.core.quotes.probe_line import ProbedFeed
from monitor.errors import UsageError
from monitor.feeds.recordings.recording import recording_writer
from monitor.readouts.terminal.probe import probe_lines
from monitor.runtime.serve import Service, serve
from monitor.workers.listening import listen
from monitor.workers.probe import Probe

SILENT = 1
"""Exit code: a symbol delivered nothing."""
NOT_REACHED = 3
"""Exit code: a feed was never connected."""

LOOK_S = 0.25


def probe(
    site: Site,
    names: Sequence[str],
    *,
    seconds: float,
    symbols: Sequence[str],
    out: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Listen to feeds for `seconds` and print what came; returns the exit code: 0, 1 when a symbol was silent, 3 when a
    feed could not be reached, 130 when Ctrl-C ended the listening; the report is printed all the same.

    names: of the feeds; none: those that are on. symbols: of the board, joined by commas; none: all. out: file for the
    raw records; force: it may exist already.
    """
    names, lines = chosen_feeds(site, names), chosen_lines(site, symbols)
    if out is not None:
        check_name(out)
        if out.exists() and not force:
            raise UsageError(f"--out {out}: exists already. Name another file, or add --force to replace it")
    if not 0 < seconds < float("inf"):
        raise UsageError(f"--seconds {seconds:g}: allowed is a number above 0")
    configure_logs(site, "probe", quiet=True)
    found: list[ProbedFeed] = []

    async def main(service: Service) -> None:
        loop = asyncio.get_running_loop()
        trial = Probe()
        ears = make_ears(site, names, lines, trial.hear)
        for ear in ears:
            trial.expect(ear.listener)
        with nullcontext() if out is None else recording_writer(out, site.keys.board) as trial.out:
            began = loop.time()
            with _progress(seconds) as show:
                service.spawn(_look(site, trial, ears, show), "look")
                await listen([ear.listener for ear in ears], service.stop, seconds)
            passed = loop.time() - began
        for name, ear in zip(names, ears, strict=True):
            found.append(trial.found(ear.listener, address_of(site, name), passed))

    code = serve("probe", main)
    if as_json and found:
        sys.stdout.buffer.write(msgspec.json.encode(found, order="deterministic") + b"\n")
    else:
        for line in probe_lines(found):
            typer.echo(line)
    if code:
        return code
    if not all(feed.reached for feed in found):
        return NOT_REACHED
    return SILENT if any(feed.silent for feed in found) else 0


Show = Callable[[str], None]


async def _look(site: Site, trial: Probe, ears: Sequence[Ear], show: Show) -> None:
    """Look at the markets and at what has come, four times a second."""
    while True:
        parts = []
        for ear in ears:
            trial.look_at_markets(ear.listener, site.calendars, ear.clock.now_ns())
            heard, lines = trial.heard_of(ear.listener)
            parts.append(f"{ear.listener.source} {ear.listener.now} {ear.listener.arrived:,} ({heard}/{lines} lines)")
        show(", ".join(parts))
        await asyncio.sleep(LOOK_S)


@contextmanager
def _progress(seconds: float) -> Iterator[Show]:
    """The last line of a terminal while a probe listens; nothing where nobody watches."""
    console = Console(stderr=True)
    columns = BarColumn(20), TextColumn("{task.description}"), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("connecting", total=seconds)

        def show(words: str) -> None:
            progress.update(task, completed=progress.tasks[task].elapsed or 0.0, description=words)

        yield show
