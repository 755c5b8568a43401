"""The newest state of one board, kept by one task for any number of readers in this process.

Each reader asks for what is newer than what it has. Whoever is slow skips states and never holds up the others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from redis.exceptions import RedisError

from monitor.core.snapshot import Snapshot
from monitor.readouts.alert_view import AlertView, active_alerts
from monitor.readouts.reader import BoardReader, Updates
from monitor.readouts.services import SERVICES, ReadHealth, Services, ServiceView
from monitor.runtime.clock import Clock
from monitor.runtime.health import Health
from monitor.wire.stream_depth import StreamDepth

_RETRY_S = 0.5
_GIVE_UP_S = 5.0
_HEALTH_EVERY_S = 2.0


ReadDepths = Callable[[], Awaitable[list[StreamDepth]]]
"""How much is in each stream; raises the Redis client's errors (`StreamDepths.read`)."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a board. version: counts states since the start of this process. document: the snapshot's JSON as
    stored in Redis, byte for byte. seen_ns: when this process first saw that snapshot, UTC."""

    version: int
    document: bytes
    snapshot: Snapshot
    alerts: tuple[AlertView, ...]
    seen_ns: int

    @property
    def tag(self) -> str:
        """Names this snapshot among all of its board."""
        return f"{self.snapshot.t}/{self.snapshot.seq}"


class LiveBoard:
    """Follows one board. `run` must be running; `newest` is None until a snapshot has been read.

    poll_s: Redis is read at least this often, even when no update is announced. gap_s: and at most this often.
    health: what the services say of themselves; depths: how much is in each stream; None where they are not shown.
    expected: services to show even when they were never seen. beat: is called at every round.
    """

    def __init__(
        self,
        reader: BoardReader,
        clock: Clock,
        *,
        poll_s: float = 1.0,
        gap_s: float = 0.1,
        health: ReadHealth | None = None,
        depths: ReadDepths | None = None,
        expected: Sequence[str] = SERVICES,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self.board = reader.board
        self.newest: Observation | None = None
        self.problem = "Redis has not been asked yet"
        """Why the board cannot be read now; "" while it can."""
        self.turned_ns = clock.now_ns()
        """When `run` last went round, UTC: it lives, whether or not Redis does."""
        self.services: tuple[ServiceView, ...] = ()
        """What is known of the services; empty before the first answer."""
        self.processes: tuple[Health, ...] = ()
        """What every living process said of itself last; empty before the first answer and while Redis is away."""
        self.depths: tuple[StreamDepth, ...] = ()
        """The streams of the board; empty before the first answer and while Redis is away."""
        self.closed = False
        self._health = health
        self._depths = depths
        self._services = Services(expected)
        self._asked_ns = 0
        self._beat = beat
        self._reader = reader
        self._clock = clock
        self._poll_s = poll_s
        self._gap_s = gap_s
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Follow the board until cancelled. Outlives restarts of Redis."""
        while True:
            try:
                async with self._reader.updates() as updates:
                    await self._follow(updates)
            except (RedisError, OSError) as error:
                self.problem = f"Redis does not answer: {str(error) or f'nothing within {_GIVE_UP_S:g} s'}"
                self.services, self.processes, self.depths = (), (), ()
            self.turned_ns = self._clock.now_ns()
            self._beat()
            await self._clock.sleep(_RETRY_S)

    async def after(self, version: int, timeout_s: float) -> Observation | None:
        """The newest state if it is newer than `version` (0: any), else the next one; None after `timeout_s` without
        one or when the board was closed."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.closed:
                    if self.newest is not None and self.newest.version > version:
                        return self.newest
                    await self._news.wait()
        except TimeoutError:
            pass
        return None

    def silent_s(self) -> float | None:
        """Seconds since a new snapshot was seen; None when there was none."""
        return None if self.newest is None else (self._clock.now_ns() - self.newest.seen_ns) / 1e9

    def close(self) -> None:
        """Let everyone who waits go: the process is about to end."""
        self.closed = True
        self._announce()

    async def _follow(self, updates: Updates) -> None:
        while True:
            async with asyncio.timeout(_GIVE_UP_S):
                document, alerts = await self._reader.newest()
                await self._look_at_services()
            self.turned_ns = self._clock.now_ns()
            self._beat()
            self._take(document, active_alerts(alerts))
            await self._clock.sleep(self._gap_s)
            await updates.wait(self._poll_s)

    async def _look_at_services(self) -> None:
        now_ns = self._clock.now_ns()
        if now_ns - self._asked_ns < _HEALTH_EVERY_S * 1e9:
            return
        self._asked_ns = now_ns
        if self._health is not None:
            self.processes = tuple(await self._health())
            self.services = self._services.views(self.processes, now_ns / 1e9)
        if self._depths is not None:
            self.depths = tuple(await self._depths())

    def _take(self, document: bytes | None, alerts: tuple[AlertView, ...]) -> None:
        before = self.newest
        if document is None:
            self.problem = f"no snapshot of board {self.board} in Redis yet"
            return
        if before is not None and before.document == document:
            self.problem = ""
            if before.alerts != alerts:
                self._publish(msgspec.structs.replace(before, version=before.version + 1, alerts=alerts))
            return
        try:
            snapshot = msgspec.json.decode(document, type=Snapshot)
        except msgspec.DecodeError as error:
            self.problem = f"the snapshot in Redis cannot be read: {error}"
            return
        self.problem = ""
        self._publish(
            Observation(
                version=before.version + 1 if before else 1,
                document=document,
                snapshot=snapshot,
                alerts=alerts,
                seen_ns=self._clock.now_ns(),
            )
        )

    def _publish(self, observation: Observation) -> None:
        self.newest = observation
        self._announce()

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()
