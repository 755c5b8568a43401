"""The console channel: one line of text on standard output per message, for `monitor up` and for a first look."""

import sys
from typing import TextIO

from monitor.notify.port import Accepted, Charting, Message, Outcome, Permanent
from monitor.notify.wording import one_line


class Console:
    """Writes to `stream`, standard output unless given. Control characters of the data never reach the terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def __repr__(self) -> str:
        return "Console()"

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        stream = self._stream or sys.stdout
        try:
            stream.write(console_line(message) + "\n")
            stream.flush()
        except (OSError, ValueError) as closed:
            return Permanent(f"standard output cannot be written ({type(closed).__name__})")
        return Accepted()

    async def close(self) -> None:
        """Nothing to release: standard output belongs to the process."""


def console_line(message: Message) -> str:
    """The summary, which begins with badge and marks, and the last line of the footer, which names time and id."""
    return one_line(" · ".join((message.summary, *message.footer[-1:])))
