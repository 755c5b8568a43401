"""JMESPath expressions of configuration files, compiled once (FEEDS 6.1)."""

import re
from collections.abc import Callable
from typing import Any, TypeAlias

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

from monitor.core.quotes.intake import BAD_FIELD
from monitor.feeds.port import FrameError

Lookup: TypeAlias = Callable[[Any], Any]
"""From a document to what an expression finds in it, None for nothing. Raises FrameError, BAD_FIELD, when a function of
the expression meets a type that it does not take."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EQUALS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*==\s*'([^'\\]*)'")


class ExpressionError(ValueError):
    """A text that is no JMESPath expression; says why in a line."""


def compiled(text: str) -> Lookup:
    """The expression in `text`. A plain name and `name == 'text'`, the usual cases, are looked up directly: they are
    asked of every frame. Raises ExpressionError."""
    if text == "@":
        return lambda document: document
    if _PLAIN_NAME.fullmatch(text):
        return lambda document: document.get(text) if isinstance(document, dict) else None
    if equals := _EQUALS.fullmatch(text):
        name, wanted = equals[1], equals[2]
        return lambda document: isinstance(document, dict) and document.get(name) == wanted
    try:
        expression = jmespath.compile(text)
    except JMESPathError as error:
        raise ExpressionError(" ".join(str(error).split())[:200]) from None

    def search(document: Any) -> Any:
        try:
            return expression.search(document)
        except (JMESPathError, TypeError, ValueError, ArithmeticError) as error:  # the library lets Python's through
            raise FrameError(BAD_FIELD, str(error)) from None

    return search


def is_true(found: Any) -> bool:
    """JMESPath's own truth: null, false, and empty texts, lists and objects are not; the number 0 is."""
    return found is not None and found is not False and found != "" and found != [] and found != {}
