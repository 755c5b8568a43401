"""Who may ask: tokens, host names, origins."""

import asyncio

import aiohttp
import pytest
from pydantic import ValidationError
from redis.asyncio import Redis

from monitor.errors import ConfigError
from monitor.settings.tree import DashboardSettings
from tests.eventually import eventually
from tests.readouts.publishing import publish
from tests.readouts.sample import sample
from tests.real.api.served import BOARD, Served, Start


async def test_outside_loopback_a_token_is_demanded(redis: Redis, start: Start) -> None:
    """Without the token nothing but the health checks answers; with it, as header or cookie, everything does."""
    await publish(redis, sample())
    token = "correct horse/battery&staple"
    async with start(host="0.0.0.0", token=token) as server:
        await eventually(lambda: server.live.newest)
        for path in (
            "/",
            "/metrics",
            "/api/boards",
            "/api/boards/hk-us",
            "/api/boards/hk-us/events",
            "/api/openapi.json",
        ):
            assert (await server.get(path))[0] == 401, path
        assert (await server.get("/healthz"))[0] == 200
        assert (await server.get("/readyz"))[0] == 200
        assert (await server.get("/api/boards", headers={"Authorization": "Bearer wrong"}))[0] == 401
        assert (await server.get("/api/boards", headers={"Authorization": f"Bearer {token}"}))[0] == 200
        assert (await server.get("/api/boards", params={"token": "wrong"}))[0] == 401
        status, _, answer = await server.get("/api/boards", params={"token": token, "x": "1"})
        assert (status, answer.headers["Location"]) == (303, "/api/boards?x=1")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert token not in cookie
        assert (await server.get("/api/boards"))[0] == 200


async def test_people_are_told_that_a_token_was_wrong(redis: Redis, start: Start) -> None:
    """A browser reads what is asked for, and after a wrong token that it was wrong; programs read the same."""
    page, wrong = {"Accept": "text/html"}, "not the right one"
    async with start(host="0.0.0.0", token="t") as server:
        _, _, first = await server.get("/", headers=page)
        _, _, second = await server.get("/", params={"token": "guess"}, headers=page)
        texts = [await first.text(), await second.text()]
        _, missing, _ = await server.get("/api/boards")
        _, refused, _ = await server.get("/api/boards", headers={"Authorization": "Bearer guess"})

    assert ["Token needed" in text for text in texts] == [True, True]
    assert [wrong in text for text in texts] == [False, True]
    assert "guess" not in texts[1]
    assert (missing["error"], refused["error"]) == ("token missing", "wrong token")


async def test_cookies_of_other_ports_do_not_hide_ours(redis: Redis, start: Start) -> None:
    """Browsers send what any other port of the same host has set along with our cookie, in whatever form it is: whoever
    has shown the token stays signed in."""
    others = ['kept={"a": 1, "b": "x y"}', "x,y=2; a@b=1", "flag; =v", "path=/", "n=\u00e9", "monitor_token=older"]
    async with start(host="0.0.0.0", token="t") as server:
        _, _, answer = await server.get("/api/boards", params={"token": "t"})
        ours = answer.headers["Set-Cookie"].partition(";")[0]
        server.http.cookie_jar.clear()
        found = {
            other: [
                (await server.get("/api/boards", headers={"Cookie": cookies}))[0]
                for cookies in (f"{other}; {ours}", f"{ours}; {other}", other)
            ]
            for other in others
        }

    assert set(map(tuple, found.values())) == {(200, 200, 401)}, found


async def test_redirect_after_the_token_stays_here(redis: Redis, start: Start) -> None:
    """`//elsewhere` in the path does not become the address of another machine."""
    async with start(host="0.0.0.0", token="t") as server:
        _, _, answer = await server.get("//elsewhere.example/", params={"token": "t"})

    assert answer.headers["Location"].startswith("/elsewhere.example")


async def test_the_cookie_keeps_to_encrypted_connections(redis: Redis, start: Start) -> None:
    """Who signs in through the proxy that encrypts gets a cookie that never travels in clear; on the plain address in
    the own network it must."""
    async with start(host="0.0.0.0", token="t", public_url="https://board.example") as server:
        _, _, outside = await server.get("/", params={"token": "t"}, headers={"Host": "board.example"})
        _, _, inside = await server.get("/", params={"token": "t"})

    assert "; secure" in outside.headers["Set-Cookie"].lower()
    assert "; secure" not in inside.headers["Set-Cookie"].lower()


async def test_refuses_to_start_outside_loopback_without_a_token(start: Start) -> None:
    """A dashboard that others can reach does not start open; the message names the setting."""
    with pytest.raises(ConfigError, match="MONITOR_DASHBOARD__TOKEN"):
        async with start(host="0.0.0.0"):
            pass


async def test_foreign_names_and_origins_are_refused(redis: Redis, start: Start) -> None:
    """A web page elsewhere can neither point its own name at the board nor call it across origins."""
    await publish(redis, sample())
    async with start(public_url="https://board.example") as server:
        own = {"Host": server.url.removeprefix("http://")}
        statuses = [
            (await server.get("/api/boards", headers=headers))[0]
            for headers in (
                {"Host": "evil.example"},
                own | {"Origin": "https://evil.example"},
                own | {"Origin": "null"},
                own | {"Origin": server.url},
                {"Host": "board.example", "Origin": "https://board.example"},
                {"Host": "localhost:80"},
            )
        ]

    assert statuses == [403, 403, 403, 200, 200, 200]


