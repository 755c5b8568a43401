"""One WebSocket connection to a vendor, from opening to its end: carries the vendor's words and reports its turns."""

import asyncio
import contextlib
from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from monitor.feeds.conversation import Turn, Vendor
from monitor.feeds.port import UP, FeedSink, FrameError
from monitor.runtime.clock import Clock

_FRAMES = 32
"""Frames after which others get their turn. Frames that have already arrived (one read of the socket brings a thousand)
are received without waiting, and in a burst the log's writer would starve behind them until quotes are conflated."""


class HangUpError(Exception):
    """We end the connection. fatal: and coming back is useless until a person changes something. Its text is for people
    and without secrets."""

    def __init__(self, reason: str, *, fatal: bool = False) -> None:
        super().__init__(reason)
        self.fatal = fatal


class VendorConnection:
    """What happens on one connection.

    market_open: may quotes be expected at this instant (ns)? idle_s: seconds without a record while a market is open
    after which the connection counts as dead. address: what the state shows when the vendor has nothing to say.
    """

    def __init__(
        self,
        connection: ClientConnection,
        vendor: Vendor,
        sink: FeedSink,
        clock: Clock,
        *,
        market_open: Callable[[int], bool],
        idle_s: float,
        address: str,
    ) -> None:
        self._connection = connection
        self._vendor = vendor
        self._sink = sink
        self._clock = clock
        self._market_open = market_open
        self._idle_s = idle_s
        self._address = address
        # No bound of its own: a login, a subscription, then signs of life until the connection's own ping is missed.
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._deliveries = 0
        self._ready = False
        self._end: Exception | None = None

    async def run(self) -> None:
        """Carry until the connection ends, which always raises: HangUpError when we ended it, ConnectionClosed when the
        server did. What a bug of the vendor's rules raises comes through."""
        name = self._vendor.source
        keepers = [
            asyncio.create_task(self._send(), name=f"{name}:send"),
            asyncio.create_task(self._beat(), name=f"{name}:heartbeat"),
            asyncio.create_task(self._await_answer(), name=f"{name}:answer"),
            asyncio.create_task(self._watch(), name=f"{name}:watchdog"),
        ]
        for keeper in keepers:
            keeper.add_done_callback(self._look_at)
        try:
            self._take(self._vendor.opened(self._clock.now_ns()))
            await self._read()
        except ConnectionClosed:
            if self._end is not None:
                raise self._end from None
            raise
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _read(self) -> None:
        frames = 0
        while True:
            frame = await self._connection.recv(decode=False)
            frames += 1
            try:
                turn = self._vendor.received(frame, self._clock.now_ns())
            except FrameError as damaged:
                self._sink.received()
                self._sink.rejected(damaged.reason)
            else:
                self._take(turn)
            if frames % _FRAMES == 0:
                await asyncio.sleep(0)

    def _take(self, turn: Turn) -> None:
        """Do what the vendor's turn asks for. Raises HangUpError when that is to go."""
        if turn.records:
            self._deliveries += 1
            self._sink.received(len(turn.records))
            for record in turn.records:
                if isinstance(record, FrameError):
                    self._sink.rejected(record.reason)
                else:
                    self._sink.quote(record)
        for text in turn.say:
            self._outbox.put_nowait(text)
        if turn.failed or turn.hang_up:
            raise HangUpError(turn.failed or turn.hang_up, fatal=bool(turn.failed))
        if turn.ready:
            self._ready = True
            self._sink.state(UP, turn.detail or self._address)

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader sees it too, and decides
            while True:
                await self._connection.send(await self._outbox.get())
                await asyncio.sleep(self._vendor.pace_s)

    async def _beat(self) -> None:
        if self._vendor.heartbeat_s is None:
            return
        while True:
            await asyncio.sleep(self._vendor.heartbeat_s)
            try:
                self._take(self._vendor.heartbeat(self._clock.now_ns()))
            except HangUpError as end:
                self._abort(end)

    async def _await_answer(self) -> None:
        if self._vendor.answer_s is None:
            return
        await asyncio.sleep(self._vendor.answer_s)
        if not self._ready:
            self._abort(HangUpError(f"no answer to the login within {self._vendor.answer_s:g} s"))

    async def _watch(self) -> None:
        """End the connection when no record came for `idle_s` during which a market was open. Answers to heartbeats do
        not count: a server that has lost the subscription gives them too."""
        while True:
            deliveries, began_ns = self._deliveries, self._clock.now_ns()
            await asyncio.sleep(self._idle_s)
            if deliveries != self._deliveries or not self._market_open(began_ns):
                continue
            if self._market_open(self._clock.now_ns()):
                self._abort(HangUpError(f"nothing for {self._idle_s:g} s"))

    def _look_at(self, keeper: asyncio.Task[None]) -> None:
        """A keeper that has died of a bug must not leave a connection behind that lacks it."""
        if not keeper.cancelled() and isinstance(bug := keeper.exception(), Exception):
            self._abort(bug)

    def _abort(self, end: Exception) -> None:
        """End the connection without waiting for a server that may be gone; the reader raises `end`."""
        self._end = self._end or end
        self._connection.transport.abort()
