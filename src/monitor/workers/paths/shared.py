"""Answers that many ask for at the same time and that stay good for a while."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedAnswers(Generic[T]):
    """Keeps the last answer to each question. most: questions remembered; the one not asked for longest is dropped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, tuple[Hashable, asyncio.Future[T]]] = OrderedDict()

    async def of(self, question: Hashable, edition: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question, made at most once for all who ask while `edition` stays the same, those who ask
        meanwhile included. A failure is everyone's who waits, and is not kept. A waiter that is cancelled does not stop
        the work of the others."""
        kept = self._answers.get(question)
        if kept is None or kept[0] != edition:
            kept = edition, asyncio.ensure_future(make())
            self._answers[question] = kept
            kept[1].add_done_callback(lambda done: self._settle(question, done))
        self._answers.move_to_end(question)
        while len(self._answers) > self._most:
            self._answers.popitem(last=False)
        return await asyncio.shield(kept[1])

    def _settle(self, question: Hashable, done: "asyncio.Future[T]") -> None:
        if done.cancelled() or done.exception() is not None:
            kept = self._answers.get(question)
            if kept is not None and kept[1] is done:
                del self._answers[question]
