"""What the monitor is told to do: `monitor config …`."""

import typer

from monitor.cli.options import Board, ConfigDir

app = typer.Typer(no_args_is_help=True, help="What the monitor is told to do.")


@app.command("check")
def config_check(config: ConfigDir = None, board: Board = None) -> None:
    """Read everything that a start would read; exit 2 with file and key when something is refused."""
    from monitor.assembly.alerts.check import check_everything
    from monitor.assembly.site import Site

    check_everything(Site(config, board))


@app.command("show")
def config_show(config: ConfigDir = None) -> None:
    """The settings in force, secrets hidden."""
    from monitor.assembly.site import Site
    from monitor.settings.show import show

    typer.echo(show(Site(config).settings))


@app.command("schema")
def config_schema(config: ConfigDir = None) -> None:
    """JSON Schema of monitor.toml, for editors."""
    import json

    from monitor.settings import config_folder
    from monitor.settings.show import schema

    typer.echo(json.dumps(schema(config_folder(config)), indent=2))
