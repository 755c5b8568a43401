"""Connections to Redis: two kinds of client, and one sentence when the server does not answer.

A *command client* asks and gets an answer within its timeout. A *reader client* may wait for ever in a blocking read,
so it has no socket timeout; whoever reads bounds the wait. Both speak RESP2: RESP3 costs a third more CPU here, and
redis-py's default timeout of 5 s would break a longer `XREAD BLOCK` (PERFORMANCE 1.5).

Neither client repeats a command by itself. A repeated XADD whose first reply was lost would stand in the log twice, so
repeating is left to callers that know what they repeat.
"""

import re
from collections.abc import Awaitable
from typing import Any, cast
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from monitor.errors import ConfigError, UnreachableError

TROUBLE = (RedisError, OSError, TimeoutError)
"""What any command may raise while Redis is away, loading, full or refusing writes. Long-running workers catch it, wait
and try again; it never ends a process."""


_EMBEDDED = "Start `monitor up` first, or run this with the MONITOR_DATA_DIR of the one that runs"
_ELSEWHERE = "Check MONITOR_REDIS__URL; left empty, it is the server of `monitor up`"
_ADDRESSES = "redis://host:port/number, rediss:// with TLS, or unix://path; user:password@ stands before the host"


def command_client(url: str, *, name: str, timeout_s: float = 5.0) -> Redis:
    """A client for commands that are answered at once.

    url: redis://, rediss:// or unix:// address. name: shown by CLIENT LIST; spaces become dashes.
    timeout_s: longest wait for a connection and for an answer, seconds. Raises ConfigError for another kind of address.
    """
    return _client(url, name, timeout_s, timeout_s)


def reader_client(url: str, *, name: str, timeout_s: float = 5.0) -> Redis:
    """A client for blocking reads and subscriptions: no limit on the wait for an answer.

    timeout_s: longest wait for a connection, seconds. Raises ConfigError as `command_client`.
    """
    return _client(url, name, timeout_s, None)


def _client(url: str, name: str, connect_s: float, answer_s: float | None) -> Redis:
    try:
        return Redis.from_url(
            url,
            protocol=2,
            client_name=re.sub(r"\s+", "-", name),
            socket_timeout=answer_s,
            socket_connect_timeout=connect_s,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError:  # its text may quote a piece of the password
        hint = "In a password, `/`, `@`, `:`, `?` and `#` are written %2F, %40, %3A, %3F and %23."
        raise ConfigError("MONITOR_REDIS__URL", "redis.url", "**********", _ADDRESSES, hint) from None


async def check_reachable(client: Redis, url: str) -> None:
    """Return when the server answers a PING. Raises UnreachableError, without secrets, when it does not."""
    try:
        await answer(client.ping())
    except TROUBLE as trouble:
        raise UnreachableError(
            f"Redis at {public_address(url)}",
            str(trouble) or type(trouble).__name__,
            _EMBEDDED if url.startswith("unix:") else _ELSEWHERE,
        ) from trouble


def public_address(url: str) -> str:
    """The address with its password (and every query value) replaced by `***`, fit for logs and messages."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username or ''}:***@" if parts.password else f"{parts.username}@" if parts.username else ""
    query = re.sub(r"=[^&]*", "=***", parts.query)
    return f"{parts.scheme}://{user}{host}{parts.path}{query and f'?{query}'}"


async def answer(command: Awaitable[Any] | Any) -> Any:
    """Await what redis-py declares as "awaitable or value"; its asyncio client always returns an awaitable."""
    return await cast("Awaitable[Any]", command)
