"""One machine's board feeds another: log, calculator, publisher, broker, ingest, log; each a process of its own."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
from aiomqtt import Client

from monitor.bus.health import HealthKeys
from monitor.core.event import SIMULATED, Event, FeedHealth, Fx, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND, format_instant
from monitor.core.snapshot import Snapshot
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys
from tests.chaos.market import BEGIN_NS, BOARD, CLOSES, SOURCE, market, write_config, write_recording
from tests.eventually import eventually
from tests.processes import Fleet, environment, fleet, free_tcp_port, start_monitor, stream
from tests.real.broker import Broker

pytestmark = [pytest.mark.xdist_group("heavy"), pytest.mark.timeout(300)]

DEADLINE_S = 90.0
THERE = Keys("there", BOARD)
"""The board that is fed. Both boards share one Redis and never meet in it."""
HERE = Keys("monitor", BOARD)
STATUS = f"md/v1/_status/{BOARD}-desk"
DELAY_S = 900


@pytest.fixture(scope="module")
def config() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="ml-") as folder:
        yield write_config(Path(folder) / "config")


def minute(simulated: bool) -> list[Event]:
    """The first minute of the small market, by a source that is late by contract."""
    last_ns = BEGIN_NS + 60 * SECOND
    flags = SIMULATED if simulated else 0
    events: list[Event] = []
    for event in market():
        if event.recv_ns >= last_ns:
            break
        if isinstance(event, Quote):
            event = msgspec.structs.replace(event, delay_s=DELAY_S, flags=flags)
        elif isinstance(event, Fx | OfficialClose):
            event = msgspec.structs.replace(event, flags=flags)
        events.append(event)
    return events


class Relay:
    """A broker, the board here with its publisher, and the ingest of the board there."""

    def __init__(self, here: Fleet, broker: Broker, config: Path) -> None:
        self.here = here
        self.broker = broker
        self.port = broker.port
        self.env_there = environment(
            MONITOR_CONFIG_DIR=str(config),
            MONITOR_REDIS__URL=here.url,
            MONITOR_REDIS__PREFIX="there",
            MONITOR_FEED="mqtt",
            MONITOR_FEEDS__MQTT__PORT=str(broker.port),
        )

    def start_ingest_there(self) -> None:
        log = self.here.folder / "there.log"
        self.here.processes["there"] = start_monitor("ingest", env=self.env_there, log=log)

    async def replayed(self, events: list[Event], *arguments: str) -> None:
        """The recording of `events` on the board here, its last price computed."""
        path = write_recording(self.here.folder / "recording.jsonl", events)
        self.here.start("spread")
        self.here.start("replay", path, "--speed", "max", *arguments)
        assert await self.here.ended("replay", DEADLINE_S) == 0, self.here.journal("replay")
        last_ms = max(event.recv_ns for event in events) // MILLISECOND

        async def computed() -> bool:
            newest = await self.here.client.xrevrange(HERE.snapshots, count=1)
            return bool(newest) and int(newest[0][0].partition(b"-")[0]) >= last_ms

        await eventually(computed, deadline_s=DEADLINE_S)

    async def board_here(self) -> Snapshot:
        return msgspec.json.decode(await self.here.client.get(HERE.readout), type=Snapshot)

    async def events_there(self) -> list[Event]:
        entries = await stream(self.here.client, THERE.quotes)
        return [event for _, fields in entries for event in decode_entry(fields).events]

    async def prices_there(self) -> dict[str, Quote | Fx]:
        """The newest of each instrument and rate in the log there."""
        found: dict[str, Quote | Fx] = {}
        for event in await self.events_there():
            if isinstance(event, Quote):
                found[event.symbol] = event
            elif isinstance(event, Fx):
                found[event.pair] = event
        return found

    async def closes_there(self) -> dict[str, OfficialClose]:
        """The newest of each instrument in the log there."""
        events = await self.events_there()
        return {event.symbol: event for event in events if isinstance(event, OfficialClose)}

    async def health_there(self) -> FeedHealth | None:
        """The last word of the feed there."""
        health = [event for event in await self.events_there() if isinstance(event, FeedHealth)]
        return health[-1] if health else None


@contextlib.asynccontextmanager
async def relay(config: Path, **variables: str) -> AsyncIterator[Relay]:
    port = free_tcp_port()
    own = {
        "MONITOR_CONFIG_DIR": str(config),
        "MONITOR_PUBLISH__PORT": str(port),
        "MONITOR_PUBLISH__NAME": f"{BOARD}-desk",
        "MONITOR_PUBLISH__BOARD_EVERY_S": "0",
    }
    async with fleet(**own, **variables) as here, Broker(here.folder, port, "allow_anonymous true") as broker:
        yield Relay(here, broker, config)


async def retained(port: int, topic: str) -> bytes | None:
    """What the broker keeps for one topic; None when it is away or keeps nothing."""
    try:
        async with asyncio.timeout(2), Client("127.0.0.1", port) as client:
            await client.subscribe(topic, qos=1)
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                return message.payload
    except (TimeoutError, OSError):
        pass
    return None


async def test_prices_times_and_delays_arrive_on_another_board(config: Path) -> None:
    """Each tick of the board here is a quote in the log there, with its own time and its source's delay; rates too. An
    official close is no tick: what has not traded here arrives there as a copied close of its session. After a restart
    of the broker, which has kept nothing, and of the publisher by kill -9, whose will is seen, all goes on."""
    async with relay(config) as running:
        running.start_ingest_there()
        running.here.start("publish")
        await running.replayed(minute(simulated=False))
        board = await running.board_here()
        ticks = {symbol: view for symbol, view in board.instruments.items() if view.source == SOURCE}
        try:
            await eventually(
                lambda: _same(running, {**{s: v.price for s, v in ticks.items()}, "USDHKD": board.fx["USDHKD"].rate}),
                deadline_s=DEADLINE_S,
            )
        except TimeoutError:
            pytest.fail(running.here.journal("publish") + running.here.journal("there"))
        prices = await running.prices_there()

        assert set(ticks) == {"HSTECH", "0700.HK", "9988.HK", "1810.HK"}
        assert prices.keys() == {*ticks, "USDHKD"}
        for symbol, view in ticks.items():
            quote = prices[symbol]
            assert isinstance(quote, Quote)
            assert (quote.source, quote.delay_s, quote.session) == ("mqtt", DELAY_S, "regular")
            assert format_instant(quote.event_ns) == view.event_time
            assert not quote.flags & SIMULATED
        rate = prices["USDHKD"]
        assert isinstance(rate, Fx)
        assert format_instant(rate.event_ns) == board.fx["USDHKD"].event_time

        closes = await eventually(running.closes_there, deadline_s=DEADLINE_S)
        assert {symbol: (close.session, close.price, close.derived) for symbol, close in closes.items()} == {
            "IXIC": ("2025-02-21", CLOSES["IXIC"], True),
            "NDX": ("2025-02-21", CLOSES["NDX"], True),
        }

        running.broker.stop()
        await running.broker.start()
        assert await eventually(lambda: retained(running.port, "md/v1/HK/0700/quote"), deadline_s=DEADLINE_S)
        topic = f"md/v1/_board/{BOARD}/pair/hstech-ixic"
        told = msgspec.json.decode(await eventually(lambda: retained(running.port, topic), deadline_s=DEADLINE_S))
        assert told["spread_pp"]["LAST"]["1D"] == board.pairs["hstech-ixic"]["1D"]

        healths = HealthKeys(running.here.client, HERE)
        await eventually(lambda: _is_up(healths), deadline_s=DEADLINE_S)
        (health,) = [found for found in await healths.read() if found.service == "publish"]
        assert health.detail == {"board": "followed", "broker": f"mqtt://127.0.0.1:{running.port}"}
        (metrics,) = [text for (service, _), text in (await healths.metrics()).items() if service == "publish"]
        assert b'monitor_published_messages_total{kind="quote"}' in metrics

        publisher = running.here.processes["publish"]
        publisher.kill()
        publisher.wait(60)
        await eventually(lambda: _is_offline(running), deadline_s=DEADLINE_S)
        await eventually(lambda: _says(running, "publishers offline: chaos-desk"), deadline_s=DEADLINE_S)
        running.here.start("publish")
        await eventually(lambda: _says(running, "publishers offline", False), deadline_s=DEADLINE_S)
        assert await running.here.stop("publish") == 0
        await eventually(lambda: _is_offline(running), deadline_s=DEADLINE_S)


async def test_simulated_prices_keep_their_mark_and_stay_out_of_a_real_log(config: Path) -> None:
    """The mark travels with every price; a board of real prices refuses them all, and counts them."""
    async with relay(config, MONITOR_FEED="sim") as running:
        running.start_ingest_there()
        running.here.start("publish")
        await running.replayed(minute(simulated=True))
        payload = await eventually(lambda: retained(running.port, "md/v1/HK/HSTECH/quote"), deadline_s=DEADLINE_S)

        assert msgspec.json.decode(payload)["simulated"] is True
        await eventually(lambda: _refuses(running), deadline_s=DEADLINE_S)
        assert await running.prices_there() == {}
        assert await running.closes_there() == {}


async def _same(running: Relay, prices: dict[str, float | None]) -> bool:
    found = await running.prices_there()
    return {name: event.price if isinstance(event, Quote) else event.rate for name, event in found.items()} == prices


async def _is_offline(running: Relay) -> bool:
    return await retained(running.port, STATUS) == b"offline"


async def _says(running: Relay, text: str, there: bool = True) -> bool:
    health = await running.health_there()
    return health is not None and health.state == "up" and (text in health.detail) is there


async def _refuses(running: Relay) -> bool:
    health = await running.health_there()
    return health is not None and health.received > 0 and health.rejected == {"WRONG_MARKET": health.received}


async def _is_up(healths: HealthKeys) -> bool:
    return ("publish", "up") in [(health.service, health.state) for health in await healths.read()]
