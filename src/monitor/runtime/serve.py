"""Running one service: signals, background tasks, a deadline for the end, and an exit code that tells why it ended."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
import uvloop

from monitor.errors import MonitorError
from monitor.runtime.ending import end
from monitor.runtime.logs import redact

log = structlog.get_logger(__name__)

INTERRUPTED = 130
"""Exit code after Ctrl-C (DESIGN section 5)."""


class Service:
    """What the main function of a service is given.

    stop: set by SIGTERM or Ctrl-C; from then on take no new work, finish what you hold, return.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.stop = asyncio.Event()
        self._group = asyncio.TaskGroup()
        self._background: list[asyncio.Task[Any]] = []

    def spawn(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `work` beside the main function. It is cancelled when that returns; an error in it ends the service."""
        task = self._group.create_task(work, name=f"{self.name}:{name}")
        self._background.append(task)
        return task

    async def run(self, main: Callable[["Service"], Awaitable[None]]) -> None:
        """Run `main` and what it spawns to the end. Raises what `main` or a background task raised: a group when
        background tasks were running."""
        async with self._group:
            await main(self)
            await end(*self._background)


def serve(name: str, main: Callable[[Service], Awaitable[None]], *, drain_s: float = 10.0) -> int:
    """Run a service until it returns or is told to stop; returns the exit code.

    The first SIGTERM or Ctrl-C sets `Service.stop`; the main function then has `drain_s` seconds to return, after which
    it is cancelled. A second signal cancels at once.

    Exit codes: 0 ended or stopped by SIGTERM, 130 by Ctrl-C, that of a MonitorError (its sentence goes to standard
    error), else 1: a bug, logged with its traceback, or the deadline.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(name, main, drain_s))


async def _run(name: str, main: Callable[[Service], Awaitable[None]], drain_s: float) -> int:
    loop = asyncio.get_running_loop()
    service = Service(name)
    work = asyncio.create_task(service.run(main), name=name)
    received: list[signal.Signals] = []

    def overdue() -> None:
        log.warning("drain_deadline_passed", seconds=drain_s)
        work.cancel()

    def on_signal(number: signal.Signals) -> None:
        received.append(number)
        if len(received) > 1:
            work.cancel()
            return
        log.info("stopping", signal=number.name)
        service.stop.set()
        loop.call_later(drain_s, overdue)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await asyncio.wait([work])
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
    if work.cancelled():
        return INTERRUPTED if signal.SIGINT in received else 1
    if (error := work.exception()) is not None:
        return _exit_code(error)
    if received:
        log.info("stopped")
    return INTERRUPTED if signal.SIGINT in received else 0


def _exit_code(error: BaseException) -> int:
    causes = _leaves(error)
    bugs = [cause for cause in causes if not isinstance(cause, MonitorError)]
    if bugs:
        log.error("service_failed", exc_info=bugs[0])
        return 1
    for cause in causes:
        print(f"error: {redact(str(cause))}", file=sys.stderr)  # noqa: T201  (the sentence that exit code 2 or 3 means)
    first = causes[0]
    assert isinstance(first, MonitorError)
    return first.exit_code


def _leaves(error: BaseException) -> list[BaseException]:
    """The errors in a group and its subgroups; of a plain error, itself."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for inner in error.exceptions for leaf in _leaves(inner)]
    return [error]
