"""Templates of messages: JSON values with placeholders.

`{name}` inside a text is replaced by the value's text. A text that is exactly one placeholder becomes the value itself,
so that a list stays a list; `{name:int}` is a whole number. `{seq}` counts our messages of a connection from 1,
`{uuid}` is new each time, `{now_ms}` is the time in milliseconds since 1970-01-01 UTC; `{symbol}`, `{symbols}` and
`{items}` are what is subscribed. Every other name is one that the user fills in.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

OWN = ("symbol", "symbols", "items", "seq", "uuid", "now_ms")
"""Names that are filled in here; all others come from the settings."""

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(:int)?\}")


def names_in(template: Any) -> set[str]:
    """Names of the placeholders in a template."""
    return {match[1] for text in _texts(template) for match in _PLACEHOLDER.finditer(text)}


def whole_numbers_in(template: Any) -> set[str]:
    """Names of the placeholders that are to be whole numbers."""
    return {match[1] for text in _texts(template) for match in _PLACEHOLDER.finditer(text) if match[2]}


def rest_of(template: Any) -> Iterator[str]:
    """The texts of a template without their placeholders."""
    return (_PLACEHOLDER.sub("", text) for text in _texts(template))


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with its placeholders replaced; those without a value stay as they are. Raises ValueError when
    `:int` meets what is no whole number."""
    if isinstance(template, str):
        return _filled_text(template, values)
    if isinstance(template, Mapping):
        return {key: filled(value, values) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [filled(value, values) for value in template]
    return template


def filled_url(url: str, secrets: Mapping[str, str]) -> str:
    """An address with its placeholders replaced, so quoted that no value can change what the address means."""
    return str(_filled_text(url, {name: quote(value, safe="") for name, value in secrets.items()}))


def _filled_text(text: str, values: Mapping[str, Any]) -> Any:
    whole = _PLACEHOLDER.fullmatch(text)
    if whole is not None and whole[1] in values:
        return _value(whole, values)
    return _PLACEHOLDER.sub(lambda match: str(_value(match, values)) if match[1] in values else match[0], text)


def _value(match: re.Match[str], values: Mapping[str, Any]) -> Any:
    value = values[match[1]]
    return int(value) if match[2] else value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)
