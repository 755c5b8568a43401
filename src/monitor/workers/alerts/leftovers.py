"""Notes for channels that nobody sends for any more: told elsewhere, never dropped in silence.

A closing goes to whoever got the opening, and what waits in an outbox stays there; either may be for a channel that has
left the alert file. Such a note becomes a dead letter of its channel, and whoever gets NOTICEs gets it instead. How the
channel fared is forgotten then: nobody could make it well again. Its dead letters stay, and stay counted.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping

import structlog
from msgspec.structs import replace

from monitor.bus.alert_store import AlertStore
from monitor.bus.outbox import Delivery, Entry, Outbox, Status
from monitor.bus.redis import TROUBLE
from monitor.runtime import metrics
from monitor.runtime.clock import Clock
from monitor.runtime.ending import first_of

log = structlog.get_logger(__name__)

_LOOK_S = 30.0
_REASON = "the alert file has no such channel any more"


class Leftovers:
    """Clears the outboxes of channels without a sender, and what was said of their health.

    routed: channels that have one. heirs: of them, those that get the notes instead. strays: set by whoever adds a note
    for another channel. wakes: to rouse the senders of the heirs.
    """

    def __init__(
        self,
        store: AlertStore,
        open_outbox: Callable[[str], Outbox],
        *,
        routed: Collection[str],
        heirs: Collection[str],
        strays: asyncio.Event,
        wakes: Mapping[str, asyncio.Event],
        clock: Clock,
    ) -> None:
        self._store = store
        self._open_outbox = open_outbox
        self._routed = frozenset(routed)
        self._heirs = tuple(heir for heir in heirs if heir in self._routed)
        self._strays = strays
        self._wakes = wakes
        self._clock = clock

    async def run(self, done: asyncio.Event) -> None:
        """Look at once, whenever a stray was added, and now and then, until `done` is set."""
        away = False
        while not done.is_set():
            self._strays.clear()
            wait_s = _LOOK_S
            try:
                for channel in sorted(await self._store.channels_with_outbox() - self._routed):
                    await self._clear(self._open_outbox(channel))
                await self._store.retire(self._routed)
                away = False
            except TROUBLE as trouble:
                if not away:
                    log.warning("leftovers_out_of_reach", reason=str(trouble) or repr(trouble))
                away = True
                wait_s = 1.0
            await first_of(wait_s, done, self._strays)

    async def _clear(self, outbox: Outbox) -> None:
        while (entry := await outbox.next()) is not None:
            await self._hand_over(outbox, entry)

    async def _hand_over(self, outbox: Outbox, entry: Entry) -> None:
        """Heirs first, then the dead letter: a crash in between repeats, and every heir takes each id once."""
        now_ms = self._clock.now_ns() // 1_000_000
        instead = Delivery(created_ms=now_ms, instead_of=outbox.channel)
        for heir in self._heirs:
            await outbox.post(heir, entry.id, entry.note, instead)
            self._wakes[heir].set()
        delivery = await outbox.delivery(entry)
        forwarded = bool(self._heirs) or delivery.forwarded
        dead = replace(delivery, status=Status.DEAD, ended_ms=now_ms, reason=_REASON, forwarded=forwarded)
        dropped = await outbox.bury(entry, dead, now_ms)
        metrics.DEAD_LETTERS.labels(outbox.channel).inc()
        log.warning("alert_dead_letter", channel=outbox.channel, id=entry.id, reason=_REASON, instead=self._heirs)
        if dropped:
            log.error("dead_letters_dropped", channel=outbox.channel, ids=dropped)
