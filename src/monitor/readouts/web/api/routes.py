"""The board over HTTP: JSON, server-sent events, health and metrics."""

from collections.abc import AsyncIterator, Awaitable, Callable

from fastapi import APIRouter, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from redis.exceptions import RedisError

from monitor.readouts.alert_view import to_json
from monitor.readouts.live import LiveBoard, Observation
from monitor.runtime.clock import Clock
from monitor.runtime.metrics import exposition, joined

_ALIVE_S = 15.0
_KEEP_ALIVE_S = 10.0

MetricsTexts = Callable[[], Awaitable[dict[tuple[str, str], bytes]]]
"""(service, instance) → Prometheus text of every process; raises the Redis client's errors (`HealthKeys.metrics`)."""


def api(live: LiveBoard, clock: Clock, metrics: MetricsTexts, *, instance: str, fresh_s: float) -> APIRouter:
    """Routes of one board. instance: name of this process. fresh_s: not ready after so long without a snapshot."""
    router = APIRouter()

    def board_or_404(board: str) -> None:
        if board != live.board:
            raise HTTPException(404, {"error": "unknown board", "board": board[:80], "boards": [live.board]})

    def newest_or_503() -> Observation:
        if live.newest is None:
            raise HTTPException(503, {"error": "no snapshot yet", "reason": live.problem})
        return live.newest

    @router.get("/healthz")
    async def healthz() -> Response:
        """200 while this process works, whether or not Redis answers."""
        idle_s = (clock.now_ns() - live.turned_ns) / 1e9
        alive = idle_s < _ALIVE_S
        return _state(alive, [] if alive else [f"nothing read from Redis or tried for {idle_s:.0f} s"])

    @router.get("/readyz")
    async def readyz() -> Response:
        """200 while Redis answers and the board moves; else 503 with the reasons."""
        reasons = [live.problem] if live.problem else []
        silent_s = live.silent_s()
        if silent_s is not None and silent_s > fresh_s:
            reasons.append(f"no new snapshot for {silent_s:.0f} s")
        return _state(not reasons, reasons)

    @router.get("/metrics")
    async def metrics_text() -> Response:
        """Prometheus text of every service; of this process alone while Redis is away."""
        try:
            texts = await metrics()
        except (RedisError, OSError):
            texts = {}
        body = joined(texts | {("dashboard", instance): exposition()})
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8", headers=_NO_STORE)

    @router.get("/api/boards")
    async def boards() -> Response:
        """The boards that can be asked for."""
        return JSONResponse({"boards": [live.board]}, headers=_NO_STORE)

    @router.get("/api/boards/{board}")
    async def board(board: str, if_none_match: str | None = Header(None)) -> Response:
        """The newest snapshot, exactly as the calculator wrote it."""
        board_or_404(board)
        newest = newest_or_503()
        headers = {"etag": f'"{newest.tag}"', "cache-control": "no-cache"}
        if if_none_match is not None and headers["etag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        return Response(newest.document, media_type="application/json", headers=headers)

    @router.get("/api/boards/{board}/alerts")
    async def alerts(board: str) -> Response:
        """Active alerts, most urgent first."""
        board_or_404(board)
        body = to_json(newest_or_503().alerts)
        return Response(body, media_type="application/json", headers=_NO_STORE)

    @router.get("/api/boards/{board}/events")
    async def events(board: str, request: Request) -> Response:
        """Server-sent events `snapshot` and `alerts`. A client that reads slowly gets fewer, always the newest."""
        board_or_404(board)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(_events(live, request), media_type="text/event-stream", headers=headers)

    @router.get("/api/{rest:path}", include_in_schema=False)
    async def nothing(rest: str) -> Response:
        return JSONResponse({"error": "no such resource", "path": f"/api/{rest[:200]}"}, 404)

    return router


_NO_STORE = {"cache-control": "no-store"}


def _state(good: bool, reasons: list[str]) -> Response:
    body = {"status": "ok" if good else "unavailable", "reasons": reasons}
    return JSONResponse(body, 200 if good else 503, headers=_NO_STORE)


async def _events(live: LiveBoard, request: Request) -> AsyncIterator[bytes]:
    """Waiting for the client to take what was sent is what conflates: the next state is looked up only then."""
    before: Observation | None = None
    yield b"retry: 1000\n\n"
    while not live.closed and not await request.is_disconnected():
        found = await live.after(before.version if before else 0, _KEEP_ALIVE_S)
        if found is None:
            yield b": still here\n\n"
            continue
        if before is None or before.tag != found.tag:
            yield b"event: snapshot\nid: " + found.tag.encode() + b"\ndata: " + found.document + b"\n\n"
        if before is None or before.alerts != found.alerts:
            yield b"event: alerts\ndata: " + to_json(found.alerts) + b"\n\n"
        before = found