async def test_answers_carry_security_headers(start: Start) -> None:
    """No answer may be framed, sniffed, or load anything from elsewhere."""
    async with start() as server:
        _, _, answer = await server.get("/healthz")

    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Server" not in answer.headers


async def test_a_cookie_alone_changes_nothing(redis: Redis, start: Start) -> None:
    """What changes something needs our own origin, as pages send it, or the token in the header: a request with the
    cookie and without an origin comes from nobody's page."""
    await publish(redis, sample())
    async with start(host="0.0.0.0", token="secret") as server:
        await server.get("/api/boards", params={"token": "secret"})
        path, retry = f"{BOARD}/dead-letters/retry", {"json": {"id": "x"}}
        read, _, _ = await server.get("/api/boards")
        cookie, body, _ = await server.ask("POST", path, **retry)
        page, _, _ = await server.ask("POST", path, headers={"Origin": server.url}, **retry)
        program, _, _ = await server.ask("POST", path, headers={"Authorization": "Bearer secret"}, **retry)

    assert (read, cookie, body["error"]) == (200, 403, "a cookie is not enough")
    assert (page, program) == (404, 404)  # passed, and no such message is there


async def test_on_loopback_programs_may_act(redis: Redis, start: Start) -> None:
    """curl on the same machine needs neither token nor origin; a page of another server is refused what changes
    something, also where it sends no preflight."""
    await publish(redis, sample())
    async with start() as server:
        path = f"{BOARD}/dead-letters/retry"
        program, _, _ = await server.ask("POST", path, json={"id": "x"})
        plain, body, _ = await server.ask("POST", path, data='{"id": "x"}', headers={"Content-Type": "text/plain"})
        page, _, _ = await server.ask("POST", path, json={"id": "x"}, headers={"Origin": "https://evil.example"})
        long, _, _ = await server.ask("POST", path, json={"id": "x" * 20_000})

    assert (program, plain, body["error"], page, long) == (404, 415, "not JSON", 403, 413)


async def test_named_origins_may_read_and_act(redis: Redis, start: Start) -> None:
    """Off by default; a named origin gets the headers that let its pages read and act, with the token in the header;
    no other one does, and cookies never go with it."""
    await publish(redis, sample())
    desk, other = {"Origin": "https://desk.example"}, {"Origin": "https://desk.example.evil"}
    asking = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    async with start(host="0.0.0.0", token="t", cors_origins=["https://desk.example"]) as server:
        preflight, _, may = await server.ask("OPTIONS", f"{BOARD}/silences", headers=desk | asking)
        refused, _, may_not = await server.ask("OPTIONS", f"{BOARD}/silences", headers=other | asking)
        bare, _, said = await server.get("/api/boards", headers=desk)
        read, _, answer = await server.get("/api/boards", headers=desk | {"Authorization": "Bearer t"})
    async with start() as server:
        closed, _, _ = await server.get("/api/boards", headers=desk)

    assert (preflight, may.headers["Access-Control-Allow-Origin"]) == (204, "https://desk.example")
    assert "DELETE" in may.headers["Access-Control-Allow-Methods"]
    assert (refused, bare, read, closed) == (403, 401, 200, 403)
    assert "Access-Control-Allow-Origin" not in may_not.headers
    assert said.headers["Access-Control-Allow-Origin"] == "https://desk.example"
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_websockets_are_guarded_alike(redis: Redis, start: Start) -> None:
    """A WebSocket needs the token, and no page of another server opens one: the answer says why."""
    await publish(redis, sample())

    async def opened(server: Served, **headers: str) -> int:
        try:
            async with server.http.ws_connect(f"{server.url}{BOARD}/ws", headers=headers) as socket:
                await socket.receive_json()
                return 101
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status

    async with start(host="0.0.0.0", token="t") as server:
        with_token = [
            await opened(server),
            await opened(server, Authorization="Bearer x"),
            await opened(server, Authorization="Bearer t"),
            await opened(server, Authorization="Bearer t", Origin="https://evil.example"),
        ]
    async with start() as server:
        without = [await opened(server), await opened(server, Origin="https://evil.example")]
        without.append(await opened(server, Origin=server.url))

    assert with_token == [401, 401, 101, 403]
    assert without == [101, 403, 101]


async def test_guessing_is_slow_and_in_no_log(redis: Redis, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """Wrong tokens wait for each other, also as cookies, which whoever guesses tokens can work out himself; the right
    one waits for nobody, and none stands in a log."""
    caplog.set_level("DEBUG")
    async with start(host="0.0.0.0", token="the-right-one") as server:
        guesses = [
            asyncio.create_task(server.get("/api/boards", headers=headers))
            for number in range(15)
            for headers in ({"Authorization": f"Bearer guess-{number}"}, {"Cookie": f"monitor_token=guess-{number}"})
        ]
        await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
        right, _, _ = await server.get("/api/boards", headers={"Authorization": "Bearer the-right-one"})
        waiting = [sum(not guess.done() for guess in guesses[kind::2]) for kind in (0, 1)]
        for guess in guesses:
            guess.cancel()
        await server.get("/nothing?token=the-right-one")

    assert right == 200
    assert all(waiting)
    assert "the-right-one" not in caplog.text
    assert "guess-" not in caplog.text


@pytest.mark.parametrize("origin", ["*", "https://*.example", "https://desk.example/", "desk.example", "null"])
def test_origins_are_exact(origin: str) -> None:
    """`*` and whatever is no origin as browsers send it are refused where they are set."""
    with pytest.raises(ValidationError, match="origins as browsers send them"):
        DashboardSettings(cors_origins=(origin,))
