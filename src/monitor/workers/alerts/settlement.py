"""What follows from an attempt, by the class of its outcome, here and nowhere else (ALERTING section 15.4)."""

import msgspec
import structlog
from msgspec.structs import replace

from monitor.bus.dead_letters import DeadLetter
from monitor.bus.outbox import Delivery, Entry, Outbox, Status
from monitor.bus.threads import Thread
from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.runtime import metrics
from monitor.workers.alerts.folding import Folding
from monitor.workers.alerts.patience import Patience
from monitor.workers.alerts.relief import Relief
from monitor.workers.alerts.route import Timings
from monitor.workers.alerts.standing import Standing
from monitor.workers.alerts.waiting import Parcel, Waiting, thread_of

log = structlog.get_logger(__name__)


class Attempt(msgspec.Struct, frozen=True):
    """One message on its way. thread: what was known of its episode, None at its first message. letters: dead letters
    of the episode whose notes it tells too. late_ms: how late it is, None when that is in time."""

    parcel: Parcel
    thread: Thread | None = None
    letters: tuple[DeadLetter, ...] = ()
    late_ms: int | None = None

    @property
    def target(self) -> Waiting:
        """The note that the message is worded from."""
        return self.parcel.target


class Settlement:
    """Records outcomes of one channel and does what they ask for."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        folding: Folding,
        standing: Standing,
        relief: Relief,
        patience: Patience,
        timings: Timings,
    ) -> None:
        self._outbox = outbox
        self._folding = folding
        self._standing = standing
        self._relief = relief
        self._patience = patience
        self._timings = timings
        self._log = log.bind(channel=outbox.channel)

    async def conclude(self, attempt: Attempt, outcome: Outcome, now_ms: int) -> None:
        """Write down what became of it. May be called again with the same when Redis was away in between."""
        entry, delivery = attempt.target.entry, attempt.target.delivery
        match outcome:
            case Accepted():
                await self._accepted(attempt, outcome, now_ms)
            case Transient(reason=reason, retry_after_s=pause_s, settled=settled):
                settled = tuple(dict.fromkeys((*delivery.settled, *settled)))
                delivery = replace(delivery, status=Status.WAITING, reason=reason, settled=settled)
                if now_ms - attempt.parcel.created_ms >= self._timings.dead_after_s * 1000:
                    await self._give_up(attempt, delivery, reason, now_ms)
                else:
                    await self._outbox.record(entry, delivery)
                    await self._hold(now_ms, reason, pause_s)
            case PayloadRefused(reason=reason) if not delivery.plain:
                delivery = replace(delivery, status=Status.WAITING, reason=reason, plain=True)
                await self._outbox.record(entry, delivery)
            case Unknown(reason=reason) if attempt.parcel.unknown < self._timings.unknown_repeats:
                delivery = replace(delivery, status=Status.WAITING, reason=reason, unknown=attempt.parcel.unknown + 1)
                await self._outbox.record(entry, delivery)
                await self._hold(now_ms, reason, None)
            case Unknown(reason=reason) | Permanent(reason=reason) | PayloadRefused(reason=reason):
                await self._give_up(attempt, delivery, reason, now_ms)

    async def discard(self, entry: Entry, now_ms: int) -> None:
        """An entry that is no note of ours cannot be sent anywhere: a dead letter at once."""
        reason = "the entry holds no notification that this version can read"
        delivery = Delivery(status=Status.DEAD, created_ms=now_ms, ended_ms=now_ms, reason=reason)
        await self._bury(entry, delivery, now_ms)

    async def _accepted(self, attempt: Attempt, accepted: Accepted, now_ms: int) -> None:
        target, storm = attempt.target, attempt.parcel.storm
        reason = "; ".join(f"{address}: {why}" for address, why in accepted.refused.items())
        done = replace(target.delivery, status=Status.ACCEPTED, ended_ms=now_ms, reason=reason, late_ms=attempt.late_ms)
        told = replace(done, status=Status.FOLDED if storm else Status.MERGED, told_by=target.entry.id)
        results = [
            (one.entry, replace(one.delivery, status=told.status, ended_ms=now_ms, told_by=told.told_by))
            for one in attempt.parcel.older
        ]
        for letter in attempt.letters:
            record = await self._outbox.found(letter.id) or told
            revived = replace(record, status=Status.MERGED, ended_ms=now_ms, told_by=told.told_by)
            results.append((Entry("", letter.id, letter.note), revived))
        await self._relief.follow(target, attempt.thread, now_ms)
        memory = self._folding.settled(accepted.reference) if storm else None
        await self._outbox.settle(
            [*results, (target.entry, done)],
            threads=await self._threads(attempt, accepted.reference, now_ms),
            letters=attempt.letters,
            memory=memory,
        )
        if memory is not None:
            self._folding.memory = memory
            metrics.FOLDED.labels(self._outbox.channel).inc(len(attempt.parcel.older))
        waited_ms = max(0, now_ms - attempt.parcel.created_ms)
        metrics.DELIVERY_DELAY.labels(self._outbox.channel).observe(waited_ms / 1000)
        if attempt.late_ms is not None:
            metrics.LATE.labels(self._outbox.channel).inc()
        self._patience.settled()
        await self._standing.green(now_ms, reason)

    async def _threads(self, attempt: Attempt, reference: str | None, now_ms: int) -> dict[str, Thread]:
        """Where the episodes that were told have their messages now. One that had a message before its note was folded
        keeps it."""
        if attempt.parcel.storm:
            if reference is None:
                return {}
            episodes = [thread_of(one.note) for one in attempt.parcel.older]
            known = await self._outbox.threads.get_many(episodes)
            fresh = Thread(reference=reference, used_ms=now_ms)
            return {
                episode: fresh if thread is None else replace(thread, reference=thread.reference or reference)
                for episode, thread in known.items()
            }
        before = attempt.thread or Thread(used_ms=now_ms)
        thread = replace(before, reference=reference or before.reference, used_ms=now_ms)
        worth_keeping = thread.reference is not None or thread.forwarded
        return {thread_of(attempt.target.note): thread} if worth_keeping else {}

    async def _hold(self, now_ms: int, reason: str, pause_s: float | None) -> None:
        self._patience.failed(pause_s)
        await self._standing.pause(now_ms, reason, pause_s)
        await self._relief.look(now_ms)

    async def _give_up(self, attempt: Attempt, delivery: Delivery, reason: str, now_ms: int) -> None:
        """Fallback first, then red health, then the dead letter: a crash in between repeats, and the fallback takes
        each id once. A STORM message is given up as the notes that it would have told."""
        notes = [(one.entry, one.delivery) for one in attempt.parcel.older]
        if not attempt.parcel.storm:
            notes.append((attempt.target.entry, delivery))
        taken = {entry.id: await self._relief.take(entry, now_ms) for entry, _ in notes}
        await self._standing.red(now_ms, reason)
        if attempt.parcel.storm:
            memory = self._folding.settled()
            lost = replace(delivery, status=Status.DEAD, ended_ms=now_ms, reason=reason)
            await self._outbox.settle([(attempt.target.entry, lost)], memory=memory)
            self._folding.memory = memory
        for entry, one in notes:
            dead = replace(
                one,
                status=Status.DEAD,
                ended_ms=now_ms,
                reason=reason,
                forwarded=taken[entry.id] or one.forwarded,
                told_by=None,
            )
            await self._bury(entry, dead, now_ms)
        self._patience.settled()

    async def _bury(self, entry: Entry, delivery: Delivery, now_ms: int) -> None:
        dropped = await self._outbox.bury(entry, delivery, now_ms)
        metrics.DEAD_LETTERS.labels(self._outbox.channel).inc()
        self._log.warning("alert_dead_letter", id=entry.id, reason=delivery.reason, fallback=self._relief.fallback)
        if dropped:
            metrics.DEAD_LETTERS_DROPPED.labels(self._outbox.channel).inc(len(dropped))
            self._log.error("dead_letters_dropped", ids=dropped)
