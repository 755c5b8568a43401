"""kill -9 of anything, at any moment: the same board and the same decisions as if nothing had happened."""

import asyncio
import random
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from aiohttp import ClientSession
from redis.asyncio import Redis

from monitor.bus.log_end import last_log_ns
from monitor.core.event import Event, Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.core.snapshot import Snapshot
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys
from tests.chaos.market import BEGIN_NS, BOARD, END_MS, SECONDS, market, write_config, write_recording
from tests.eventually import eventually
from tests.processes import Fleet, fleet, stream
from tests.real.slack_fake import SlackFake, ids_in, slack_fake

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("heavy"), pytest.mark.timeout(400)]

KEYS = Keys("monitor", BOARD)
SPEED = "40"
DEADLINE_S = 150.0


class Site(NamedTuple):
    """What every run has in common. events: of the recording, in the order of the log."""

    folder: Path
    config: Path
    recording: Path
    events: list[Event]


class Outcome(NamedTuple):
    """What a run leaves behind. frames: the snapshots stream. decisions: the history of the alerts, without the ids
    that Redis gives. told: how often each notification arrived."""

    readout: bytes
    frames: list[tuple[str, dict[bytes, bytes]]]
    decisions: list[bytes]
    told: Counter[str]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    events = market()
    with tempfile.TemporaryDirectory(prefix="mk-") as name:
        folder = Path(name)
        yield Site(folder, write_config(folder / "config"), write_recording(folder / "market.jsonl", events), events)


@pytest.fixture(scope="module")
def undisturbed(site: Site) -> Outcome:
    """The recording as fast as it goes, and nothing happens to anybody."""

    async def run() -> Outcome:
        async with pipeline(site, "spread", "alerting") as (running, slack):
            running.start("replay", site.recording, "--speed", "max")
            assert await running.ended("replay", DEADLINE_S) == 0, running.journal("replay")
            found = await outcome(running, slack)
            assert [await running.stop(name) for name in ("spread", "alerting")] == [0, 0]
            return found

    return asyncio.run(run())


@asynccontextmanager
async def pipeline(site: Site, *services: str) -> AsyncIterator[tuple[Fleet, SlackFake]]:
    """Redis and services, with a Slack to tell."""
    async with (
        slack_fake() as slack,
        fleet(
            MONITOR_CONFIG_DIR=str(site.config),
            CHAOS_WEBHOOK=slack.url,
            **({"MONITOR_DASHBOARD__PORT": "0"} if "dashboard" in services else {}),
        ) as running,
    ):
        for name in services:
            running.start(name)
        yield running, slack


async def outcome(running: Fleet, slack: SlackFake) -> Outcome:
    """What has come of the whole recording, once it is computed, decided upon and told."""
    client = running.client

    async def computed() -> bool:
        newest = await client.xrevrange(KEYS.snapshots, count=1)
        return bool(newest) and newest[0][0] == f"{END_MS}-0".encode()

    async def decided() -> bool:
        return bool(await client.hget(KEYS.alert_state, "position") == f"{END_MS}-0".encode())

    async def delivered() -> bool:
        return notified(await decisions(client)) <= set(told(slack))

    for step in (computed, decided, delivered):
        await reached(running, step)
    readout = await client.get(KEYS.readout)
    return Outcome(readout, await stream(client, KEYS.snapshots), await decisions(client), told(slack))


async def reached(running: Fleet, step: Callable[[], Any]) -> None:
    """Wait for a step; tell what the services said when it does not come."""
    try:
        await eventually(step, deadline_s=DEADLINE_S)
    except TimeoutError:
        said = "\n".join(f"--- {name}\n{running.journal(name)}" for name in running.processes)
        pytest.fail(f"not {step.__name__} within {DEADLINE_S} s\n{said}")


async def decisions(client: Redis) -> list[bytes]:
    """Transitions and notifications, in order."""
    return [fields[b"d"] for _, fields in await stream(client, KEYS.alert_history)]


def notified(history: Sequence[bytes]) -> set[str]:
    """Ids of the notifications in a history."""
    records = [msgspec.json.decode(line) for line in history]
    return {record["notification"]["id"] for record in records if "notification" in record}


def told(slack: SlackFake) -> Counter[str]:
    """How often Slack was told of each notification; one message may tell of several of its episode."""
    count: Counter[str] = Counter()
    for payload in slack.accepted:
        count.update(ids_in(payload))
    return count


