"""The whole terminal while the board is on it, and the terminal as it was afterwards, however that comes about."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment

from monitor.readouts.terminal.canvas import Canvas, ScreenLine
from monitor.readouts.terminal.device import Device, terminal_name
from monitor.readouts.terminal.keys import KeyReader
from monitor.readouts.terminal.signs import STAND_INS

_ENTER = "\x1b[?1049h\x1b[?25l"
"""The other screen, without a cursor."""
_LEAVE = "\x18\x1b[0m\x1b[?25h\x1b[?1049l"
"""CAN first: it ends whatever sequence was on its way."""
_TOP = "\x1b[H"
"""The cursor to the first cell."""
_ESCAPE_S = 0.25
"""So long after Esc the rest of a sequence may come over a slow line; then it was the key alone."""
_READ = 1024


class FullScreen:
    """Draws pictures on the terminal of `console` and reads keys, while the block runs.

    on_key: is called with each key (`monitor.readouts.terminal.keys`). on_change: is called when the next picture is
    wanted soon, because the terminal has another size or is ours again. Keys come only where standard input is the
    same terminal; a console whose file is no terminal of the system gets pictures and nothing more.

    In the background nothing is drawn and nothing is read: Ctrl-Z gives the terminal back, and `fg` takes it again.
    Ctrl-\\ gives it back too before it ends the process.
    """

    def __init__(self, console: Console, on_key: Callable[[str], None], on_change: Callable[[], None]) -> None:
        self._console = console
        self._on_key = on_key
        self._on_change = on_change
        self._canvas = Canvas(COLOR_SYSTEMS.get(console.color_system or ""))
        self._keys = KeyReader()
        self._settling: asyncio.TimerHandle | None = None
        self._device: Device | None = None
        self._mode: list[object] | None = None
        self._shown = False

    @property
    def has_keys(self) -> bool:
        """Whether keys are read now."""
        return self._mode is not None

    async def __aenter__(self) -> "FullScreen":
        name = terminal_name(self._console.file)
        if name is not None:
            with contextlib.suppress(OSError):  # it cannot be opened by its name, as after `su`: pictures only
                self._device = Device(name)
        if self._device is not None:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTSTP, signal.SIGQUIT):
                loop.add_signal_handler(number, self._give_way, number)
            for number in (signal.SIGCONT, signal.SIGWINCH):
                loop.add_signal_handler(number, self._again)
        if self._device is None or self._device.ours:
            self._enter()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._leave()
        finally:
            if self._device is not None:
                loop = asyncio.get_running_loop()
                for number in (signal.SIGTSTP, signal.SIGQUIT, signal.SIGCONT, signal.SIGWINCH):
                    loop.remove_signal_handler(number)
                self._device.close()

    async def show(self, lines: Sequence[ScreenLine], width: int, height: int) -> None:
        """Draw a picture of at most `height` lines; returns when the terminal has taken it, which over a slow line
        takes its time. Raises BrokenPipeError when nobody reads any more."""
        if self._device is not None and not self._device.ours:
            self._shown = False
            return
        if not self._shown:
            self._enter()
        if self._console.no_color:
            lines = [list(Segment.remove_color(line)) for line in lines]
        change = self._canvas.change(lines, width, height)
        # What is typed is echoed where keys are not read: at the top it cannot scroll the picture away.
        await self._send(change if self.has_keys or not change else change + _TOP)

    def _enter(self) -> None:
        self._canvas.forget()
        self._shown = True
        self._send_now(_ENTER)
        device = self._device
        if device is not None and terminal_name(sys.stdin) == terminal_name(self._console.file):
            self._mode = device.keep()
            device.take_keys()
            asyncio.get_running_loop().add_reader(device.fd, self._read)

    def _leave(self) -> None:
        if not self._shown:
            return
        self._shown = False
        mode, self._mode = self._mode, None
        if self._device is not None and mode is not None:
            asyncio.get_running_loop().remove_reader(self._device.fd)
            self._device.restore(mode)
        self._send_now(_LEAVE)

    def _give_way(self, number: signal.Signals) -> None:
        """What the signal does to a program that does not know it, with the terminal as it was."""
        loop = asyncio.get_running_loop()
        self._leave()
        loop.remove_signal_handler(number)
        os.kill(os.getpid(), number)
        # Here it goes on after `fg`, or at once where the system lets nobody stop.
        loop.add_signal_handler(number, self._give_way, number)
        self._again()

    def _again(self) -> None:
        self._canvas.forget()
        self._on_change()

    def _read(self) -> None:
        device = self._device
        assert device is not None
        try:
            data = os.read(device.fd, _READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # hung up: the next picture will find out
            asyncio.get_running_loop().remove_reader(device.fd)
            return
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None
        found = self._keys.feed(data)
        if self._keys.pending:
            self._settling = asyncio.get_running_loop().call_later(_ESCAPE_S, self._settle)
        self._press(found)

    def _settle(self) -> None:
        self._press(self._keys.settle())

    def _press(self, keys: Sequence[str]) -> None:
        for key in keys:
            if key == "redraw":
                self._again()
            else:
                self._on_key(key)

    async def _send(self, text: str) -> None:
        if self._device is not None:
            await self._device.write(self._encoded(text))
        else:
            self._send_now(text)

    def _send_now(self, text: str) -> None:
        if self._device is not None:
            self._device.write_now(self._encoded(text))
        else:
            self._console.file.write(text)
            self._console.file.flush()

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._console.encoding, STAND_INS)
