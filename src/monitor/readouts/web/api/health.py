"""How the monitor itself fares: for load balancers, for Prometheus, and for whoever looks after it."""

from collections.abc import Sequence
from importlib.metadata import version

import msgspec
from fastapi import APIRouter
from fastapi.responses import Response
from redis.exceptions import RedisError

from monitor.core.instant import parse_instant
from monitor.core.snapshot import DataAlert, FeedView
from monitor.readouts.services import ServiceView
from monitor.readouts.web.api.answers import Schemas, json_answer
from monitor.readouts.web.api.refusal import NO_STORE
from monitor.readouts.web.api.source import Source
from monitor.runtime.health import Health
from monitor.runtime.metrics import exposition, joined
from monitor.wire.stream_depth import StreamDepth

_ALIVE_S = 15.0


class State(msgspec.Struct, frozen=True, kw_only=True):
    """status: `ok` or `unavailable`. reasons: why not."""

    status: str
    reasons: list[str]


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    """A service, whatever the number of its processes. state: `ok`, `down`, `no progress 12 s`, `gone`, `not running`.
    good: it does its work."""

    name: str
    state: str
    good: bool


class NewestSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """t: its time on the board's clock, ISO-8601 UTC. silent_s: seconds since a new one was seen here. lag_s: how far t
    is behind this machine's clock, seconds; null of a simulated market, which has its own clock."""

    t: str
    seq: int
    simulated: bool
    silent_s: float
    lag_s: float | None


class HealthAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How the monitor fares. version: of this process. snapshot: null while there is none. feeds: by source, as the
    snapshot has them. data_alerts: what a person should look at. services, processes, streams: empty while Redis is
    away. open_streams, max_streams: streams of events that are open here, and may be."""

    status: str
    reasons: list[str]
    board: str
    version: str
    snapshot: NewestSnapshot | None
    feeds: dict[str, FeedView]
    data_alerts: list[DataAlert]
    services: list[ServiceState]
    processes: list[Health]
    streams: list[StreamDepth]
    open_streams: int
    max_streams: int


def add_health(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of health."""
    live, clock = source.live, source.clock
    state = schemas.answers(State)
    state[503] = {**state[200], "description": "Not now; `reasons` tell why"}
    del state[401], state[429]  # asked without a token

    @router.get("/healthz", responses=state, tags=["health"])
    async def healthz() -> Response:
        """200 while this process works, whether or not Redis answers. Needs no token."""
        idle_s = (clock.now_ns() - live.turned_ns) / 1e9
        return _state([] if idle_s < _ALIVE_S else [f"nothing read from Redis or tried for {idle_s:.0f} s"])

    @router.get("/readyz", responses=state, tags=["health"])
    async def readyz() -> Response:
        """200 while Redis answers and the board moves; else 503 with the reasons. Needs no token."""
        # Without the details, which `/api/health` has: where Redis is, strangers need not know.
        return _state([reason.partition(": ")[0] for reason in _not_ready(source)])

    @router.get(
        "/metrics",
        responses=schemas.answers(None, media={"text/plain": {"type": "string"}}, said="Prometheus text"),
        tags=["health"],
    )
    async def metrics() -> Response:
        """Numbers of every service for Prometheus; of this process alone while Redis is away."""
        try:
            texts = await source.metrics()
        except (RedisError, OSError):
            texts = {}
        body = joined(texts | {("dashboard", source.instance): exposition()})
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8", headers=NO_STORE)

    @router.get("/api/health", responses=schemas.answers(HealthAnswer), tags=["health"])
    async def health() -> Response:
        """Services, feeds, lag, depth of the streams and versions. 200 also when something is wrong: `status` and
        `reasons` say it."""
        reasons = _not_ready(source)
        snapshot = None if live.newest is None else live.newest.snapshot
        return json_answer(
            HealthAnswer(
                status=_status(reasons),
                reasons=reasons,
                board=live.board,
                version=version("monitor"),
                snapshot=_newest(source),
                feeds={} if snapshot is None else snapshot.feeds,
                data_alerts=[] if snapshot is None else snapshot.data_alerts,
                services=[_service(view) for view in live.services],
                processes=list(live.processes),
                streams=list(live.depths),
                open_streams=source.broadcast.open,
                max_streams=source.broadcast.max_streams,
            )
        )


def _not_ready(source: Source) -> list[str]:
    reasons = [source.live.problem] if source.live.problem else []
    silent_s = source.live.silent_s()
    if silent_s is not None and silent_s > source.fresh_s:
        reasons.append(f"no new snapshot for {silent_s:.0f} s")
    return reasons


def _newest(source: Source) -> NewestSnapshot | None:
    newest, silent_s = source.live.newest, source.live.silent_s()
    if newest is None or silent_s is None:
        return None
    snapshot = newest.snapshot
    lag_s = (source.clock.now_ns() - parse_instant(snapshot.t)) / 1e9
    return NewestSnapshot(
        t=snapshot.t,
        seq=snapshot.seq,
        simulated=snapshot.simulated,
        silent_s=round(silent_s, 3),
        lag_s=None if snapshot.simulated else round(lag_s, 3),
    )


def _service(view: ServiceView) -> ServiceState:
    return ServiceState(name=view.name, state=view.state, good=view.good)


def _status(reasons: Sequence[str]) -> str:
    return "unavailable" if reasons else "ok"


def _state(reasons: list[str]) -> Response:
    return json_answer(State(status=_status(reasons), reasons=reasons), 503 if reasons else 200)
