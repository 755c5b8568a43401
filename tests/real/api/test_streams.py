"""Streams of events: what comes, in which order, after what was missed, and to how many."""

import asyncio
import json
import re
from typing import Any

import aiohttp
import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.readouts.web.api import streams
from tests.eventually import eventually
from tests.readouts.publishing import KEYS, coming, publish
from tests.readouts.sample import alert, sample
from tests.real.api.served import BOARD, Served, Start, next_event


async def decide(redis: Redis, *numbers: int) -> None:
    """Entries of the alert history, as the alert engine writes them."""
    for number in numbers:
        document = json.dumps({"transition": {"rule": "spread", "instance": "hstech-ixic", "n": number}})
        await answer(redis.xadd(KEYS.alert_history, {"d": document}))


async def numbers(server: Served, count: int, query: str = "") -> tuple[list[int], str]:
    """Of the next `count` entries of the alert history their numbers, and the id of the last."""
    found = []
    async with server.events(query) as events:
        while len(found) < count:
            event = await next_event(events, "alert")
            found.append(event.data["transition"]["n"])
    return found, event.id


async def test_events_bring_new_snapshots(redis: Redis, start: Start) -> None:
    """A subscriber gets the present snapshot, then each newer one, and the active alerts when they change."""
    await publish(redis, sample())
    async with start() as server, server.events() as events:
        first = await next_event(events)
        none = await next_event(events)
        await publish(redis, sample(seq=2), alert())
        second = await next_event(events, "snapshot")
        active = await next_event(events)

    assert (first.name, first.data) == ("snapshot", json.loads(sample().to_json()))
    assert (none.name, none.data) == ("alerts", {"alerts": []})
    assert second.data["seq"] == 2
    assert (active.name, active.data["alerts"][0]["rule"]) == ("alerts", "spread-1d-wide")


async def test_numbers_that_changed(redis: Redis, start: Start) -> None:
    """With `content=metrics` the first event has every number, and adding up the later ones gives the numbers of the
    newest snapshot, whatever was skipped; what is no number any more becomes null."""
    await publish(redis, sample())
    async with start() as server, server.events("?content=metrics") as events:
        first = await next_event(events)
        assert (first.name, first.data["reset"]) == ("metrics", True)
        told = dict(first.data["metrics"])
        fewer = sample(seq=5, shift=0.01)
        del fewer.instruments["TSLA"]
        sizes = []
        for seq, board in ((3, sample(seq=3, shift=0.002)), (4, sample(seq=4, shift=0.002)), (5, fewer)):
            await publish(redis, board)
            change = await next_event(events, "metrics")
            assert (change.data["seq"], change.data["reset"]) == (seq, False)
            sizes.append(len(change.data["metrics"]))
            told |= change.data["metrics"]
        _, whole, _ = await server.get(f"{BOARD}/metrics")

    assert {name: value for name, value in told.items() if name in whole["metrics"]} == whole["metrics"]
    gone = {name: value for name, value in told.items() if name not in whole["metrics"]}
    assert {name.partition(".")[0] for name in gone} == {"TSLA"}
    assert set(gone.values()) == {None}
    assert sizes[1] == 0


async def test_a_status_that_changes_without_its_number_is_sent(redis: Redis, start: Start) -> None:
    """Adding up the events gives the statuses of the newest snapshot: what has to be said from now on, and null for
    what has not to be said any more, though no number moved."""
    fresh = sample()
    line = msgspec.structs.replace(fresh.instruments["IXIC"], status="STALE")
    old = sample(seq=2, instruments={**fresh.instruments, "IXIC": line})
    await publish(redis, fresh)
    async with start() as server, server.events("?content=metrics") as events:
        first = await next_event(events, "metrics")
        await publish(redis, old)
        stale = await next_event(events, "metrics")
        _, whole, _ = await server.get(f"{BOARD}/metrics")
        await publish(redis, sample(seq=3))
        again = await next_event(events, "metrics")

    assert "IXIC.price.now" not in first.data["statuses"]
    assert (stale.data["reset"], stale.data["metrics"]) == (False, {})
    assert stale.data["statuses"]["IXIC.price.now"] == "STALE"
    assert stale.data["statuses"]["hstech-ixic.spread_pp.1d"] == "STALE DELAYED"
    assert first.data["statuses"] | stale.data["statuses"] == whole["statuses"]
    assert again.data["statuses"]["IXIC.price.now"] is None
    assert again.data["statuses"]["hstech-ixic.spread_pp.1d"] == "DELAYED"


