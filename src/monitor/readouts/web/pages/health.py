"""The health page: what is wrong first, then everything that the monitor knows of itself."""

import asyncio
from typing import NamedTuple

import msgspec
from redis.exceptions import RedisError

from monitor.core.snapshot import Snapshot
from monitor.errors import ConfigError
from monitor.readouts import lines, quantities, words
from monitor.readouts.desk import ChannelView, Desk
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.services import MetricsTexts
from monitor.readouts.troubles import Condition, all_well, troubles
from monitor.readouts.web.pages.frame import page
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.process_readings import ProcessReadings, Readings, Usage
from monitor.readouts.web.pages.screen import Address, StandingScreen
from monitor.runtime.clock import Clock
from monitor.runtime.health import Health
from monitor.runtime.metrics import REGISTRY
from monitor.runtime.shared_answers import SharedAnswers
from monitor.wire.stream_depth import StreamDepth

_READ_EVERY_S = 2.0
_STREAMS = {
    "quotes": "the log: what feeds delivered",
    "snapshots": "boards for alerting",
    "daily": "closes for the history",
    "alerts:history": "what alerting did and said",
}


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows beside the snapshot. channels: None where the desk could not say."""

    condition: Condition
    readings: Readings
    depths: tuple[StreamDepth, ...]
    silent_s: float | None


class ProcessRow(NamedTuple):
    """One process. state: of the lease, `active` or `standby`, or its own word. facts: what it says of its work."""

    health: Health
    good: bool
    state: str
    running: str
    progress: str
    memory: str
    cpu: str
    facts: list[str]


class HealthScreen(StandingScreen):
    """`/health`. texts: metrics of all processes."""

    path = "/health"

    def __init__(self, live: LiveBoard, clock: Clock, desk: Desk, texts: MetricsTexts) -> None:
        self._live = live
        self._clock = clock
        self._desk = desk
        self._readings = ProcessReadings(texts)
        self._answers = SharedAnswers(2, age_s=_READ_EVERY_S)

    async def draw(self, seen: Observation | None, address: Address) -> Picture:
        """The page as things are now, also while Redis is away."""
        channels, problem, refused = await self._alerting()
        readings = await self._read()
        live = self._live
        condition = Condition(
            now_s=self._clock.now_ns() / 1e9,
            problem=live.problem,
            silent_s=live.silent_s(),
            snapshot=seen.snapshot if seen else None,
            services=live.services,
            processes=live.processes,
            channels=channels,
            channels_problem=problem,
            rules_refused=refused,
            readings=readings.worst,
            memory=(_memory("used"), _memory("limit")),
        )
        known = Known(condition=condition, readings=readings, depths=live.depths, silent_s=live.silent_s())
        return health_picture(seen, address, known)

    async def _alerting(self) -> tuple[list[ChannelView] | None, str, str]:
        desk = self._desk
        if self._live.problem.startswith("Redis"):
            return None, "", ""

        async def ask() -> tuple[list[ChannelView], str]:
            channels, refused = await asyncio.gather(desk.channels(), desk.rules_refused())
            return channels, refused

        try:
            channels, refused = await self._answers.of("channels", ask)
        except ConfigError as error:
            return None, str(error), ""
        except (RedisError, OSError):
            return None, "", ""
        return channels, "", refused

    async def _read(self) -> Readings:
        if self._live.problem.startswith("Redis"):
            return Readings()
        now_s = asyncio.get_running_loop().time()
        try:
            return await self._answers.of("readings", lambda: self._readings.read(now_s))
        except (RedisError, OSError):
            return Readings()


def health_picture(seen: Observation | None, address: Address, known: Known) -> Picture:
    """The page of one moment. seen: None before the first snapshot."""
    condition = known.condition
    found = troubles(condition)
    return page(
        "health.html.j2",
        seen,
        address,
        known=known,
        condition=condition,
        troubles=found,
        well="" if found else all_well(condition),
        processes=[_process(health, known) for health in condition.processes],
        missing=_missing(condition),
        stream_words=stream_words,
        delays=_delays(seen.snapshot) if seen else {},
        refusals=_refusals(seen.snapshot) if seen else [],
        quantities=quantities,
        size=size,
        since=since,
    )


def _process(health: Health, known: Known) -> ProcessRow:
    now_s = known.condition.now_s
    usage = known.readings.usage.get((health.service, health.instance), Usage(None, None))
    progress = health.last_progress
    return ProcessRow(
        health=health,
        good=health.problem(now_s, 12.0) is None and health.state != "down",
        state=words.clean(health.state),
        running=words.age(max(now_s - health.started, 0)),
        progress=words.MISSING if progress is None else words.age(max(now_s - progress, 0)),
        memory=size(usage.memory),
        cpu=words.proportion(usage.cpu),
        facts=_facts(health, known.condition.snapshot),
    )


def _facts(health: Health, snapshot: Snapshot | None) -> list[str]:
    """What a process says of its work, but for the feeds, which have a table of their own."""
    feeds = {f"{what} {name}" for name in (snapshot.feeds if snapshot else ()) for what in ("feed", "counts")}
    return [
        f"{quantities.short(name.removeprefix('counts '))}: {quantities.short(str(fact))}"
        for name, fact in health.detail.items()
        if name not in feeds
    ]


def _missing(condition: Condition) -> list[tuple[str, str]]:
    """Services without a process: name and state."""
    living = {words.clean(health.service) for health in condition.processes}
    return [(service.name, service.state) for service in condition.services if service.name not in living]


def stream_words(stream: str) -> str:
    """What a stream is for."""
    for prefix, what in (("alerts:outbox:", "waits to be sent on"), ("alerts:dead:", "given up by")):
        if stream.startswith(prefix):
            return f"{what} {quantities.short(stream.removeprefix(prefix))}"
    return _STREAMS.get(stream, quantities.short(stream))


def since(instant: str) -> str:
    """An ISO instant as a moment in Hong Kong."""
    moment = words.instant(instant)
    return words.MISSING if moment is None else f"{quantities.at(int(moment.timestamp() * 1000))} HKT"


def size(count: float | None) -> str:
    """Bytes as people say them: `86 MB`."""
    if count is None:
        return words.MISSING
    for name, unit in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= unit:
            return f"{count / unit:.1f} {name}" if count < 10 * unit else f"{count / unit:.0f} {name}"
    return f"{count:.0f} B"


def _memory(kind: str) -> float | None:
    """What this process last measured of Redis (`workers.board_gauges`)."""
    return REGISTRY.get_sample_value("monitor_redis_memory_bytes", {"kind": kind})


def _delays(snapshot: Snapshot) -> dict[str, str]:
    """Source → the delays of its prices, `15 min`; "" for none."""
    found: dict[str, set[int]] = {}
    for view in snapshot.instruments.values():
        if view.source is not None:
            found.setdefault(view.source, set()).add(view.delay_s)
    return {source: ", ".join(words.age(delay) for delay in sorted(of) if delay) for source, of in found.items()}


def _refusals(snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """Instruments with ticks that the filter did not let pass, most first: symbol, name, sentence."""
    found = [(symbol, view) for symbol, view in snapshot.instruments.items() if view.not_accepted]
    found.sort(key=lambda of: -of[1].not_accepted)
    return [(words.clean(symbol), words.clean(view.name), lines.refused(view)) for symbol, view in found]
