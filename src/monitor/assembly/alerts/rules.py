"""The alert rules of a board, and what the checks print of a configuration."""

import typer

from monitor.assembly.feed_needs import check_feeds
from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.alerts.rules.rule_file import check as described
from monitor.errors import ConfigError
from monitor.notify.template import check_template


def load_rules(site: Site) -> AlertConfig:
    """`alerts.toml` of the configuration. Raises ConfigError for the first thing that is refused."""
    path = site.folder / "alerts.toml"
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", str(error), "a readable file of alert rules") from error
    return parse_rules(
        text,
        str(path),
        calendars=site.calendars,
        channel_overrides={
            name: {key: value.get_secret_value() for key, value in keys.items()}
            for name, keys in site.settings.channels.items()
        },
        check_template=check_template,
        **names_of(site.definition),
    )


def check(site: Site) -> None:
    """Print what `monitor alerts check` prints of a file that is right."""
    for line in described(load_rules(site)):
        typer.echo(line)


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
