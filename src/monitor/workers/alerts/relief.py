"""The fallback of a channel: what it gets, and when (ALERTING section 15.4)."""

import asyncio
from collections.abc import Mapping

from msgspec.structs import replace

from monitor.bus.outbox import Delivery, Entry, Outbox
from monitor.bus.threads import Thread
from monitor.workers.alerts.waiting import Waiting, read_note, thread_of


class Relief:
    """Hands notes of one channel to its fallback, which takes each id once.

    fallback: its name; None: there is none, and nothing is handed on. after_s: what waits so long, while the channel
    fails, is told there too. wakes: of every channel.
    """

    def __init__(
        self, outbox: Outbox, fallback: str | None, wakes: Mapping[str, asyncio.Event], *, after_s: float
    ) -> None:
        self._outbox = outbox
        self.fallback = fallback
        self._wakes = wakes
        self._after_ms = round(after_s * 1000)
        self._looked = "0-0"

    async def take(self, entry: Entry, now_ms: int) -> bool:
        """Give this note to the fallback instead; says whether there is one."""
        note = read_note(entry.note)
        if self.fallback is None:
            return False
        if note is not None:
            # What the fallback hears the beginning of, it must hear the end of, even if the channel is well by then.
            thread = await self._outbox.threads.get(thread_of(note)) or Thread(used_ms=now_ms)
            await self._outbox.threads.put(thread_of(note), replace(thread, forwarded=True, used_ms=now_ms))
        await self._post(entry, Delivery(created_ms=now_ms, instead_of=self._outbox.channel), self.fallback)
        return True

    async def follow(self, one: Waiting, thread: Thread | None, now_ms: int) -> None:
        """Give the fallback what closes an episode that it heard of, though the channel itself delivered this."""
        if self.fallback is not None and thread is not None and thread.forwarded and not one.opening:
            await self._post(one.entry, Delivery(created_ms=now_ms), self.fallback)

    async def look(self, now_ms: int) -> None:
        """Give the fallback what has been waiting too long, whatever its place in the queue."""
        if self.fallback is None:
            return
        for entry in await self._outbox.after(self._looked):
            delivery = await self._outbox.delivery(entry)
            if now_ms - delivery.created_ms < self._after_ms:
                return
            if not delivery.forwarded:
                await self.take(entry, now_ms)
                await self._outbox.record(entry, replace(delivery, forwarded=True))
            self._looked = entry.position

    async def _post(self, entry: Entry, delivery: Delivery, to: str) -> None:
        await self._outbox.post(to, entry.id, entry.note, delivery)
        if to in self._wakes:
            self._wakes[to].set()
