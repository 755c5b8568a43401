"""Pieces of documents that are made again only when what they are made of has changed."""

from collections.abc import Callable
from operator import is_
from typing import Any, Generic, TypeVar, TypeVarTuple

T = TypeVar("T")
Parts = TypeVarTuple("Parts")


class Fragments(Generic[T]):
    """The last piece of each name. Snapshots of a board share the views that nothing has touched, and what is made of
    those views only is shared in the same way."""

    def __init__(self) -> None:
        self._pieces: dict[str, tuple[tuple[Any, ...], T]] = {}

    def of(self, name: str, make: Callable[[*Parts], T], *parts: *Parts) -> T:
        """`make(*parts)`, or the piece of that name which the very same parts have made.

        make: a function of its arguments and of nothing else. parts: are not changed in place. They are told apart by
        identity: 0.0 and -0.0 are equal, and are not written in the same way.
        """
        known = self._pieces.get(name)
        if known is not None and all(map(is_, known[0], parts)):
            return known[1]
        piece = make(*parts)
        self._pieces[name] = parts, piece
        return piece
