"""The sender of one channel: takes what waits in its outbox until each note has arrived or is given up.

The channel tries once and names the class of the outcome; `settlement` says what follows, `storm` what leaves next.
"""

import asyncio
import random
from collections.abc import Callable, Mapping

import structlog
from msgspec.structs import replace

from monitor.bus.dead_letters import DeadLetter
from monitor.bus.outbox import Outbox, Status
from monitor.bus.redis import TROUBLE
from monitor.core.alerts.notification import Notification
from monitor.notify.bulletin import Note
from monitor.notify.bulletin_words import word_note
from monitor.notify.port import Accepted, Message, Outcome, Unknown
from monitor.notify.render import Circumstances
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock
from monitor.runtime.ending import first_of
from monitor.workers.alerts.attachments import Attachments
from monitor.workers.alerts.charts import Charts
from monitor.workers.alerts.folding import Folding
from monitor.workers.alerts.patience import Patience
from monitor.workers.alerts.relief import Relief
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.alerts.settlement import Attempt, Settlement
from monitor.workers.alerts.standing import Standing
from monitor.workers.alerts.storm import Fold, Leave, next_move
from monitor.workers.alerts.waiting import (
    Parcel,
    Waiting,
    lateness_ms,
    opening_id,
    parcels,
    read_note,
    thread_of,
    told_with,
)

log = structlog.get_logger(__name__)


