"""Asked once for all who ask: answers that many want at the same time and that stay good for a while."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from math import inf
from typing import Any, TypeVar

T = TypeVar("T")


class SharedAnswers:
    """Keeps the last answer to each question.

    most: questions remembered; the one not asked for longest is dropped. age_s: seconds for which an answer is good,
    from when it came. failure_s: the same for a failure; 0: those who wait for it hear of it, and nobody else.
    now_s: seconds of a clock that only goes forward.
    """

    def __init__(
        self,
        most: int,
        *,
        age_s: float = inf,
        failure_s: float = 0.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._age_s = age_s
        self._failure_s = failure_s
        self._now_s = now_s
        self._asked: OrderedDict[Hashable, _Asked] = OrderedDict()

    async def of(
        self,
        question: Hashable,
        ask: Callable[[], Awaitable[T]],
        *,
        edition: Hashable = None,
        age_s: float | None = None,
    ) -> T:
        """What `ask` gives, called only when there is no answer of the same edition that is still good and none under
        way. age_s: for this question; None: as for all.

        Raises what `ask` raises. Whoever stops waiting does not stop the work, which the others wait for.
        """
        asked = self._asked.get(question)
        if asked is None or asked.edition != edition or self._over(asked, self._age_s if age_s is None else age_s):
            asked = self._asked[question] = _Asked(edition, asyncio.ensure_future(ask()), self._now_s)
        self._asked.move_to_end(question)
        while len(self._asked) > self._most:
            self._asked.popitem(last=False)
        answer: T = await asyncio.shield(asked.work)
        return answer

    def forget(self, question: Hashable) -> None:
        """Ask anew the next time, also while an answer is under way: it may be of what was true before."""
        self._asked.pop(question, None)

    def _over(self, asked: "_Asked", age_s: float) -> bool:
        """Whether it has ended, and too long ago to be shared."""
        if not asked.work.done():
            return False
        if asked.work.cancelled():
            return True
        good_s = age_s if asked.work.exception() is None else self._failure_s
        return self._now_s() - asked.ended_s >= good_s


class _Asked:
    """A question that was asked. ended_s: when its work ended; before that, infinity."""

    def __init__(self, edition: Hashable, work: asyncio.Future[Any], now_s: Callable[[], float]) -> None:
        self.edition = edition
        self.work = work
        self.ended_s = inf
        self._now_s = now_s
        work.add_done_callback(self._end)

    def _end(self, work: asyncio.Future[Any]) -> None:
        self.ended_s = self._now_s()
        if not work.cancelled():
            work.exception()  # when all who asked have left, nobody else fetches it, and the event loop would complain
