"""Log files that several processes append to, kept small while they are written: for `monitor up`."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

LARGE = 10_000_000
"""Bytes."""


class Journals:
    """The files below `folder` that `patterns` name, as `logs/*.log`. Each that has passed `large` bytes becomes
    `*.log.1`, in place of the one before, and goes on from nothing: twice that much is what a file may take, and what
    it grows in `every_s`.

    Whoever writes has a file open for appending and is not asked: its content moves, the file stays. A line that comes
    in that very moment may be lost. OSError from the disk goes to the log, and the file stays as it is.
    """

    def __init__(self, folder: Path, patterns: Sequence[str], *, large: int = LARGE, every_s: float = 10.0) -> None:
        self._folder = folder
        self._patterns = patterns
        self._large = large
        self._every_s = every_s

    def trim(self) -> None:
        """Make room once, where it is time to."""
        for pattern in self._patterns:
            for journal in self._folder.glob(pattern):
                try:
                    if journal.stat().st_size > self._large:
                        shutil.copyfile(journal, journal.with_suffix(".log.1"))
                        os.truncate(journal, 0)
                except OSError as trouble:
                    log.warning("log_not_put_aside", file=str(journal), reason=str(trouble))

    async def run(self) -> None:
        """Make room again and again, until cancelled."""
        while True:
            await asyncio.to_thread(self.trim)
            await asyncio.sleep(self._every_s)
