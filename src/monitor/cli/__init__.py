"""The command line: `monitor …`. Each command reads its arguments, calls the assembly, and prints.

Exit codes (DESIGN section 5): 0 done, 1 a check said no, 2 wrong usage or configuration, 3 could not reach something,
130 interrupted. Documents go to stdout, everything else to stderr.
"""

import sys

import typer

from monitor.cli import alerts, config, data, feeds, reference, services
from monitor.errors import MonitorError
from monitor.runtime.logs import redact

app = typer.Typer(
    name="monitor",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Live divergence of Hang Seng TECH, the Nasdaq and baskets of their names.",
)
app.add_typer(services.app)
app.add_typer(data.app)
app.add_typer(alerts.app, name="alerts")
app.add_typer(config.app, name="config")
app.add_typer(feeds.app, name="feeds")
app.add_typer(reference.claims_app, name="claims")
app.add_typer(reference.reference_app, name="reference")


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
