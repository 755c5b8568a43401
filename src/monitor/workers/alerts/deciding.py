"""Deciding: snapshots through the state machine, and what came of each into Redis with one script.

What is decided depends on the snapshots, the rules and the silences alone. After any trouble this begins again from
what Redis holds, which is also how it starts.
"""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec
import structlog
from msgspec.structs import replace

from monitor.bus.alert_store import AlertStore, Commit, Job, StateConflictError, Stored
from monitor.bus.outbox import Delivery
from monitor.bus.redis import TROUBLE
from monitor.bus.silences import Silences
from monitor.bus.snapshot_reader import SnapshotEntry, SnapshotReader
from monitor.core.alerts.diary import Diary
from monitor.core.alerts.digest import Digest
from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.shelf import Changes, Pieces, Shelf
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.core.alerts.rules.rule import RANK, RuleSet
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.alerts.silence import Controls
from monitor.core.metrics.frame import decode_frame
from monitor.errors import FencedError
from monitor.notify.bulletin import Bulletin, Note
from monitor.notify.template import render_template
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock
from monitor.workers.alerts.active import active_alerts
from monitor.workers.alerts.digests import Digests
from monitor.workers.alerts.horizon import calendars_ending
from monitor.workers.alerts.leading import Holder

log = structlog.get_logger(__name__)

_LOOK_AROUND_S = 1.0
_SHOWN_S = 0.5
"""While an alert goes on, readouts show its value beside the board's: it must not be much older."""
_CLEAN_UP_S = 3600.0


