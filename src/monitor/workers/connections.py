"""Connections of the dashboard's server: what nobody may do to it, even before it is asked who he is.

The server's own protocols wait forever for the rest of a request, and keep all of it that comes: strangers could fill
its memory, or take all of its connections, without ever showing a token. They also wait forever for a client to take
what was written: one that stopped reading would keep its place among the streams.
"""

import asyncio
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_BYTES = 65_536
"""Longest head of a request: its line and its headers."""
HEAD_S = 10.0
"""A connection that has not sent a whole head by then is closed; those that were answered, by the server's own rule."""
UNREAD_S = 60.0
"""A connection whose client takes nothing of what waits for it is cut off after so long, or twice that at most."""

log = structlog.get_logger(__name__)


class Watched(asyncio.Protocol):
    """A connection that is cut off when its client reads nothing of what waits for it: slow is well, standing still is
    not. Goes before the server's own protocol."""

    unread_s = UNREAD_S
    transport: asyncio.Transport
    _unread_bytes = 0
    _look: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Also begins to watch whether the client reads."""
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        """Also stops watching."""
        self._leave()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Also stops watching."""
        self._leave()
        super().connection_lost(exc)

    def _watch(self) -> None:
        self._leave()
        self._unread_bytes = self.transport.get_write_buffer_size()
        self._look = asyncio.get_running_loop().call_later(self.unread_s, self._judge)

    def _leave(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _judge(self) -> None:
        if self.transport.get_write_buffer_size() < self._unread_bytes:
            self._watch()
            return
        log.info("client_reads_nothing", client=self.transport.get_extra_info("peername"), unread=self._unread_bytes)
        # Closing would first wait for what is unread, and that is forever.
        self.transport.abort()


class HttpConnection(Watched, HttpToolsProtocol):
    """HTTP, with heads that are bounded in length and time, for clients that read. Arguments are those of the server's
    own protocol."""

    head_s = HEAD_S
    _late: asyncio.TimerHandle | None = None
    _head_bytes: int | None = 0
    """Of the head that is under way; None while none is."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Also begins to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Also stops waiting."""
        self._head_is_here()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Also begins to wait for the rest of the head."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Also stops waiting."""
        self._head_is_here()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Hangs up on a head that is too long."""
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.close()

    def _await_head(self) -> None:
        self._head_is_here()
        self._head_bytes = 0
        self._late = self.loop.call_later(self.head_s, self.transport.close)

    def _head_is_here(self) -> None:
        self._head_bytes = None
        if self._late is not None:
            self._late.cancel()
            self._late = None


class WebSocketConnection(Watched, WebSocketsSansIOProtocol):
    """A WebSocket, for clients that read. Arguments are those of the server's own protocol."""

    def keepalive_timeout(self) -> None:
        """Cuts off who answers no ping: such a client does not take what is unsent either, and no close could end."""
        super().keepalive_timeout()
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Also answers a head that is too long, and hangs up: the server's own protocol does neither."""
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    async def send(self, message: Any) -> None:
        """Counts a refusal as an answer too: else each one is logged as an error of the application."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            self.handshake_complete = True
