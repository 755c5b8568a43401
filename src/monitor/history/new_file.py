"""Files that are there whole or not at all.

A file is written under a temporary name in its own folder, brought to the disk, and only then given its name; so
kill -9, a full disk or a lost machine leave at most a temporary file, which no reader looks at.
"""

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

TEMPORARY = ".tmp"
"""How the names of unfinished files end."""


def create_file(path: Path, write: Callable[[IO[bytes]], object]) -> bool:
    """Make a new file; True once its content and its name are on the disk.

    False when there is a file of that name, which stays as it is, also when another process made it meanwhile. Missing
    folders are made. Raises OSError when it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _unfinished(path) as (stream, name):
        write(stream)
        _to_disk(stream)
        try:
            os.link(name, path)  # unlike a renaming it never takes the place of another file
        except FileExistsError:
            return False
    _sync_folder(path.parent)
    return True


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A stream whose content takes the place of `path` at the end of the block; after an error in it, `path` is as it
    was. The folder must exist. Raises OSError when it cannot be written."""
    with _unfinished(path) as (stream, name):
        yield stream
        _to_disk(stream)
        os.replace(name, path)
    _sync_folder(path.parent)


@contextlib.contextmanager
def _unfinished(path: Path) -> Iterator[tuple[IO[bytes], str]]:
    """A temporary file beside `path`, and its name; gone at the end of the block, unless it was renamed."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=TEMPORARY)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, 0o644)  # history is for everybody who may look into the folder
            yield stream, name
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)


def _to_disk(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
