"""A local server in the place of Yahoo's chart service, and a clock that stands where a test puts it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web
from aiohttp.test_utils import unused_port

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ChartServer:
    """url: what to ask. asked: the symbols of all requests, in order. agents: User-Agents of them. answers: symbol →
    how it is answered, or its body; one without an answer gets an empty document."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.answers: dict[str, bytes | Handler] = {}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        symbol = request.match_info["symbol"]
        self.asked.append(symbol)
        self.agents.add(request.headers.get("User-Agent", ""))
        answer = self.answers.get(symbol, b"{}")
        return (
            web.Response(body=answer, content_type="application/json")
            if isinstance(answer, bytes)
            else (await answer(request))
        )


@contextlib.asynccontextmanager
async def chart_server() -> AsyncIterator[ChartServer]:
    """A server on a free loopback port, inside the block."""
    server = ChartServer()
    app = web.Application()
    app.router.add_get("/v8/finance/chart/{symbol}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    port = unused_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    server.url = f"http://127.0.0.1:{port}"
    try:
        yield server
    finally:
        await runner.cleanup()