async def test_a_quiet_stream_says_that_it_lives(redis: Redis, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asked for alerts alone gets a comment when none came for a while, also while the board moves all the time:
    what stands between them, or he himself, would take the line for dead."""
    monkeypatch.setattr(streams, "_KEEP_ALIVE_S", 1.5)
    async with coming(redis, sample()), start() as server:
        await eventually(lambda: server.live.newest)
        async with server.http.get(f"{server.url}{BOARD}/events?content=alerts") as stream:
            async with asyncio.timeout(60):
                text = await stream.content.readuntil(b": still here\n\n")

    assert text.count(b"event: ") == 1


async def test_alert_entries_come_as_they_are_decided(redis: Redis, start: Start) -> None:
    """A new client hears of what is decided from now on, not of the past; the id grows with each."""
    await publish(redis, sample())
    await decide(redis, 1, 2)
    async with start() as server, server.events("?content=alerts") as events:
        assert (await next_event(events)).name == "alerts"
        await eventually(lambda: server.url)
        await decide(redis, 3, 4)
        third, fourth = await next_event(events), await next_event(events)

    assert [event.data["transition"]["n"] for event in (third, fourth)] == [3, 4]
    assert third.id < fourth.id
    assert re.fullmatch(r"~\d+-\d+", third.id)


async def test_nothing_is_missed_or_repeated_over_a_restart(redis: Redis, start: Start, free_port: int) -> None:
    """A client that comes back with its last id, to another process, gets every alert entry in between once, and the
    snapshot only when it is another."""
    await publish(redis, sample())
    await decide(redis, 0)
    async with start(port=free_port) as server:
        async with server.events() as events:
            await next_event(events, "snapshot")
            await decide(redis, *range(1, 6))
            seen = [(await next_event(events, "alert")) for _ in range(3)]
        await decide(redis, *range(6, 9))
    await decide(redis, *range(9, 250))
    async with start(port=free_port) as server:
        async with server.events(headers={"Last-Event-ID": seen[-1].id}) as events:
            names = [await next_event(events) for _ in range(247)]
        same = [event.data["transition"]["n"] for event in names if event.name == "alert"]
        await publish(redis, sample(seq=7))
        await eventually(lambda: server.live.newest and server.live.newest.snapshot.seq == 7)
        async with server.events(f"?last_event_id={names[-1].id}") as events:
            snapshot = await next_event(events)

    assert [event.data["transition"]["n"] for event in seen] == [1, 2, 3]
    assert same == list(range(4, 250))
    assert [event.name for event in names if event.name != "alert"] == ["alerts"]
    assert (snapshot.name, snapshot.data["seq"]) == ("snapshot", 7)


async def test_an_id_that_is_none_of_ours_begins_with_the_newest(redis: Redis, start: Start) -> None:
    """Whatever a client says it has seen, the stream begins and goes on."""
    await publish(redis, sample())
    await decide(redis, 0)
    async with start() as server:
        for number, nonsense in enumerate(("x", "~", "a~b", "9~99999999999999-0", "~-1", "~0-0-0", "é~"), 1):
            async with server.events("", headers={"Last-Event-ID": nonsense}) as events:
                first = await next_event(events)
                await next_event(events, "alerts")
                await decide(redis, number)
                entry = await next_event(events, "alert")
            assert first.name == "snapshot", nonsense
            assert entry.data["transition"]["n"] == number, nonsense


async def test_an_id_from_outside_is_never_sent_back_as_it_came(redis: Redis, start: Start) -> None:
    """Line ends and quotes in the id that an address names cannot add events to a stream or break its messages."""
    await publish(redis, sample())
    await decide(redis, 1)
    async with start() as server:
        for nonsense in (
            "a%0A%0Aevent:%20alert%0Adata:%20%7B%7D~0-0",
            "%22,%22data%22:%22x~0-0",
            "a%E2%80%A8b~%D9%A1-0",
        ):
            query = f"?content=alerts&last_event_id={nonsense}"
            async with server.events(query) as events:
                one = await next_event(events)
            async with server.http.ws_connect(f"{server.url}{BOARD}/ws{query}") as socket:
                message = await socket.receive_json()
            assert {one.id.partition("~")[0], message["id"].partition("~")[0]} == {""}, nonsense
            assert (one.name, message["event"]) == ("alerts", "alerts"), nonsense


async def test_a_slow_reader_skips_snapshots_and_no_alert(redis: Redis, start: Start) -> None:
    """Who does not read for a while gets the few snapshots that were under way and then the newest, but every alert
    entry: nothing piles up for him on this side."""
    await publish(redis, sample(seq=1))
    async with start() as server, server.events() as events:
        await next_event(events, "snapshot")
        for seq in range(2, 101):
            await publish(redis, sample(seq=seq))
            await decide(redis, seq)
            await eventually(lambda seq=seq: server.live.newest.snapshot.seq == seq)  # type: ignore[misc]
        snapshots: list[int] = []
        entries: list[int] = []
        while 100 not in snapshots or 100 not in entries:
            event = await next_event(events, "snapshot", "alert")
            if event.name == "snapshot":
                snapshots.append(event.data["seq"])
            else:
                entries.append(event.data["transition"]["n"])

    assert entries == list(range(2, 101))
    assert len(snapshots) < 50
    assert snapshots == sorted(set(snapshots))


async def test_no_more_streams_than_may_be(redis: Redis, start: Start) -> None:
    """One too many is answered 503 with a sentence, as server-sent events and as a WebSocket; a place that is left can
    be taken again."""
    await publish(redis, sample())
    async with start(max_streams=2) as server:
        async with server.events() as first, server.events() as second:
            await next_event(first)
            await next_event(second)
            status, body, _ = await server.get(f"{BOARD}/events")
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await server.http.ws_connect(f"{server.url}{BOARD}/ws")

        async def free() -> bool:
            _, health, _ = await server.get("/api/health")
            return bool(health["open_streams"] == 0)

        await eventually(free)
        async with server.events() as again:
            assert (await next_event(again)).name == "snapshot"

    assert (status, body["error"], body["reason"]) == (503, "too many streams", "2 are open, as many as may be")
    assert refused.value.status == 503


async def test_stops_although_streams_are_open(redis: Redis, start: Start) -> None:
    """Open streams do not hold up the end of the service: they end, and a WebSocket says that the service restarts."""
    await publish(redis, sample())
    async with start() as server:
        stream = await server.http.get(f"{server.url}{BOARD}/events")
        socket = await server.http.ws_connect(f"{server.url}{BOARD}/ws")
        await stream.content.readuntil(b"event: snapshot")
        await socket.receive_json()
        stopping = asyncio.create_task(last_of(socket))
        await asyncio.sleep(0)
        server.live.close()
        closed = await stopping

    assert closed == 1012
    stream.close()


async def last_of(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """The code with which the server closed it."""
    async for _ in socket:
        pass
    return socket.close_code


async def test_the_same_over_a_websocket(redis: Redis, start: Start) -> None:
    """A WebSocket carries the same events, goes on after the id in its address, and takes no notice of what a client
    says."""
    await publish(redis, sample())
    await decide(redis, 1)
    async with start() as server:
        async with server.http.ws_connect(f"{server.url}{BOARD}/ws") as socket:
            first = await socket.receive_json()
            await socket.send_str("<script>")
            await socket.send_bytes(b"\x00" * 1000)
            await heard(socket, "alerts")
            await decide(redis, 2, 3)
            second = await heard(socket, "alert")
        async with server.http.ws_connect(f"{server.url}{BOARD}/ws?last_event_id={second['id']}") as socket:
            again = [await socket.receive_json() for _ in range(2)]
        async with server.http.ws_connect(f"{server.url}{BOARD}/ws?content=metrics") as socket:
            flat = await socket.receive_json()
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await server.http.ws_connect(f"{server.url}{BOARD}/ws?content=all")
        upgrade, body, _ = await server.get(f"{BOARD}/ws")

    assert (first["event"], first["data"]) == ("snapshot", json.loads(sample().to_json()))
    assert second["data"] == {"transition": {"rule": "spread", "instance": "hstech-ixic", "n": 2}}
    assert [one["event"] for one in again] == ["alerts", "alert"]
    assert again[1]["data"]["transition"]["n"] == 3
    assert (flat["event"], flat["data"]["reset"]) == ("metrics", True)
    assert (refused.value.status, upgrade, body["error"]) == (422, 426, "a WebSocket")


async def heard(socket: aiohttp.ClientWebSocketResponse, name: str) -> dict[str, Any]:
    """The next event of that name."""
    async with asyncio.timeout(60):
        while True:
            event: dict[str, Any] = await socket.receive_json()
            if event["event"] == name:
                return event


async def test_many_readers_get_the_same(redis: Redis, start: Start) -> None:
    """Forty readers at once all end with the newest snapshot and have every alert entry in its order."""
    await publish(redis, sample(seq=1))

    there: list[int] = []

    async def read(server: Served) -> list[int]:
        entries: list[int] = []
        newest = 0
        async with server.events("?content=metrics") as events:
            while newest < 9 or len(entries) < 8:
                event = await next_event(events, "metrics", "alert")
                if event.name == "metrics":
                    newest = event.data["seq"]
                    there.append(newest)
                else:
                    entries.append(event.data["transition"]["n"])
        return entries

    async with start() as server:
        readers = [asyncio.create_task(read(server)) for _ in range(40)]
        await eventually(lambda: len(there) == 40)
        for seq in range(2, 10):
            await decide(redis, seq)
            await publish(redis, sample(seq=seq, shift=seq / 1000))
        found = await asyncio.wait_for(asyncio.gather(*readers), 60)

    assert found == [list(range(2, 10))] * 40
