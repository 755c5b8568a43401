"""Settings from variables: the environment, and secret files that are named like one."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_origin

from pydantic import BaseModel

from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.settings.refusal import annotation_at, dotted, keys_at
from monitor.settings.toml_file import KeyPath

PREFIX = "MONITOR_"
CONFIG_DIR = "MONITOR_CONFIG_DIR"
SECRETS_DIR = "MONITOR_SECRETS_DIR"
"""These two say where to read; everything else with the prefix is a setting."""


class Variables:
    """Variables of one origin, as the part of the settings tree that they set.

    model: the tree. variables: name → text; names without the prefix are left alone, case does not matter.
    spelled: how to call a variable in a message. Raises ConfigError for a name that leads nowhere in the tree.
    """

    def __init__(
        self, model: type[BaseModel], variables: Mapping[str, str], spelled: Callable[[str], str] = str
    ) -> None:
        self.tree: dict[str, Any] = {}
        self._origins: dict[KeyPath, str] = {}
        for name in sorted(variables):
            if name.upper().startswith(PREFIX) and name.upper() not in (CONFIG_DIR, SECRETS_DIR):
                path = _path(model, name, spelled(name))
                _place(self.tree, path, variables[name])
                self._origins[path] = spelled(name)

    def where(self, path: KeyPath) -> str | None:
        """The variable that set a key (or a part of it); None when none of these did."""
        for own, origin in self._origins.items():
            if own[: len(path)] == path or path[: len(own)] == own:
                return origin
        return None


def secret_files(folder: Path) -> dict[str, str]:
    """Text by name of the files in `folder` that are named like a variable, without the line end.

    A folder that is not there holds none. Raises ConfigError for a folder or file that cannot be read.
    """
    if not folder.is_dir():
        return {}
    hint = "The user that runs the monitor must be able to read it."
    try:
        paths = [path for path in sorted(folder.iterdir()) if path.name.upper().startswith(PREFIX) and path.is_file()]
    except OSError as error:
        raise ConfigError(str(folder), "", type(error).__name__, "a readable folder", hint) from error
    texts: dict[str, str] = {}
    for path in paths:
        try:
            texts[path.name] = path.read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(str(path), "", type(error).__name__, "a readable UTF-8 file", hint) from error
    return texts


def variable_name(path: KeyPath) -> str:
    """`MONITOR_REDIS__URL` of `("redis", "url")`."""
    return PREFIX + "__".join(str(part).upper() for part in path)


def _path(model: type[BaseModel], name: str, spelled: str) -> KeyPath:
    parts = tuple(name[len(PREFIX) :].lower().split("__"))
    for depth in range(len(parts)):
        around, key = parts[:depth], parts[depth]
        keys = keys_at(model, around)
        if (keys and key not in keys) or annotation_at(model, around) is None or not key:
            hint = did_you_mean(name, [variable_name(path) for path in leaves(model)])
            allowed = f"one of {', '.join(keys)}" if keys else f"nothing below {variable_name(around)}"
            raise ConfigError(spelled, dotted(parts), key, allowed, hint)
        if not keys and get_origin(annotation_at(model, around)) is not dict:
            raise ConfigError(spelled, dotted(parts), key, f"nothing below {variable_name(around)}")
    if keys := keys_at(model, parts):
        raise ConfigError(spelled, dotted(parts), "a value for a whole table", f"{name}__ and one of {', '.join(keys)}")
    if get_origin(annotation_at(model, parts)) is dict:
        raise ConfigError(spelled, dotted(parts), "a value for a whole table", f"{name}__<NAME>")
    return parts


def leaves(model: type[BaseModel], around: KeyPath = ()) -> list[KeyPath]:
    """Path of every single value of the tree, in its order."""
    paths: list[KeyPath] = []
    for key in keys_at(model, around):
        path = (*around, key)
        paths += leaves(model, path) if keys_at(model, path) else [path]
    return paths


def _place(tree: dict[str, Any], path: KeyPath, value: object) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(str(part), {})
    tree[str(path[-1])] = value
