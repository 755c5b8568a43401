"""A local server that behaves like Yahoo's streamer and quotes the simulated market, so that the real adapter runs.

Like the original it sends changes only, nothing on subscribing, nothing for a closed market, and never an error for a
symbol that it does not know.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from random import Random

import msgspec
from websockets.asyncio.server import Server, ServerConnection, broadcast, serve
from websockets.exceptions import ConnectionClosed

from monitor.core.definition import Instrument, Kind
from monitor.core.instant import MILLISECOND
from monitor.core.prices.fx_week import fx_open
from monitor.core.session import Phase
from monitor.feeds.simulated.market import Market
from monitor.feeds.yahoo.streamer import POST, PRE, REGULAR, frame_of
from monitor.feeds.yahoo.wire import Pricing
from monitor.runtime.clock import Clock

_ROUND_S = 0.05
"""Real seconds between two rounds of quotes."""
_EXCHANGES = {"XHKG": "HKG", "XSHG": "SHH", "XNYS": "NMS", "CMES": "CME", None: "CCY"}
_MARKET_HOURS: dict[Phase | None, int] = {Phase.PRE: PRE, Phase.POST: POST}
_QUOTE_TYPES = {Kind.INDEX: 9, Kind.FX: 14, Kind.ETF: 20, Kind.FUTURE: 18}
_EQUITY = 8


class _Message(msgspec.Struct):
    """What a client may say. Unknown keys are ignored, as by the original."""

    subscribe: list[str] = []
    unsubscribe: list[str] = []


class YahooServer:
    """Serves the market on a loopback port. An async context manager: inside it clients may connect to `url`.

    instruments: by Yahoo's symbol. quotes_per_s: quotes a real second over all lines that trade. port: 0: a free
    one.
    """

    def __init__(
        self,
        market: Market,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        *,
        quotes_per_s: float = 120.0,
        seed: int = 0,
        port: int = 0,
    ) -> None:
        self._market = market
        self._instruments = dict(instruments)
        self._clock = clock
        self._per_round = quotes_per_s * _ROUND_S
        self._random = Random(seed)
        self._port = port
        self._clients: dict[ServerConnection, set[str]] = {}
        self._last: dict[str, float] = {}
        self._volumes: dict[str, tuple[float, int]] = {}
        self._owed = 0.0
        self._server: Server | None = None
        self._quoting: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Address for clients, while the server runs."""
        return f"ws://127.0.0.1:{self._port}/?version=2"

    async def __aenter__(self) -> "YahooServer":
        self._server = await serve(self._handle, "127.0.0.1", self._port, compression=None)
        self._port = next(iter(self._server.sockets)).getsockname()[1]
        self._quoting = asyncio.create_task(self._quote(), name="yahoo-server:quotes")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._quoting is not None:
            self._quoting.cancel()
            await asyncio.gather(self._quoting, return_exceptions=True)
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _handle(self, client: ServerConnection) -> None:
        wanted = self._clients[client] = set()
        try:
            with contextlib.suppress(ConnectionClosed):  # a client that breaks off is like one that leaves
                async for text in client:
                    with contextlib.suppress(msgspec.DecodeError):
                        message = msgspec.json.decode(text, type=_Message)
                        wanted.update(message.subscribe)
                        wanted.difference_update(message.unsubscribe)
        finally:
            del self._clients[client]

    async def _quote(self) -> None:
        while True:
            await asyncio.sleep(_ROUND_S)
            now_ns = self._clock.now_ns()
            trading = [symbol for symbol in self._wanted() if self._trades(self._instruments[symbol], now_ns)]
            self._owed = min(self._owed + self._per_round, 2.0 * self._per_round + 1.0) if trading else 0.0
            # No line twice in a round: two trades of one millisecond, price and size are one trade to any reader.
            for symbol in self._random.sample(trading, min(int(self._owed), len(trading))):
                self._owed -= 1.0
                self._send(symbol, now_ns)

    def _wanted(self) -> list[str]:
        """Subscribed symbols that exist here, in a fixed order."""
        subscribed: set[str] = set().union(*self._clients.values())
        return [symbol for symbol in self._instruments if symbol in subscribed]

    def _trades(self, instrument: Instrument, now_ns: int) -> bool:
        return self._market.trades(instrument.symbol, now_ns) if instrument.calendar else fx_open(now_ns)

    def _send(self, symbol: str, now_ns: int) -> None:
        instrument = self._instruments[symbol]
        price = self._market.price(instrument.symbol, now_ns)
        if self._last.get(symbol) == price and not _is_traded(instrument):
            return  # for what is traded, every trade changes the day volume
        self._last[symbol] = price
        frame = frame_of(self._pricing(symbol, instrument, price, now_ns))
        broadcast([client for client, wanted in self._clients.items() if symbol in wanted], frame)

    def _pricing(self, symbol: str, instrument: Instrument, price: float, now_ns: int) -> Pricing:
        previous = self._market.previous_close(instrument.symbol, now_ns)
        market_hours = _MARKET_HOURS.get(self._market.phase(instrument.symbol, now_ns), REGULAR)
        equity = _is_traded(instrument)
        size = 100 * self._random.randint(1, 20) if equity else None
        return Pricing(
            id=symbol,
            price=price,
            time=now_ns // MILLISECOND,
            exchange=_EXCHANGES.get(instrument.calendar, "NMS"),
            quote_type=_QUOTE_TYPES.get(instrument.kind, _EQUITY),
            market_hours=market_hours,
            change_percent=100.0 * (price / previous - 1.0),
            # As in captured frames, none outside the regular session (FEEDS 5.4).
            day_volume=self._day_volume(symbol, previous, size) if size and market_hours == REGULAR else None,
            change=price - previous,
            last_size=size,
            price_hint=4 if instrument.kind is Kind.FX else 3 if equity and instrument.calendar == "XHKG" else 2,
        )

    def _day_volume(self, symbol: str, previous_close: float, size: int) -> int:
        """Volume since the session began; a new previous close is a new session."""
        since, volume = self._volumes.get(symbol, (previous_close, 0))
        volume = volume + size if since == previous_close else size
        self._volumes[symbol] = previous_close, volume
        return volume


def _is_traded(instrument: Instrument) -> bool:
    """Has it a volume? Indices and exchange rates have none."""
    return instrument.kind not in (Kind.INDEX, Kind.FX)
