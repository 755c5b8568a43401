"""What a server says in its own words after the handshake has gone well: refusals, limits, and lost places."""

import pytest
from msgspec.structs import replace
from websockets.asyncio.server import ServerConnection

from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.feeds.ws_json.spec import Auth
from tests.eventually import eventually
from tests.faults.lab import MS, SECRET, SYMBOLS, ingesting, server
from tests.faults.wires import JSON, JSON_SPEC, YAHOO

FAILED = ["connecting", "failed"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('{"status":"denied"}', "the server refuses the login"),
        (f'{{"type":"error","code":402,"said":"no key {SECRET}"}}', "the server says: 402 no key ***"),
        ('{"type":"error","code":"402","said":""}', "the server says: 402"),
        ('{"type":"error","said":"your plan has Expired"}', "the server says: your plan has Expired"),
    ],
    ids=["denied", "fatal code", "fatal code as text", "fatal words"],
)
async def test_a_login_that_is_refused(answer: str, reason: str) -> None:
    """One attempt; what the server says is told, without the key that it repeats."""
    logins = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal logins
        logins += 1
        await client.recv()
        await client.send(answer)
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := JSON.feed(url)) as lab:
        await eventually(lambda: lab.names(feed.source) == FAILED)
        assert lab.states(feed.source)[-1] == ("failed", reason)
        await lab.a_while()
        assert logins == 1


async def test_a_login_that_nobody_answers() -> None:
    """The connection stands and the server says nothing: after its time it is tried anew."""

    async def handler(client: ServerConnection) -> None:
        await client.wait_closed()

    auth = Auth(send={"key": "{key}"}, wait_for="status=='ok'", timeout_s=0.2)
    impatient = replace(JSON_SPEC, connection=replace(JSON_SPEC.connection, auth=auth))
    vendor = JsonVendor(impatient, SYMBOLS, {"key": SECRET}, source="ws_json")
    wire = replace(JSON, vendor=lambda: vendor)
    async with server(handler) as url, ingesting(feed := wire.feed(url)) as lab:
        await eventually(lambda: lab.names(feed.source)[:3] == ["connecting", "down", "connecting"])
        assert lab.reasons(feed.source)[0] == "no answer to the login within 0.2 s"
        assert "up" not in lab.names(feed.source)


async def test_a_limit_that_passes() -> None:
    """Too many connections while logging in, as after a restart of ours: away, and in again."""
    logins = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal logins
        logins += 1
        if logins < 3:
            await client.recv()
            await client.send('{"type":"error","code":406,"said":"connection limit exceeded"}')
        else:
            await JSON.greet(client)
            await client.send(JSON.price(100.0))
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := JSON.feed(url)) as lab:
        await eventually(lambda: lab.prices(feed.source) == [100.0])
        assert lab.reasons(feed.source) == ["the server says: 406 connection limit exceeded"] * 2


async def test_a_rate_limit_on_a_connection_that_stands() -> None:
    """The server complains and goes on: so does the feed, and the complaint stands in its state, bounded and on one
    line."""

    async def handler(client: ServerConnection) -> None:
        await JSON.greet(client)
        await client.send('{"type":"error","code":605,"said":"too \\u001b[31m\\nfast ' + "x" * 5_000 + '"}')
        await client.send(JSON.price(100.0))
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := JSON.feed(url)) as lab:
        await eventually(lambda: lab.prices(feed.source) == [100.0])
        await eventually(lambda: "605 too" in lab.states(feed.source)[-1][1])
        state, detail = lab.states(feed.source)[-1]
        assert state == "up"
        assert detail.isprintable()
        assert len(detail) <= 300
        assert "down" not in lab.names(feed.source)


async def test_symbols_that_are_refused() -> None:
    """The rest is delivered; who was refused is in the state."""

    async def handler(client: ServerConnection) -> None:
        await JSON.greet(client)
        await client.send('{"type":"ack","ok":["NVDA"],"fails":["AAPL",{"symbol":"^IXIC","message":"no permission"}]}')
        await client.send(JSON.price(100.0))
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := JSON.feed(url)) as lab:
        await eventually(lambda: lab.prices(feed.source) == [100.0])
        detail = lab.states(feed.source)[-1][1]
        assert "AAPL" in detail
        assert "^IXIC no permission" in detail
        assert lab.names(feed.source) == ["connecting", "up"]


async def test_a_second_process_with_the_same_key() -> None:
    """Each connection works, and ends as soon as the other process comes: two of them would do so for ever. The feed
    stops and says why."""

    async def handler(client: ServerConnection) -> None:
        await JSON.greet(client)
        await client.send(JSON.price(100.0))
        await client.close(1008, "token in use")

    async with server(handler) as url, ingesting(feed := JSON.feed(url)) as lab:
        await eventually(lambda: "failed" in lab.names(feed.source))
        assert "another process seems to use the same key" in lab.states(feed.source)[-1][1]


async def test_kicks_of_a_server_that_allows_many() -> None:
    """Yahoo wants no key, so no two processes can take it from each other: its connections are made anew for ever."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        number = connections
        await YAHOO.greet(client)
        await client.send(YAHOO.price(100.0 + number, SYMBOLS[0], MS + number))
        await client.close(1008, "go away")

    async with server(handler) as url, ingesting(feed := YAHOO.feed(url)) as lab:
        await eventually(lambda: len(lab.prices(feed.source)) >= 10)
        assert set(lab.reasons(feed.source)) == {"closed with code 1008"}
