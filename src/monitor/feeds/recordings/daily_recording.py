"""A recording in files of a day each: how one records for months and keeps what one wants."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from monitor.core.event import Event
from monitor.core.instant import utc_date
from monitor.feeds.recordings.recording import RecordingWriter

DATE = "{date}"
"""Stands in the name of a recording for the UTC date of log time."""


class DailyRecording:
    """Writes to a new file whenever log time reaches another UTC date; the former one is complete then.

    pattern: path with `{date}` in its name. open: makes the writer of one file.
    """

    def __init__(self, pattern: Path, open: Callable[[Path], RecordingWriter]) -> None:
        self._pattern = pattern
        self._open = open
        self._stack = ExitStack()
        self._date = ""
        self._writer: RecordingWriter | None = None

    def write(self, event: Event, logged_ns: int | None = None) -> None:
        """Add one event to the file of its date. Raises what opening a file raises."""
        date = utc_date(event.recv_ns if logged_ns is None else logged_ns)
        if date != self._date:
            self._stack.close()
            path = self._pattern.with_name(self._pattern.name.replace(DATE, date))
            self._writer = self._stack.enter_context(self._open(path))
            self._date = date
        assert self._writer is not None
        self._writer.write(event, logged_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def files_of(pattern: Path) -> list[Path]:
    """The files that a daily recording has written so far, by date."""
    return sorted(pattern.parent.glob(pattern.name.replace(DATE, "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")))
