"""The calculator: the log into snapshots."""

from monitor.assembly.log_guard import end_of_log
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import Site
from monitor.core.board import Board
from monitor.runtime.ending import unless
from monitor.workers.spread import calculate


def make_board(site: Site) -> Board:
    """A new engine for the configured board. Raises ConfigError or DataError for what it is configured with."""
    return Board(site.definition, site.calendars, site.reference, interval_ns=site.interval_ns)


def run(site: Site) -> int:
    """The service `monitor spread`; returns its exit code."""
    make_board(site)  # what is wrong with the configuration is told now, not when the lease is ours
    settings = site.settings.calculator

    async def main(parts: Parts) -> None:
        await unless(parts.service.stop, end_of_log(site, parts.commands))
        await calculate(
            lambda: make_board(site),
            client=parts.commands,
            reading=parts.reading,
            keys=site.keys,
            owner=site.instance,
            heart=parts.heart,
            clock=parts.clock,
            stop=parts.service.stop,
            per_entry=settings.interval_ms == 0,
            checkpoint_s=settings.checkpoint_s,
            lease_s=settings.lease_s,
            keep_ms=round(settings.snapshots_keep_s * 1000 * site.fastest),
            max_bytes=settings.snapshots_max_bytes,
        )

    return run_service(site, "spread", main)
