"""The transport under all channels that speak HTTP: sent once, answered or lost (decision 0010)."""

import asyncio
import logging
import ssl
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from aiohttp import web

from monitor.notify.http import JSON, Answer, Lost, Poster, check_address, secrets_in
from monitor.notify.port import Permanent, Transient, Unknown
from tests.real.certificates import server_certificate

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
SECRET = "a-very-secret-path"


class Server:
    """A running server. requests: as they came: method, path with query as written, body."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.requests: list[tuple[str, str, bytes]] = []
        self.connections: set[object] = set()


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server on a free port that answers everything with `handler`."""
    server = Server("")

    async def handle(request: web.Request) -> web.StreamResponse:
        server.connections.add(request.transport)
        server.requests.append((request.method, request.raw_path, await request.read()))
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    server.url = f"{'http' if context is None else 'https'}://127.0.0.1:{runner.addresses[0][1]}/{SECRET}"
    try:
        yield server
    finally:
        await runner.cleanup()


def answering(status: int = 200, text: str = "ok", headers: dict[str, str] | None = None) -> Handler:
    """Always the same answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text, headers=headers)

    return handle


async def cut(request: web.Request) -> web.StreamResponse:
    """Reads everything and goes away."""
    assert request.transport is not None
    request.transport.abort()
    raise web.HTTPInternalServerError


def half_of(status: int) -> Handler:
    """Promises 100 bytes of answer, sends two and goes away."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"Content-Length": "100", "Retry-After": "4"})
        await response.prepare(request)
        await response.write(b"ok")
        return await cut(request)

    return handle


async def posted(handler: Handler, **options: float) -> tuple[Answer | Lost, Server]:
    """What one POST came to."""
    poster = Poster()
    async with serving(handler) as server:
        got = await poster.post(server.url, b"{}", JSON, timeout_s=2.0, **options)  # type: ignore[arg-type]
        await poster.close()
    return got, server


