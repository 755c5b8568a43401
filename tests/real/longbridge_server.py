"""A Longbridge server to run the real SDK against: one-time passwords over HTTP, quotes over WebSocket (FEEDS 8).

A process of its own: `python -m tests.real.longbridge_server` prints its port and serves until it is ended. A test
steers it over HTTP (`/tell`, `/seen`) through `LongbridgeServer`.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.real import longbridge_wire as wire
from tests.real.longbridge_wire import Packet


class State:
    """What the server would answer, and what it was asked. unknown: symbols that it refuses. busy: refuse pulls.
    refusal: answer of the password endpoint, None for a password. kick: end each connection this many seconds after its
    login, as when another program logs in."""

    def __init__(self) -> None:
        self.quotes: dict[str, dict[str, Any]] = {}
        self.unknown: set[str] = set()
        self.busy = False
        self.refusal: tuple[int, dict[str, Any]] | None = None
        self.kick: float | None = None
        self.seen: list[tuple[int, list[str]]] = []
        self.connections: set[web.WebSocketResponse] = set()


async def password(request: web.Request) -> web.Response:
    state: State = request.app["state"]
    if state.refusal is not None:
        status, body = state.refusal
        return web.json_response(body, status=status)
    return web.json_response(wire.PASSWORD)


async def quotes(request: web.Request) -> web.WebSocketResponse:
    state: State = request.app["state"]
    if dict(request.query) != wire.HANDSHAKE:
        raise web.HTTPBadRequest
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    state.connections.add(socket)
    try:
        async for received in socket:
            packet = wire.unpack(received.data)
            state.seen.append((packet.command, _symbols(packet)))
            await socket.send_bytes(_refusal(state, packet) or wire.response(packet, _answer(state, packet)))
            if packet.command in (wire.AUTH, wire.RECONNECT) and state.kick is not None:
                asyncio.get_running_loop().call_later(state.kick, lambda: asyncio.ensure_future(_kick(socket)))
    finally:
        state.connections.discard(socket)
    return socket


def _refusal(state: State, packet: Packet) -> bytes | None:
    if state.unknown.intersection(_symbols(packet)):
        error = wire.message("Error", code=301600, msg="invalid symbol")
    elif state.busy and packet.command == wire.QUOTE:
        error = wire.message("Error", code=301606, msg="request rate limit")
    else:
        return None
    return wire.response(packet, error.SerializeToString(), wire.BAD_REQUEST)


def _symbols(packet: Packet) -> list[str]:
    if packet.command == wire.SUBSCRIBE:
        return list(wire.parse("SubscribeRequest", packet.body).symbol)
    return list(wire.parse("MultiSecurityRequest", packet.body).symbol) if packet.command == wire.QUOTE else []


def _answer(state: State, packet: Packet) -> bytes:
    match packet.command:
        case wire.AUTH:
            answer = wire.message("AuthResponse", session_id="sess-1", expires=4_000_000_000_000, limit=10, online=1)
        case wire.RECONNECT:
            answer = wire.message("ReconnectResponse", session_id="sess-2", expires=3_600_000)
        case wire.QUOTE:
            known = [{"symbol": symbol} | state.quotes[symbol] for symbol in _symbols(packet) if symbol in state.quotes]
            answer = wire.message("SecurityQuoteResponse", secu_quote=known)
        case _:  # an empty body is a message with nothing set
            return b""
    return answer.SerializeToString()


async def _kick(socket: web.WebSocketResponse) -> None:
    close = wire.message("Close", code=6, reason="duplicate connection")
    with contextlib.suppress(ConnectionError):
        await socket.send_bytes(wire.push(wire.CLOSE, close.SerializeToString()))
        await socket.close()


async def tell(request: web.Request) -> web.Response:
    """Change what is answered (`quotes`, `unknown`, `busy`, `refusal`, `kick`), send frames (`push`: hex), or `drop`
    all connections without a word."""
    state: State = request.app["state"]
    orders = await request.json()
    state.quotes.update(orders.get("quotes", {}))
    state.unknown.update(orders.get("unknown", ()))
    state.busy = orders.get("busy", state.busy)
    state.kick = orders.get("kick", state.kick)
    if "refusal" in orders:
        state.refusal = orders["refusal"]
    for frame in orders.get("push", ()):
        for socket in state.connections:
            await socket.send_bytes(bytes.fromhex(frame))
    if orders.get("drop"):
        for socket in tuple(state.connections):
            if request.transport is not None and socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()
    return web.json_response({})


async def seen(request: web.Request) -> web.Response:
    state: State = request.app["state"]
    return web.json_response({"commands": state.seen, "connections": len(state.connections)})


async def main() -> None:
    app = web.Application(client_max_size=1 << 24)
    app["state"] = State()
    app.add_routes(
        [
            web.get("/v1/socket/token", password),
            web.get("/v2", quotes),
            web.post("/tell", tell),
            web.get("/seen", seen),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    print(site._server.sockets[0].getsockname()[1], flush=True)  # type: ignore[attr-defined]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # until the test goes away


class LongbridgeServer:
    """The server's process, from the test's side."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, session: aiohttp.ClientSession) -> None:
        self._process = process
        self._session = session
        self.http_url = f"http://127.0.0.1:{port}"
        self.quote_ws_url = f"ws://127.0.0.1:{port}/v2"

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls) -> AsyncIterator[Self]:
        """A server for the length of the block."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=pipe, stdout=pipe)
        assert process.stdout is not None
        port = int(await process.stdout.readline())
        async with aiohttp.ClientSession() as session:
            try:
                yield cls(process, port, session)
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()

    async def tell(self, **orders: Any) -> None:
        """See the server's `tell`."""
        async with self._session.post(f"{self.http_url}/tell", json=orders) as answer:
            assert answer.status == 200

    async def push(self, **fields: Any) -> None:
        """Send one PushQuote with these fields."""
        await self.push_all([fields])

    async def push_all(self, pushes: Iterable[Mapping[str, Any]]) -> None:
        """Send a PushQuote of each set of fields, in one go."""
        await self.tell(push=[push_frame(**fields).hex() for fields in pushes])

    async def commands(self, command: int) -> list[list[str]]:
        """The symbols of each request of this kind so far."""
        return [symbols for number, symbols in (await self._seen())["commands"] if number == command]

    async def connections(self) -> int:
        """How many are open."""
        return int((await self._seen())["connections"])

    async def is_left(self) -> bool:
        """Is none open?"""
        return await self.connections() == 0

    async def _seen(self) -> Any:
        async with self._session.get(f"{self.http_url}/seen") as answer:
            return await answer.json()


def push_frame(**fields: Any) -> bytes:
    """The frame of a PushQuote."""
    return wire.push(wire.PUSH_QUOTE, wire.message("PushQuote", **fields).SerializeToString())


if __name__ == "__main__":
    asyncio.run(main())
