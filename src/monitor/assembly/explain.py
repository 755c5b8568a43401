"""How a metric came about: of the running calculator, or of recorded quotes."""

import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
from rich.console import Console

from monitor.assembly.offline import open_data
from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.bus.redis import answer, check_reachable, command_client
from monitor.core.board import Board
from monitor.core.explain.explanation import Explanation
from monitor.core.explain.metric import explain
from monitor.core.instant import format_instant
from monitor.core.workings import Workings
from monitor.errors import DataError, UsageError
from monitor.readouts.terminal.explain import explanation_tree
from monitor.readouts.terminal.outlet import outlet, write_exactly
from monitor.runtime.serve import Service, serve
from monitor.workers.checkpoint import read_checkpoint
from monitor.workers.offline import instant_of

COLUMNS = 80


class Explained(msgspec.Struct, frozen=True):
    """What `--json` prints. t: instant of the board, ISO-8601 UTC. simulated: as on the board."""

    metric: str
    board: str
    t: str
    ref_date: str | None
    simulated: bool
    explanation: Explanation


def explain_metric(
    site: Site, metric: str, *, at: str | None, data: Sequence[Path], basis: str | None, as_json: bool
) -> int:
    """`monitor explain`; returns the exit code. Without `at` and `data`: the board as the calculator last saved it.

    Raises UsageError with suggestions when there is no such metric.
    """
    if at is not None or data:
        workings = _recorded(site, at, data, basis)
        _print(metric, workings, f"as of {workings.snapshot.t}", as_json=as_json)
        return 0

    async def main(service: Service) -> None:
        async with aclosing(command_client(site.redis_url, name=f"explain-{site.instance}")) as client:
            await check_reachable(client, site.redis_url)
            saved = await answer(client.get(site.keys.checkpoint))
        board = make_board(site)
        if saved is None:
            raise UsageError(
                f"no calculator has saved board {site.definition.id} yet. Start one (monitor up, monitor spread), or "
                "name an instant with --at and recorded quotes with --data"
            )
        try:
            board.load(read_checkpoint(saved).board)
        except ValueError as unusable:
            raise DataError(site.keys.checkpoint, str(unusable), "Is the calculator configured like this?") from None
        when = f"as the calculator saved it at {format_instant(board.log_ns)}"
        _print(metric, board.workings(), when, as_json=as_json)

    configure_logs(site, "explain", quiet=True)
    return serve("explain", main)


def _recorded(site: Site, at: str | None, data: Sequence[Path], basis: str | None) -> Workings:
    t_ns = None if at is None else instant_of(at, site.exchanges)
    recording = open_data(site, data, basis)
    board = Board(site.definition, site.calendars, recording.reference, interval_ns=0)
    for event in recording.events:
        if t_ns is not None and event.recv_ns > t_ns:
            break
        board.apply(event)
    return board.workings(t_ns)


def _print(metric: str, workings: Workings, when: str, *, as_json: bool) -> None:
    snapshot, found = workings.snapshot, explain(workings, metric)
    if as_json:
        document = Explained(metric, snapshot.board, snapshot.t, snapshot.ref_date, snapshot.simulated, found)
        write_exactly(sys.stdout, msgspec.json.encode(document))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=COLUMNS)
    if snapshot.simulated:
        when += " · SIMULATED"
    with outlet(console):
        console.print(explanation_tree(metric, found, when))
