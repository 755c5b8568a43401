"""Shipped feed files against local servers that behave as the vendors document it."""

import asyncio
import contextlib
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from io import StringIO
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from monitor.errors import ConfigError
from monitor.feeds.ws_json.feed import json_feed
from monitor.feeds.ws_json.rival import MOST_KICKS
from monitor.feeds.ws_json.spec import FeedSpec, Heartbeat, Reconnect
from monitor.runtime import logs
from monitor.runtime.clock import SystemClock
from monitor.settings.feed_file import FeedFile
from monitor.settings.feed_folder import load_feed_files
from tests.eventually import eventually
from tests.real.feed_probe import Probe, running
from tests.vectors.json_feeds import CONFIG

Handler = Callable[[ServerConnection], Awaitable[None]]

SECRETS = {"token": "t0ken-s3cret", "key": "k3y-s3cret", "secret": "s3cret-s3cret"}
QUICK = Reconnect(min_s=0.01, max_s=0.05, min_uptime_s=30)


@contextlib.asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    async def patient(client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await handler(client)

    async with serve(patient, "127.0.0.1", 0) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/feed?token={{token}}"


def shipped(name: str) -> FeedFile:
    return load_feed_files(CONFIG)[name]


def quick(spec: FeedSpec, **limits: Any) -> FeedSpec:
    """The specification with short waits, and with other limits where a test names them."""
    connection = spec.connection
    limits = {"min_interval_s": 0.0, "reconnect_min_s": 0.0, **limits}
    heartbeat = connection.heartbeat and Heartbeat(0.02, connection.heartbeat.template)
    connection = replace(connection, limits=replace(connection.limits, **limits), heartbeat=heartbeat)
    return replace(spec, connection=connection, reconnect=QUICK)


def feed_of(name: str, url: str, *, spec: FeedSpec | None = None) -> Any:
    feed = shipped(name)
    secrets = {key: SECRETS[key] for key in feed.placeholders}
    if "token" not in secrets:
        url = url.partition("?")[0]
    return json_feed(
        spec or quick(feed.spec),
        list(feed.symbols.values()),
        secrets,
        source=name,
        clock=SystemClock(),
        market_open=lambda _: True,
        url=url,
    )


async def hear(client: ServerConnection) -> Any:
    return json.loads(await client.recv())


@pytest.fixture
def everything(own_logs: None) -> StringIO:
    """All that is logged, at the lowest level, as a service logs that knows the secrets."""
    stream = StringIO()
    logs.configure("test", format="json", level="DEBUG", stream=stream)
    logs.hide(SECRETS.values())
    return stream


async def finnhub(client: ServerConnection) -> None:
    for _ in range(12):
        assert (await hear(client))["type"] == "subscribe"
    await client.send('{"type":"ping"}')
    await client.send('{"data":[{"c":null,"p":183.45,"s":"NVDA","t":1795190400000,"v":1}],"type":"trade"}')
    await client.wait_closed()


async def twelvedata(client: ServerConnection) -> None:
    symbols = (await hear(client))["params"]["symbols"].split(",")
    assert len(symbols) == 8
    assert await hear(client) == {"action": "heartbeat"}
    status = {"event": "subscribe-status", "success": [{"symbol": symbols[0]}], "fails": ["META is not available"]}
    await client.send(json.dumps(status))
    await client.send('{"event":"price","symbol":"NVDA","timestamp":"1795190400","price":"183.45"}')
    await client.wait_closed()


async def eodhd(client: ServerConnection) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.recv(), 0.05)
    await client.send('{"status_code":200,"message":"Authorized"}')
    assert (await hear(client))["action"] == "subscribe"
    await client.send('{"s":"NVDA","p":183.45,"c":[],"v":12,"dp":false,"ms":"open","t":1795190400000}')
    await client.wait_closed()


