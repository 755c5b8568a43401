"""Streams of events: the board and its alerts as they move, as server-sent events or over a WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, cast, get_args

from fastapi import APIRouter, Header, Query, WebSocket
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketState

from monitor.readouts.web.api.answers import BoardId, Schemas
from monitor.readouts.web.api.broadcast import Broadcast, Content, Reader
from monitor.readouts.web.api.refusal import RefusedError
from monitor.readouts.web.api.source import Source
from monitor.readouts.web.api.stream_events import KEEP_ALIVE, OPENING
from monitor.runtime.ending import end

_KEEP_ALIVE_S = 10.0
_RESTARTING = 1012

LastEventId = Annotated[str | None, Header(max_length=200, description="Id of the last event that the client has")]
LastEventIdQuery = Annotated[
    str | None, Query(max_length=200, description="The same, for clients that cannot set headers")
]


def add_streams(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of streams."""
    broadcast = source.broadcast

    @router.get(
        "/api/boards/{board}/events",
        responses=schemas.answers(
            None, 404, 422, 503, media={"text/event-stream": {"type": "string"}}, said="Events, until somebody ends it"
        ),
        tags=["streams"],
    )
    async def events(
        board: BoardId,
        content: Annotated[
            Content, Query(description="Whole snapshots, the numbers that changed, or alerts only")
        ] = "snapshot",
        last_event_id: LastEventIdQuery = None,
        last_event_id_header: Annotated[LastEventId, Header(alias="last-event-id")] = None,
    ) -> Response:
        """Server-sent events: `snapshot` or `metrics`, `alerts` (active ones), `alert` (one entry of the alert
        history), `gap`. Who reads slowly gets fewer snapshots, always the newest, and every alert entry."""
        source.check_board(board)
        reader = Reader(broadcast, content, last_event_id_header or last_event_id)
        return _Events(broadcast, reader)

    @router.get("/api/boards/{board}/ws", include_in_schema=False)
    async def no_upgrade(board: BoardId) -> Response:
        source.check_board(board)
        raise RefusedError(426, "a WebSocket", hint="Connect with ws://, or read /events")

    @router.websocket("/api/boards/{board}/ws")
    async def messages(websocket: WebSocket, board: str) -> None:
        """The same events as messages `{"event": …, "id": …, "data": …}`."""
        try:
            source.check_board(board)
            content = _content(websocket.query_params.get("content", "snapshot"))
            with broadcast.place():
                await _talk(websocket, Reader(broadcast, content, websocket.query_params.get("last_event_id")))
        except RefusedError as refused:
            await websocket.send_denial_response(refused.response())


def _content(text: str) -> Content:
    for content in get_args(Content):
        if content == text:
            return cast("Content", content)
    raise RefusedError(422, "not usable", reason=f"content: one of {', '.join(get_args(Content))}", found=text)


class _Events(StreamingResponse):
    """Server-sent events for as long as the client stays; it has its place among the readers from before the first
    byte, so that it can still be refused."""

    def __init__(self, broadcast: Broadcast, reader: Reader) -> None:
        # nginx would hold events back until its buffer is full.
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        super().__init__(_server_sent(reader), media_type="text/event-stream", headers=headers)
        self._broadcast = broadcast

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._broadcast.place():
            await super().__call__(scope, receive, send)


async def _server_sent(reader: Reader) -> AsyncIterator[bytes]:
    yield OPENING
    async for event in reader.news(_KEEP_ALIVE_S):
        yield KEEP_ALIVE if event is None else event.server_sent(reader.id)


async def _talk(websocket: WebSocket, reader: Reader) -> None:
    await websocket.accept()
    listening = asyncio.create_task(_listen(websocket), name="websocket listening")
    sending = asyncio.create_task(_send(websocket, reader), name="websocket sending")
    try:
        await asyncio.wait({listening, sending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(listening, sending)
    if websocket.client_state is WebSocketState.CONNECTED and websocket.application_state is WebSocketState.CONNECTED:
        await websocket.close(_RESTARTING)


async def _listen(websocket: WebSocket) -> None:
    """Whatever a client says is thrown away; that it has gone ends the talk."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _send(websocket: WebSocket, reader: Reader) -> None:
    try:
        async for event in reader.news(_KEEP_ALIVE_S):
            if event is not None:  # the server's own pings keep the line open
                await websocket.send_text(event.message(reader.id))
    except WebSocketDisconnect:
        return
