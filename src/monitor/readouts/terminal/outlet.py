"""Standard output as it really is: an encoding without arrows, a reader who has gone."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console

from monitor.readouts.terminal.signs import STAND_INS


def write_exactly(file: IO[str], document: bytes) -> None:
    """Write UTF-8 bytes and a line feed to a text file, whatever its own encoding."""
    if isinstance(file, io.TextIOWrapper):
        file.flush()
        file.buffer.write(document + b"\n")
    else:
        file.write(document.decode() + "\n")
    file.flush()


@contextmanager
def outlet(console: Console) -> Iterator[None]:
    """While the block runs, signs that the encoding lacks become ASCII, and `| head` ends the block quietly."""
    file = console.file
    if isinstance(file, io.TextIOWrapper):
        file.reconfigure(errors=STAND_INS)
    try:
        yield
    except BrokenPipeError:
        # The interpreter flushes once more at its end, which would complain again.
        # https://docs.python.org/3/library/signal.html#note-on-sigpipe
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, file.fileno())
        os.close(nowhere)
