"""Who may decide and send: one process works under the lease, others stand by."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from monitor.bus.lease import Lease
from monitor.runtime import metrics
from monitor.runtime.ending import end, unless


class Holder(NamedTuple):
    """Who holds the lease, as every write has to say."""

    token: int
    owner: str


async def lead(
    lease: Lease,
    work: Callable[[Holder, asyncio.Event], Awaitable[None]],
    stop: asyncio.Event,
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Run `work` whenever the lease is ours, until `stop` is set.

    work: takes the holder and an event that is set when it has to come to its end, because of `stop` or because the
    lease is lost; the lease is kept until it returns. beat: called at every round of standing by.
    """
    while not stop.is_set():
        token = await unless(stop, lease.wait(beat))
        if token is None:
            return
        metrics.LEADER.labels("alerting").set(1)
        try:
            await _hold(lease, work, Holder(token, lease.owner), stop)
        finally:
            metrics.LEADER.labels("alerting").set(0)
            await asyncio.shield(lease.release())


async def _hold(
    lease: Lease, work: Callable[[Holder, asyncio.Event], Awaitable[None]], holder: Holder, stop: asyncio.Event
) -> None:
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        working = group.create_task(_awaited(work(holder, over)), name="alerting:work")
        keeping = group.create_task(lease.keep(), name="alerting:lease")
        stopping = group.create_task(stop.wait(), name="alerting:stop")
        try:
            await asyncio.wait([working, keeping, stopping], return_when=asyncio.FIRST_COMPLETED)
            over.set()
            await asyncio.wait([working])
        finally:
            over.set()
            await end(working, keeping, stopping)


async def _awaited(work: Awaitable[None]) -> None:
    await work
