"""Recordings, history and what can be said of them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Basis, Board, ConfigDir, Data, Paths, Speed
from monitor.errors import UsageError

app = typer.Typer()


@app.command()
def snapshot(
    paths: Paths,
    at: Annotated[list[str], typer.Option("--at", help="Instant (2025-02-21T08:00:00Z) or date (its last close).")],
    basis: Basis = None,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Recorded quotes in, the board at each --at out, as JSON Lines. Needs no Redis."""
    from monitor.assembly.offline import print_snapshots
    from monitor.assembly.site import Site

    print_snapshots(Site(config, board), paths, at, basis)


@app.command()
def headline(
    at: Annotated[str | None, typer.Option("--at", help="Date (its last close) or instant; none: the newest.")] = None,
    data: Data = None,
    basis: Basis = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Kind of sentence (lead, year, regime, …); may be repeated.")
    ] = None,
    short: Annotated[bool, typer.Option("--short", help="The sentences without the numbers behind them.")] = False,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """What a newspaper would write: of the live board, or of --at from --data or the closes on file."""
    from monitor.assembly.headline import headline as run
    from monitor.assembly.site import Site

    site = Site(config, board)
    sys.exit(run(site, at=at, data=data or [], basis=basis, only=only or [], short=short, as_json=as_json))


@app.command()
def replay(
    paths: Paths,
    speed: Speed = "1",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on behind the last event of these recordings that the log has.")
    ] = False,
    basis: Basis = None,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Publish recorded quotes into the log of a running pipeline."""
    from monitor.assembly.replay import replay as run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board), paths, speed, basis, resume=resume))


@app.command()
def record(
    out: Annotated[
        Path, typer.Option("--out", help="File to write: .jsonl or .parquet. {date} in its name: a file a day (UTC).")
    ],
    since: Annotated[str | None, typer.Option(help="From here on: 2025-02-21T08:00:00Z, or a date (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to here, or to the end of this date (UTC).")] = None,
    duration: Annotated[str | None, typer.Option(help="So much log time: 30s, 15m, 8h.")] = None,
    append: Annotated[bool, typer.Option("--append", help="Go on where the file ends (JSON Lines).")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Write the log to a file, from its oldest entry on, until Ctrl-C or the end that was asked for."""
    from monitor.assembly.record import record as run
    from monitor.assembly.record import request
    from monitor.assembly.site import Site

    asked = request(out, since=since, until=until, duration=duration, append=append, force=force)
    sys.exit(run(Site(config, board), asked))


@app.command()
def history(
    metrics: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names such as hstech-ixic.spread_pp.1d; * stands for anything; none: all.", metavar="METRIC…"
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="From here on: 2025-02-21T08:00:00Z, or a date (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to here, or to the end of this date (UTC).")] = None,
    every: Annotated[str, typer.Option(help="1m: one-minute bars. 1d: every metric at each exchange's close.")] = "1m",
    out: Annotated[Path | None, typer.Option("--out", help="File to write: .csv or .parquet.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    fill: Annotated[bool, typer.Option("--fill", help="Repeat the last close in minutes that did not move.")] = False,
    as_json: AsJson = False,
    replay: Annotated[
        list[Path] | None, typer.Option(help="Work it out from recorded quotes; may be repeated. Needs no Redis.")
    ] = None,
    store: Annotated[bool, typer.Option("--store", help="With --replay: keep it with the board's history.")] = False,
    basis: Basis = None,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Stored history as a table, JSON Lines, CSV or Parquet."""
    from monitor.assembly.history import replayed, stored
    from monitor.assembly.history_request import request
    from monitor.assembly.site import Site

    asked = request(
        metrics or [], since=since, until=until, every=every, out=out, force=force, as_json=as_json, fill=fill
    )
    if store and not replay:
        raise UsageError("--store keeps what --replay works out: name recorded quotes with --replay")
    site = Site(config, board)
    sys.exit(replayed(site, asked, replay, basis, keep=store) if replay else stored(site, asked))


@app.command()
def explain(
    metric: Annotated[str, typer.Argument(help="Name of a metric: hstech-ixic.spread_pp.ytd.")],
    at: Annotated[
        str | None, typer.Option("--at", help="Instant (2025-02-21T08:00:00Z) or date (its last close).")
    ] = None,
    data: Annotated[
        list[Path] | None, typer.Option("--data", help="Recorded quotes instead of the running board; may be repeated.")
    ] = None,
    basis: Basis = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Print the formula of a metric with the numbers in it, down to closes, their sessions and sources."""
    from monitor.assembly.explain import explain_metric
    from monitor.assembly.site import Site

    sys.exit(explain_metric(Site(config, board), metric, at=at, data=data or [], basis=basis, as_json=as_json))
