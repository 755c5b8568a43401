"""Closes on file and claims against them: `monitor reference …`, `monitor claims …`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Basis, Board, ConfigDir, Data

reference_app = typer.Typer(no_args_is_help=True, help="Closes, corporate actions and fixings on file.")
claims_app = typer.Typer(no_args_is_help=True, help="What the press says, against the prices on file.")


@reference_app.command("refresh")
def reference_refresh(
    data: Annotated[Path | None, typer.Option("--data", help="Folder of daily CSV files, SYMBOL.csv.")] = None,
    provider: Annotated[
        str, typer.Option("--provider", help="yfinance (an extra), when there is no --data.")
    ] = "yfinance",
    symbols: Annotated[
        list[str] | None, typer.Option("--symbols", help="Only these, joined by commas; may be repeated.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="From this date on; without: what may be new.")] = "",
    source: Annotated[str, typer.Option("--source", help="Where the folder's numbers come from, in words.")] = "",
    grade: Annotated[
        str, typer.Option("--grade", help="How good the folder is: official, provider, doubtful.")
    ] = "provider",
    basis: Basis = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, store nothing.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let these numbers replace better or equal sources that disagree.")
    ] = False,
    config: ConfigDir = None,
) -> None:
    """Closes, fixings and splits from a provider into the data folder; exit 1 when something has to be looked at."""
    from monitor.assembly.reference import Request, refresh
    from monitor.assembly.site import Site

    request = Request(
        data=data,
        provider=provider,
        symbols=tuple(symbols or ()),
        since=since,
        source=source,
        grade=grade,
        basis=basis,
        dry_run=dry_run,
        replace=replace,
    )
    sys.exit(refresh(Site(config), request))


@reference_app.command("check")
def reference_check(
    data: Annotated[
        Path | None, typer.Option("--data", help="As if refreshed from this folder of daily files.")
    ] = None,
    basis: Basis = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """What is on file, symbol by symbol, and every row that would be refused; exit 1 when there is one."""
    from monitor.assembly.reference import check
    from monitor.assembly.site import Site

    sys.exit(check(Site(config, board), data, basis, as_json=as_json))


@reference_app.command("show")
def reference_show(
    symbol: Annotated[str, typer.Argument(help="As in instruments.toml; a currency pair shows its fixings.")],
    first: Annotated[str, typer.Option("--from", help="First session, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last session, YYYY-MM-DD.")] = "",
    config: ConfigDir = None,
) -> None:
    """The closes on file of one symbol, raw and adjusted, each with its source; its corporate actions and shares."""
    from monitor.assembly.reference import show
    from monitor.assembly.site import Site

    sys.exit(show(Site(config), symbol, first, last))


@claims_app.command("check")
def claims_check(
    files: Annotated[list[Path], typer.Argument(help="Claim files (.toml), or folders of them.")],
    data: Data = None,
    basis: Basis = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Does it reproduce? Exit 1 when a claim gets another verdict than the one it expects."""
    from monitor.assembly.claims import check_claims
    from monitor.assembly.site import Site

    sys.exit(check_claims(Site(config, board), files, data or [], basis, as_json=as_json))