class Decider:
    """Takes snapshots through the state machine and commits what came of it.

    open_reader: makes a reader that begins after the given snapshot id. wakes: by channel, set when something was added
    to its outbox; strays: the same for all channels that are not in it. digests: None for a board that has none.
    checkpoint_s: longest time between two commits
    while snapshots come in, seconds. beat: called at every round, for the health report.
    """

    def __init__(
        self,
        config: AlertConfig,
        store: AlertStore,
        silences: Silences,
        open_reader: Callable[[str], SnapshotReader],
        wakes: Mapping[str, asyncio.Event],
        strays: asyncio.Event,
        *,
        clock: Clock,
        digests: Digests | None = None,
        checkpoint_s: float = 2.0,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.config = config
        """What is in force; a new one counts from the next snapshot on."""
        self._store = store
        self._silences = silences
        self._open_reader = open_reader
        self._wakes = wakes
        self._strays = strays
        self._clock = clock
        self._digests = digests
        self._checkpoint_s = checkpoint_s
        self._beat = beat
        self._backoff = Backoff(0.05, 1.0)
        self._bulletins: deque[Bulletin] = deque()
        self._warned: set[str] = set()
        self._accepted_at = 0.0

    def announce(self, bulletin: Bulletin) -> None:
        """Send it with the next commit, which is soon. Without anybody in `notify`, to whoever gets NOTICEs."""
        self._bulletins.append(bulletin)

    async def run(self, holder: Holder, done: asyncio.Event) -> None:
        """Until `done` is set or another process holds the lease. Trouble with Redis is waited out."""
        while not done.is_set():
            try:
                await self._follow(holder, done)
            except FencedError as fenced:
                log.warning("alerting_fenced", reason=str(fenced))
                return
            except (StateConflictError, *TROUBLE) as trouble:
                # The outcome of a commit may be unknown; what Redis holds says it, so begin again from there.
                if not self._backoff.failures:
                    log.warning("alerting_begins_again", reason=str(trouble) or repr(trouble))
                await asyncio.sleep(self._backoff.next())

    async def _follow(self, holder: Holder, done: asyncio.Event) -> None:
        now = asyncio.get_running_loop().time
        progress = _Progress(await self._store.load(), holder)
        reader = self._open_reader(progress.position)
        committed_at = self._accepted_at = now()
        looked_at = cleaned_at = -math.inf
        while not done.is_set():
            entries = await reader.read()
            # Read after the snapshots: a silence that was there before a snapshot counts for it.
            controls = Controls(await self._silences.list()) if entries else Controls()
            for entry in entries:
                if self._take(progress, entry, controls):
                    await self._commit(progress)
                    committed_at = now()
            self._beat()
            due = done.is_set() or now() - committed_at >= self._checkpoint_due_s(progress)
            if self._bulletins or (due and progress.committed != progress.position):
                await self._commit(progress)
                committed_at = now()
            if now() - looked_at >= _LOOK_AROUND_S:
                await self._measure(reader)
                looked_at = now()
            if now() - cleaned_at >= _CLEAN_UP_S and progress.state.t is not None:
                await self._clean_up(progress.state.t)
                cleaned_at = now()

    async def _measure(self, reader: SnapshotReader) -> None:
        metrics.SNAPSHOT_AGE.set(asyncio.get_running_loop().time() - self._accepted_at)
        with contextlib.suppress(*TROUBLE):
            metrics.ALERTING_LAG.set(await reader.behind_s())

    def _checkpoint_due_s(self, progress: "_Progress") -> float:
        """Well before whoever looks at the stored position would take it for a standstill."""
        shown_s = _SHOWN_S if progress.shows_alerts else math.inf
        return min(self._checkpoint_s, shown_s, self.config.service.blind.after_ms / 3000)

    def _take(self, progress: "_Progress", entry: SnapshotEntry, controls: Controls) -> bool:
        """Take one entry into account; True when something came of it that has to be committed at once."""
        progress.position = entry.id
        try:
            frame = decode_frame(entry.data)
        except ValueError as broken:
            metrics.FRAMES_DROPPED.labels("broken").inc()
            log.warning("snapshot_skipped", id=entry.id, reason=str(broken))
            return False
        before = progress.state
        result = step(before, self.config.rules, frame, controls)
        if result.state is before:
            metrics.FRAMES_DROPPED.labels("old").inc()
            return False
        if self._digests is not None:
            progress.diary, due = self._digests.keep(progress.diary, before, frame, result, self.config, controls)
            progress.digests += due
        self._accepted_at = asyncio.get_running_loop().time()
        progress.state = result.state
        progress.transitions += result.transitions
        progress.notifications += result.notifications
        return bool(result.transitions or result.notifications or progress.digests)

    async def _commit(self, progress: "_Progress") -> None:
        rules = self.config.rules
        notes = [with_summary(note, rules) for note in sorted(progress.notifications, key=_urgency)]
        heirs, board = self.config.service.blind.notify, self._store.board
        announced = [replace(one, notify=one.notify or heirs, board=board) for one in self._bulletins]
        told = [*announced, *[await self._digests.word(one, self.config) for one in progress.digests if self._digests]]
        jobs = self._jobs([*notes, *told])
        await progress.commit(
            self._store,
            rules,
            history=[
                *(msgspec.json.encode({"transition": transition}) for transition in progress.transitions),
                *(msgspec.json.encode({"notification": note}) for note in notes),
                *(msgspec.json.encode({"bulletin": bulletin}) for bulletin in told),
            ],
            jobs=jobs,
            durable=any(note.kind.opening for note in notes),
        )
        self._backoff.reset()
        for _ in announced:
            self._bulletins.popleft()
        for channel in {job.channel for job in jobs}:
            self._wakes.get(channel, self._strays).set()
        for note in notes:
            metrics.ALERTS.labels(note.kind.value).inc()
            log.info("alert", id=note.id, level=note.level, value=note.evidence.value, notify=note.notify)
        for bulletin in told:
            metrics.ALERTS.labels(bulletin.kind.value).inc()
            log.info("bulletin", id=bulletin.id, level=bulletin.level, notify=bulletin.notify)

    def _jobs(self, notes: Sequence[Note]) -> list[Job]:
        fresh = Delivery(created_ms=self._clock.now_ns() // 1_000_000).to_json()
        return [
            Job(channel, note.id, fresh, text)
            for note in notes
            for text in (msgspec.json.encode(note),)
            for channel in note.notify
        ]

    async def _clean_up(self, t: int) -> None:
        """Now and then. t: of the newest snapshot."""
        await self._silences.purge(t)
        for warning in calendars_ending(self.config, t):
            if warning.id not in self._warned:
                self._warned.add(warning.id)
                self.announce(warning)


class _Progress:
    """Where deciding stands: the state, what of it Redis has, and what has come of frames since then."""

    def __init__(self, stored: Stored, holder: Holder) -> None:
        self.state, self._shelf = _read_state(stored)
        self.position = self.committed = stored.position
        self.transitions: list[Transition] = []
        self.notifications: list[Notification] = []
        self.digests: list[Digest] = []
        self.diary = _read_diary(stored)
        self._version = stored.version
        self._holder = holder
        self._active: dict[str, bytes] | None = None

    @property
    def shows_alerts(self) -> bool:
        """Whether readouts were given an alert that goes on."""
        return bool(self._active)

    async def commit(
        self, store: AlertStore, rules: RuleSet, *, history: Sequence[bytes], jobs: Sequence[Job], durable: bool
    ) -> None:
        """Write what has changed. After an error, nothing of this is good any more: begin again from Redis."""
        pieces = self._shelf.store(self.state) if self.state.t is not None else Pieces(b"", Changes(), Changes())
        active = {key: view.to_json() for key, view in active_alerts(self.state, rules).items()}
        known, self._active = self._active or {}, active
        self._version = await store.commit(
            Commit(
                position=self.position,
                head=pieces.head,
                instances=pieces.instances,
                windows=pieces.windows,
                active=Changes(
                    {key: view for key, view in active.items() if known.get(key) != view},
                    tuple(key for key in known if key not in active),
                    anew=not known,
                ),
                diary=self.diary.dump(),
                history=history,
                jobs=jobs,
            ),
            version=self._version,
            token=self._holder.token,
            owner=self._holder.owner,
            durable=durable,
        )
        self.committed = self.position
        self.transitions, self.notifications, self.digests = [], [], []


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


def _read_state(stored: Stored) -> tuple[AlertState, Shelf]:
    if not stored.head:
        return AlertState(), Shelf()
    try:
        return Shelf.load(stored.head, stored.instances, stored.windows)
    except ValueError as unreadable:
        # Written by another version: going on without memory repeats an announcement at worst, stopping misses all.
        log.error("alert_state_unreadable", reason=str(unreadable))
        return AlertState(), Shelf()


def _read_diary(stored: Stored) -> Diary:
    try:
        return Diary.load(stored.diary) if stored.diary else Diary()
    except ValueError as unreadable:
        log.error("alert_diary_unreadable", reason=str(unreadable))
        return Diary()


def _urgency(note: Notification) -> tuple[int, int, float]:
    """Of one snapshot's notes, closings first, then the worst news, reminders last."""
    rank = 0 if not note.kind.opening else 2 if note.kind is Kind.REMINDER else 1
    return rank, -RANK.get(note.level, 0), -(note.evidence.distance or 0.0)
