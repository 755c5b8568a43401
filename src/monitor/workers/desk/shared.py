"""One answer for everybody who asks within a moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """Keeps what `read` gave for `for_s` seconds; an error too, so that a Redis that hangs is not waited for once a
    viewer."""

    def __init__(self, read: Callable[[], Awaitable[T]], for_s: float = 0.5) -> None:
        self._read = read
        self._for_s = for_s
        self._until = 0.0
        self._answer: T | Exception | None = None
        self._one_at_a_time = asyncio.Lock()

    async def get(self) -> T:
        """The answer, read anew when it is too old. Raises what `read` raises."""
        async with self._one_at_a_time:
            loop = asyncio.get_running_loop()
            if self._answer is None or loop.time() >= self._until:
                try:
                    self._answer = await self._read()
                except Exception as error:  # whoever asks sees it
                    self._answer = error
                self._until = loop.time() + self._for_s
            answer = self._answer
        if isinstance(answer, Exception):
            raise answer.with_traceback(None)
        return answer

    def forget(self) -> None:
        """Read anew the next time."""
        self._answer = None
