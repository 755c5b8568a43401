"""A terminal for tests: what a program on a pseudo-terminal has on its screen, and how it left the line.

Knows the sequences that the monitor sends and no others: one that it does not know is an error of the test.
"""

import asyncio
import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from rich.cells import cell_len

from tests.eventually import eventually

_SEQUENCE = re.compile(r"\x1b\[(\??)([0-9;]*)([A-Za-z])")
_BLANK = (" ", "")


class Screen:
    """Cells of `columns` × `rows`. colours: whether a colour was ever set. other: whether the other screen is shown."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self.other = False
        self.cursor = True
        self.colours = False
        self._cells = [[_BLANK] * columns for _ in range(rows)]
        self._at = (0, 0)
        self._look = ""
        self._rest = ""

    def __str__(self) -> str:
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self._cells)

    @property
    def at_top(self) -> bool:
        """Whether the cursor is at the first cell."""
        return self._at == (0, 0)

    @property
    def cells(self) -> list[list[tuple[str, str]]]:
        """Text and look of every cell; the second cell of a wide character holds no text."""
        return self._cells

    @property
    def lines(self) -> list[str]:
        """Each line without blanks at its end."""
        return str(self).split("\n")

    def feed(self, text: str) -> None:
        """Show what a program wrote; the beginning of a sequence waits for its end."""
        text = self._rest + text
        at = 0
        while at < len(text):
            if text[at] == "\x1b":
                found = _SEQUENCE.match(text, at)
                if found is None:
                    break
                self._obey(*found.groups())
                at = found.end()
            else:
                self._put(text[at])
                at += 1
        self._rest = text[at:]
        assert len(self._rest) < 40, f"not known: {self._rest!r}"

    def _put(self, char: str) -> None:
        row, column = self._at
        if char == "\r":
            self._at = (row, 0)
        elif char == "\n":
            assert not self.other or row + 1 < self.rows, "the screen scrolled"
            self._at = (min(row + 1, self.rows - 1), column)
        elif not (size := cell_len(char)):
            if char.isprintable():  # a mark on the character before
                base = column - 1 if self._cells[row][column - 1][0] else column - 2
                text, look = self._cells[row][base]
                self._cells[row][base] = (text + char, look)
        else:
            if column + size > self.columns:
                assert not self.other, f"line {row + 1} is too long"
                row, column = min(row + 1, self.rows - 1), 0
            self._cells[row][column : column + size] = [(char, self._look), *[("", self._look)] * (size - 1)]
            self._at = (row, column + size)

    def _obey(self, private: str, numbers: str, final: str) -> None:
        if private:
            on = final == "h"
            if numbers == "1049":
                self.other = on
            elif numbers == "25":
                self.cursor = on
            return
        values = [int(number or 0) for number in numbers.split(";")]
        match final:
            case "H":
                row, column = [*values, 1, 1][:2] if numbers else (1, 1)
                assert not self.other or (row <= self.rows and column <= self.columns), "beyond the screen"
                self._at = (min(row, self.rows) - 1, min(column, self.columns) - 1)
            case "J":
                self._cells = [[_BLANK] * self.columns for _ in range(self.rows)]
            case "K":
                row, column = self._at
                self._cells[row][column:] = [_BLANK] * (self.columns - column)
            case "m":
                self._look = "" if numbers in ("", "0") else numbers
                self.colours |= any(30 <= value <= 49 or 90 <= value <= 107 for value in values)
            case _:
                raise AssertionError(f"not known: {private}{numbers}{final}")


class Seat:
    """Somebody who sits at a terminal on which a program runs."""

    def __init__(self, pid: int, line: int, own: int, screen: Screen) -> None:
        self.pid = pid
        self.screen = screen
        self.said = ""
        """All that the program wrote so far."""
        self.code: int | None = None
        """Exit code once the program has ended, negative for a signal."""
        self.fault: AssertionError | None = None
        """What the screen was told that no screen should be told."""
        self._line = line
        self._own = own
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    @property
    def mode(self) -> list[Any]:
        """How the terminal treats keys now."""
        return termios.tcgetattr(self._own)

    def press(self, keys: str | bytes) -> None:
        """Press keys, or send what a terminal sends for one."""
        os.write(self._line, keys.encode() if isinstance(keys, str) else keys)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window to another size."""
        self.screen = Screen(columns, rows)
        fcntl.ioctl(self._line, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def signal(self, number: signal.Signals) -> None:
        """Send the program in the foreground a signal."""
        os.kill(os.tcgetpgrp(self._line), number)

    async def sees(self, *texts: str, deadline_s: float = 60.0) -> None:
        """Return when all of that is on the screen. AssertionError with the screen when it does not come."""
        try:
            await eventually(lambda: all(text in str(self.screen) for text in texts), deadline_s=deadline_s)
        except TimeoutError:
            raise AssertionError(f"{texts} not on the screen:\n{self.screen}") from None

    async def ended(self, deadline_s: float = 60.0) -> int:
        """The exit code, once the program has ended; by then everything that it wrote has been read."""
        await eventually(self._gone, deadline_s=deadline_s)
        while select.select([self._line], [], [], 0)[0] and self._read():
            pass
        assert self.code is not None
        return self.code

    def _gone(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def _read(self) -> bool:
        """Take what there is to read; whether more may come."""
        try:
            data = os.read(self._line, 65536)
        except OSError:  # nobody has the other end open any more
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self._line)
            return False
        text = self._decoder.decode(data)
        self.said += text
        try:
            self.screen.feed(text)
        except AssertionError as fault:
            self.fault = self.fault or fault
        return True


@asynccontextmanager
async def at_a_terminal(
    argv: Sequence[str], env: Mapping[str, str], *, columns: int = 80, rows: int = 24
) -> AsyncIterator[Seat]:
    """Run a program on a terminal of its own while the block runs; it is killed at the end if it still runs.

    AssertionError at the end when it wrote what it should not: a line too long, one below the last.
    """
    pid, line = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], list(argv), dict(env))
    loop = asyncio.get_running_loop()
    own = os.dup(line)  # the mode of both ends is one
    seat = Seat(pid, line, own, Screen(columns, rows))
    fcntl.ioctl(line, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    loop.add_reader(line, seat._read)
    try:
        yield seat
        if seat.fault is not None:
            raise seat.fault
    finally:
        if seat.code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            await seat.ended()
        loop.remove_reader(line)
        os.close(own)
        os.close(line)
