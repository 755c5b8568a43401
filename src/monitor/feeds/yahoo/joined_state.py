"""One state for several connections of one feed, in which a connection that is renewed within seconds is no trouble."""

import asyncio
from collections.abc import Callable

import msgspec

from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP

_ORDER = (UP, CONNECTING, DOWN, FAILED)


class _Connection(msgspec.Struct):
    """since: when it came up, None while it is not. renewing: runs while it is missed for no longer than is routine;
    ended: why it is missed."""

    state: str = CONNECTING
    detail: str = ""
    since: float | None = None
    renewing: asyncio.TimerHandle | None = None
    ended: str = ""


class JoinedState:
    """The best state of `count` connections: the feed delivers as long as one of them does.

    lasted_s: a connection that lived so long and ends is being renewed, one that did not is refused. grace_s: for so
    long a renewed one counts as `connecting`. changed: called when there may be something new to tell. Lives in a
    running event loop.
    """

    def __init__(
        self, count: int, changed: Callable[[], None], *, grace_s: float = 20.0, lasted_s: float = 30.0
    ) -> None:
        self._connections = [_Connection() for _ in range(count)]
        self._changed = changed
        self._grace_s = grace_s
        self._lasted_s = lasted_s

    def put(self, number: int, state: str, detail: str) -> None:
        """Connection `number`, counted from 0, reports a state."""
        connection = self._connections[number]
        loop = asyncio.get_running_loop()
        lasted = connection.since is not None and loop.time() - connection.since >= self._lasted_s
        connection.state, connection.detail = state, detail
        if state == UP:
            connection.since = connection.since or loop.time()
        else:
            connection.since = None
        if state in (UP, FAILED) and connection.renewing is not None:
            connection.renewing.cancel()
            connection.renewing = None
        elif state == DOWN and lasted:
            connection.renewing = loop.call_later(self._grace_s, self._over, connection)
            connection.ended = detail
        self._changed()

    def now(self) -> tuple[str, str]:
        """State and detail of the whole."""
        seen = [self._seen(connection) for connection in self._connections]
        best = min(seen, key=lambda pair: _ORDER.index(pair[0]))
        if len(seen) == 1:
            return best
        working = sum(state == UP for state, _ in seen)
        worst = max(seen, key=lambda pair: _ORDER.index(pair[0]))
        return best[0], f"{working} of {len(seen)} connections up: {worst[1]}"

    def close(self) -> None:
        """Nothing more is to be told."""
        for connection in self._connections:
            if connection.renewing is not None:
                connection.renewing.cancel()

    @staticmethod
    def _seen(connection: _Connection) -> tuple[str, str]:
        if connection.renewing is not None:
            return CONNECTING, f"renewing the connection: {connection.ended}"
        return connection.state, connection.detail

    def _over(self, connection: _Connection) -> None:
        connection.renewing = None
        self._changed()
