"""Waiting for a condition with a deadline, the only way a test waits."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any


async def eventually(condition: Callable[[], Awaitable[Any] | Any], *, deadline_s: float = 60.0) -> Any:
    """The first true value of `condition()`, awaited where it must be. TimeoutError after `deadline_s` seconds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline_s
    async with asyncio.timeout(deadline_s):
        # The clock is looked at as well: in Python 3.11 the cancellation of a redis-py command may get lost.
        while loop.time() < end:
            value = condition()
            if inspect.isawaitable(value):
                value = await value
            if value:
                return value
            await asyncio.sleep(0.005)
    raise TimeoutError
