"""Draws charts in a process of its own: a tenth of a second of drawing must not delay a message of anybody else.

The process is spawned, not forked: a fork would copy a running event loop and its threads. It ignores the terminal's
interrupt, and ends with its parent even when that is killed.
"""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process

import structlog

from monitor.notify.chart.spec import ChartSpec

log = structlog.get_logger(__name__)

_WARM_UP_S = 60.0
"""Longest wait for a new process: on its first start on a machine matplotlib lists all fonts."""

_REST_S = 60.0
"""After one that did not start, for want of memory, say: trying again with every message would make it worse."""


class Studio:
    """One drawing process, started by the first `warm_up` or `draw` and replaced when it dies or hangs.

    limit_s: how long a chart may take, waiting for others included, seconds. Not to be shared between event loops.
    """

    def __init__(self, limit_s: float = 2.0) -> None:
        self._limit_s = limit_s
        self._turn = asyncio.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._pid: int | None = None
        self._rest_until = 0.0
        self._work: set[asyncio.Task[bytes | None]] = set()

    async def warm_up(self) -> None:
        """Have the process ready, so that the first chart is as quick as the others. Never raises but for
        cancellation."""
        async with self._turn:
            await self._ready()

    async def draw(self, spec: ChartSpec) -> bytes | None:
        """The PNG of a chart; None when it is not there in time. Never raises but for cancellation."""
        loop = asyncio.get_running_loop()
        work = loop.create_task(self._draw(spec, loop.time() + self._limit_s))
        self._work.add(work)
        work.add_done_callback(self._work.discard)
        # A chart that is late goes on being drawn: only a process that hangs may be killed, not one that is busy.
        await asyncio.wait({work}, timeout=self._limit_s)
        if work.done():
            return work.result()
        log.warning("chart_late", limit_s=self._limit_s)
        return None

    async def close(self) -> None:
        """End the process. What is being drawn is given up."""
        for work in tuple(self._work):
            work.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        self._dismiss()

    async def _draw(self, spec: ChartSpec, deadline: float) -> bytes | None:
        async with self._turn:
            for _ in range(2):  # a process that died while it was idle is noticed only now
                if asyncio.get_running_loop().time() >= deadline or not await self._ready():
                    return None
                try:
                    return await self._drawn(spec)
                except BrokenProcessPool:
                    log.warning("chart_process_died", pid=self._pid)
                    self._dismiss()
                except Exception as failed:  # whatever drawing can raise: the message goes without its chart
                    log.warning("chart_failed", reason=f"{type(failed).__name__}: {failed}"[:200])
                    return None
        return None

    async def _drawn(self, spec: ChartSpec) -> bytes | None:
        """The picture from the process that is ready; one that takes too long is ended."""
        assert self._pool is not None
        drawing = self._pool.submit(_draw, spec)
        try:
            async with asyncio.timeout(self._limit_s):
                return await asyncio.wrap_future(drawing)
        except TimeoutError:
            log.warning("chart_process_hangs", pid=self._pid)
            self._kill()
            return None
        except asyncio.CancelledError:
            self._kill()
            raise

    async def _ready(self) -> bool:
        """Whether there is a process that can draw at once; starts one when there is none."""
        if self._pool is not None:
            return True
        loop = asyncio.get_running_loop()
        if loop.time() < self._rest_until:
            return False
        pool = self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_settle)
        try:
            async with asyncio.timeout(_WARM_UP_S):
                self._pid = await asyncio.wrap_future(pool.submit(os.getpid))
                await asyncio.wrap_future(pool.submit(_warm_up))
        except asyncio.CancelledError:
            self._kill()
            raise
        except Exception as failed:  # whatever starting and importing can raise
            log.warning(
                "chart_process_cannot_start", reason=f"{type(failed).__name__}: {failed}"[:200], again_s=_REST_S
            )
            self._kill()
            self._rest_until = loop.time() + _REST_S
            return False
        return True

    def _kill(self) -> None:
        """End a process that is at work: it holds nothing that must be kept, and may not hear anything else."""
        if self._pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
        self._dismiss()

    def _dismiss(self) -> None:
        """Let the process end by itself, or be gone."""
        pool, self._pool, self._pid = self._pool, None, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)


def _settle() -> None:
    """In the new process: Ctrl-C is the parent's business, its end is ours too, and nobody reads what we would log."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(0)

    threading.Thread(target=follow, name="follow-parent", daemon=True).start()


def _warm_up() -> None:
    """In the new process: import what draws, and draw once."""
    _draw(ChartSpec(title="", unit="pp", points=(), first_ms=0, last_ms=1))


def _draw(spec: ChartSpec) -> bytes:
    # Imported here: the parent, which only names this function, must not load matplotlib.
    from monitor.notify.chart.picture import png

    return png(spec)
