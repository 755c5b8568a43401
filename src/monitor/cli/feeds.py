"""Sources of quotes: `monitor feeds …`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Board, ConfigDir, FeedNames, Symbols

app = typer.Typer(no_args_is_help=True, help="Sources of quotes: what they have, what they deliver.")


@app.command("list")
def feeds_list(as_json: AsJson = False, config: ConfigDir = None, board: Board = None) -> None:
    """Every feed: on or off, where it connects, which lines of the board it has, how late it is, what it needs."""
    from monitor.assembly.feed_list import list_feeds
    from monitor.assembly.site import Site

    sys.exit(list_feeds(Site(config, board), as_json=as_json))


@app.command("probe")
def feeds_probe(
    names: FeedNames = None,
    seconds: Annotated[float, typer.Option("--seconds", help="How long to listen.")] = 30.0,
    symbols: Symbols = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="File for the raw records: .jsonl or .parquet, a recording.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if there is one.")] = False,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Connect, subscribe, say what each symbol delivers; exit 1 when one is silent, 3 when a feed is not reached."""
    from monitor.assembly.feed_probe import probe
    from monitor.assembly.site import Site

    site = Site(config, board)
    sys.exit(probe(site, names or [], seconds=seconds, symbols=symbols or [], out=out, force=force, as_json=as_json))


@app.command("tail")
def feeds_tail(names: FeedNames = None, symbols: Symbols = None, config: ConfigDir = None, board: Board = None) -> None:
    """What arrives, line by line, and what ingest would refuse of it; until Ctrl-C."""
    from monitor.assembly.feed_tail import tail
    from monitor.assembly.site import Site

    sys.exit(tail(Site(config, board), names or [], symbols=symbols or []))
