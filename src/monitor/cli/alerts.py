"""Alert rules and their deliveries: `monitor alerts …`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import AsJson, Basis, Board, ConfigDir, Paths

app = typer.Typer(no_args_is_help=True, help="Alert rules and their deliveries.")
dead_app = typer.Typer(no_args_is_help=True, help="Notifications that a channel refused for good.")
app.add_typer(dead_app, name="dead")
silence_app = typer.Typer(no_args_is_help=True, help="Times in which nobody wants to hear of something.")
app.add_typer(silence_app, name="silence")


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
def alerts_list(
    everything: Annotated[bool, typer.Option("--all", help="Also the rules on which nothing is going on.")] = False,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Every rule that is pending, firing or clearing now, or lacks data."""
    from monitor.assembly.alerts.listing import show
    from monitor.assembly.site import Site

    sys.exit(show(Site(config, board), everything=everything, as_json=as_json))


@app.command("explain")
def alerts_explain(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Of an episode or of a notification.")],
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """What happened in one episode, why, what was said, and whom it reached."""
    from monitor.assembly.alerts.explain import explain
    from monitor.assembly.site import Site

    sys.exit(explain(Site(config, board), identifier, as_json=as_json))


@app.command("backtest")
def alerts_backtest(
    paths: Paths,
    rules: Annotated[
        Path | None, typer.Option("--rules", help="Rule file to judge; default: alerts.toml, or NEW of --diff.")
    ] = None,
    diff: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--diff", metavar="OLD NEW", help="Say what NEW makes of the same prices that OLD did not."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Show only this rule; may be repeated.")] = None,
    since: Annotated[str | None, typer.Option(help="From here on: 2025-02-21T08:00:00Z, or a date (UTC).")] = None,
    until: Annotated[str | None, typer.Option(help="Up to here, or to the end of this date (UTC).")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the episodes into this file.")] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Folder for a picture of each rule that had an episode.")
    ] = None,
    basis: Basis = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """What rules would have sent: over recorded quotes exactly, over bars and daily closes as an ESTIMATE."""
    from monitor.assembly.alerts.backtest import Asked, backtest
    from monitor.assembly.site import Site

    asked = Asked(
        paths=paths,
        rules=rules,
        diff=diff,
        only=only or (),
        since=since,
        until=until,
        basis=basis,
        csv=csv,
        chart=chart,
        as_json=as_json,
    )
    sys.exit(backtest(Site(config, board), asked))


@app.command("preview")
def alerts_preview(
    rule: Annotated[str, typer.Argument(help="Rule of alerts.toml.")],
    kind: Annotated[str | None, typer.Option("--kind", help="FIRING, RESOLVED, …; default: the usual one.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Default: those that the rule notifies.")] = None,
    instance: Annotated[str | None, typer.Option("--instance", help="Subject, of a rule with `each`.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the HTML part of a mail into this file.")] = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """How a message of a rule looks on a channel, from its last episode or from made-up data; sends nothing."""
    from monitor.assembly.alerts.preview import preview
    from monitor.assembly.site import Site

    site = Site(config, board)
    sys.exit(preview(site, rule, kind=kind, instance=instance, channel=channel, html=html, as_json=as_json))


@app.command("send-test")
def alerts_send_test(
    channel: Annotated[str, typer.Argument(help="Channel of alerts.toml.")],
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """One marked message on the real way; exit 1 and the class of the failure when it does not arrive."""
    from monitor.assembly.alerts.deliveries import send_test
    from monitor.assembly.site import Site

    sys.exit(send_test(Site(config, board), channel, as_json=as_json))


@silence_app.command("add")
def silence_add(
    rule: Annotated[str | None, typer.Option("--rule", help="Rules, `*` for any run of characters.")] = None,
    instance: Annotated[str | None, typer.Option("--instance", help="Instances, likewise.")] = None,
    level: Annotated[str | None, typer.Option("--level", help="Levels of messages, joined by commas.")] = None,
    length: Annotated[str | None, typer.Option("--for", help="How long from now: 30m, 2h, 1d; to 366d.")] = None,
    until: Annotated[str | None, typer.Option("--until", help="14:30 (Hong Kong), or a time with its offset.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="Who; default: the user of this terminal.")] = None,
    why: Annotated[str, typer.Option("--why", help="For those who wonder.")] = "",
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Hold opening messages back for a while; what was told is closed all the same."""
    from monitor.assembly.alerts.silences import add, user
    from monitor.assembly.site import Site
    from monitor.readouts.desk import SilenceWanted

    levels = tuple(part.strip() for part in (level or "").split(",") if part.strip())
    said = user() if by is None else by
    wanted = SilenceWanted(rule=rule, instance=instance, levels=levels, length=length, until=until, by=said, why=why)
    sys.exit(add(Site(config, board), wanted, as_json=as_json))


@silence_app.command("list")
def silence_list(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Silences that are on or to come."""
    from monitor.assembly.alerts.silences import show
    from monitor.assembly.site import Site

    sys.exit(show(Site(config, board), everything=everything, as_json=as_json))


@silence_app.command("expire")
def silence_expire(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="As `silence list` shows it.")],
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """End a silence now."""
    from monitor.assembly.alerts.silences import expire
    from monitor.assembly.site import Site

    sys.exit(expire(Site(config, board), identifier, as_json=as_json))


@dead_app.command("list")
def dead_list(
    channel: Annotated[str | None, typer.Option("--channel", help="Only this channel.")] = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Dead letters, oldest first."""
    from monitor.assembly.alerts.dead import show
    from monitor.assembly.site import Site

    sys.exit(show(Site(config, board), channel, as_json=as_json))


@dead_app.command("retry")
def dead_retry(
    channel: Annotated[str | None, typer.Option("--channel", help="Channel whose dead letters are sent again.")] = None,
    identifier: Annotated[str | None, typer.Option("--id", help="Only this notification.")] = None,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Put dead letters back into the outbox of their channel."""
    from monitor.assembly.alerts.dead import retry
    from monitor.assembly.site import Site

    sys.exit(retry(Site(config, board), channel, identifier, as_json=as_json))
