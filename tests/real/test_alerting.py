"""The alerting service end to end on a real Redis: snapshots in, messages out, through restarts and outages."""

import asyncio
import contextlib
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.alert_store import AlertStore
from monitor.bus.embedded import find_server
from monitor.bus.redis import TROUBLE, answer, command_client
from monitor.notify.port import Accepted, Message, Outcome
from monitor.runtime import metrics
from monitor.workers.alerts.active import ActiveAlert
from tests.eventually import eventually
from tests.real.alert_bench import KEYS, RULES, START, Market, service
from tests.real.set_clock import SetClock
from tests.real.slack_fake import ids_in, slack_fake

FIRING = f"wide:hstech-ndx:{START}:FIRING"
RESOLVED = f"wide:hstech-ndx:{START}:RESOLVED"


class Desk:
    """Remembers what arrived. gate: messages wait until it is set."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def ids(self) -> list[str]:
        return [message.id for message in self.messages]

    async def send(self, message: Message) -> Outcome:
        await self.gate.wait()
        self.messages.append(message)
        return Accepted()

    async def close(self) -> None:
        """Nothing to release."""


@contextlib.asynccontextmanager
async def running(redis_url: str, desk: Desk, **options: object) -> AsyncIterator[asyncio.Event]:
    """The service in this process; ends by its stop event."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(service(redis_url, desk, stop, **options))  # type: ignore[arg-type]
        try:
            yield stop
        finally:
            stop.set()


def dropped() -> dict[str, float]:
    """Entries of the stream that were passed over so far, by reason."""
    name = "monitor_frames_dropped_total"
    return {reason: metrics.REGISTRY.get_sample_value(name, {"reason": reason}) or 0.0 for reason in ("old", "broken")}


async def position_is(redis: Redis, market: Market) -> None:
    """Wait until the engine has committed everything that was written."""
    store = AlertStore(redis, KEYS)
    last = market.written[-1][0]

    async def caught_up() -> bool:
        return (await store.load()).position == last

    await eventually(caught_up)


async def active(redis: Redis) -> list[ActiveAlert]:
    """What the engine last wrote of the instances that are not OK."""
    return [msgspec.json.decode(view, type=ActiveAlert) for view in await answer(redis.hvals(KEYS.alert_active))]


async def test_what_goes_on_is_shown_with_its_value_of_now(redis: Redis, redis_url: str) -> None:
    """The value of an alert follows the snapshots, though nothing else asks for a commit for hours."""
    market = Market(redis)
    async with running(redis_url, Desk(), text=f'{RULES}\n[blind]\nafter = "1h"\n', checkpoint_s=3600.0):
        await market.run(1.6, 1)
        await position_is(redis, market)
        await market.run(1.7, 1)
        await position_is(redis, market)
        assert [alert.value for alert in await active(redis)] == [1.7]


async def test_an_episode_from_start_to_end(redis: Redis, redis_url: str) -> None:
    """One FIRING at T+60 with the true start, one RESOLVED after thirty seconds of clear; the rule's own sentence."""
    desk, market = Desk(), Market(redis)
    async with running(redis_url, desk):
        await market.run(1.6, 60)
        await position_is(redis, market)
        assert desk.ids == []
        (pending,) = await active(redis)
        assert (pending.phase, pending.since_ms, pending.threshold) == ("PENDING", START, "> +1.50 pp")

        await market.run(1.6, 1)
        await eventually(lambda: desk.ids == [FIRING])
        assert desk.messages[0].summary == "[WARNING] HSTECH ahead of Nasdaq-100 at +1.60 pp"

        await market.run(1.1, 31)
        await eventually(lambda: desk.ids == [FIRING, RESOLVED])
        await position_is(redis, market)
        assert await active(redis) == []


async def test_a_restart_between_breach_and_firing(redis: Redis, redis_url: str) -> None:
    """Stopped after 40 seconds of PENDING, back while snapshots went on: FIRING with the same start, once."""
    desk, market = Desk(), Market(redis)
    async with running(redis_url, desk):
        await market.run(1.6, 40)
        await position_is(redis, market)
    await market.run(1.6, 30)
    async with running(redis_url, desk):
        await position_is(redis, market)
        await eventually(lambda: desk.ids == [FIRING])


