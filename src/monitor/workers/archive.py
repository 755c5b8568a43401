"""History from Redis to disk, beside the calculator: each daily record, and the minutes of each day that is over.

Writing is the work of a short process (`monitor.history.archive`), since the libraries that write Parquet would weigh
more than the calculator. Nothing here is remembered: at its start it offers everything that Redis still has, and what
is on disk stays as it is. A folder that cannot be written ends nothing; it is tried again.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from monitor.bus.history import HistoryReader
from monitor.bus.redis import TROUBLE
from monitor.core.daily import decode_record
from monitor.core.instant import DAY_MS, MILLISECOND, parse_instant, utc_date
from monitor.history.files import HistoryFiles
from monitor.runtime import metrics
from monitor.runtime.child import die_with_parent
from monitor.runtime.ending import unless

log = structlog.get_logger(__name__)

LOOK_S = 5.0
"""How often Redis is asked for new records, seconds."""
AGAIN_S = 60.0
"""Pause after a failure, seconds."""


class ArchiveError(OSError):
    """The writing process could not write; it says why."""


class Archiver:
    """Keeps one board's history on disk.

    reader: of the board. folder: `<data_dir>/history/<board>`. simulated: which half of it.
    """

    def __init__(self, reader: HistoryReader, folder: Path, *, simulated: bool) -> None:
        self._reader = reader
        self._folder = folder
        self._simulated = simulated
        self._half = "simulated" if simulated else "real"
        self._files = HistoryFiles(folder, simulated=simulated)
        self._position = "0-0"
        self._done: set[str] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Archive what comes until `stop` is set. Ends for nothing else."""
        while not stop.is_set():
            pause_s = LOOK_S
            try:
                await self.catch_up()
            except TROUBLE as trouble:
                pause_s = AGAIN_S if isinstance(trouble, ArchiveError) else LOOK_S
                log.warning("history_not_archived", folder=str(self._folder), reason=str(trouble), again_in_s=pause_s)
                metrics.HISTORY_TROUBLE.labels("not written").inc()
            await unless(stop, asyncio.sleep(pause_s))

    async def catch_up(self) -> None:
        """Write all that Redis has and the disk has not. Raises ArchiveError, and what redis-py raises."""
        first = await self._reader.daily(self._position, count=1)
        if not first:
            return
        newest_ms = 0
        position = self._position

        async def records() -> AsyncIterator[bytes]:
            nonlocal newest_ms, position
            while entries := await self._reader.daily(position):
                for entry in entries:
                    position = entry.id
                    try:
                        newest_ms = max(newest_ms, decode_record(entry.data).t)
                    except ValueError as broken:
                        log.warning("daily_record_skipped", id=entry.id, reason=str(broken))
                        continue
                    yield entry.data

        await self._write(["daily"], records())
        await self._archive_minutes(utc_date(newest_ms * MILLISECOND))
        self._position = position

    async def _archive_minutes(self, today: str) -> None:
        """Write the minutes of every UTC day before `today`: no more of them will come."""
        subjects = await self._reader.subjects()
        spans = [span for subject in subjects if (span := await self._reader.span(subject)) is not None]
        if not spans:
            return
        first_ms = min(span[0] for span in spans) // DAY_MS * DAY_MS
        today_ms = parse_instant(f"{today}T00:00:00Z") // MILLISECOND
        for ms in range(first_ms, today_ms, DAY_MS):
            day = utc_date(ms * MILLISECOND)
            if day in self._done or self._files.minutes(day).exists():
                continue
            # The oldest day may have lost its first minutes to the bound of the streams: then it was archived long ago.
            await self._write(["minutes", day], self._bars(subjects, ms))
            self._done.add(day)

    async def _bars(self, subjects: Collection[str], ms: int) -> AsyncIterator[bytes]:
        """Those of one UTC day that belong to this half: a Redis that was used for both may hold others as well."""
        for subject in subjects:
            async for bars in self._reader.minutes(subject, ms, ms + DAY_MS - 1):
                if bars.simulated == self._simulated:
                    yield msgspec.json.encode(bars)

    async def _write(self, what: list[str], lines: AsyncIterator[bytes]) -> None:
        """Feed a writing process to its end; what disagrees with the disk is told. Raises ArchiveError."""
        kind, *rest = what
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "monitor.history.archive", kind, str(self._folder), self._half, *rest),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which ends that one when it leaves
            preexec_fn=die_with_parent,
        )
        assert process.stdin is not None
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # its exit code tells why it stopped reading
                async for line in lines:
                    process.stdin.write(line + b"\n")
                    await process.stdin.drain()
            process.stdin.close()  # `communicate` without input leaves it open
            said, failed = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        for difference in said.decode(errors="replace").splitlines():
            log.warning("history_differs", reason=difference)
            metrics.HISTORY_TROUBLE.labels("differs").inc()
        if process.returncode:
            reasons = failed.decode(errors="replace").strip().splitlines()
            raise ArchiveError(reasons[-1] if reasons else f"exit code {process.returncode}")
