"""Quotes from a Longbridge account through its SDK (FEEDS section 8). Meaning is in `longbridge_book`.

The SDK's asynchronous context is used: it connects in threads of its own and never holds the interpreter while it
waits, which the synchronous one does. It makes a lost connection anew by itself, every two seconds, and tells nobody;
all that can be noticed is that it answers nothing meanwhile, not even questions that need no server.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec
import structlog

from monitor.core.first_few import first_few
from monitor.core.session import Calendar
from monitor.feeds.brokers.longbridge_book import SOURCE, LongbridgeBook
from monitor.feeds.brokers.sdk_bridge import Decoded, Delivery, SdkBridge, beside, carry, hand_over
from monitor.feeds.brokers.silence import Silences
from monitor.feeds.connection_end import server_of
from monitor.feeds.foreign_text import shown
from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP, FeedSink
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock

if TYPE_CHECKING:  # the SDK is an extra: it is imported when a feed runs
    from longbridge.openapi import AsyncQuoteContext, PushQuote

log = structlog.get_logger(__name__)

MOST_SYMBOLS = 500
"""Subscriptions that an account may have (FEEDS 8.3)."""

WITHOUT_CARD_S = {"XHKG": 900}
"""Exchange → how late its quotes are, seconds, for an account that may subscribe and gets no push: the basic quotes of
Hong Kong (FEEDS 8.3)."""

_CARD = "are prices pushed to this account? It needs the card LV1 Real-time Quotes (OpenAPI)"
_OTHER = "another program seems to log in with this account, which may have one connection: end one of the two"

_CONNECT_S = 30.0
_PULL_S = 15.0
_CLOSES_EVERY_S = 60.0
"""Between two pulls for previous closes: a line stays without one for as long as the server does not know it."""
_LIVED_S = 30.0
"""A connection that lived shorter did not end by an ordinary mishap when it happens again and again."""
_NOT_LET_IN = (401, 403)
"""First three digits of Longbridge's codes for keys and tokens that are wrong, expired or not allowed."""
_BAD_REQUEST = (301600, 301603, 301604)
"""Codes of requests that the server will not serve as they are: a symbol that it does not know, or has no quotes of."""
_LONGEST_REASON = 200


class Account(msgspec.Struct, frozen=True):
    """How to log in. http_url, quote_ws_url: "" for Longbridge's own. overnight: ask for prices of the United States at
    night too, which an account must have bought."""

    app_key: str
    app_secret: str
    access_token: str
    http_url: str = ""
    quote_ws_url: str = ""
    overnight: bool = False

    def __repr__(self) -> str:
        return f"Account({self.http_url!r}, {self.quote_ws_url!r})"


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """Durations, seconds. silent_s: an open market without any push for so long has its quotes pulled. poll_s: between
    two such pulls. check_s: between two looks at the connection. patience_s: how long the SDK may take to answer what
    needs no server; both together stay below the two seconds after which it connects again, or a loss goes unseen.
    call_s: between requests that follow each other (ten a second are allowed). kicks: a count:
    connections in a row that ended young, after which another program is thought to take them away."""

    silent_s: float = 300.0
    poll_s: float = 10.0
    check_s: float = 1.0
    patience_s: float = 0.75
    call_s: float = 0.125
    kicks: int = 8