async def board_reaches(running: Fleet, at_ms: int) -> None:
    """Wait until the snapshots are at `at_ms`."""

    async def reached_it() -> bool:
        newest = await running.client.xrevrange(KEYS.snapshots, count=1)
        return bool(newest) and int(newest[0][0].partition(b"-")[0]) >= at_ms

    await reached(running, reached_it)


async def log_reaches(running: Fleet, at_ns: int) -> None:
    """Wait until the log is at `at_ns`."""

    async def reached_it() -> bool:
        return (await last_log_ns(running.client, KEYS.quotes) or 0) >= at_ns

    await reached(running, reached_it)


def test_the_recording_has_it_all(undisturbed: Outcome, site: Site) -> None:
    """Episodes that begin, are recalled and end on several rules, refused ticks and a halt: otherwise the comparisons
    below would compare little."""
    kinds = Counter(identifier.split(":")[3] for identifier in notified(undisturbed.decisions))
    last = msgspec.json.decode(undisturbed.readout, type=Snapshot)

    assert len(undisturbed.frames) > SECONDS * 4
    assert kinds["FIRING"] >= 5
    assert kinds["RESOLVED"] >= 5
    assert kinds["REMINDER"] >= 2
    assert kinds["EVENT"] >= 4
    assert undisturbed.told.keys() == notified(undisturbed.decisions)
    assert set(undisturbed.told.values()) == {1}
    assert last.seq <= len(site.events)
    assert last.pairs["hstech-ixic"]["1D"] is not None
    assert sum(last.instruments["HSTECH"].rejected.values()) > 0


@pytest.mark.parametrize("seed", [1, 2])
async def test_kill_9_at_any_moment_changes_nothing(site: Site, undisturbed: Outcome, seed: int) -> None:
    """Calculator, alerting, dashboard and Redis, each killed twice during a replay, at moments drawn by lot: the same
    readout to the byte, the same snapshots by id, the same decisions in the same order; every notification arrives, and
    none more often than once and once more for each kill."""
    draw = random.Random(seed)
    victims = ["spread", "alerting", "dashboard", Fleet.REDIS] * 2
    draw.shuffle(victims)
    moments = sorted(draw.uniform(0.02, 0.98) * SECONDS for _ in victims)
    async with pipeline(site, "spread", "alerting", "dashboard") as (running, slack):
        running.start("replay", site.recording, "--speed", SPEED)
        for victim, moment in zip(victims, moments, strict=True):
            await log_reaches(running, BEGIN_NS + round(moment * SECOND))
            await running.kill_and_restart(victim)
        assert await running.ended("replay", DEADLINE_S) == 0, running.journal("replay")
        found = await outcome(running, slack)
        await reached(running, lambda: _serves(running, found.readout))
        codes = {name: await running.stop(name) for name in ("spread", "alerting", "dashboard")}

    assert found.readout == undisturbed.readout
    assert [identifier for identifier, _ in found.frames] == [identifier for identifier, _ in undisturbed.frames]
    assert found.frames == undisturbed.frames
    assert found.decisions == undisturbed.decisions
    assert found.told.keys() == undisturbed.told.keys()
    assert found.told.total() - len(found.told) <= len(victims)
    assert codes == {"spread": 0, "alerting": 0, "dashboard": 0}


async def _serves(running: Fleet, readout: bytes) -> bool:
    """Does the dashboard, started again, show the readout? It says its address when it listens."""
    lines = (running.folder / "dashboard.out").read_text("utf-8").split()
    urls = [line for line in lines if line.startswith("http")]
    async with ClientSession() as session:
        try:
            async with session.get(f"{urls[-1].rstrip('/')}/api/boards/{BOARD}") as answer:
                return answer.status == 200 and await answer.read() == readout
        except OSError:
            return False


