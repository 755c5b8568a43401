"""The way to a server, step by step: its name, its port, its certificate. What fails says what to do."""

import asyncio
import os
import socket
import ssl
from contextlib import suppress

CONNECT_S = 5.0


class UnreachedError(OSError):
    """A step that failed, in words, with what to do."""


async def reach(host: str, port: int, *, tls: bool = False, trust: ssl.SSLContext | None = None) -> str:
    """Resolve the name, open one connection, shake hands where `tls`, and close; returns what was found.

    trust: whose certificates count, None for the system's authorities. Raises UnreachedError.
    """
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (TimeoutError, OSError, UnicodeError) as unknown:
        reason = getattr(unknown, "strerror", None) or "no answer in time"
        hint = "Is the address right, and does this machine have a name server?"
        raise UnreachedError(f"{host}: the name cannot be resolved ({reason}). {hint}") from None
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        hint = "Does a firewall drop it, or is only a proxy let out?"
        raise UnreachedError(f"{where} does not answer within {CONNECT_S:g} s. {hint}") from None
    except OSError as refused:
        # asyncio's own text repeats the address; of several addresses it gives no number at all.
        reason = os.strerror(refused.errno) if refused.errno else "no connection"
        raise UnreachedError(f"{where}: {reason}. Is a server running there, and is the port right?") from None
    try:
        if not tls:
            return f"{where}: name, TCP"
        try:
            async with asyncio.timeout(CONNECT_S):
                await writer.start_tls(trust or ssl.create_default_context(), server_hostname=host)
        except (TimeoutError, OSError) as trouble:
            raise UnreachedError(f"{where}: no TLS ({_tls_reason(trouble)})") from None
        return f"{where}: name, TCP, TLS"
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _tls_reason(trouble: Exception) -> str:
    if isinstance(trouble, ssl.SSLCertVerificationError):
        hint = "Is the clock of this machine right? Behind a proxy that opens TLS, trust its authority"
        return f"its certificate is not to be trusted: {trouble.verify_message}. {hint}"
    if isinstance(trouble, ssl.SSLError):
        return f"{trouble.reason or 'handshake failed'}. Does this port speak TLS?"
    return "the server broke off. Does this port speak TLS?"
