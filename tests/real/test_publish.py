"""The publisher against a real mosquitto and a real Redis."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from aiomqtt import Client
from redis.asyncio import Redis

from monitor.core.snapshot import Snapshot
from monitor.errors import UnreachableError
from monitor.readouts.live import LiveBoard
from monitor.readouts.mqtt.messages import BoardMessages
from monitor.readouts.mqtt.outlet import MqttOutlet, Send
from monitor.readouts.reader import BoardReader
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import SystemClock
from monitor.runtime.mqtt_broker import MqttBroker
from monitor.wire.keys import Keys
from monitor.workers.publish import publish
from tests.eventually import eventually
from tests.feeds.board import CALENDARS
from tests.readouts.sample import sample
from tests.real.broker import Broker

KEYS = Keys("monitor", "hk-us")
BOARD = sample()
STATUS = "md/v1/_status/desk"
NVDA = "md/v1/US/NVDA/quote"
OPEN = "allow_anonymous true"


class Desk:
    """A publisher in this process. said: its states."""

    def __init__(self, redis: Redis, port: int, *, echo_s: float = 10.0, **broker: str) -> None:
        self.said: list[tuple[str, str]] = []
        self.stop = asyncio.Event()
        outlet = MqttOutlet(
            MqttBroker("127.0.0.1", port, **broker),
            STATUS,
            heard=lambda state, detail: self.said.append((state, detail)),
            echo_s=echo_s,
            backoff=Backoff(0.02, 0.2, least_s=0.01),
        )
        live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), poll_s=0.02, gap_s=0.005)
        self.task = asyncio.create_task(
            publish(live, BoardMessages(CALENDARS), outlet, stop=self.stop, board_every_s=0.0)
        )

    async def __aenter__(self) -> "Desk":
        return self

    async def __aexit__(self, *_: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class Listener:
    """Everything that a broker delivers. newest: topic → payload; messages: all, with the retain flag."""

    def __init__(self) -> None:
        self.newest: dict[str, bytes] = {}
        self.messages: list[tuple[str, bool]] = []

    async def run(self, client: Client) -> None:
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            self.newest[message.topic.value] = message.payload
            self.messages.append((message.topic.value, message.retain))


@contextlib.asynccontextmanager
async def listening(port: int) -> AsyncIterator[Listener]:
    listener = Listener()
    async with Client("127.0.0.1", port) as client:
        await client.subscribe("md/v1/#", qos=1)
        task = asyncio.create_task(listener.run(client))
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def show(redis: Redis, snapshot: Snapshot = BOARD) -> None:
    await redis.set(KEYS.readout, snapshot.to_json())


def moved(price: float) -> Snapshot:
    view = msgspec.structs.replace(BOARD.instruments["NVDA"], price=price)
    return msgspec.structs.replace(BOARD, instruments={**BOARD.instruments, "NVDA": view})


def all_topics(snapshot: Snapshot = BOARD) -> set[str]:
    messages = BoardMessages(CALENDARS)
    return {message.topic for message in [*messages.prices(snapshot), *messages.numbers(snapshot)]}


async def test_a_board_is_published_and_kept(redis: Redis, tmp_path: Path, free_port: int) -> None:
    """Every price, pair and basket is retained, so that who comes later knows them; the status is online, and offline
    after a stop."""
    await show(redis)
    async with Broker(tmp_path, free_port, OPEN):
        async with Desk(redis, free_port) as desk:
            async with listening(free_port) as during:
                await eventually(lambda: all_topics() <= during.newest.keys())
            async with listening(free_port) as later:
                await eventually(lambda: all_topics() <= later.newest.keys())
            desk.stop.set()
            await desk.task
        async with listening(free_port) as after:
            await eventually(lambda: after.newest.get(STATUS) == b"offline")

    assert during.newest[STATUS] == b"online"
    assert {retain for _, retain in later.messages} == {True}


async def test_only_what_changed_is_said_again(redis: Redis, tmp_path: Path, free_port: int) -> None:
    """A new price of one instrument is one message."""
    await show(redis)
    async with Broker(tmp_path, free_port, OPEN), Desk(redis, free_port), listening(free_port) as listener:
        await eventually(lambda: all_topics() <= listener.newest.keys())
        before = len(listener.messages)
        await show(redis, moved(137.0))
        await eventually(lambda: b'"price":137.0' in listener.newest[NVDA])
        await show(redis, moved(138.0))
        await eventually(lambda: b'"price":138.0' in listener.newest[NVDA])

    assert [topic for topic, _ in listener.messages[before:]] == [NVDA, NVDA]


async def test_a_broker_that_restarts_is_told_everything_again(redis: Redis, tmp_path: Path, free_port: int) -> None:
    """It may have lost what it retained. It is waited for, also at the start."""
    await show(redis)
    broker = Broker(tmp_path, free_port, OPEN)
    async with Desk(redis, free_port) as desk:
        await eventually(lambda: any(state == "down" for state, _ in desk.said))
        for _ in range(2):
            async with broker, listening(free_port) as listener:
                await eventually(lambda: all_topics() <= listener.newest.keys())
                assert listener.newest[STATUS] == b"online"
            await eventually(lambda: desk.said[-1][0] == "down")


async def test_a_broker_that_is_away_is_not_waited_for_at_the_end(
    redis: Redis, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is nobody to say farewell to."""
    monkeypatch.setattr("monitor.workers.publish._FAREWELL_S", 600.0)
    async with Desk(redis, free_port) as desk:
        await eventually(lambda: desk.said)
        desk.stop.set()
        await asyncio.wait_for(desk.task, 60.0)  # less than a farewell may take