async def alltick(client: ServerConnection) -> None:
    request = await hear(client)
    assert (request["cmd_id"], request["seq_id"], len(request["data"]["symbol_list"])) == (22004, 1, 5)
    await client.send(json.dumps({"ret": 200, "msg": "ok", "cmd_id": 22005, "data": {}}))
    alive = await hear(client)
    assert (alive["cmd_id"], alive["seq_id"]) == (22000, 2)
    await client.send(json.dumps({"ret": 200, "msg": "ok", "cmd_id": 22001, "data": {}}))
    trade = {"code": "NVDA.US", "seq": 1, "tick_time": 1795190400, "price": "183.45", "volume": "300"}
    await client.send(json.dumps({"cmd_id": 22998, "data": trade}))
    await client.wait_closed()


async def itick(client: ServerConnection) -> None:
    assert client.request is not None
    assert client.request.headers["token"] == SECRETS["token"]
    await client.send('{"code":1,"resAc":"auth","msg":"authenticated"}')
    assert (await hear(client))["params"] == "700$HK,9988$HK,NVDA$US"
    assert (await hear(client))["ac"] == "ping"
    await client.send('{"code":1,"resAc":"pong"}')
    await client.send('{"code":1,"data":{"s":"NVDA","type":"quote","ld":183.45,"p":180.5,"t":1795190400000}}')
    await client.wait_closed()


async def massive(client: ServerConnection) -> None:
    await client.send('[{"ev":"status","status":"connected","message":"Connected Successfully"}]')
    assert await hear(client) == {"action": "auth", "params": SECRETS["token"]}
    await client.send('[{"ev":"status","status":"auth_success","message":"authenticated"}]')
    assert (await hear(client))["params"].startswith("T.NVDA,T.AAPL")
    trade = {"ev": "T", "sym": "NVDA", "p": 183.45, "s": 100, "c": [0, 12], "t": 1795190400000}
    await client.send(json.dumps([{"ev": "status", "status": "success", "message": "subscribed to: T.NVDA"}, trade]))
    await client.wait_closed()


async def alpaca(client: ServerConnection) -> None:
    await client.send('[{"T":"success","msg":"connected"}]')
    assert await hear(client) == {"action": "auth", "key": SECRETS["key"], "secret": SECRETS["secret"]}
    await client.send('[{"T":"success","msg":"authenticated"}]')
    symbols = (await hear(client))["trades"]
    await client.send(json.dumps([{"T": "subscription", "trades": symbols, "corrections": symbols}]))
    trade = {"T": "t", "S": "NVDA", "p": 183.45, "s": 100, "t": "2026-11-20T16:00:00.208Z", "c": ["@"]}
    await client.send(json.dumps([trade, {**trade, "p": 1.0, "c": ["@", "I"]}]))
    await client.wait_closed()


@pytest.mark.parametrize("vendor", [finnhub, twelvedata, eodhd, alltick, itick, massive, alpaca])
async def test_each_vendor_is_spoken_to_as_it_wants(vendor: Handler) -> None:
    """Login, subscription cut to the plan, sign of life, data: the server checks what it hears and sends one price,
    which comes out under the symbol that was asked for. No secret is in any state or log line."""
    name = vendor.__name__
    probe = Probe()
    with capture_logs() as lines:
        async with server(vendor) as url, running(feed_of(name, url), probe):
            await eventually(lambda: probe.quotes)
    (quote,) = probe.quotes
    asked = {"alltick": "NVDA.US", "itick": "NVDA$US"}.get(name, "NVDA")
    assert (quote.source, quote.source_symbol, quote.price) == (name, asked, 183.45)
    assert quote.event_ns is not None
    assert quote.event_ns // 10**9 == 1795190400
    assert probe.arrived == len(probe.quotes) + sum(probe.reasons.values())
    assert probe.ups() >= 1
    for secret in SECRETS.values():
        assert secret not in repr(probe.states) + repr(lines)