async def test_a_post_is_one_request() -> None:
    """Body and headers arrive as given, and the answer as the server said it."""
    got, server = await posted(answering(201, "made"))

    assert got == Answer(status=201, text="made", reason="201 made")
    assert server.requests == [("POST", f"/{SECRET}", b"{}")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer(status: int) -> None:
    """No redirect is followed: a login page would come back as 200."""
    got, server = await posted(answering(status, "elsewhere", {"Location": "/login"}))

    assert isinstance(got, Answer)
    assert got.status == status
    assert len(server.requests) == 1


async def test_a_connection_closed_after_reading_is_lost_and_sent_once() -> None:
    """The request went out and may have been acted upon; nothing repeats it, as slack_sdk would."""
    got, server = await posted(cut)

    assert isinstance(got, Lost)
    assert got.sent
    assert isinstance(got.outcome, Unknown)
    assert len(server.requests) == 1


async def test_every_request_has_a_connection_of_its_own() -> None:
    """A kept connection that the server closed meanwhile would make a request's fate unknowable."""
    poster = Poster()
    async with serving(answering()) as server:
        for _ in range(3):
            assert isinstance(await poster.post(server.url, b"{}", JSON), Answer)
        await poster.close()

        assert len(server.connections) == 3


async def test_no_cookie_is_kept() -> None:
    """What one answer sets is not in the next request: messages do not depend on each other."""
    seen = []

    async def handle(request: web.Request) -> web.StreamResponse:
        seen.append(request.headers.get("Cookie"))
        return web.Response(headers={"Set-Cookie": "a=b; Path=/"})

    async with serving(handle) as server:
        # By name: a cookie of a bare address would not be kept by anybody.
        url = server.url.replace("127.0.0.1", "localhost")
        poster = Poster()
        for _ in range(2):
            await poster.post(url, b"{}", JSON)
        await poster.close()

    assert seen == [None, None]


async def test_half_a_success_is_lost() -> None:
    """200 whose words break off is no success."""
    got, _ = await posted(half_of(200))

    assert isinstance(got, Lost)
    assert got.sent


async def test_half_a_refusal_is_a_refusal() -> None:
    """The status and its headers are here: the pause that was asked for is known."""
    got, _ = await posted(half_of(429))

    assert isinstance(got, Answer)
    assert (got.status, got.retry_after_s, got.complete) == (429, 4.0, False)


async def test_silence_is_lost_after_the_timeout() -> None:
    """No answer in time: it went out, and that is all that is known."""

    async def wait(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    poster = Poster(timeout_s=0.1)
    async with serving(wait) as server:
        got = await poster.post(server.url, b"{}", JSON)
        await poster.close()

        assert isinstance(got, Lost)
        assert got.sent
        assert len(server.requests) == 1


async def test_no_server_means_nothing_was_sent(free_port: int) -> None:
    """A refused connection cannot have delivered anything."""
    poster = Poster()
    got = await poster.post(f"http://127.0.0.1:{free_port}/", b"", {})
    await poster.close()

    assert isinstance(got, Lost)
    assert not got.sent
    assert isinstance(got.outcome, Transient)


async def test_a_name_that_does_not_resolve_means_nothing_was_sent() -> None:
    """DNS trouble comes before any request. The name is reserved never to exist (RFC 2606)."""
    poster = Poster(timeout_s=5.0)
    got = await poster.post("http://nowhere.invalid/", b"", {})
    await poster.close()

    assert isinstance(got, Lost)
    assert isinstance(got.outcome, Transient)


async def test_an_untrusted_certificate_gets_nothing_and_a_trusted_one_everything(tmp_path: Path) -> None:
    """Nothing is sent over a certificate that is not trusted; the own authority's is."""
    certificate, key = server_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with serving(answering(), context) as server:
        wary, trusting = Poster(), Poster(ca_file=certificate)
        refused = await wary.post(server.url, b"{}", JSON)
        taken = await trusting.post(server.url, b"{}", JSON)
        await wary.close()
        await trusting.close()

        assert isinstance(refused, Lost)
        assert isinstance(refused.outcome, Permanent)
        assert isinstance(taken, Answer)
        assert len(server.requests) == 1


def test_a_ca_file_without_certificates_is_refused(tmp_path: Path) -> None:
    """Told at the start, not at the alert."""
    file = tmp_path / "ca.pem"
    file.write_text("nothing")

    for path in (file, tmp_path / "missing.pem"):
        with pytest.raises(ValueError, match="ca_file"):
            Poster(ca_file=path)


async def test_an_answer_is_read_up_to_a_bound() -> None:
    """A server that never stops talking costs a few bytes."""

    async def talk(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    got, _ = await posted(talk, largest=1000)

    assert isinstance(got, Answer)
    assert (len(got.text), got.complete) == (1000, False)
    assert len(got.reason) <= 204


NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "text", "expected"),
    [
        ({}, "", None),
        ({"Retry-After": "3"}, "", 3.0),
        ({"Retry-After": "0.5"}, "", 0.5),
        ({"Retry-After": "3"}, '{"retry_after": 7}', 7.0),
        ({"Retry-After": "9"}, '{"retry_after": 7}', 9.0),
        ({}, '{"retry_after": 0.25}', 0.25),
        ({"Retry-After": "9" * 400}, "", 86_400.0),
        ({}, '{"retry_after": 1e999}', 86_400.0),
        ({}, '{"retry_after": NaN}', None),
        ({}, '{"retry_after": -1}', None),
        ({}, '{"retry_after": true}', None),
        ({}, '{"retry_after": "7"}', None),
        ({}, "[7]", None),
        ({"Retry-After": "-1"}, "", None),
        ({"Retry-After": "soon"}, "", None),
        ({"Retry-After": "٣"}, "", None),
        ({"Retry-After": format_datetime(NOW + timedelta(seconds=5), usegmt=True)}, "", 5.0),
        ({"Retry-After": format_datetime(NOW - timedelta(seconds=5), usegmt=True)}, "", 0.0),
    ],
)
async def test_the_longer_pause_counts(headers: dict[str, str], text: str, expected: float | None) -> None:
    """Seconds or a date in the header, a number in the body, at most a day; nonsense is no pause."""
    got, _ = await posted(answering(429, text, {**headers, "Date": format_datetime(NOW, usegmt=True)}))

    assert isinstance(got, Answer)
    assert got.retry_after_s == expected


async def test_an_address_is_used_as_it_stands() -> None:
    """Signed addresses stay signed: nothing is quoted or unquoted on the way."""
    poster = Poster()
    async with serving(answering()) as server:
        await poster.get(f"{server.url}/a%2Fb?sig=x%2By%3D%3D&e=+", {})
        await poster.close()

        assert [path for _, path, _ in server.requests] == [f"/{SECRET}/a%2Fb?sig=x%2By%3D%3D&e=+"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example.org/x",
        "ftp://127.0.0.1/x",
        f"http:///{SECRET}",
        f"http://127.0.0.1:0/{SECRET}",
        f"http://127.0.0.1:99999/{SECRET}",
        f"http://[::1/{SECRET}",
        f"http://127.0.0.1/{SECRET}\r\nX-Evil: 1",
        f"http://127.0.0.1/{SECRET} HTTP/1.1",
    ],
)
async def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    """Nothing is sent, no header is smuggled in, and the refusal does not hold the secret."""
    poster = Poster()
    with pytest.raises(ValueError, match="address") as refused:
        await poster.post(url, b"", {})
    with pytest.raises(ValueError, match="address"):
        check_address(url)

    assert SECRET not in "".join(traceback.format_exception(refused.value, chain=True)).replace(url, "")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("status", [200, 302, 404, 500])
async def test_no_text_for_people_holds_a_secret(status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Even a server that says all it knows, at whatever length, is quoted without the secret."""
    caplog.set_level(logging.DEBUG)

    async def betray(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=f"{' ' * 4085}/{SECRET}/k3y {SECRET}\x00\x1b[31m{request.url}")

    async with serving(betray) as server:
        url = f"{server.url}/k3y?token=geheim-%C3%A4-1&n=1"
        poster = Poster(secrets=secrets_in(url))
        for largest in (4090, 4100, 8000):
            got = await poster.post(url, b"{}", JSON, largest=largest)
            for text in (repr(got), got.reason, caplog.text, repr(poster)):
                assert "very-secret" not in text
                assert "k3y" not in text
                assert "geheim" not in text
                assert "\x1b" not in text
        await poster.close()


def test_the_secrets_of_an_address() -> None:
    """Its long pieces, quoted and unquoted; ordinary words are none."""
    found = secrets_in("https://user:passw%C3%B6rd@example.org/services/api/T0AAAAAAA?key=0123456%2B&n=1")

    assert {"T0AAAAAAA", "0123456+", "passwörd", "passw%C3%B6rd"} <= set(found)
    assert "api" not in found
    assert "1" not in found
