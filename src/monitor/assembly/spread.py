"""The calculator: the log into snapshots, and what it leaves for ever to disk."""

from pathlib import Path

import msgspec

from monitor.assembly.log_guard import end_of_log
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import REPLAY, Site
from monitor.bus.history import HistoryReader
from monitor.core.board import Board
from monitor.core.instant import DAY_MS
from monitor.core.session import Calendar
from monitor.runtime.ending import unless
from monitor.workers.archive import Archiver
from monitor.workers.spread import calculate


def make_board(site: Site) -> Board:
    """A new engine for the configured board. Raises ConfigError or DataError for what it is configured with."""
    return Board(site.definition, site.calendars, site.reference, interval_ns=site.interval_ns)


def board_calendars(site: Site) -> list[Calendar]:
    """The exchanges of the board's instruments, in the order of their names: whose closes make daily records."""
    names = {instrument.calendar for instrument in site.definition.instruments if instrument.calendar}
    return [site.calendars[name] for name in sorted(names)]


def history_folder(site: Site) -> Path:
    """Where the board's history is kept for ever."""
    return site.settings.data_dir / "history" / site.definition.id


def make_archiver(site: Site, reader: HistoryReader) -> Archiver:
    """What keeps the board's history on disk."""
    return Archiver(reader, history_folder(site), simulated=site.simulated)


def run(site: Site) -> int:
    """The service `monitor spread`; returns its exit code."""
    make_board(site)  # what is wrong with the configuration is told now, not when the lease is ours
    settings = site.settings.calculator

    async def main(parts: Parts) -> None:
        await unless(parts.service.stop, end_of_log(site, parts.commands))
        if REPLAY not in site.feeds:  # a rehearsal leaves no files; `monitor history --replay … --store` does
            archiver = make_archiver(site, HistoryReader(parts.commands, site.keys))
            parts.service.spawn(archiver.run(parts.service.stop), "archive")
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
            calendars=board_calendars(site),
            history_ms=round(settings.history_days * DAY_MS),
            reference=msgspec.json.encode(site.reference),
        )

    return run_service(site, "spread", main)
