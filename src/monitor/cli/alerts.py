"""Alert rules and their deliveries: `monitor alerts …`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Board, ConfigDir

app = typer.Typer(no_args_is_help=True, help="Alert rules and their deliveries.")
dead_app = typer.Typer(no_args_is_help=True, help="Notifications that a channel refused for good.")
app.add_typer(dead_app, name="dead")


@app.command("check")
def alerts_check(as_json: AsJson = False, config: ConfigDir = None, board: Board = None) -> None:
    """Read the rule file; print what it holds and what looks odd."""
    from monitor.assembly.alerts.check import check
    from monitor.assembly.site import Site

    check(Site(config, board), as_json=as_json)


@app.command("test")
def alerts_test(
    files: Annotated[
        list[Path],
        typer.Argument(help="Unit tests of rules (.toml), vector files of the engine (.json), folders of them."),
    ],
    calendars: Annotated[
        Path | None,
        typer.Option(
            "--calendars", help="Folder of session tables for vector files; default: `calendars` beside them."
        ),
    ] = None,
    emit: Annotated[
        bool, typer.Option("--emit", help="Print what the engine produces, as JSON, and judge nothing.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Try rules on made-up timelines; exit 1 when a case does not come out as written."""
    from monitor.assembly.alerts import test
    from monitor.assembly.site import Site

    site = Site(config, board)
    if emit:
        sys.exit(test.emit(site, files, calendars=calendars))
    sys.exit(test.run_tests(site, files, calendars=calendars, as_json=as_json))


@app.command("list")
def alerts_list(as_json: AsJson = False, config: ConfigDir = None, board: Board = None) -> None:
    """Every rule that is pending, firing or clearing now."""
    from monitor.assembly.alerts.deliveries import show_active
    from monitor.assembly.site import Site

    sys.exit(show_active(Site(config, board), as_json=as_json))


@app.command("send-test")
def alerts_send_test(
    channel: Annotated[str, typer.Argument(help="Channel of alerts.toml.")],
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """One marked message on the real way; exit 1 and the class of the failure when it does not arrive."""
    from monitor.assembly.alerts.deliveries import send_test
    from monitor.assembly.site import Site

    sys.exit(send_test(Site(config, board), channel))


@dead_app.command("list")
def dead_list(
    channel: Annotated[str | None, typer.Option("--channel", help="Only this channel.")] = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Dead letters, oldest first."""
    from monitor.assembly.alerts.deliveries import show_dead
    from monitor.assembly.site import Site

    sys.exit(show_dead(Site(config, board), channel, as_json=as_json))


@dead_app.command("retry")
def dead_retry(
    channel: Annotated[str, typer.Option("--channel", help="Channel whose dead letters are sent again.")],
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Put the dead letters of a channel back into its outbox."""
    from monitor.assembly.alerts.deliveries import retry_dead
    from monitor.assembly.site import Site

    sys.exit(retry_dead(Site(config, board), channel))
