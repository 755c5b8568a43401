"""Who may ask: tokens, host names, origins."""

import pytest
from redis.asyncio import Redis

from monitor.errors import ConfigError
from tests.eventually import eventually
from tests.readouts.publishing import publish
from tests.readouts.sample import sample
from tests.real.api.served import Start


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


async def test_redirect_after_the_token_stays_here(redis: Redis, start: Start) -> None:
    """`//elsewhere` in the path does not become the address of another machine."""
    async with start(host="0.0.0.0", token="t") as server:
        _, _, answer = await server.get("//elsewhere.example/", params={"token": "t"})

    assert answer.headers["Location"].startswith("/elsewhere.example")


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