async def test_what_cleared_while_nobody_looked(redis: Redis, redis_url: str) -> None:
    """Down while the value clears: one RESOLVED after the start."""
    desk, market = Desk(), Market(redis)
    async with running(redis_url, desk):
        await market.run(1.6, 61)
        await eventually(lambda: desk.ids == [FIRING])
    await market.run(1.0, 60)
    async with running(redis_url, desk):
        await eventually(lambda: desk.ids == [FIRING, RESOLVED])


async def test_every_snapshot_twice_and_old_ones_again(redis: Redis, redis_url: str) -> None:
    """Redelivered input changes nothing; rubbish in the stream is skipped; both are counted."""
    before = dropped()
    desk, market = Desk(), Market(redis)
    async with running(redis_url, desk):
        for value, seconds in ((1.6, 61), (1.0, 31)):
            for _ in range(seconds):
                await market.run(value, 1)
                identifier, data = market.written[-1]
                base = identifier.partition("-")[0]
                await market.add(f"{base}-1", data)
                await market.add(f"{base}-2", market.written[0][1])
                await market.add(f"{base}-3", b"no frame")
        await position_is(redis, market)
        await eventually(lambda: desk.ids == [FIRING, RESOLVED])
    assert {reason: count - before[reason] for reason, count in dropped().items()} == {"old": 2 * 92, "broken": 92}


async def test_a_standby_takes_over(redis: Redis, redis_url: str) -> None:
    """Two services: one works; when it goes, the other goes on where it was, and nothing is told twice."""
    desk, market = Desk(), Market(redis)
    async with running(redis_url, desk, owner="one") as stop_first:
        await market.run(1.6, 30)
        await position_is(redis, market)
        async with running(redis_url, desk, owner="two"):
            stop_first.set()
            await market.run(1.6, 31)
            await market.run(1.0, 31)
            await eventually(lambda: desk.ids == [FIRING, RESOLVED])
    assert desk.ids == [FIRING, RESOLVED]


async def test_a_message_in_flight_at_the_end_is_found_again(redis: Redis, redis_url: str) -> None:
    """The drain has a deadline; what it cut off goes out at the next start, marked, with the same id."""
    desk, market = Desk(), Market(redis)
    desk.gate.clear()
    async with running(redis_url, desk):
        await market.run(1.6, 61)
        await position_is(redis, market)
        await eventually(lambda: redis_sending(redis))
    desk.gate.set()
    async with running(redis_url, desk):
        await eventually(lambda: desk.ids == [FIRING])
    assert desk.messages[0].marks[-1] == "MAY REPEAT"


async def test_a_stop_at_any_moment_ends_the_service(redis: Redis, redis_url: str) -> None:
    """Stopping while a command is on its way must not wait for the drain's end: a cancellation can get lost there."""
    for delay_ms in range(5, 35):
        desk, stop = Desk(), asyncio.Event()
        work = asyncio.create_task(service(redis_url, desk, stop))
        await asyncio.sleep(delay_ms / 1000)
        stop.set()
        await asyncio.wait_for(work, 60)


async def test_the_wall_clock_decides_nothing(redis: Redis, redis_url: str) -> None:
    """Rules run on the time of the snapshots: with a clock that stands decades back, or days ahead, the same messages
    say the same."""
    told = []
    for now_ms in (0, START + 5 * 86_400_000):
        await redis.flushall()
        desk, market = Desk(), Market(redis)
        async with running(redis_url, desk, clock=SetClock(now_ms * 1_000_000)):
            await market.run(1.6, 61)
            await eventually(lambda desk=desk: desk.ids == [FIRING])
            await market.run(1.0, 31)
            await eventually(lambda desk=desk: desk.ids == [FIRING, RESOLVED])
        told.append(desk.messages)

    assert told[0] == told[1]


async def redis_sending(redis: Redis) -> bool:
    """Whether an attempt was begun."""
    record = await answer(redis.hget(KEYS.jobs("desk"), FIRING))
    return record is not None and b'"sending"' in record


async def test_a_failing_sentence_still_sends_the_built_in_text(redis: Redis, redis_url: str) -> None:
    """A template that breaks at run time costs nothing but itself."""
    desk, market = Desk(), Market(redis)
    broken = RULES.replace("{{ title }} at {{ value|pp }}", "{{ value / 0 }}")
    async with running(redis_url, desk, text=broken):
        await market.run(1.6, 61)
        await eventually(lambda: desk.ids == [FIRING])
    assert desk.messages[0].summary.startswith("[WARNING] HSTECH ahead of Nasdaq-100: +1.60 pp, limit +1.50")
    assert any("division by zero" in remark for remark in desk.messages[0].remarks)