async def test_two_calculators_and_two_alertings_make_one_log_of_decisions(site: Site, undisturbed: Outcome) -> None:
    """With a standby beside each, a killed holder is replaced by the other and nothing is written twice. Both fall
    behind the log, which is there at once, and are killed while they catch up."""
    async with pipeline(site, "spread", "alerting") as (running, slack):
        for name in ("spread", "alerting"):
            running.processes[f"{name} holder"] = running.processes[name]
            running.start(name)
        running.start("replay", site.recording, "--speed", "max")
        for name, moment in (("alerting", 0.2), ("spread", 0.4)):
            await board_reaches(running, END_MS - round((1 - moment) * SECONDS * 1000))
            running.processes[f"{name} holder"].kill()
        assert await running.ended("replay", DEADLINE_S) == 0, running.journal("replay")
        found = await outcome(running, slack)

    assert (found.readout, found.frames) == (undisturbed.readout, undisturbed.frames)
    assert found.decisions == undisturbed.decisions
    assert found.told.keys() == undisturbed.told.keys()
    assert found.told.total() - len(found.told) <= 2


async def test_a_killed_replay_goes_on_with_the_rest(site: Site, undisturbed: Outcome) -> None:
    """A replay that was killed in the middle left a beginning of the recording in the log, without a hole. Started
    again it is refused, because the log is later than that; the rest of the recording leads to the same end."""
    async with pipeline(site, "spread", "alerting") as (running, slack):
        replay = running.start("replay", site.recording, "--speed", SPEED)
        await log_reaches(running, BEGIN_NS + round(random.Random(5).uniform(0.1, 0.4) * SECONDS * SECOND))
        replay.kill()
        await running.ended("replay")
        published = [
            event for _, fields in await stream(running.client, KEYS.quotes) for event in decode_entry(fields).events
        ]
        assert published == site.events[: len(published)]
        assert len(published) < len(site.events)

        running.start("replay", site.recording, "--speed", SPEED)
        assert await running.ended("replay") == 2
        assert "the recording begins at" in running.journal("replay")

        rest = write_recording(site.folder / "rest.jsonl", site.events[len(published) :])
        running.start("replay", rest, "--speed", "max")
        assert await running.ended("replay", DEADLINE_S) == 0, running.journal("replay")
        found = await outcome(running, slack)

    assert (found.readout, found.frames) == (undisturbed.readout, undisturbed.frames)
    assert found.decisions == undisturbed.decisions
    assert found.told == undisturbed.told


async def test_a_killed_ingest_goes_on_from_the_end_of_the_log() -> None:
    """Killed and started again, the simulator's worker goes on after the log's last time: time never goes back, no
    instrument's price leaps, and the board moves on."""
    keys = Keys("monitor", "hk-us")

    async def board() -> Snapshot | None:
        data = await running.client.get(keys.readout)
        return None if data is None else msgspec.json.decode(data, type=Snapshot)

    async def live_spread() -> Snapshot | None:
        shown = await board()
        return shown if shown is not None and shown.pairs["hstech-ixic"]["1D"] is not None else None

    async with fleet(MONITOR_FEED="sim") as running:
        running.start("spread")
        running.start("ingest")
        before = await eventually(live_spread, deadline_s=DEADLINE_S)
        running.processes["ingest"].kill()
        await running.ended("ingest")
        first = await stream(running.client, keys.quotes)
        end_ns = await last_log_ns(running.client, keys.quotes)
        assert end_ns is not None
        prices = {event.symbol: event.price for event in _quotes(first)}

        running.start("ingest")

        async def quoted_again() -> list[Quote]:
            return _quotes((await stream(running.client, keys.quotes))[len(first) :])

        quotes = await eventually(quoted_again, deadline_s=DEADLINE_S)
        entries = (await stream(running.client, keys.quotes))[len(first) :]
        assert min(event.recv_ns for _, fields in entries for event in decode_entry(fields).events) > end_ns

        async def moved_on() -> Snapshot | None:
            shown = await live_spread()
            return shown if shown is not None and shown.seq > before.seq and _after(shown, end_ns) else None

        after = await eventually(moved_on, deadline_s=DEADLINE_S)

    assert after.simulated
    for quote in quotes:
        if quote.symbol in prices and quote.price is not None:
            assert quote.price == pytest.approx(prices[quote.symbol], rel=0.02), quote.symbol


def _quotes(entries: Sequence[tuple[str, dict[bytes, bytes]]]) -> list[Quote]:
    found = [event for _, fields in entries for event in decode_entry(fields).events]
    return [event for event in found if isinstance(event, Quote)]


def _after(snapshot: Snapshot, at_ns: int) -> bool:
    return parse_instant(snapshot.t) > at_ns
