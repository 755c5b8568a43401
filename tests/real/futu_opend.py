"""An OpenD to run the real SDK against: packets of FEEDS section 9 over TCP, in the test's own loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

from tests.real import futu_wire as wire
from tests.real.futu_wire import HEADER_BYTES


class OpenDServer:
    """Answers what the SDK asks and remembers it.

    quotes: symbol → BasicQot that is pulled. refused: symbol → why it may not be subscribed. quota: how many may be.
    mute: take connections and answer nothing. asked: (proto, symbols) of each request.
    """

    def __init__(self) -> None:
        self.quotes: dict[str, Any] = {}
        self.refused: dict[str, str] = {}
        self.quota = 1_000
        self.mute = False
        self.asked: list[tuple[int, list[str]]] = []
        self.port = 0
        self._subscribed: set[str] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, port: int = 0) -> AsyncIterator[Self]:
        """An OpenD for the length of the block. port: 0 for a free one."""
        made = cls()
        server = await asyncio.start_server(made._serve, "127.0.0.1", port)
        made.port = server.sockets[0].getsockname()[1]
        try:
            yield made
        finally:
            server.close()
            made.drop()

    def push(self, *quotes: Any) -> None:
        """Send quotes to everybody, in one packet."""
        message = wire.response(wire.PUSH_QUOTES)
        message.s2c.basicQotList.extend(quotes)
        for writer in self._writers:
            writer.write(wire.packet(wire.PUSH_QUOTES, 0, message))

    def drop(self) -> None:
        """End all connections without a word."""
        for writer in self._writers:
            writer.transport.abort()

    @property
    def connections(self) -> int:
        return len(self._writers)

    def requests(self, proto: int) -> list[list[str]]:
        """The symbols of each request of this kind so far."""
        return [symbols for asked, symbols in self.asked if asked == proto]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._subscribed.clear()
        try:
            while True:
                header = wire.read_header(await reader.readexactly(HEADER_BYTES))
                body = await reader.readexactly(header.length)
                if not self.mute:
                    answer = self._answer(header.proto, wire.request(header.proto, body).c2s)
                    writer.write(wire.packet(header.proto, header.serial, answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, proto: int, asked: Any) -> Any:
        answer = wire.response(proto)
        match proto:
            case wire.INIT:
                answer.s2c.serverVer, answer.s2c.loginUserID, answer.s2c.connID = 1011, 1, 77
                answer.s2c.connAESKey, answer.s2c.keepAliveInterval = "0" * 16, 10
            case wire.KEEP_ALIVE:
                answer.s2c.time = asked.time
            case wire.SUBSCRIBE:
                self._subscribe(_symbols(asked.securityList), answer)
            case wire.QUOTES:
                symbols = _symbols(asked.securityList)
                self.asked.append((proto, symbols))
                answer.s2c.basicQotList.extend(self.quotes[symbol] for symbol in symbols if symbol in self.quotes)
        return answer

    def _subscribe(self, symbols: Sequence[str], answer: Any) -> None:
        self.asked.append((wire.SUBSCRIBE, list(symbols)))
        refusals = [self.refused[symbol] for symbol in symbols if symbol in self.refused]
        if len(self._subscribed | set(symbols)) > self.quota:
            refusals.append("subscription quota exceeded")
        if refusals:
            answer.retType, answer.retMsg = -1, refusals[0]
        else:
            answer.s2c.SetInParent()
            self._subscribed.update(symbols)


def _symbols(securities: Any) -> list[str]:
    names = {number: name for name, number in wire.MARKETS.items()}
    return [f"{names[security.market]}.{security.code}" for security in securities]
