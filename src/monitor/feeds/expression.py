"""JMESPath expressions of configuration files, compiled once (FEEDS 6.1).

The library walks an expression's tree anew for each document, which takes longer than everything else that happens to a
quote. So the simple parts, of which nearly all expressions consist, become functions once; whatever is not among them
(filters, projections, functions) is left to the library, node by node.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
from jmespath.visitor import TreeInterpreter  # type: ignore[import-untyped]

from monitor.core.quotes.intake import BAD_FIELD
from monitor.feeds.port import FrameError

Lookup: TypeAlias = Callable[[Any], Any]
"""From a document to what an expression finds in it, None for nothing. Raises FrameError, BAD_FIELD, when a function of
the expression meets a type that it does not take."""

_Node: TypeAlias = dict[str, Any]

_library = TreeInterpreter()


class ExpressionError(ValueError):
    """A text that is no JMESPath expression; says why in a line."""


def compiled(text: str) -> Lookup:
    """The expression in `text`. Raises ExpressionError."""
    try:
        return _function(jmespath.compile(text).parsed)
    except JMESPathError as error:
        raise ExpressionError(" ".join(str(error).split())[:200]) from None


def is_true(found: Any) -> bool:
    """JMESPath's own truth: null, false, and empty texts, lists and objects are not; the number 0 is."""
    return found is not None and found is not False and found != "" and found != [] and found != {}


def _function(node: _Node) -> Lookup:
    make = _MAKERS.get(node["type"])
    return _left_to_library(node) if make is None else make(node)


def _left_to_library(node: _Node) -> Lookup:
    def search(document: Any) -> Any:
        try:
            return _library.visit(node, document)
        except (JMESPathError, TypeError, ValueError, ArithmeticError) as error:  # the library lets Python's through
            raise FrameError(BAD_FIELD, str(error)) from None

    return search


def _itself(_node: _Node) -> Lookup:
    return lambda document: document


def _literal(node: _Node) -> Lookup:
    value = node["value"]
    return lambda document: value


def _field(node: _Node) -> Lookup:
    name = node["value"]
    return lambda document: document.get(name) if isinstance(document, dict) else None


def _index(node: _Node) -> Lookup:
    at = node["value"]
    return lambda document: (
        document[at] if isinstance(document, list) and -len(document) <= at < len(document) else None
    )


def _chain(node: _Node) -> Lookup:
    first, second = (_function(child) for child in node["children"])
    return lambda document: second(first(document))


def _comparison(node: _Node) -> Lookup:
    if node["value"] not in ("eq", "ne"):
        return _left_to_library(node)
    left, right = (_function(child) for child in node["children"])
    wanted = node["value"] == "eq"
    return lambda document: _equal(left(document), right(document)) is wanted


def _equal(left: Any, right: Any) -> bool:
    """Python takes 1 for true and 0 for false; JMESPath does not."""
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _either(node: _Node) -> Lookup:
    left, right = (_function(child) for child in node["children"])

    def either(document: Any) -> Any:
        found = left(document)
        return found if is_true(found) else right(document)

    return either


def _both(node: _Node) -> Lookup:
    left, right = (_function(child) for child in node["children"])

    def both(document: Any) -> Any:
        found = left(document)
        return right(document) if is_true(found) else found

    return both


def _negation(node: _Node) -> Lookup:
    inner = _function(node["children"][0])
    return lambda document: not is_true(inner(document))


def _list(node: _Node) -> Lookup:
    parts = [_function(child) for child in node["children"]]
    return lambda document: None if document is None else [part(document) for part in parts]


_MAKERS: dict[str, Callable[[_Node], Lookup]] = {
    "current": _itself,
    "identity": _itself,
    "literal": _literal,
    "field": _field,
    "index": _index,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "comparator": _comparison,
    "or_expression": _either,
    "and_expression": _both,
    "not_expression": _negation,
    "multi_select_list": _list,
}
