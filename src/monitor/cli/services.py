"""The services, all of them at once, the board in the terminal, and the check of what they need."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Basis, Board, ConfigDir, Speed

app = typer.Typer()


@app.command()
def up(
    feed: Annotated[
        str, typer.Option(help="Feeds joined by commas: sim, yahoo, …, or a file of feeds/. config: as monitor.toml.")
    ] = "config",
    replay: Annotated[
        list[Path] | None, typer.Option(help="Recorded quotes instead of a feed; may be repeated.")
    ] = None,
    speed: Speed = "1",
    basis: Basis = None,
    no_dashboard: Annotated[bool, typer.Option("--no-dashboard", help="Without the web page.")] = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """All services and the live board in one terminal; an embedded Redis unless one is configured."""
    from monitor.assembly.up import up as run

    sys.exit(run(config, board, feed=feed, replay=replay or [], speed=speed, basis=basis, dashboard=not no_dashboard))


@app.command()
def ingest(config: ConfigDir = None, board: Board = None) -> None:
    """Service: quotes from the configured feeds into the log."""
    from monitor.assembly.ingest import run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board)))


@app.command()
def spread(config: ConfigDir = None, board: Board = None) -> None:
    """Service: the log into snapshots."""
    from monitor.assembly.site import Site
    from monitor.assembly.spread import run

    sys.exit(run(Site(config, board)))


@app.command()
def alerting(config: ConfigDir = None, board: Board = None) -> None:
    """Service: snapshots into notifications, and those to Slack, mail or the console."""
    from monitor.assembly.alerts.alerting import run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board)))


@app.command()
def dashboard(config: ConfigDir = None, board: Board = None) -> None:
    """Service: the web page, the API, health and metrics."""
    from monitor.assembly.dashboard import run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board)))


@app.command()
def publish(config: ConfigDir = None, board: Board = None) -> None:
    """Service: the board on an MQTT broker, for other machines and programs."""
    from monitor.assembly.publish import run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board)))


@app.command()
def watch(
    once: Annotated[bool, typer.Option("--once", help="Print it once and leave.")] = False,
    view: Annotated[
        str | None, typer.Option("--view", help="board, pair, basket or alerts: shown first; keys lead elsewhere.")
    ] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Pair or basket to show.", metavar="ID")] = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """The live board in this terminal, with views of pairs, baskets and alerts: `?` lists the keys."""
    from monitor.assembly.site import Site
    from monitor.assembly.watch import watch as run

    sys.exit(run(Site(config, board), once=once, as_json=as_json, view=view, subject=subject))


@app.command()
def doctor(config: ConfigDir = None, board: Board = None) -> None:
    """Can it reach what the configuration names? One line a check; exit 1 on a failure."""
    from monitor.assembly.doctor import doctor as run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board)))
