"""The sender of one channel: takes what waits in its outbox, in order, until each note has arrived or is given up.

The channel tries once and names the class of the outcome; what follows from a class is decided here and nowhere else
(ALERTING section 15.4).
"""

import asyncio
import math
import random
from collections.abc import Callable, Mapping
from typing import TypeAlias

import structlog
from msgspec.structs import replace

from monitor.bus.outbox import ChannelHealth, Delivery, Entry, Outbox, Status
from monitor.bus.redis import TROUBLE
from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.notify.render import Circumstances, word
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.alerts.waiting import continues, lateness_ms, read_note

log = structlog.get_logger(__name__)

_Group: TypeAlias = list[tuple[Entry, Delivery]]
"""Waiting notes of one episode, oldest first: the last one is sent and tells the others too."""


class Sender:
    """Sends for one channel, one message at a time.

    wake: set by whoever adds to the outbox; wakes: the same of every channel, to rouse a fallback. jitter: numbers
    in [0, 1). dashboard: address for links, "" for none.
    """

    def __init__(
        self,
        route: Route,
        outbox: Outbox,
        wakes: Mapping[str, asyncio.Event],
        *,
        clock: Clock,
        timings: Timings,
        dashboard: str = "",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._route = route
        self._outbox = outbox
        self._wakes = wakes
        self._clock = clock
        self._timings = timings
        self._dashboard = dashboard
        self._backoff = Backoff(timings.retry_first_s, timings.retry_cap_s, draw=jitter)
        self._failing = False
        self._quiet_until = 0.0
        self._next_cleaning_ms = 0
        self._relieved = "0-0"
        self._unrecorded: tuple[_Group, Outcome] | None = None
        self._log = log.bind(channel=outbox.channel)

    @property
    def channel(self) -> str:
        """Name of the channel."""
        return self._outbox.channel

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is in flight then is finished first. Redis trouble is waited out."""
        wake = self._wakes[self._outbox.channel]
        known = away = False
        while not stop.is_set():
            wake.clear()
            try:
                if not known:
                    paused_until_ms = (await self._outbox.health()).paused_until_ms or 0
                    self._keep_quiet((paused_until_ms - self._now_ms()) / 1000)
                    known = True
                sent = await self._turn()
                away = False
                if sent:
                    continue
                wait_s = self._timings.idle_s
            except TROUBLE as trouble:
                if not away:
                    self._log.warning("outbox_unreachable", reason=str(trouble) or repr(trouble))
                away = True
                wait_s = max(self._timings.idle_s, self._timings.retry_first_s)
            quiet_s = self._quiet_until - _monotonic()
            if quiet_s > 0:
                await _first_of(min(quiet_s, wait_s), stop)
            else:
                await _first_of(wait_s, stop, wake)

    async def drain(self) -> None:
        """Send until nothing waits or the channel has to pause."""
        while await self._turn():
            pass

    async def _turn(self) -> bool:
        """Try one message; False when there is none, or when it is too early for one."""
        if self._unrecorded is not None:
            await self._conclude(*self._unrecorded)
            self._unrecorded = None
        now_ms = self._now_ms()
        if _monotonic() < self._quiet_until:
            if self._failing:
                await self._relieve(now_ms)
            return False
        head = await self._outbox.next()
        if head is None:
            self._gauge(0, 0)
            await self._clean(now_ms)
            return False
        if read_note(head) is None:
            await self._discard(head, now_ms)
            return True
        group = await self._episode_of(head)
        self._gauge(await self._outbox.depth(), now_ms - group[0][1].created_ms)
        target, delivery = group[-1]
        may_repeat = any(d.unknown or d.status is Status.SENDING for _, d in group)
        delivery = replace(delivery, status=Status.SENDING, attempts=delivery.attempts + 1, begun_ms=now_ms)
        await self._outbox.record(target, delivery)
        outcome = await self._attempt(group, delivery, may_repeat, now_ms)
        self._keep_quiet(self._route.rate_s)
        # What is known about an attempt is kept here until Redis has it too, or a short absence would repeat a message.
        self._unrecorded = [*group[:-1], (target, delivery)], outcome
        await self._conclude(*self._unrecorded)
        self._unrecorded = None
        return True

    async def _discard(self, entry: Entry, now_ms: int) -> None:
        """An entry that is no notification of ours cannot be sent anywhere."""
        reason = "the entry holds no notification that this version can read"
        self._log.error("alert_dead_letter", id=entry.id, reason=reason)
        await self._outbox.bury(
            entry, Delivery(status=Status.DEAD, created_ms=now_ms, ended_ms=now_ms, reason=reason), now_ms
        )

    async def _episode_of(self, head: Entry) -> _Group:
        """The entry and, when it had to wait, the newer ones of its episode behind it: the last one tells them all."""
        delivery = await self._outbox.delivery(head)
        if not delivery.attempts and self._now_ms() - delivery.created_ms < self._timings.merge_after_s * 1000:
            return [(head, delivery)]
        mates = [later for later in await self._outbox.after(head.position) if continues(head, later)]
        return [(head, delivery), *[(entry, await self._outbox.delivery(entry)) for entry in mates]]

    async def _attempt(self, group: _Group, delivery: Delivery, may_repeat: bool, now_ms: int) -> Outcome:
        notes = [note for entry, _ in group if (note := read_note(entry)) is not None]
        target = group[-1][0]
        late_ms = lateness_ms(notes[-1], delivery.created_ms, now_ms)
        circumstances = Circumstances(
            delayed_s=late_ms / 1000 if late_ms >= self._timings.late_after_s * 1000 else None,
            may_repeat=may_repeat,
            merged=tuple(notes[:-1]),
            instead_of=delivery.instead_of,
            plain=delivery.plain,
            settled=delivery.settled,
            dashboard=self._dashboard,
        )
        try:
            outcome = await self._route.channel.send(word(notes[-1], circumstances))
        except Exception as bug:  # one faulty channel must not silence the others
            self._log.error("channel_raised", id=target.id, error=type(bug).__name__)
            outcome = Unknown(f"the channel raised {type(bug).__name__}")
        metrics.DELIVERIES.labels(self.channel, type(outcome).__name__.lower()).inc()
        self._log.info(
            "alert_sent" if isinstance(outcome, Accepted) else "alert_not_sent",
            id=target.id,
            attempt=delivery.attempts,
            outcome=type(outcome).__name__,
            reason=getattr(outcome, "reason", ""),
        )
        return outcome

    async def _conclude(self, group: _Group, outcome: Outcome) -> None:
        target, delivery = group[-1]
        now_ms = self._now_ms()
        match outcome:
            case Accepted(refused=refused):
                reason = "; ".join(f"{address}: {why}" for address, why in refused.items())
                done = replace(delivery, status=Status.ACCEPTED, ended_ms=now_ms, reason=reason)
                told = [
                    (entry, replace(d, status=Status.MERGED, ended_ms=now_ms, told_by=target.id))
                    for entry, d in group[:-1]
                ]
                await self._outbox.settle([*told, (target, done)])
                await self._say_healthy(now_ms, reason)
            case Transient(reason=reason, retry_after_s=pause_s, settled=settled):
                settled = tuple(dict.fromkeys((*delivery.settled, *settled)))
                delivery = replace(delivery, status=Status.WAITING, reason=reason, settled=settled)
                group = [*group[:-1], (target, delivery)]
                if now_ms - min(d.created_ms for _, d in group) >= self._timings.dead_after_s * 1000:
                    await self._give_up(group, reason, now_ms)
                    return
                await self._outbox.record(target, delivery)
                await self._hold(now_ms, reason, pause_s)
            case PayloadRefused(reason=reason) if not delivery.plain:
                await self._outbox.record(target, replace(delivery, status=Status.WAITING, reason=reason, plain=True))
            case Unknown(reason=reason) if delivery.unknown < self._timings.unknown_repeats:
                unknown = delivery.unknown + 1
                await self._outbox.record(
                    target, replace(delivery, status=Status.WAITING, reason=reason, unknown=unknown)
                )
                await self._hold(now_ms, reason, None)
            case Unknown(reason=reason) | Permanent(reason=reason) | PayloadRefused(reason=reason):
                await self._give_up(group, reason, now_ms)

    async def _hold(self, now_ms: int, reason: str, pause_s: float | None) -> None:
        """Keep quiet for as long as the service asked, or by back-off when it asked for nothing."""
        self._failing = True
        self._keep_quiet(self._backoff.next() if pause_s is None else pause_s)
        # A pause that the service asked for survives a restart; back-off need not.
        paused_until_ms = None if pause_s is None else now_ms + math.ceil(1000 * pause_s)
        health = replace(await self._outbox.health(), reason=reason, paused_until_ms=paused_until_ms)
        await self._outbox.set_health(health)
        await self._relieve(now_ms)

    def _keep_quiet(self, seconds: float) -> None:
        """No request for so long, by the monotonic clock: a wall clock that is set back must not prolong it."""
        self._quiet_until = max(self._quiet_until, _monotonic() + seconds)

    async def _relieve(self, now_ms: int) -> None:
        """Give the fallback what has been waiting too long, whatever its place in the queue."""
        if self._route.fallback is None:
            return
        overdue_ms = now_ms - round(self._timings.fallback_after_s * 1000)
        for entry in await self._outbox.after(self._relieved):
            delivery = await self._outbox.delivery(entry)
            if delivery.created_ms > overdue_ms:
                return
            if not delivery.forwarded:
                await self._forward(entry, now_ms)
                await self._outbox.record(entry, replace(delivery, forwarded=True))
            self._relieved = entry.position

    async def _give_up(self, group: _Group, reason: str, now_ms: int) -> None:
        """Fallback first, then the dead letter: a crash in between repeats, and the fallback takes each id once."""
        for entry, delivery in group:
            forwarded = await self._forward(entry, now_ms) or delivery.forwarded
            dead = replace(delivery, status=Status.DEAD, ended_ms=now_ms, reason=reason, forwarded=forwarded)
            await self._outbox.bury(entry, dead, now_ms)
            metrics.DEAD_LETTERS.labels(self.channel).inc()
            self._log.warning("alert_dead_letter", id=entry.id, reason=reason, fallback=self._route.fallback)
        self._failing = False
        self._backoff.reset()
        health = await self._outbox.health()
        since_ms = now_ms if health.healthy else health.since_ms
        await self._outbox.set_health(
            replace(health, healthy=False, since_ms=since_ms, reason=reason, paused_until_ms=None)
        )

    async def _forward(self, entry: Entry, now_ms: int) -> bool:
        fallback = self._route.fallback
        if fallback is None:
            return False
        added = await self._outbox.forward(entry, fallback, now_ms)
        if fallback in self._wakes:
            self._wakes[fallback].set()
        return added

    async def _say_healthy(self, now_ms: int, reason: str) -> None:
        self._failing = False
        self._backoff.reset()
        health = await self._outbox.health()
        since_ms = health.since_ms if health.healthy and health.since_ms else now_ms
        await self._outbox.set_health(ChannelHealth(since_ms=since_ms, reason=reason, accepted_ms=now_ms))

    async def _clean(self, now_ms: int) -> None:
        """Once an hour, while there is nothing to send."""
        if now_ms >= self._next_cleaning_ms:
            self._next_cleaning_ms = now_ms + 3_600_000
            await self._outbox.forget(now_ms - round(self._timings.keep_records_s * 1000))

    def _gauge(self, waiting: int, oldest_ms: int) -> None:
        metrics.OUTBOX_DEPTH.labels(self.channel).set(waiting)
        metrics.OUTBOX_OLDEST.labels(self.channel).set(max(0, oldest_ms) / 1000)

    def _now_ms(self) -> int:
        return self._clock.now_ns() // 1_000_000


def _monotonic() -> float:
    return asyncio.get_running_loop().time()


async def _first_of(seconds: float, *events: asyncio.Event) -> None:
    """Return when one of the events is set, at the latest after `seconds`."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=max(seconds, 0.0), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
