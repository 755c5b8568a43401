"""Session tables without the weight of the library that makes them.

Every service needs the tables, none needs pandas afterwards. So a short-lived process of its own asks the library, and
its answer is kept in a small file for whoever starts next (docs/decisions/0009).
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

import msgspec

from monitor.errors import DataError
from monitor.history.library_sessions import Sessions

LIBRARY = "exchange_calendars"

_FORMAT = "1"
_TIMEOUT_S = 120.0


class _Stored(msgspec.Struct, frozen=True):
    """question: format, version of the library, names and range that the tables are the answer to."""

    question: list[str]
    tables: dict[str, Sessions]


_decode_stored = msgspec.msgpack.Decoder(_Stored).decode
_decode_tables = msgspec.msgpack.Decoder(dict[str, Sessions]).decode


class SessionCache:
    """Answers as `library_sessions` does, from one file in `folder` when it holds the same question.

    The folder is created when there is something to keep. One that cannot be written, as in a read-only container, is
    no error: the library is then asked at each start.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "sessions.msgpack"

    def __call__(self, names: Sequence[str], start: date, end: date) -> dict[str, Sessions]:
        """Sessions from `start` to `end` by calendar. Raises DataError when the library does not answer."""
        question = [_FORMAT, version(LIBRARY), *names, start.isoformat(), end.isoformat()]
        with contextlib.suppress(OSError, msgspec.MsgspecError):  # absent or broken: asked anew
            stored = _decode_stored(self._file.read_bytes())
            if stored.question == question:
                return stored.tables
        tables = _ask(question[2:])
        with contextlib.suppress(OSError):
            self._keep(msgspec.msgpack.encode(_Stored(question, tables)))
        return tables

    def _keep(self, data: bytes) -> None:
        """Write the file whole or not at all: several services may start at once."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._file.parent, prefix=self._file.name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
            os.replace(name, self._file)
        except BaseException:
            os.unlink(name)
            raise


def _ask(arguments: Sequence[str]) -> dict[str, Sessions]:
    """The library's tables, from a process that ends with them. -P: nothing is imported from the current folder."""
    command = [sys.executable, "-P", "-m", "monitor.history.library_sessions", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=_TIMEOUT_S)  # noqa: S603
        return _decode_tables(done.stdout)
    except subprocess.CalledProcessError as failed:
        last = failed.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {failed.returncode}"]
        raise DataError("calendars", f"{LIBRARY} does not answer: {last[0]}", "Install it anew.") from failed
    except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as trouble:
        raise DataError("calendars", f"{LIBRARY} cannot be asked: {trouble}") from trouble
