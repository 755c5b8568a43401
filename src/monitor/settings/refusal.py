"""From a pydantic error to one sentence that names file, key, what was found, what is allowed and what to do."""

from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError
from monitor.settings.toml_file import KeyPath

REDACTED = "**********"


def refusal(error: ValidationError, model: type[BaseModel], where: Callable[[KeyPath], str]) -> ConfigError:
    """The first problem of `error` as a ConfigError; the others are named in the hint.

    model: what was validated, asked for the keys that exist. where: file and line, or variable, of a key.
    """
    # A misspelled key is also a missing one: the misspelling says more.
    problems = sorted(error.errors(include_url=False), key=lambda problem: problem["type"] != "extra_forbidden")
    first = problems[0]
    path: KeyPath = tuple(first["loc"])
    found: object = REDACTED if is_secret(model, path) else _in_brief(first["input"])
    allowed = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if first["type"] == "tuple_type":
        allowed = "a list"  # TOML has no tuples
    hint = ""
    if first["type"] == "extra_forbidden":
        keys = keys_at(model, path[:-1])
        found, allowed, hint = str(path[-1]), "the keys " + ", ".join(keys), did_you_mean(str(path[-1]), keys)
    elif first["type"] == "missing":
        found, allowed = "nothing", "a value: the key is required"
    # A list is also too short when its only item is wrong: what holds the first problem is not wrong by itself.
    paths = [tuple(problem["loc"]) for problem in problems[1:]]
    others = [dotted(other) for other in paths if other != path[: len(other)]]
    if others:
        hint = f"{hint} Also wrong: {', '.join(others)}.".strip()
    return ConfigError(where(path), dotted(path), found, allowed, hint)


def _in_brief(found: object) -> object:
    """What was found, for a sentence: of a table the names of its keys, for what is in it does not help."""
    return f"a table of {', '.join(map(str, found)) or 'nothing'}" if isinstance(found, dict) else found


def dotted(path: KeyPath) -> str:
    """`basket[1].members[0]` of a path; tables of an array are counted from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def keys_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Names of the keys of the table at `path`; empty when any key may stand there."""
    kind = annotation_at(model, path)
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else []


def is_secret(model: type[BaseModel], path: KeyPath) -> bool:
    """Whether a value at `path` must not be repeated: SecretStr, or anything that configures a channel."""
    return path[:1] == ("channels",) or annotation_at(model, path) is SecretStr


def annotation_at(model: type[BaseModel], path: KeyPath) -> Any:
    """The type that `model` wants at `path`, without Annotated and Optional; None when there is no such key."""
    kind: Any = model
    for part in path:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = field.annotation if field else None
        elif get_origin(kind) in (dict, list, tuple):
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0]
        else:
            return None
        kind = _plain(kind)
    return kind


def _plain(kind: Any) -> Any:
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = get_args(kind)[0]
    return kind
