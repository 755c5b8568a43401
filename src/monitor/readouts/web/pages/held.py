"""What was asked of a port lately, so that however many look at a page, it is asked about once a second."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")
_KEPT = 64


class Held:
    """Answers by key. age_s: how long an answer counts."""

    def __init__(self, age_s: float = 0.9) -> None:
        self._age_s = age_s
        self._answers: OrderedDict[Hashable, tuple[float, asyncio.Task[Any]]] = OrderedDict()

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[_T]], *, age_s: float | None = None) -> _T:
        """The answer to `ask`, or the one that was given for this key within `age_s`. Raises what `ask` raises; a
        failure is not kept."""
        loop = asyncio.get_running_loop()
        known = self._answers.get(key)
        lasts_s = self._age_s if age_s is None else age_s
        if known is None or loop.time() - known[0] > lasts_s or failed(known[1]):
            known = (loop.time(), loop.create_task(_asked(ask)))
            self._answers[key] = known
        self._answers.move_to_end(key)
        while len(self._answers) > _KEPT:
            self._answers.popitem(last=False)
        # One who stops waiting must not take the answer away from the others.
        answer: _T = await asyncio.shield(known[1])
        return answer


async def _asked(ask: Callable[[], Awaitable[_T]]) -> _T:
    return await ask()


def failed(task: asyncio.Task[Any]) -> bool:
    """Whether it has ended without an answer."""
    return task.done() and (task.cancelled() or task.exception() is not None)
