"""The command line: `monitor …`. Each command reads its arguments, calls the assembly, and prints.

Exit codes (DESIGN section 5): 0 done, 1 a check said no, 2 wrong usage or configuration, 3 could not reach something,
130 interrupted. Documents go to stdout, everything else to stderr.
"""

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.errors import MonitorError, UsageError
from monitor.runtime.logs import redact

app = typer.Typer(
    name="monitor",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Live divergence of Hang Seng TECH, the Nasdaq and baskets of their names.",
)
alerts_app = typer.Typer(no_args_is_help=True, help="Alert rules and their deliveries.")
dead_app = typer.Typer(no_args_is_help=True, help="Notifications that a channel refused for good.")
config_app = typer.Typer(no_args_is_help=True, help="What the monitor is told to do.")
alerts_app.add_typer(dead_app, name="dead")
app.add_typer(alerts_app, name="alerts")
reference_app = typer.Typer(no_args_is_help=True, help="Closes, corporate actions and fixings on file.")
claims_app = typer.Typer(no_args_is_help=True, help="What the press says, against the prices on file.")
feeds_app = typer.Typer(no_args_is_help=True, help="Sources of quotes: what they have, what they deliver.")
app.add_typer(config_app, name="config")
app.add_typer(feeds_app, name="feeds")
app.add_typer(claims_app, name="claims")
app.add_typer(reference_app, name="reference")

Board = Annotated[str | None, typer.Option("--board", "-b", help="Board to use instead of the configured one.")]
ConfigDir = Annotated[
    Path | None, typer.Option("--config", help="Folder of monitor.toml, boards/, alerts.toml (MONITOR_CONFIG_DIR).")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document (or JSON Lines) on stdout, nothing else.")]
Paths = Annotated[
    list[Path], typer.Argument(help="Recorded quotes: .jsonl, .parquet, or the CSV forms; files or folders.")
]
Speed = Annotated[str, typer.Option("--speed", help="1 = as recorded, N = N times as fast, max = no waiting.")]
Data = Annotated[
    list[Path] | None,
    typer.Option("--data", help="Recorded prices: files or folders; may be repeated. Without: the closes on file."),
]
Basis = Annotated[
    str | None,
    typer.Option("--basis", help="Of daily CSV closes: raw, or split_adjusted (then the raw ones are worked out)."),
]

FeedNames = Annotated[
    list[str] | None, typer.Argument(help="Feeds (monitor feeds list); none: those that are on.", metavar="NAME…")
]
Symbols = Annotated[list[str] | None, typer.Option("--symbols", help="Only these, joined by commas; may be repeated.")]


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
    from monitor.assembly.alerting import run
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
    once: Annotated[bool, typer.Option("--once", help="Print the board once and leave.")] = False,
    as_json: AsJson = False,
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """The live board in this terminal."""
    from monitor.assembly.site import Site
    from monitor.assembly.watch import watch as run

    sys.exit(run(Site(config, board), once=once, as_json=as_json))


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


@app.command()
def doctor(config: ConfigDir = None, board: Board = None) -> None:
    """Can it reach what the configuration names? One line a check; exit 1 on a failure."""
    from monitor.assembly.doctor import doctor as run
    from monitor.assembly.site import Site

    sys.exit(run(Site(config, board)))


@alerts_app.command("check")
def alerts_check(config: ConfigDir = None, board: Board = None) -> None:
    """Read the rule file; print what it holds and what looks odd."""
    from monitor.assembly.rules import check
    from monitor.assembly.site import Site

    check(Site(config, board))


@alerts_app.command("list")
def alerts_list(as_json: AsJson = False, config: ConfigDir = None, board: Board = None) -> None:
    """Every rule that is pending, firing or clearing now."""
    from monitor.assembly.deliveries import show_active
    from monitor.assembly.site import Site

    sys.exit(show_active(Site(config, board), as_json=as_json))


@alerts_app.command("send-test")
def alerts_send_test(
    channel: Annotated[str, typer.Argument(help="Channel of alerts.toml.")],
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """One marked message on the real way; exit 1 and the class of the failure when it does not arrive."""
    from monitor.assembly.deliveries import send_test
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
    from monitor.assembly.deliveries import show_dead
    from monitor.assembly.site import Site

    sys.exit(show_dead(Site(config, board), channel, as_json=as_json))


@dead_app.command("retry")
def dead_retry(
    channel: Annotated[str, typer.Option("--channel", help="Channel whose dead letters are sent again.")],
    config: ConfigDir = None,
    board: Board = None,
) -> None:
    """Put the dead letters of a channel back into its outbox."""
    from monitor.assembly.deliveries import retry_dead
    from monitor.assembly.site import Site

    sys.exit(retry_dead(Site(config, board), channel))


@config_app.command("check")
def config_check(config: ConfigDir = None, board: Board = None) -> None:
    """Read everything that a start would read; exit 2 with file and key when something is refused."""
    from monitor.assembly.rules import check_everything
    from monitor.assembly.site import Site

    check_everything(Site(config, board))


@config_app.command("show")
def config_show(config: ConfigDir = None) -> None:
    """The settings in force, secrets hidden."""
    from monitor.assembly.site import Site
    from monitor.settings.show import show

    typer.echo(show(Site(config).settings))


@config_app.command("schema")
def config_schema(config: ConfigDir = None) -> None:
    """JSON Schema of monitor.toml, for editors."""
    import json

    from monitor.settings import config_folder
    from monitor.settings.show import schema

    typer.echo(json.dumps(schema(config_folder(config)), indent=2))


@feeds_app.command("list")
def feeds_list(as_json: AsJson = False, config: ConfigDir = None, board: Board = None) -> None:
    """Every feed: on or off, where it connects, which lines of the board it has, how late it is, what it needs."""
    from monitor.assembly.feed_list import list_feeds
    from monitor.assembly.site import Site

    sys.exit(list_feeds(Site(config, board), as_json=as_json))


@feeds_app.command("probe")
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


@feeds_app.command("tail")
def feeds_tail(names: FeedNames = None, symbols: Symbols = None, config: ConfigDir = None, board: Board = None) -> None:
    """What arrives, line by line, and what ingest would refuse of it; until Ctrl-C."""
    from monitor.assembly.feed_tail import tail
    from monitor.assembly.site import Site

    sys.exit(tail(Site(config, board), names or [], symbols=symbols or []))


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


def main() -> None:
    """Entry point of the console script."""
    try:
        app(standalone_mode=False)
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except MonitorError as error:
        print(f"error: {redact(str(error))}", file=sys.stderr)  # noqa: T201
        sys.exit(error.exit_code)
    except Exception as error:
        show = getattr(error, "show", None)  # click's own usage errors know how to print themselves
        if show is None:
            raise
        show()
        sys.exit(2)


if __name__ == "__main__":
    main()
