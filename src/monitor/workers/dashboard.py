"""The dashboard service: follows one board and serves its application until it is told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from monitor.readouts.live import LiveBoard
from monitor.runtime.ending import end
from monitor.runtime.web_address import listen, web_address
from monitor.workers.connections import HttpConnection, WebSocketConnection

_LET_GO_S = 3


async def dashboard(
    app: FastAPI,
    live: LiveBoard,
    *,
    host: str,
    port: int,
    stop: asyncio.Event,
    on_listening: Callable[[str], None] = lambda url: None,
) -> None:
    """Serve `app` in the running loop until `stop` is set, then let open requests end for a few seconds.

    live: the board that `app` shows; it runs as long as the server. port: 0 for any free one. on_listening: is told
    the address to open, once requests are answered.

    Raises UnreachableError when the address cannot be listened on.
    """
    with listen(host, port) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,  # addresses may carry a token
            http=HttpConnection,
            ws=WebSocketConnection,
            ws_per_message_deflate=False,  # done for each reader anew, it costs more than all the rest
            timeout_graceful_shutdown=_LET_GO_S,
            server_header=False,
        )
        server = _Server(config, lambda: on_listening(web_address(host, listener.getsockname()[1])))
        following = asyncio.create_task(live.run(), name="live board")
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="http server")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            await asyncio.wait({following, serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            live.close()
            server.should_exit = True
            await serving
            if following.done():
                following.result()
        finally:
            server.should_exit = True
            await end(following, stopping, serving)


class _Server(uvicorn.Server):
    """Leaves signals to the process that runs the services, and tells when it answers."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