def start_redis(folder: Path) -> subprocess.Popen[bytes]:
    """A redis-server that keeps its data in `folder`."""
    program = find_server()
    if program is None:
        pytest.skip("needs redis-server")
    place = ["--port", "0", "--unixsocket", f"{folder}/r.sock", "--dir", str(folder)]
    safety = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"]
    return subprocess.Popen([str(program), *place, *safety], stdout=subprocess.DEVNULL)


async def answers(client: Redis) -> bool:
    """Whether Redis is there and has loaded its data."""
    try:
        return bool(await answer(client.ping()))
    except TROUBLE:
        return False


async def test_redis_away_and_back(short_dir: Path) -> None:
    """While Redis is away the service waits; when it is back it goes on where it was, order kept, nothing doubled."""
    url = f"unix://{short_dir}/r.sock"
    server = start_redis(short_dir)
    client = command_client(url, name="test")
    desk, market = Desk(), Market(client)
    try:
        await eventually(lambda: answers(client))
        async with running(url, desk):
            await market.run(1.6, 40)
            await position_is(client, market)
            server.kill()
            server.wait(60)
            await market_waits(market, client)
            server = start_redis(short_dir)
            await eventually(lambda: answers(client))
            await market.run(1.6, 21)
            await market.run(1.0, 31)
            await eventually(lambda: desk.ids == [FIRING, RESOLVED])
    finally:
        await client.aclose()
        server.kill()
        server.wait(60)


async def market_waits(market: Market, client: Redis) -> None:
    """A few attempts while nobody answers."""
    for _ in range(5):
        assert not await answers(client)
        await asyncio.sleep(0.02)


class Processes:
    """A redis-server and the alerting service, each killed with -9 and started again."""

    def __init__(self, folder: Path, slack_url: str) -> None:
        self.url = f"unix://{folder}/r.sock"
        self._folder = folder
        self._command = [sys.executable, "-m", "tests.real.alert_bench", self.url, slack_url]
        self.redis = start_redis(folder)
        self.service = self._start_service()

    def _start_service(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, victim: str) -> None:
        """Kill one and start it again."""
        process = self.service if victim == "service" else self.redis
        process.kill()
        process.wait(60)
        if victim == "service":
            self.service = self._start_service()
        else:
            self.redis = start_redis(self._folder)

    def end(self) -> int:
        """Stop both; returns the exit code of the service."""
        self.service.terminate()
        code = self.service.wait(60)
        self.redis.kill()
        self.redis.wait(60)
        return code


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize("victims", [["service"], ["redis"], ["service", "redis"]])
async def test_kill_9_loses_and_doubles_no_decision(short_dir: Path, victims: list[str]) -> None:
    """The service or Redis killed at random moments during two hundred episodes: every note arrives, in order for its
    episode, repeats are at most one a kill, and the decisions are those of an undisturbed run."""
    draw = random.Random(7)
    expected: list[str] = []
    kills = 0
    async with slack_fake() as fake:
        processes = Processes(short_dir, fake.url)
        client = command_client(processes.url, name="test", timeout_s=60.0)
        market = Market(client)
        store = AlertStore(client, KEYS)

        def told() -> set[str]:
            return {identifier for payload in fake.accepted for identifier in ids_in(payload)}

        try:
            await eventually(lambda: answers(client))
            for episode in range(200):
                begin = START + market.second * 1000
                expected += [f"wide:hstech-ndx:{begin}:FIRING", f"wide:hstech-ndx:{begin}:RESOLVED"]
                await market.run(1.6, 4)
                if episode % 10 == 5:
                    seen = len(fake.times)
                    with contextlib.suppress(TimeoutError):
                        await eventually(lambda seen=seen: len(fake.times) > seen, deadline_s=draw.uniform(0.1, 1.5))
                    processes.kill(draw.choice(victims))
                    kills += 1
                await market.run(1.0, 2)
            await eventually(lambda: set(expected) <= told(), deadline_s=120)
            await position_is(client, market)
            history = await store.history(10_000)
        finally:
            await client.aclose()
            code = processes.end()

    notes = [entry for entry in history if b'{"notification"' in entry]
    assert len(notes) == len(expected)
    assert told() == set(expected)
    assert len(fake.ids) - len(set(fake.ids)) <= kills
    assert code == 0
    for first, second in zip(expected[::2], expected[1::2], strict=True):
        if first in fake.ids:
            assert fake.ids.index(first) < fake.ids.index(second)
