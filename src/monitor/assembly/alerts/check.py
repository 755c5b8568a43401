"""`monitor alerts check` and `monitor config check`: what a configuration amounts to, and what looks odd in it."""

import msgspec
import typer

from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.feed_needs import check_feeds
from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.alerts.rules.warnings import RuleWarning, expired_rules, unfilled_metrics
from monitor.core.metrics.measuring import frame_of
from monitor.runtime.clock import SystemClock


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What `monitor alerts check --json` prints. file: path of the rule file."""

    file: str
    rules: int
    instances: int
    channels: int
    warnings: tuple[RuleWarning, ...]


def check(site: Site, *, as_json: bool = False) -> None:
    """Print what a rule file that is right amounts to: a line of counts, then the warnings. Raises ConfigError for one
    that is not."""
    config = load_rules(site)
    checked = Checked(
        file=config.where,
        rules=len(config.rules),
        instances=len(config.rules.entries),
        channels=len(config.channels),
        warnings=all_warnings(site, config),
    )
    if as_json:
        typer.echo(msgspec.json.encode(checked).decode())
        return
    counts = ((checked.rules, "rule"), (checked.instances, "instance"), (checked.channels, "channel"))
    told = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)
    typer.echo(f"{config.where}: {told}")
    for warning in checked.warnings:
        typer.echo(f"warning: {warning}")


def all_warnings(site: Site, config: AlertConfig) -> tuple[RuleWarning, ...]:
    """What looks odd in a rule file, seen with its board and the time: by line."""
    now_ns = SystemClock().now_ns()
    rules = config.rules.rules
    # A board without a single price has all the metrics it will ever have, each without a value.
    board = make_board(site)
    filled = frame_of(board.snapshot(max(board.log_ns, now_ns))).metrics
    found = [
        *config.warnings,
        *unfilled_metrics(rules, filled, config.where),
        *expired_rules(rules, now_ns // 1_000_000, config.where),
    ]
    return tuple(sorted(found, key=lambda warning: warning.line or 0))


def check_everything(site: Site) -> None:
    """Read all that a start reads, and say what it amounts to."""
    board = make_board(site).definition
    check_feeds(site)
    folder = site.folder
    typer.echo(f"{folder / 'monitor.toml'}: feed {site.settings.feed}")
    typer.echo(f"{folder / 'feeds'}: {', '.join(site.feed_files) or 'no feed files'}")
    parts = ("instruments", "baskets", "pairs", "windows", "proxies")
    counts = ", ".join(f"{len(getattr(board, part))} {part}" for part in parts)
    typer.echo(f"{folder / 'boards' / f'{board.id}.toml'}: {counts}")
    closes = sum(len(sessions) for sessions in site.reference.closes.values())
    used = " (not used: the simulator brings its own)" if site.simulated else ""
    typer.echo(f"{folder / 'reference'}: {closes} closes, {len(site.reference.actions)} corporate actions{used}")
    check(site)