async def test_two_publishers_of_one_board_do_no_harm(redis: Redis, tmp_path: Path, free_port: int) -> None:
    """They say the same; neither throws the other out; while one of them lives, the status is online."""
    await show(redis)
    async with (
        Broker(tmp_path, free_port, OPEN),
        Desk(redis, free_port) as one,
        Desk(redis, free_port) as other,
        listening(free_port) as listener,
    ):
        await eventually(
            lambda: [desk.said[-1:] for desk in (one, other)].count([("up", f"mqtt://127.0.0.1:{free_port}")]) == 2
        )
        await show(redis, moved(137.0))
        await eventually(lambda: b'"price":137.0' in listener.newest.get(NVDA, b""))
        one.stop.set()
        await one.task
        await eventually(lambda: (STATUS, False) in listener.messages and listener.newest[STATUS] == b"online")
        await show(redis, moved(138.0))
        await eventually(lambda: b'"price":138.0' in listener.newest[NVDA])

    assert len(other.said) == 1


async def test_a_broker_that_refuses_it_ends_the_publisher(redis: Redis, tmp_path: Path, free_port: int) -> None:
    """A wrong password needs a person: the error says where to look, and does not repeat it."""
    (tmp_path / "passwords").write_text("")
    lines = ["allow_anonymous false", f"password_file {tmp_path / 'passwords'}"]
    async with Broker(tmp_path, free_port, *lines), Desk(redis, free_port, username="me", password="s3cret") as desk:
        with pytest.raises(UnreachableError, match=r"\[publish\]") as caught:
            await desk.task

    assert "s3cret" not in f"{caught.value!r} {caught.value} {desk.said}"
    assert caught.value.exit_code == 3


async def test_a_broker_that_takes_nothing_in_is_found_out(redis: Redis, tmp_path: Path, free_port: int) -> None:
    """mosquitto acknowledges what its access list forbids to write; the status that does not come back tells."""
    await show(redis)
    (tmp_path / "acl").write_text("topic read md/v1/#\n")
    async with (
        Broker(tmp_path, free_port, OPEN, f"acl_file {tmp_path / 'acl'}"),
        Desk(redis, free_port, echo_s=0.05) as denied,
    ):
        await eventually(lambda: "does the broker let this user write" in denied.said[-1][1] if denied.said else False)
    (tmp_path / "acl").write_text("topic readwrite md/v1/#\n")
    async with (
        Broker(tmp_path, free_port, OPEN, f"acl_file {tmp_path / 'acl'}"),
        Desk(redis, free_port, echo_s=60.0) as heard,
        listening(free_port) as listener,
    ):
        await eventually(lambda: all_topics() <= listener.newest.keys())

    assert heard.said == [("up", f"mqtt://127.0.0.1:{free_port}")]


async def test_an_offline_that_is_not_true_is_taken_back(tmp_path: Path, free_port: int) -> None:
    """The will of an earlier life may be told late, after this one has said that it is online."""
    sending = asyncio.Event()

    async def work(send: Send) -> None:
        await send([(NVDA, b"{}")])
        sending.set()
        await asyncio.Event().wait()

    outlet = MqttOutlet(MqttBroker("127.0.0.1", free_port), STATUS, backoff=Backoff(0.02, 0.2))
    async with Broker(tmp_path, free_port, OPEN), listening(free_port) as listener:
        running = asyncio.create_task(outlet.run(work))
        await asyncio.wait_for(sending.wait(), 60)
        await eventually(lambda: listener.newest.get(STATUS) == b"online")
        async with Client("127.0.0.1", free_port) as late:
            await late.publish(STATUS, "offline", qos=1, retain=True)
        await eventually(
            lambda: listener.messages[-2:] == [(STATUS, False)] * 2 and listener.newest[STATUS] == b"online"
        )
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
