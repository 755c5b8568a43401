"""The steps to a server, each failing with what to do."""

import asyncio
import ssl
from pathlib import Path

import pytest

from monitor.assembly.reach import UnreachedError, reach
from tests.processes import free_tcp_port
from tests.real.certificates import server_certificate


async def ignore(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_port_that_answers_is_reached() -> None:
    """Without TLS a connection is all."""
    async with await asyncio.start_server(ignore, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        assert await reach("127.0.0.1", port) == f"127.0.0.1:{port}: name, TCP"


async def test_a_name_that_nobody_has() -> None:
    """Told apart from a server that is down (.invalid never resolves, RFC 2606)."""
    with pytest.raises(UnreachedError, match=r"feed\.invalid: the name cannot be resolved .*name server"):
        await reach("feed.invalid", 443)


async def test_a_port_where_nobody_listens() -> None:
    """The reason in words, without the address in it twice."""
    port = free_tcp_port()

    with pytest.raises(UnreachedError) as refused:
        await reach("127.0.0.1", port)

    assert (
        str(refused.value) == f"127.0.0.1:{port}: Connection refused. Is a server running there, and is the port right?"
    )


async def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    """Why, and what it may come from."""
    certificate, key = server_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with await asyncio.start_server(ignore, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]

        with pytest.raises(UnreachedError, match=r"no TLS .*not to be trusted: self-signed certificate.*clock"):
            await reach("127.0.0.1", port, tls=True)


async def test_a_port_that_speaks_no_tls() -> None:
    """Plain text where TLS is expected, as with a mistyped scheme."""

    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]

        with pytest.raises(UnreachedError, match=r"no TLS .*Does this port speak TLS"):
            await reach("127.0.0.1", port, tls=True)