@pytest.mark.parametrize("whose", ["file", "user"])
async def test_a_token_in_the_path_of_an_address_is_not_shown(whose: str) -> None:
    """Some vendors take the key as a part of the path, which states and logs otherwise show."""

    async def handler(client: ServerConnection) -> None:
        assert client.request is not None
        assert client.request.path == f"/{SECRETS['token']}/ws"
        await finnhub(client)

    probe = Probe()
    spec = quick(shipped("finnhub").spec)
    with capture_logs() as lines:
        async with server(handler) as url:
            url = url.replace("/feed?token={token}", "/{token}/ws")
            if whose == "file":
                spec = replace(spec, connection=replace(spec.connection, url=url))
                feed = feed_of("finnhub", "", spec=spec)
            else:
                feed = feed_of("finnhub", url.replace("{token}", SECRETS["token"]), spec=spec)
            async with running(feed, probe):
                await eventually(lambda: probe.quotes)
    assert SECRETS["token"] not in repr(probe.states) + repr(lines)


@pytest.mark.parametrize("name", ["alpaca", "itick", "finnhub"])
async def test_the_most_talkative_logs_show_no_secret(name: str, everything: StringIO) -> None:
    """At level DEBUG the WebSocket library would write addresses, headers and every message, the login included: it is
    kept quiet, whatever the level of the others."""
    probe = Probe()
    async with server(globals()[name]) as url, running(feed_of(name, url), probe):
        await eventually(lambda: probe.quotes)
    logging.getLogger("another").debug("this is written")
    written = everything.getvalue()

    assert "this is written" in written
    assert "NVDA" not in written
    assert not [secret for secret in SECRETS.values() if secret in written]


def test_a_token_that_would_break_a_header_is_refused_without_being_shown() -> None:
    spec = shipped("itick").spec

    with pytest.raises(ConfigError) as caught:
        json_feed(
            spec, [], {"token": "s3cret\nx-other: 1"}, source="itick", clock=SystemClock(), market_open=lambda _: True
        )
    assert "s3cret" not in str(caught.value)


async def test_messages_keep_their_distance() -> None:
    """AllTick wants a second between two messages, heartbeats included; here it is a twentieth of one."""
    heard: list[float] = []

    async def handler(client: ServerConnection) -> None:
        while True:
            await client.recv()
            heard.append(asyncio.get_running_loop().time())

    spec = quick(shipped("alltick").spec, min_interval_s=0.05)
    async with server(handler) as url, running(feed_of("alltick", url, spec=spec), Probe()):
        await eventually(lambda: len(heard) >= 5)
    assert min(after - before for before, after in pairwise(heard)) > 0.025


