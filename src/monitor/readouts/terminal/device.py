"""The terminal as a device of its own: written to without ever waiting, so that a slow line holds up nothing else.

Standard input and output often are one open file, and a program started before or after us may share it: what is
changed about that file would be changed for all of them. So the terminal is opened once more, by its name.
"""

import asyncio
import os
import select
import termios
from typing import IO

_LAST_WORDS_S = 0.5


def terminal_name(file: IO[str]) -> str | None:
    """Path of the terminal that a file leads to; None when it leads elsewhere, or the terminal has no name here."""
    try:
        return os.ttyname(file.fileno())
    except (OSError, ValueError, AttributeError):  # no file of the system's, no terminal, closed
        return None


class Device:
    """A terminal, opened for reading and writing. path: as of `terminal_name`. Raises OSError when it cannot be
    opened."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    @property
    def ours(self) -> bool:
        """Whether this process is in the foreground, so that the terminal is its to draw on and to read from. A
        terminal without job control is."""
        try:
            return os.tcgetpgrp(self.fd) == os.getpgrp()
        except OSError:
            return True

    async def write(self, data: bytes) -> None:
        """Return when the terminal has taken all of it. Raises BrokenPipeError when it is gone."""
        while data := data[self._write(data) :]:
            await self._room()

    def write_now(self, data: bytes) -> None:
        """As much of it as the terminal takes within half a second: for the way out, which nothing may block."""
        poll = select.poll()
        poll.register(self.fd, select.POLLOUT)
        while (data := data[self._write(data) :]) and poll.poll(_LAST_WORDS_S * 1000):
            pass

    def keep(self) -> list[object]:
        """How the terminal treats keys now, to be given back by `restore`."""
        return list(termios.tcgetattr(self.fd))

    def take_keys(self) -> None:
        """Keys come one by one and are not echoed; Ctrl-C, Ctrl-Z and Ctrl-\\ stay signals."""
        mode = termios.tcgetattr(self.fd)
        mode[3] &= ~(termios.ECHO | termios.ICANON)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)

    def restore(self, mode: list[object]) -> None:
        """Treat keys as when `keep` was called. Not after what is still to be written: that could take for ever."""
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)  # type: ignore[arg-type]

    def close(self) -> None:
        """Let the terminal go."""
        os.close(self.fd)

    def _write(self, data: bytes) -> int:
        try:
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0
        except OSError as gone:
            raise BrokenPipeError(*gone.args) from gone

    async def _room(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_writer(self.fd, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(self.fd)