class LongbridgeFeed:
    """One account's quotes, for ever.

    calendars: symbol → calendar of its exchange, None without one; the most important first: 500 are subscribed.
    backoff: delays between attempts to log in.
    """

    source = SOURCE

    def __init__(
        self,
        account: Account,
        calendars: Mapping[str, Calendar | None],
        *,
        clock: Clock,
        pace: Pace | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        symbols = list(calendars)
        self._account = account
        self._symbols, self._left_out = symbols[:MOST_SYMBOLS], symbols[MOST_SYMBOLS:]
        self._clock = clock
        self._pace = pace or Pace()
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)
        self._book = LongbridgeBook(calendars)
        self._silences = Silences({symbol: calendars[symbol] for symbol in self._symbols}, self._pace.silent_s)
        self._address = server_of(account.quote_ws_url) if account.quote_ws_url else "Longbridge"
        self._refused: list[str] = []
        self._trouble = ""
        self._polled_at = self._closes_at = float("-inf")

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled; returns after `failed`, when only a person can help."""
        if not self._symbols:
            sink.state(FAILED, "no line of the board has a symbol for it")
            return
        bridge: SdkBridge[PushQuote] = SdkBridge(self._clock)
        try:
            await beside(self._keep_on(bridge, sink), carry(bridge, self._pushed, sink))
        finally:
            bridge.close()

    async def _keep_on(self, bridge: "SdkBridge[PushQuote]", sink: FeedSink) -> None:
        """Log in again whenever it fails; returns after `failed`."""
        from longbridge.openapi import OpenApiException

        while True:
            sink.state(CONNECTING, self._address)
            try:
                await self._session(bridge, sink)
                return
            except (OpenApiException, TimeoutError) as error:
                reason = self._describe(error)
                if is_fatal(error):
                    log.warning("feed.failed", source=SOURCE, reason=reason)
                    sink.state(FAILED, reason)
                    return
                delay = self._backoff.next()
                log.info("feed.down", source=SOURCE, reason=reason, retry_s=round(delay, 2))
                sink.state(DOWN, reason)
                await asyncio.sleep(delay)

    async def _session(self, bridge: "SdkBridge[PushQuote]", sink: FeedSink) -> None:
        """Log in, subscribe, and keep an eye on it. Raises what the SDK raises; returns after `failed`."""
        from longbridge.openapi import AsyncQuoteContext, Config

        account = self._account
        config = Config.from_apikey(
            account.app_key,
            account.app_secret,
            account.access_token,
            http_url=account.http_url or None,
            quote_ws_url=account.quote_ws_url or None,
            enable_overnight=account.overnight,
            enable_print_quote_packages=False,  # standard output belongs to what was asked for
        )
        context = AsyncQuoteContext.create(config, asyncio.get_running_loop())
        context.set_on_quote(bridge.put)
        await self._subscribe(context)
        self._backoff.reset()
        await self._pull_all(context, sink)
        await self._watch(context, sink)

    async def _subscribe(self, context: "AsyncQuoteContext") -> None:
        """Subscribe to everything; where that is refused, to each symbol by itself, so that one that the server does
        not know costs no other."""
        from longbridge.openapi import OpenApiException, SubType

        self._refused = []
        try:
            async with asyncio.timeout(_CONNECT_S):
                await context.subscribe(self._symbols, [SubType.Quote])
            return
        except OpenApiException as error:
            if error.code not in _BAD_REQUEST:
                raise
            refusal = error
        for symbol in self._symbols:
            await asyncio.sleep(self._pace.call_s)
            try:
                await context.subscribe([symbol], [SubType.Quote])
            except OpenApiException as error:
                if error.code not in _BAD_REQUEST:
                    raise
                self._refused.append(symbol)
        if len(self._refused) == len(self._symbols):
            raise refusal

    async def _watch(self, context: "AsyncQuoteContext", sink: FeedSink) -> None:
        """Notice lost connections and silent markets; returns when connections are taken away again and again."""
        loop = asyncio.get_running_loop()
        up_at = looked_at = loop.time()
        kicks, told = 0, ""
        while True:
            if (detail := self._detail()) != told:
                told = detail
                sink.state(UP, detail)
            await asyncio.sleep(self._pace.check_s)
            answer = asyncio.ensure_future(context.subscriptions())
            try:
                answered, _ = await asyncio.wait([answer], timeout=self._pace.patience_s)
                if not answered:
                    kicks = kicks + 1 if loop.time() - up_at < _LIVED_S else 0
                    log.info("feed.down", source=SOURCE, reason="connection lost")
                    sink.state(DOWN, f"{self._address}: connection lost, the SDK makes it anew")
                await answer
            finally:
                answer.cancel()
            if kicks >= self._pace.kicks:
                log.warning("feed.failed", source=SOURCE, reason=_OTHER)
                sink.state(FAILED, f"lost {kicks} connections within seconds of their making: {_OTHER}")
                return
            if not answered:
                up_at, told = loop.time(), ""
                await self._pull_all(context, sink)
            await self._look(context, loop.time() - looked_at, sink)
            looked_at = loop.time()

    async def _look(self, context: "AsyncQuoteContext", passed_s: float, sink: FeedSink) -> None:
        """Pull what silent markets and a new session want."""
        now_ns, now_s = self._clock.now_ns(), asyncio.get_running_loop().time()
        silent = self._silences.passed(passed_s, now_ns)
        if silent and now_s - self._polled_at >= self._pace.poll_s:
            self._polled_at = now_s
            await self._pull(context, silent, sink)
        if now_s - self._closes_at >= _CLOSES_EVERY_S and (wanted := self._book.without_close(self._symbols, now_ns)):
            self._closes_at = now_s
            await self._pull(context, wanted, sink)

    async def _pull_all(self, context: "AsyncQuoteContext", sink: FeedSink) -> None:
        self._closes_at = asyncio.get_running_loop().time()
        await self._pull(context, self._symbols, sink)

    async def _pull(self, context: "AsyncQuoteContext", symbols: Sequence[str], sink: FeedSink) -> None:
        """Ask for whole quotes. That it fails is told, and no reason to end: pushes come all the same."""
        from longbridge.openapi import OpenApiException

        self._trouble = ""
        try:
            async with asyncio.timeout(_PULL_S):
                quotes = await context.quote([symbol for symbol in symbols if symbol not in self._refused])
        except (OpenApiException, TimeoutError) as error:
            self._trouble = f"cannot pull quotes: {self._describe(error)}"
            return
        recv_ns = self._clock.now_ns()
        for quote in quotes:
            silent = self._silences.market(quote.symbol)
            delay_s = WITHOUT_CARD_S.get(silent) if silent is not None else None
            hand_over(self._book.pulled(quote, recv_ns, delay_s), sink)

    def _pushed(self, delivery: "Delivery[PushQuote]") -> Iterable[Decoded]:
        self._silences.broken(delivery.symbol)
        return self._book.pushed(delivery.symbol, delivery.item, delivery.recv_ns)

    def _detail(self) -> str:
        parts = [self._address]
        if markets := self._silences.markets():
            parts.append(f"{', '.join(markets)} open and no push, so quotes are pulled: {_CARD}")
        if self._refused:
            parts.append(f"refused: {first_few(self._refused)}")
        if self._left_out:
            parts.append(f"beyond the {MOST_SYMBOLS} symbols of an account: {first_few(self._left_out)}")
        if self._trouble:
            parts.append(self._trouble)
        return "; ".join(parts)

    def _describe(self, error: Exception) -> str:
        """Why something failed, without the account's secrets: the SDK's texts hold what servers answered."""
        if isinstance(error, TimeoutError):
            return "no answer in time"
        code, account = getattr(error, "code", None), self._account
        secrets = (account.app_key, account.app_secret, account.access_token)
        text = shown(str(getattr(error, "message", "")), secrets, _LONGEST_REASON)
        return f"{text} (code {code})" if code else text


def is_fatal(error: Exception) -> bool:
    """Is trying again useless until a person has changed something? Only when Longbridge's code says that it does not
    take this key or token. The rest may pass by itself, an account without a free connection too: the old one of a
    killed process is let go after a while."""
    code = getattr(error, "code", None)
    return isinstance(code, int) and code // 1000 in _NOT_LET_IN
