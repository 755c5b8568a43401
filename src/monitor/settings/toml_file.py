"""A TOML file together with the line on which each of its keys stands, so that a refusal can point at it."""

import re
import tomllib
from pathlib import Path
from typing import Any, TypeAlias

from monitor.errors import ConfigError

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys from the top of the file; a number counts the tables of an array of tables from 0."""

_LINE = re.compile(r"at line (\d+)")
_HEADER = re.compile(r"^\s*(\[\[?[^\]]+\]\]?)\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\"'-]+(?:\s*\.\s*[A-Za-z0-9_\"'-]+)*)\s*=")


class TomlFile:
    """What a TOML file says and where it says it.

    path: as it was named. data: the parsed document.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            line = _LINE.search(str(error))
            where = f"{path}:{line[1] if line else len(text.splitlines())}"
            raise ConfigError(where, "", str(error), "TOML 1.0", "See https://toml.io") from error
        self._lines = _key_lines(text)

    @classmethod
    def read(cls, path: Path, hint: str = "MONITOR_CONFIG_DIR names the folder of the configuration.") -> "TomlFile":
        """The file at `path`. hint: what to do when it is not there. Raises ConfigError then, and when it is not
        readable or not TOML."""
        try:
            return cls(path, path.read_text("utf-8"))
        except FileNotFoundError as error:
            raise ConfigError(str(path), "", "no such file", "a TOML file", hint) from error
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(str(path), "", str(error), "a readable UTF-8 file") from error

    def where(self, path: KeyPath) -> str:
        """`file:line` of a key, or of the nearest table around it; the file alone when nothing of it was written."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def _key_lines(text: str) -> dict[KeyPath, int]:
    """Line (from 1) of each header and key. Keys inside inline tables are not looked for."""
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _numbered(_keys(header[1]), counts, array=header[1].startswith("[["))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(table + _keys(key[1] + " = 0"), number)
    return lines


def _keys(fragment: str) -> tuple[str, ...]:
    """The dotted key of a header or assignment, split by TOML's own rules; empty when it is none."""
    try:
        node: Any = tomllib.loads(fragment)
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while node:
        if isinstance(node, list):
            node = node[0]
        elif isinstance(node, dict):
            key, node = next(iter(node.items()))
            keys.append(key)
    return tuple(keys)


def _numbered(keys: tuple[str, ...], counts: dict[KeyPath, int], *, array: bool) -> KeyPath:
    """The header's path with the number of the array table that each part lies in."""
    path: KeyPath = ()
    for i, key in enumerate(keys):
        path += (key,)
        if array and i == len(keys) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path += (counts[path],)
    return path