async def test_a_key_that_is_still_in_use_for_some_seconds_is_waited_for() -> None:
    """After a lost connection Alpaca says 406 until it has forgotten the last one: come back, and it works."""
    attempts = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal attempts
        attempts += 1
        if attempts > MOST_KICKS + 1:
            await alpaca(client)
        await client.send('[{"T":"success","msg":"connected"}]')
        await client.recv()
        await client.send('[{"T":"error","code":406,"msg":"connection limit exceeded"}]')
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of("alpaca", url), probe):
        await eventually(lambda: probe.quotes)
    assert ("down", "the server says: 406 connection limit exceeded") in probe.states


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        ("alpaca", '[{"T":"error","code":402,"msg":"auth failed"}]', "402 auth failed"),
        ("massive", '[{"ev":"status","status":"auth_failed","message":"no"}]', "auth_failed no"),
        ("alltick", '{"ret":401,"msg":"token invalid"}', "401 token invalid"),
        ("finnhub", '{"msg":"Subscribing to too many symbols","type":"error"}', "too many symbols"),
        ("itick", '{"code":0,"resAc":"auth","msg":"no t0ken-s3cret"}', "0 no"),
    ],
)
async def test_what_only_a_person_can_change_ends_the_feed(name: str, answer: str, words: str) -> None:
    """`failed`, with the server's words and without our secrets in them; nobody knocks again."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        if name == "alpaca":
            await client.send('[{"T":"success","msg":"connected"}]')
        if name != "itick":
            await client.recv()
        await client.send(answer)
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of(name, url), probe) as task:
        await eventually(task.done)
    state, detail = probe.states[-1]
    assert state == "failed"
    assert words in detail
    assert connections == 1
    assert "s3cret" not in repr(probe.states)


async def test_two_processes_with_one_key_do_not_throw_each_other_out_for_ever() -> None:
    """Finnhub closes the older connection. Each of two clients then takes the place of the other: both of them stop
    after some rounds at the latest, one of them alone works again."""
    clients: list[ServerConnection] = []
    rounds: Counter[int] = Counter()

    async def handler(client: ServerConnection) -> None:
        rounds["connections"] += 1
        clients.append(client)
        for older in clients[:-1]:
            await older.close(1000, "token in use")
        await finnhub(client)

    first, second = Probe(), Probe()
    async with (
        server(handler) as url,
        running(feed_of("finnhub", url), first) as one,
        running(feed_of("finnhub", url), second) as other,
    ):
        await eventually(lambda: one.done() or other.done())
        loser = first if one.done() else second
        assert loser.states[-1][0] == "failed"
        assert "same key" in loser.states[-1][1]


async def test_a_server_that_never_lets_us_in_is_given_up_and_tried_again() -> None:
    """No answer to the login within its time: the connection is made anew."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await client.wait_closed()

    spec = quick(shipped("eodhd").spec)
    assert spec.connection.auth is not None
    auth = replace(spec.connection.auth, timeout_s=0.05)
    spec = replace(spec, connection=replace(spec.connection, auth=auth))
    probe = Probe()
    async with server(handler) as url, running(feed_of("eodhd", url, spec=spec), probe):
        await eventually(lambda: connections >= 2)
    assert ("down", "no answer to the login within 0.05 s") in probe.states
    assert probe.ups() == 0


async def test_a_server_that_has_lost_the_subscription_is_noticed() -> None:
    """It answers every sign of life and sends nothing else while the market is open: only a new connection helps."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        while True:
            if (await hear(client))["cmd_id"] == 22000:
                await client.send('{"ret":200,"msg":"ok","cmd_id":22001,"data":{}}')

    spec = quick(shipped("alltick").spec)
    spec = replace(spec, connection=replace(spec.connection, idle_s=0.1))
    probe = Probe()
    async with server(handler) as url, running(feed_of("alltick", url, spec=spec), probe):
        await eventually(lambda: connections >= 2)
    assert ("down", "nothing for 0.1 s") in probe.states


async def test_what_a_vendor_sends_beside_prices_costs_no_price() -> None:
    """Rubbish, bad UTF-8, unknown types, text in place of lists, between two good trades; each is counted."""

    async def handler(client: ServerConnection) -> None:
        await client.recv()
        good = '{"data":[{"p":1,"s":"NVDA","t":1795190400000,"v":1}],"type":"trade"}'
        await client.send(good)
        torn = (b"\xff\xfe{", b"{")
        strange = (b"[]", b"7", b'"x"', b"null", b'{"type":"news"}', b'{"type":"trade","data":5}')
        for frame in torn + strange:
            await client.send(frame)
        records = [{"p": "x", "s": "NVDA", "t": 1}, {"p": 1, "s": "NVDA"}, {"p": 2, "s": "NVDA", "t": 2}]
        await client.send(json.dumps({"type": "trade", "data": records}))
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of("finnhub", url), probe):
        await eventually(lambda: len(probe.quotes) == 2)
    assert probe.prices() == [1.0, 2.0]
    assert probe.reasons == {"BAD_JSON": 2, "UNKNOWN_MESSAGE": 5, "BAD_FIELD": 1, "BAD_TIMESTAMP": 1}
    assert probe.arrived == 11
    assert probe.ups() == 1


async def test_the_address_of_the_file_is_never_called_when_another_is_set() -> None:
    """Tests, and people with a proxy of their own, must not reach the real vendor by accident."""
    feed = feed_of("alpaca", "ws://127.0.0.1:1/feed")

    assert "alpaca.markets" not in msgspec.json.encode(vars(feed), enc_hook=str).decode()
