"""Ending tasks for certain, and waiting for work that a stop may cut short."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")

_AGAIN_S = 0.1


async def end(*tasks: asyncio.Future[Any]) -> None:
    """Cancel tasks and return when all have ended; what they raise is theirs to tell.

    Asks again and again: in Python 3.11 `asyncio.wait_for` may lose a cancellation that comes together with its result,
    and redis-py sends its commands through it, so that a task asked once may simply go on.
    """
    waiting = {task for task in tasks if not task.done()}
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=_AGAIN_S)


async def unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The result of `work`; None, with `work` ended, when `stop` is set before."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        await end(working, stopping)


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Return when one of the events is set, at the latest after `seconds`."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
