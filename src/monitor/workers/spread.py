"""The calculator's loop: follow the log, hand every event to the board, write what it answers.

Nothing here looks at the wall clock to compute: boundaries are log time, and ids are derived from boundaries. A restart
reads the last checkpoint, follows from its position and makes the same snapshots again; Redis refuses those that it
has. Whoever does not hold the lease stands by.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from hashlib import sha256
from typing import Protocol, TypeVar

import msgspec
import structlog
from redis.asyncio import Redis

from monitor.bus.lease import Lease
from monitor.bus.log import LogEntry, LogReader, Position
from monitor.bus.redis import TROUBLE, answer
from monitor.bus.snapshots import Boundary, SnapshotWriter
from monitor.core.bars import Bars
from monitor.core.daily import records_of
from monitor.core.event import Event
from monitor.core.instant import DAY_MS, MILLISECOND, SECOND
from monitor.core.instruments.data_alerts import DATA_ALERT_KINDS
from monitor.core.metrics.measuring import Frames
from monitor.core.metrics.statuses import Statuses
from monitor.core.session import Calendar
from monitor.core.snapshot import Snapshot
from monitor.errors import FencedError
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock
from monitor.runtime.ending import unless
from monitor.runtime.health import Heart
from monitor.wire.keys import Keys
from monitor.workers.checkpoint import CHECKPOINT_VERSION, Checkpoint, read_checkpoint
from monitor.workers.sources import SourceWatch
from monitor.workers.tick_watch import TickWatch

log = structlog.get_logger(__name__)

T = TypeVar("T")

MOST_BOUNDARIES = 16
"""Boundaries written by one script while catching up."""


class Engine(Protocol):
    """What computes: `monitor.core.board.Board`."""

    def apply(self, event: Event) -> list[Snapshot]:
        """Take one event; the snapshots that became due."""
        ...

    def snapshot(self) -> Snapshot:
        """The board at log time."""
        ...

    def dump(self) -> bytes:
        """The state."""
        ...

    def load(self, data: bytes) -> None:
        """Take a state up. Raises ValueError when it belongs to another definition."""
        ...


async def calculate(
    make_board: Callable[[], Engine],
    *,
    client: Redis,
    reading: Redis,
    keys: Keys,
    owner: str,
    heart: Heart,
    clock: Clock,
    stop: asyncio.Event,
    per_entry: bool = False,
    checkpoint_s: float = 2.0,
    lease_s: float = 5.0,
    keep_ms: int = 900_000,
    max_bytes: int = 64_000_000,
    calendars: Collection[Calendar] = (),
    history_ms: int = 60 * DAY_MS,
    reference: bytes = b"",
    until_idle: bool = False,
) -> None:
    """Compute one board until `stop` is set; stand by while another process does.

    make_board: a new board without state, called at every take-over. client: command client. reading: reader client.
    owner: unique name of this process. clock: measures latencies, nothing else. per_entry: one snapshot per log entry
    instead of per boundary (the board's interval is 0). checkpoint_s: time between checkpoints. lease_s: how long a
    standby waits for a silent holder. keep_ms, max_bytes: bounds of the snapshot stream, the first in boundary time.
    calendars: exchanges whose closes make daily records. history_ms: bound of the one-minute bars, in boundary time.
    reference: JSON of what a new board knows, for readers who show its past; none: nothing is kept for them.
    until_idle: return as soon as the log has nothing more. Redis being away ends nothing.
    """
    lease = Lease(client, keys, "spread", owner=owner, ttl_s=lease_s)
    while not stop.is_set():
        heart.state = "standby"
        metrics.LEADER.labels("spread").set(0)
        token = await unless(stop, lease.wait(heart.progress))
        if token is None:
            return
        heart.state = "active"
        metrics.LEADER.labels("spread").set(1)
        writer = SnapshotWriter(
            client, keys, token=token, owner=owner, keep_ms=keep_ms, max_bytes=max_bytes, history_ms=history_ms
        )
        calculation = _Calculation(
            make_board, client, reading, keys, lease, writer, heart, clock, stop, calendars, reference
        )
        try:
            await calculation.run(per_entry=per_entry, checkpoint_s=checkpoint_s, until_idle=until_idle)
            return
        except FencedError as lost:
            log.warning("calculator_fenced", reason=str(lost))
        finally:
            metrics.LEADER.labels("spread").set(0)
            await lease.release()


class _Calculation:
    """One term of office: from taking the lease to losing it or stopping."""

    def __init__(
        self,
        make_board: Callable[[], Engine],
        client: Redis,
        reading: Redis,
        keys: Keys,
        lease: Lease,
        writer: SnapshotWriter,
        heart: Heart,
        clock: Clock,
        stop: asyncio.Event,
        calendars: Collection[Calendar],
        reference: bytes,
    ) -> None:
        self._make_board = make_board
        self._client = client
        self._reading = reading
        self._keys = keys
        self._lease = lease
        self._writer = writer
        self._heart = heart
        self._clock = clock
        self._stop = stop
        self._calendars = calendars
        self._reference, self._digest = reference, sha256(reference).hexdigest()
        self._ms, self._n = -1, 0
        self._bars = Bars()
        self._frames = Frames()
        self._sources = SourceWatch(heart)
        self._ticks = TickWatch(heart)
        self._renew_at = 0.0
        self._unshown_ms: int | None = None
        """Arrival of the oldest log entry that no readout contains yet."""

    async def run(self, *, per_entry: bool, checkpoint_s: float, until_idle: bool) -> None:
        loop = asyncio.get_running_loop()
        board, position = await self._restore()
        await self._keep_reference()
        reader = LogReader(self._reading, self._keys.quotes, position=position, block_s=min(1.0, self._lease.ttl_s / 3))
        saved, save_at = position, loop.time() + checkpoint_s
        while not self._stop.is_set():
            entries = await reader.read()
            self._heart.progress()
            if entries:  # snapshots that Redis has already are not written again: they tell no lag
                behind_ms = self._clock.now_ns() / MILLISECOND - int(reader.position.id.partition("-")[0])
                metrics.SNAPSHOT_LAG.set(max(0.0, behind_ms) / 1000)
            await self._renew()
            if not await self._advance(board, entries, per_entry=per_entry):
                return
            metrics.LOG_LOST.set(reader.lost)
            metrics.LOG_COPIES.set(reader.copies)
            metrics.LOG_BROKEN.set(reader.broken)
            if until_idle and not entries:
                break
            if loop.time() >= save_at and reader.position != saved:
                saved = reader.position
                await self._save(board, saved)
                save_at = loop.time() + checkpoint_s
        if reader.position != saved:
            await self._save(board, reader.position)

    async def _restore(self) -> tuple[Engine, Position]:
        """The board as the last checkpoint has it, else a new one and the beginning of the log."""
        data = await self._persist(lambda: answer(self._client.get(self._keys.checkpoint)))
        if data is None:
            return self._make_board(), Position()
        board = self._make_board()
        try:
            checkpoint = read_checkpoint(data)
            board.load(checkpoint.board)
        except ValueError as unusable:
            log.warning("checkpoint_ignored", reason=str(unusable), consequence="the log is read from its beginning")
            return self._make_board(), Position()
        self._ms, self._n, self._bars = checkpoint.ms, checkpoint.n, checkpoint.bars
        log.info("checkpoint_taken_up", position=checkpoint.position.id)
        return board, checkpoint.position

    async def _advance(self, board: Engine, entries: list[LogEntry], *, per_entry: bool) -> bool:
        """Apply entries and write what became due. False: stopped while Redis was away."""
        due: list[Boundary] = []
        arrived_ms = 0
        for entry in entries:
            if not entry.events:
                continue
            arrived_ms = int(entry.id.partition("-")[0])
            if self._unshown_ms is None:
                self._unshown_ms = arrived_ms
            for event in entry.events:
                for snapshot in board.apply(event):
                    due.append(self._boundary(snapshot))
            if per_entry:
                due.append(self._boundary(board.snapshot()))
            metrics.LOG_READ.inc(len(entry.events))
            await self._renew()
            if len(due) >= MOST_BOUNDARIES:
                if not await self._write(due, None if per_entry else arrived_ms):
                    return False
                due = []
        return not due or await self._write(due, None if per_entry else arrived_ms)

    def _boundary(self, snapshot: Snapshot) -> Boundary:
        frame = self._frames.of(snapshot)
        ms, before_ms = frame.t, self._ms if self._ms >= 0 else None
        self._ms, self._n = ms, self._n + 1 if ms == self._ms else 0
        statuses = Statuses(snapshot)
        minute = self._bars.add(frame, statuses.of)
        daily = records_of(frame, before_ms, self._calendars, statuses.of)
        return Boundary(f"{ms}-{self._n}", snapshot, frame, statuses, minute, daily)

    async def _write(self, due: list[Boundary], unshown_ms: int | None) -> bool:
        written = await self._persist(lambda: self._writer.write(due))
        if written is None:
            return False
        metrics.SNAPSHOTS.inc(written)
        metrics.SNAPSHOTS_REFUSED.labels("old").inc(len(due) - written)
        for kind in DATA_ALERT_KINDS:
            found = sum(alert.kind == kind for alert in due[-1].snapshot.data_alerts)
            metrics.DATA_ALERTS.labels(kind).set(found)
        self._sources.look(due[-1].snapshot)
        self._ticks.look(due[-1].snapshot)
        if written and self._unshown_ms is not None:
            delay = max(0.0, self._clock.now_ns() / MILLISECOND - self._unshown_ms) / 1000
            metrics.TICK_TO_READOUT.observe(delay)
            metrics.SNAPSHOT_LAG.set(delay)
        self._unshown_ms = unshown_ms
        return True

    async def _save(self, board: Engine, position: Position) -> None:
        checkpoint = Checkpoint(CHECKPOINT_VERSION, position, self._ms, self._n, board.dump(), self._bars)
        document = msgspec.msgpack.encode(checkpoint)

        async def write() -> None:
            await self._writer.write_checkpoint(document)
            metrics.CHECKPOINT_TIME.set(self._clock.now_ns() / SECOND)

        await self._persist(write)
        await self._keep_reference()  # each time: a Redis that was lost has none

    async def _keep_reference(self) -> None:
        if self._reference:
            await self._persist(lambda: self._writer.keep_reference(self._reference, self._digest))

    async def _renew(self) -> None:
        """Renew the lease when a third of its time has passed. Called between any two steps that may take long: a
        holder that is merely busy must not lose it."""
        now = asyncio.get_running_loop().time()
        if now < self._renew_at:
            return
        self._renew_at = now + self._lease.ttl_s / 3
        try:
            held = await self._lease.renew()
        except TROUBLE:
            return  # nobody else can take it either; the writes are fenced
        if not held:
            raise FencedError(f"the lease for board {self._keys.board} was taken by another process")

    async def _persist(self, command: Callable[[], Awaitable[T]]) -> T | None:
        """The command's answer, however often it must be repeated; None when stopped while Redis is away."""
        backoff = Backoff(0.02, 1.0)
        while True:
            try:
                found = await command()
            except TROUBLE as trouble:
                if not backoff.failures:
                    log.warning("calculator_waits_for_redis", reason=str(trouble) or repr(trouble))
                self._heart.progress()
                await unless(self._stop, asyncio.sleep(backoff.next()))
                if self._stop.is_set():
                    return None
            else:
                if backoff.failures:
                    log.info("calculator_goes_on")
                return found
