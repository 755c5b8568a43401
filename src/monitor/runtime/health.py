"""What a process says about its health, and who may call it healthy.

Each process writes two strings with a time to live, so that what is dead disappears by itself:

* `<prefix>:health:<service>:<instance>`: JSON of `Health`;
* `<prefix>:metrics:<service>:<instance>`: its Prometheus text (`monitor.runtime.metrics`).

Healthy means: did its work lately, and reached Redis to say so.
"""

import asyncio
import contextlib
import os
import socket
from importlib.metadata import version
from typing import Protocol

import msgspec
import structlog

from monitor.core.instant import SECOND
from monitor.runtime.clock import Clock
from monitor.runtime.metrics import exposition

log = structlog.get_logger(__name__)

_FAREWELL_S = 1.0


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """One process's word about itself. Times are Unix seconds UTC. last_progress: when it last went round its loop,
    also when there was nothing to do; None: not yet. state: a word of its own (`active`, `standby`, …)."""

    service: str
    instance: str
    version: str
    pid: int
    started: float
    written: float
    last_progress: float | None = None
    state: str = ""
    detail: dict[str, str | int | float | bool | None] = {}

    def problem(self, now: float, limit_s: float) -> str | None:
        """Why this process is not healthy at `now` (Unix seconds), None when it is.

        limit_s: longest time since its last progress.
        """
        if self.last_progress is None:
            return f"{self.service} ({self.instance}) has not begun to work" if now - self.started > limit_s else None
        idle = now - self.last_progress
        return f"{self.service} ({self.instance}) made no progress for {idle:.0f} s" if idle > limit_s else None


def decode_health(data: bytes) -> Health:
    """A health string as read from Redis. Raises ValueError when it is none."""
    try:
        return msgspec.json.decode(data, type=Health)
    except msgspec.MsgspecError as broken:
        raise ValueError(f"not a health record: {broken}") from None


class HealthStore(Protocol):
    """Where health is written: `monitor.bus.health.HealthKeys`."""

    async def write(self, service: str, instance: str, health: bytes, metrics: bytes, ttl_s: float) -> None:
        """Keep both texts for `ttl_s` seconds. Raises OSError or the client's error when Redis is away."""
        ...

    async def remove(self, service: str, instance: str) -> None:
        """Forget both texts. Raises as `write`."""
        ...


def default_instance() -> str:
    """Host name and process id: unique among the processes of all hosts."""
    return f"{socket.gethostname()}-{os.getpid()}"


class Heart:
    """Beats for one process: `run` writes its health every `ttl_s / 3` seconds.

    service, instance: the names in the keys. ttl_s: how long a dead process is still seen, seconds.
    """

    def __init__(self, service: str, instance: str, clock: Clock, *, ttl_s: float = 15.0) -> None:
        self.service = service
        self.instance = instance
        self.state = ""
        self.detail: dict[str, str | int | float | bool | None] = {}
        self.ttl_s = ttl_s
        self._clock = clock
        self._started = clock.now_ns() / SECOND
        self._progress: float | None = None
        self._ended = False

    def progress(self) -> None:
        """Say that the work goes on; call it once a round, also when the round had nothing to do."""
        self._progress = self._clock.now_ns() / SECOND

    def health(self) -> Health:
        """What would be written now."""
        return Health(
            service=self.service,
            instance=self.instance,
            version=version("monitor"),
            pid=os.getpid(),
            started=self._started,
            written=self._clock.now_ns() / SECOND,
            last_progress=self._progress,
            state=self.state,
            detail=self.detail,
        )

    async def run(self, store: HealthStore) -> None:
        """Write until cancelled. While Redis is away the key expires, which says it all."""
        reachable = True
        while not self._ended:
            try:
                document = msgspec.json.encode(self.health())
                await store.write(self.service, self.instance, document, exposition(), self.ttl_s)
                reachable = True
            except Exception as trouble:  # health must never end the service that it is about
                if reachable:
                    log.warning("health_cannot_be_written", reason=str(trouble) or repr(trouble))
                reachable = False
            await asyncio.sleep(self.ttl_s / 3)

    async def end(self, store: HealthStore) -> None:
        """Take the record away, so that nobody sees a process hang that was told to stop. Without Redis it expires."""
        self._ended = True
        with contextlib.suppress(Exception):  # as in `run`
            async with asyncio.timeout(_FAREWELL_S):
                await store.remove(self.service, self.instance)
