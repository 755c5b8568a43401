"""The alerting service: snapshots in, decisions committed, messages out. One process leads, others stand by.

What is decided depends on the snapshots alone. This loop carries them to `step`, writes what came of it with one script
and rouses the senders; after any trouble it starts again from what Redis holds, which is also how it starts.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import structlog
from msgspec.structs import replace

from monitor.bus.alert_store import AlertStore, Commit, Job, StateConflictError
from monitor.bus.lease import Lease
from monitor.bus.outbox import Delivery, Outbox
from monitor.bus.redis import TROUBLE
from monitor.bus.snapshots import SnapshotReader
from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.core.alerts.rules.rule import RANK, RuleSet
from monitor.core.metrics.frame import decode_frame
from monitor.errors import FencedError
from monitor.notify.template import render_template
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end, unless
from monitor.workers.alerts.active import active_alerts
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.alerts.sending import Sender

log = structlog.get_logger(__name__)


async def alert(
    rules: RuleSet,
    *,
    store: AlertStore,
    open_reader: Callable[[str], SnapshotReader],
    lease: Lease,
    routes: Mapping[str, Route],
    outboxes: Mapping[str, Outbox],
    clock: Clock,
    stop: asyncio.Event,
    timings: Timings | None = None,
    checkpoint_s: float = 2.0,
    drain_s: float = 9.0,
    dashboard: str = "",
    beat: Callable[[], None] = lambda: None,
) -> None:
    """Decide and send until `stop` is set, whenever the lease is ours.

    open_reader: makes a reader that begins after the given snapshot id. routes, outboxes: by name of the channel.
    checkpoint_s: longest time between two commits while snapshots come in, seconds. drain_s: how long messages in
    flight may take once `stop` is set; what is not finished then is found again at the next start. dashboard: address
    for links in messages. beat: called at every round, also on standby, for the health report.
    """
    wakes = {name: asyncio.Event() for name in routes}
    decider = Decider(rules, store, open_reader, wakes, clock=clock, checkpoint_s=checkpoint_s, beat=beat)
    while (token := await _lead(lease, stop, beat)) is not None:
        senders = [
            Sender(route, outboxes[name], wakes, clock=clock, timings=timings or Timings(), dashboard=dashboard)
            for name, route in routes.items()
        ]
        metrics.LEADER.labels("alerting").set(1)
        try:
            await _work(decider, senders, token, lease, stop, drain_s)
        finally:
            metrics.LEADER.labels("alerting").set(0)
            await asyncio.shield(lease.release())


async def _lead(lease: Lease, stop: asyncio.Event, beat: Callable[[], None]) -> int | None:
    """The fencing token once the lease is ours, None when `stop` came first."""
    if stop.is_set():
        return None
    return await unless(stop, lease.wait(beat))


async def _work(
    decider: "Decider", senders: Sequence[Sender], token: int, lease: Lease, stop: asyncio.Event, drain_s: float
) -> None:
    """Decide and send until `stop` is set or the lease is lost; then let what is in flight come to its end."""
    done = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        deciding = group.create_task(decider.run(token, lease.owner, done), name="alerting:decide")
        sending = [group.create_task(sender.run(done), name=f"alerting:send:{sender.channel}") for sender in senders]
        keeping = group.create_task(lease.keep(), name="alerting:lease")
        stopping = group.create_task(stop.wait(), name="alerting:stop")
        try:
            await asyncio.wait([deciding, keeping, stopping], return_when=asyncio.FIRST_COMPLETED)
            done.set()
            await asyncio.wait([deciding, *sending], timeout=drain_s)
        finally:
            done.set()
            await end(deciding, *sending, keeping, stopping)


class _Holder(NamedTuple):
    """Who holds the lease."""

    token: int
    owner: str


class Decider:
    """Takes snapshots through the state machine and commits what came of it. Arguments as for `alert`."""

    def __init__(
        self,
        rules: RuleSet,
        store: AlertStore,
        open_reader: Callable[[str], SnapshotReader],
        wakes: Mapping[str, asyncio.Event],
        *,
        clock: Clock,
        checkpoint_s: float = 2.0,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._rules = rules
        self._store = store
        self._open_reader = open_reader
        self._wakes = wakes
        self._clock = clock
        self._checkpoint_s = checkpoint_s
        self._beat = beat
        self._backoff = Backoff(0.05, 1.0)

    async def run(self, token: int, owner: str, done: asyncio.Event) -> None:
        """Until `done` is set or another process holds the lease. Trouble with Redis is waited out."""
        while not done.is_set():
            try:
                await self._follow(_Holder(token, owner), done)
            except FencedError as fenced:
                log.warning("alerting_fenced", reason=str(fenced))
                return
            except (StateConflictError, *TROUBLE) as trouble:
                # The outcome of a commit may be unknown; what Redis holds says it, so begin again from there.
                if not self._backoff.failures:
                    log.warning("alerting_begins_again", reason=str(trouble) or repr(trouble))
                await asyncio.sleep(self._backoff.next())

    async def _follow(self, holder: _Holder, done: asyncio.Event) -> None:
        stored = await self._store.load()
        state, version, position = _read_state(stored.state), stored.version, stored.position
        reader = self._open_reader(position)
        committed, committed_at = position, asyncio.get_running_loop().time()
        while not done.is_set():
            for entry in await reader.read():
                position = entry.id
                try:
                    frame = decode_frame(entry.data)
                except ValueError as broken:
                    metrics.FRAMES_DROPPED.labels("broken").inc()
                    log.warning("snapshot_skipped", id=entry.id, reason=str(broken))
                    continue
                result = step(state, self._rules, frame)
                if result.state is state:
                    metrics.FRAMES_DROPPED.labels("old").inc()
                state = result.state
                if result.transitions or result.notifications:
                    version = await self._commit(
                        state, position, version, holder, result.transitions, result.notifications
                    )
                    committed, committed_at = position, asyncio.get_running_loop().time()
            self._beat()
            due = done.is_set() or asyncio.get_running_loop().time() - committed_at >= self._checkpoint_s
            if due and committed != position:
                version = await self._commit(state, position, version, holder)
                committed, committed_at = position, asyncio.get_running_loop().time()

    async def _commit(
        self,
        state: AlertState,
        position: str,
        version: int,
        holder: _Holder,
        transitions: Sequence[Transition] = (),
        notifications: Sequence[Notification] = (),
    ) -> int:
        notes = [with_summary(note, self._rules) for note in sorted(notifications, key=_urgency)]
        jobs = self._jobs(notes)
        version = await self._store.commit(
            Commit(
                position=position,
                state=state.dump(),
                active={key: view.to_json() for key, view in active_alerts(state, self._rules).items()},
                history=[
                    *(msgspec.json.encode({"transition": transition}) for transition in transitions),
                    *(msgspec.json.encode({"notification": note}) for note in notes),
                ],
                jobs=jobs,
            ),
            version=version,
            token=holder.token,
            owner=holder.owner,
            durable=any(note.kind.opening for note in notes),
        )
        self._backoff.reset()
        for channel in {job.channel for job in jobs}:
            self._wakes[channel].set()
        for note in notes:
            metrics.ALERTS.labels(note.kind.value).inc()
            log.info("alert", id=note.id, level=note.level, value=note.evidence.value, notify=note.notify)
        return version

    def _jobs(self, notes: Sequence[Notification]) -> list[Job]:
        fresh = Delivery(created_ms=self._clock.now_ns() // 1_000_000).to_json()
        jobs = []
        for note in notes:
            text = msgspec.json.encode(note)
            for channel in note.notify:
                if channel in self._wakes:
                    jobs.append(Job(channel, note.id, fresh, text))
                else:
                    # A closing names who got the opening; that channel has left the configuration since.
                    log.error("alert_for_unknown_channel", id=note.id, missing=channel)
        return jobs


def with_summary(note: Notification, rules: RuleSet) -> Notification:
    """The note with the rule's own sentence frozen into its evidence, or with the reason why there is none."""
    rule = rules.get(note.rule)
    if rule is None or rule.message.summary is None:
        return note
    try:
        evidence = replace(note.evidence, summary=render_template(rule.message.summary, note))
    except ValueError as failed:
        evidence = replace(note.evidence, summary_error=str(failed))
    return replace(note, evidence=evidence)


def _read_state(data: bytes | None) -> AlertState:
    if data is None:
        return AlertState()
    try:
        return AlertState.load(data)
    except ValueError as unreadable:
        # Written by another version: going on without memory repeats an announcement at worst, stopping misses all.
        log.error("alert_state_unreadable", reason=str(unreadable))
        return AlertState()


def _urgency(note: Notification) -> tuple[int, int, float]:
    """Of one snapshot's notes, closings first, then the worst news, reminders last."""
    rank = 0 if not note.kind.opening else 2 if note.kind is Kind.REMINDER else 1
    return rank, -RANK.get(note.level, 0), -(note.evidence.distance or 0.0)