class Sender:
    """Sends for one channel, one message at a time.

    wakes: of every channel by name; its own is set by whoever adds to the outbox, the others rouse fallbacks. charts:
    None draws none. dashboard: address for links, "" for none. jitter: numbers in [0, 1).
    """

    def __init__(
        self,
        route: Route,
        outbox: Outbox,
        wakes: Mapping[str, asyncio.Event],
        *,
        clock: Clock,
        timings: Timings,
        charts: Charts | None = None,
        dashboard: str = "",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._route = route
        self._outbox = outbox
        self._wakes = wakes
        self._clock = clock
        self._timings = timings
        self._dashboard = dashboard
        self._folding = Folding(outbox, route.storm, again_s=timings.storm_again_s)
        self._patience = Patience(Backoff(timings.retry_first_s, timings.retry_cap_s, draw=jitter))
        self._attachments = Attachments(route.channel, charts, self._patience, limit_s=timings.chart_s)
        self._relief = Relief(outbox, route.fallback, wakes, after_s=timings.fallback_after_s)
        self._standing = Standing(outbox, wakes, route.notices, again_s=timings.notice_again_s)
        self._settlement = Settlement(
            outbox,
            folding=self._folding,
            standing=self._standing,
            relief=self._relief,
            patience=self._patience,
            timings=timings,
        )
        self._known = False
        self._wait_s = timings.idle_s
        self._next_cleaning_ms = 0
        self._notes: dict[str, Note] = {}
        self._unrecorded: tuple[Attempt, Outcome] | None = None
        self._log = log.bind(channel=outbox.channel)

    @property
    def channel(self) -> str:
        """Name of the channel."""
        return self._outbox.channel

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is in flight then is finished first. Redis trouble is waited out."""
        wake = self._wakes[self._outbox.channel]
        away = False
        try:
            while not stop.is_set():
                wake.clear()
                try:
                    sent = await self._turn()
                    away = False
                    if sent:
                        continue
                    wait_s = self._wait_s
                except TROUBLE as trouble:
                    self._known = False  # whether the last write was done, only Redis can say
                    if not away:
                        self._log.warning("outbox_unreachable", reason=str(trouble) or repr(trouble))
                    away = True
                    wait_s = max(self._timings.idle_s, self._timings.retry_first_s)
                quiet_s = self._patience.quiet_s
                if quiet_s > 0:
                    await first_of(min(quiet_s, wait_s), stop)
                else:
                    await first_of(wait_s, stop, wake)
        finally:
            await self._attachments.close()

    async def drain(self) -> None:
        """Send until nothing may be sent: nothing waits, or the channel has to pause."""
        while await self._turn():
            pass

    async def _turn(self) -> bool:
        """Do one thing; False when there is none to do, or when it is too early."""
        if not self._known:
            await self._recall()
        now_ms = self._now_ms()
        if self._unrecorded is not None:
            await self._settlement.conclude(*self._unrecorded, now_ms)
            self._unrecorded = None
        self._wait_s = self._timings.idle_s
        if self._patience.quiet_s > 0:
            if self._patience.failing:
                await self._relief.look(now_ms)
            return False
        waiting = await self._look(now_ms)
        if not waiting:
            await self._rest(now_ms)
            return False
        parcel = await self._folding.parcel(waiting, now_ms)
        if parcel is not None:
            await self._send(parcel, now_ms, single=False)
            return True
        merge_after_ms = round(self._timings.merge_after_s * 1000)
        move = next_move(
            parcels(waiting, now_ms=now_ms, merge_after_ms=merge_after_ms),
            self._folding.memory.singles,
            self._route.storm,
            now_ms=now_ms,
            fold_from_ms=self._folding.fold_from_ms(now_ms),
        )
        match move:
            case Leave(parcel=parcel, single=single):
                await self._send(parcel, now_ms, single=single)
                return True
            case Fold():
                await self._folding.fold(move, now_ms)
                return True
            case _:
                if move.until_ms is not None:
                    self._wait_s = min(self._wait_s, max(0, move.until_ms - now_ms) / 1000)
                return False

    async def _recall(self) -> None:
        """Go on from what another process, or an earlier round of this one, left."""
        await self._standing.load()
        await self._folding.load()
        self._patience.keep_quiet(((self._standing.health.paused_until_ms or 0) - self._now_ms()) / 1000)
        self._known = True

    async def _look(self, now_ms: int) -> list[Waiting]:
        """What waits, oldest first; what cannot be read is put aside."""
        found, notes = [], {}
        for entry, delivery in await self._outbox.waiting():
            note = self._notes.get(entry.position) or read_note(entry.note)
            if note is None:
                await self._settlement.discard(entry, now_ms)
            else:
                notes[entry.position] = note
                found.append(Waiting(entry, delivery, note))
        self._notes = notes
        depth = await self._outbox.depth() if found else 0
        oldest_ms = max(0, now_ms - found[0].delivery.created_ms) if found else 0
        metrics.OUTBOX_DEPTH.labels(self.channel).set(depth)
        metrics.OUTBOX_OLDEST.labels(self.channel).set(oldest_ms / 1000)
        return found

    async def _rest(self, now_ms: int) -> None:
        """Nothing waits: what is still to be told of the channel itself, and once an hour old records go."""
        await self._standing.speak_up(now_ms)
        if now_ms >= self._next_cleaning_ms:
            self._next_cleaning_ms = now_ms + 3_600_000
            await self._outbox.forget(now_ms - round(self._timings.keep_records_s * 1000))
            await self._outbox.threads.forget(now_ms - round(self._timings.keep_threads_s * 1000))

    async def _send(self, parcel: Parcel, now_ms: int, *, single: bool) -> None:
        """One attempt. What is known of it is kept here until Redis has it too: a short absence repeats no message."""
        target = parcel.target
        late_ms = lateness_ms(target.note, target.delivery.created_ms, now_ms)
        attempt = Attempt(
            parcel,
            thread=await self._outbox.threads.get(thread_of(target.note)),
            letters=await self._missed(parcel),
            late_ms=late_ms if late_ms >= self._timings.late_after_s * 1000 else None,
        )
        message = await self._attachments.before(self._word(attempt), target.note)
        before = target.delivery
        delivery = replace(
            before,
            status=Status.SENDING,
            attempts=before.attempts + 1,
            # An attempt that a crash cut off stays one with an unknown outcome, whatever comes of this one.
            unknown=max(before.unknown, 1) if before.status is Status.SENDING else before.unknown,
            begun_ms=now_ms,
        )
        memory = self._folding.with_single(now_ms) if single else None
        await self._outbox.record(target.entry, delivery, memory)
        if memory is not None:
            self._folding.memory = memory
        outcome = await self._try(message, delivery.attempts)
        self._patience.keep_quiet(self._route.rate_s)
        attempt = replace(attempt, parcel=replace(parcel, target=replace(target, delivery=delivery)))
        self._unrecorded = attempt, outcome
        await self._settlement.conclude(attempt, outcome, self._now_ms())
        self._unrecorded = None
        if isinstance(outcome, Accepted):
            self._attachments.after(message, target.note, outcome.reference)

    async def _missed(self, parcel: Parcel) -> tuple[DeadLetter, ...]:
        """Dead letters that a closing tells too: nothing closes here what was never opened here."""
        note = parcel.target.note
        if not isinstance(note, Notification) or any(one.opening for one in parcel.all):
            return ()
        opened = opening_id(note)
        opening = await self._outbox.found(opened)
        if opening is None or opening.status is not Status.DEAD:
            return ()
        return tuple(letter for letter in await self._outbox.letters_from(opened) if _same_thread(letter, note))

    def _word(self, attempt: Attempt) -> Message:
        """The message, without a chart."""
        parcel, target = attempt.parcel, attempt.target
        missed = [note for letter in attempt.letters if isinstance(note := read_note(letter.note), Notification)]
        circumstances = Circumstances(
            delayed_s=None if attempt.late_ms is None else attempt.late_ms / 1000,
            may_repeat=parcel.may_repeat,
            merged=() if parcel.storm else told_with(parcel, missed),
            instead_of=target.delivery.instead_of,
            plain=target.delivery.plain,
            settled=target.delivery.settled,
            dashboard=self._dashboard,
        )
        known = None if attempt.thread is None else attempt.thread.reference
        message = word_note(target.note, circumstances)
        return replace(message, parent=self._folding.parent if parcel.storm else known)

    async def _try(self, message: Message, attempts: int) -> Outcome:
        try:
            outcome = await self._route.channel.send(message)
        except Exception as bug:  # one faulty channel must not silence the others
            self._log.error("channel_raised", id=message.id, error=type(bug).__name__)
            outcome = Unknown(f"the channel raised {type(bug).__name__}")
        metrics.DELIVERIES.labels(self.channel, type(outcome).__name__.lower()).inc()
        self._log.info(
            "alert_sent" if isinstance(outcome, Accepted) else "alert_not_sent",
            id=message.id,
            attempt=attempts,
            outcome=type(outcome).__name__,
            reason=getattr(outcome, "reason", ""),
        )
        return outcome

    def _now_ms(self) -> int:
        return self._clock.now_ns() // 1_000_000


def _same_thread(letter: DeadLetter, note: Notification) -> bool:
    other = read_note(letter.note)
    return isinstance(other, Notification) and thread_of(other) == thread_of(note)
