"""One connection to an OpenD through the `futu` SDK: what is asked of it, and how it is kept quiet.

The SDK is imported when a connection is made: it is an extra, it takes a second, and it does things then that a service
does not want, which are undone here: it logs to standard output, writes every push to a file in the home folder, and
starts threads that would keep the process alive.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any

from monitor.feeds.brokers.futu_book import symbol_of
from monitor.feeds.brokers.sdk_bridge import SdkBridge
from monitor.feeds.foreign_text import shown

_ANSWER_S = 10.0
_LONGEST_REASON = 200


class SdkUnusableError(Exception):
    """The SDK cannot be loaded as this process runs; a person must change something."""


class RefusedError(Exception):
    """OpenD answered, and said no."""


class OpenD:
    """A connection to the OpenD at host:port, for one event loop.

    Its pushes go to `bridge`, a message a symbol. ready: set when OpenD has taken the connection. lost: set when it has
    ended. All methods but `close` block: they are called in threads.
    """

    def __init__(self, host: str, port: int, bridge: SdkBridge[Any]) -> None:
        self.ready = asyncio.Event()
        self.lost = asyncio.Event()
        self._host, self._port = host, port
        self._bridge = bridge
        self._loop = asyncio.get_running_loop()
        self._context: Any = None
        self._closed = False

    def open(self) -> None:
        """Begin to connect. Raises SdkUnusableError, ImportError where it is not installed."""
        _load()
        from futu import RET_OK, OpenQuoteContext, StockQuoteHandlerBase
        from futu.quote.quote_query import StockQuoteQuery

        bridge = self._bridge
        ready, lost = self._telling(self.ready), self._telling(self.lost)

        class Pushes(StockQuoteHandlerBase):  # type: ignore[misc]
            def on_recv_rsp(self, rsp_pb: Any) -> tuple[int, None]:
                for quote in rsp_pb.s2c.basicQotList:
                    bridge.put(symbol_of(quote.security), quote)
                return RET_OK, None

        class Context(OpenQuoteContext):  # type: ignore[misc]
            def on_api_socket_reconnected(self) -> Any:
                ready()
                return RET_OK, ""

            def on_disconnect(self, *what: Any) -> None:
                lost()  # first: what ends calls under way must not be known before it
                super().on_disconnect(*what)

            def basic_quotes(self, symbols: Sequence[str]) -> tuple[int, str, Any]:
                """As `get_stock_quote`, whose table lacks the time stamps."""
                packed, answered = StockQuoteQuery.pack_req, lambda rsp: (rsp.retType, rsp.retMsg, rsp)
                connection = self.get_sync_conn_id()
                answer = self._query_sync(packed, answered, stock_list=list(symbols), conn_id=connection)
                return answer[0], answer[1], answer[2]

        context = Context(host=self._host, port=self._port, is_async_connect=True)
        context.set_sync_query_connect_timeout(_ANSWER_S)
        context.set_handler(Pushes())
        self._context = context
        if self._closed:  # while this thread was busy
            context.close()

    def subscribe(self, symbols: Sequence[str]) -> None:
        """Subscribe to pushes of basic quotes; the present ones are to be pulled. Raises RefusedError."""
        code, reason = self._context.subscribe(list(symbols), ["QUOTE"], is_first_push=False)
        _check(code, reason)

    def basic_quotes(self, symbols: Sequence[str]) -> list[Any]:
        """The BasicQot messages of symbols that are subscribed. Raises RefusedError."""
        code, reason, answer = self._context.basic_quotes(symbols)
        _check(code, reason)
        return list(answer.s2c.basicQotList)

    def close(self) -> None:
        """End the connection; calls that are under way end with RefusedError."""
        self._closed = True
        if self._context is not None:
            self._context.close()

    def _telling(self, event: asyncio.Event) -> Callable[[], None]:
        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone
                self._loop.call_soon_threadsafe(event.set)

        return tell


def _check(code: int, reason: object) -> None:
    if code != 0:
        raise RefusedError(shown(str(reason), longest=_LONGEST_REASON))


def _load() -> None:
    try:
        import futu
    except (OSError, KeyError) as error:
        raise SdkUnusableError(
            f"the futu package cannot be loaded ({type(error).__name__}): it needs HOME to be a folder it may write to"
        ) from error
    futu.SysConfig.set_all_thread_daemon(True)
    futu.SysConfig.enable_console_log(False)
    futu.common.ft_logger.logger.file_level = logging.WARNING
