"""Keys as a terminal sends them: bytes in, names out. Pure; a sequence may come in any number of pieces.

What no view has a use for is dropped: unknown sequences, letters beyond ASCII, control characters.
"""

from typing import Literal

_ESCAPE = 0x1B
_LONGEST = 32
"""Bytes of a sequence; what is longer is no key, and its end is not waited for."""

_CONTROLS = {0x09: "tab", 0x0A: "enter", 0x0C: "redraw", 0x0D: "enter"}

# https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-PC-Style-Function-Keys
_FINALS = {"A": "up", "B": "down", "C": "right", "D": "left", "F": "end", "H": "home", "Z": "back tab"}
_NUMBERED = {"1": "home", "4": "end", "5": "page up", "6": "page down", "7": "home", "8": "end"}

_State = Literal["ground", "escape", "sequence", "single"]


class KeyReader:
    """Takes the bytes of a terminal and gives names: `up`, `page down`, `escape`, or the character itself."""

    def __init__(self) -> None:
        self._state: _State = "ground"
        self._parameters = ""

    @property
    def pending(self) -> bool:
        """A sequence has begun; when nothing follows soon, `settle` tells what it was."""
        return self._state != "ground"

    def feed(self, data: bytes) -> list[str]:
        """The keys that are complete with these bytes."""
        return [key for byte in data for key in self._take(byte)]

    def settle(self) -> list[str]:
        """What a beginning stands for when no more comes: Esc alone; half a sequence is nothing."""
        state, self._state = self._state, "ground"
        return ["escape"] if state == "escape" else []

    def _take(self, byte: int) -> list[str]:
        if byte == _ESCAPE:  # also in the middle of a sequence, which it breaks off
            found = self.settle()
            self._state = "escape"
            return found
        match self._state:
            case "ground":
                return _plain(byte)
            case "escape":
                return self._second(byte)
            case "sequence":
                return self._further(byte)
            case "single":
                self._state = "ground"
                return _named(_FINALS.get(chr(byte)))

    def _second(self, byte: int) -> list[str]:
        if byte == ord("["):
            self._state, self._parameters = "sequence", ""
            return []
        if byte == ord("O"):
            self._state = "single"
            return []
        self._state = "ground"
        return ["escape", *_plain(byte)]

    def _further(self, byte: int) -> list[str]:
        if 0x20 <= byte <= 0x3F and len(self._parameters) < _LONGEST:
            self._parameters += chr(byte)
            return []
        self._state = "ground"
        if byte == ord("~"):
            return _named(_NUMBERED.get(self._parameters.partition(";")[0]))
        return _named(_FINALS.get(chr(byte)))


def _plain(byte: int) -> list[str]:
    if byte in _CONTROLS:
        return [_CONTROLS[byte]]
    return [chr(byte)] if 0x20 <= byte <= 0x7E else []


def _named(key: str | None) -> list[str]:
    return [key] if key else []
