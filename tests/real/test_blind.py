"""The blind alarm against a real Redis that stops, channels that fail, and a clock that is set."""

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from monitor.bus.lookout import Lookout
from monitor.bus.redis import TROUBLE, answer, command_client
from monitor.core.alerts.blindness.sight import Look
from monitor.core.alerts.rules.service import BlindPlan
from monitor.notify.heartbeat import Heartbeat
from monitor.notify.port import Accepted, Charting, Message, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.runtime.clock import Clock, SystemClock
from monitor.runtime.ending import end
from monitor.wire.keys import Keys
from monitor.workers.alerts.blind import BlindAlarm
from monitor.workers.alerts.blind_memory import MemoryFile
from monitor.workers.alerts.route import Route, Timings
from tests.eventually import eventually
from tests.processes import Fleet
from tests.real.hook_fake import Reply, hook_fake
from tests.real.set_clock import SetClock

KEYS = Keys("monitor", "test")
AFTER_S = 0.4
GAP_S = 0.15
"""Between two looks: when this process or Redis stands still for longer, the rest of the time is no blindness."""
QUICK = Timings(retry_first_s=0.01, retry_cap_s=0.05, fallback_after_s=0.3, dead_after_s=600.0)
NOW_NS = 1_794_276_000_000_000_000


class Desk:
    """A channel that answers as told, then accepts everything."""

    def __init__(self, *script: Outcome) -> None:
        self.script = list(script)
        self.messages: list[Message] = []
        self.attempts = 0

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        self.attempts += 1
        outcome = self.script.pop(0) if self.script else Accepted()
        if isinstance(outcome, Accepted):
            self.messages.append(message)
        return outcome

    async def close(self) -> None:
        """Nothing is open."""

    @property
    def said(self) -> list[str]:
        """Kind and cause of each message that was accepted, in order: `BLIND redis`."""
        return [f"{message.kind} {message.id.split(':')[1]}" for message in self.messages]


class CountingLookout(Lookout):
    """Counts its looks."""

    looks = 0

    async def look(self, channels: Collection[str]) -> Look:
        self.looks += 1
        return await super().look(channels)


class Calculator:
    """Writes a snapshot every 20 ms, and can be stopped; the engine's position follows unless it is stuck."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.flowing = self.deciding = True
        self.written = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            try:
                if self.flowing:
                    self.written += 1
                    identifier = f"{1_000_000 + self.written}-0"
                    await answer(self.redis.xadd(KEYS.snapshots, {"v": "1", "d": "{}"}, id=identifier))
                    if self.deciding:
                        await answer(self.redis.hset(KEYS.alert_state, "position", identifier))
            except TROUBLE:
                continue


@asynccontextmanager
async def watching(
    url: str,
    folder: Path,
    *desks: Desk,
    owner: str = "one",
    host: str = "here",
    clock: Clock | None = None,
    fallback: str | None = None,
    notify: tuple[str, ...] = ("desk0",),
    heartbeat: Heartbeat | None = None,
    grace_s: float = AFTER_S,
    unsent_s: float = 60.0,
    repeat_s: float = 60.0,
    timings: Timings = QUICK,
    answer_s: float = 60.0,
) -> AsyncIterator[CountingLookout]:
    """A blind alarm at work on channels desk0, desk1, …; of the first, `fallback` is the fallback. answer_s: how long
    Redis may take for an answer."""
    client = command_client(url, name="lookout", timeout_s=answer_s)
    lookout = CountingLookout(client, KEYS)
    alarm = BlindAlarm(
        lookout,
        MemoryFile(folder / "blind.json"),
        owner=owner,
        host=host,
        clock=clock or SystemClock(),
        timings=timings,
        board="test",
        grace_s=grace_s,
        unsent_s=unsent_s,
        repeat_s=repeat_s,
        gap_s=GAP_S,
    )
    routes = {f"desk{i}": Route(desk, fallback if i == 0 else None) for i, desk in enumerate(desks)}
    plan = BlindPlan(after_ms=round(AFTER_S * 1000), notify=notify, heartbeat_every_ms=50)
    alarm.assign(plan, routes, heartbeat)
    stop = asyncio.Event()
    running = asyncio.create_task(alarm.run(stop))
    try:
        yield lookout
        assert not running.done(), "the alarm ended by itself"
    finally:
        stop.set()
        await asyncio.wait_for(running, 60)
        await client.aclose()


@pytest.fixture
async def fleet(short_dir: Path) -> AsyncIterator[Fleet]:
    """A Redis of this test's own, to kill."""
    made = Fleet(short_dir)
    try:
        await made.start_redis()
        yield made
    finally:
        await made.close()


@pytest.fixture
async def calculator(fleet: Fleet) -> AsyncIterator[Calculator]:
    made = Calculator(fleet.client)
    running = asyncio.create_task(made.run())
    yield made
    await end(running)


def kill_redis(fleet: Fleet) -> None:
    fleet.processes[fleet.REDIS].kill()
    fleet.processes[fleet.REDIS].wait(60)


async def seen(lookout: CountingLookout, looks: int = 5) -> None:
    """The alarm has looked a few more times."""
    until = lookout.looks + looks
    await eventually(lambda: lookout.looks >= until)


async def test_redis_away_is_told_once_and_its_end(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """While Redis is away BLIND goes out, once, however long it lasts; when it is back SIGHT does, and nothing else."""
    desk = Desk()
    async with watching(fleet.url, tmp_path, desk) as lookout:
        await seen(lookout)
        kill_redis(fleet)
        await eventually(lambda: desk.said == ["BLIND redis"])
        before = asyncio.get_running_loop().time(), lookout.looks
        await seen(lookout, 10)
        took_s = asyncio.get_running_loop().time() - before[0]
        await fleet.start_redis()
        await eventually(lambda: desk.said == ["BLIND redis", "SIGHT redis"])
        await seen(lookout, 10)

    assert desk.said == ["BLIND redis", "SIGHT redis"]
    assert 10 / took_s <= 5 / AFTER_S * 1.5, "it spins"
    blind, sight = desk.messages
    assert blind.episode == sight.episode == "blind:redis"
    assert blind.level == "critical"
    assert "Redis does not answer" in blind.title
    assert blind.id.split(":")[2] == sight.id.split(":")[2]
    assert "over after" in sight.lead


async def test_a_redis_that_hangs_is_away(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """A server that takes connections and answers nothing counts as one that is not there."""
    desk = Desk()
    async with watching(fleet.url, tmp_path, desk, answer_s=0.1) as lookout:
        await seen(lookout)
        redis = fleet.processes[fleet.REDIS]
        os.kill(redis.pid, 19)  # SIGSTOP
        try:
            await eventually(lambda: desk.said[-1:] == ["BLIND redis"])
        finally:
            os.kill(redis.pid, 18)  # SIGCONT
        # A machine that is slow for a moment hangs too: there may be more than one pair.
        await eventually(lambda: desk.said[-2:] == ["BLIND redis", "SIGHT redis"])


async def test_no_snapshots(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """A calculator that stops is told, and that it works again."""
    desk = Desk()
    async with watching(fleet.url, tmp_path, desk) as lookout:
        await seen(lookout)
        calculator.flowing = False
        await eventually(lambda: desk.said == ["BLIND snapshots"])
        calculator.flowing = True
        await eventually(lambda: desk.said == ["BLIND snapshots", "SIGHT snapshots"])


async def test_an_engine_that_stands_still(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """Snapshots that nobody decides are told; that snapshots come does not hide it."""
    desk = Desk()
    async with watching(fleet.url, tmp_path, desk) as lookout:
        await seen(lookout)
        calculator.deciding = False
        await eventually(lambda: desk.said == ["BLIND engine"])
        calculator.deciding = True
        await eventually(lambda: desk.said == ["BLIND engine", "SIGHT engine"])


async def test_a_message_that_does_not_get_out(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """An outbox whose oldest entry stays is told, with the channel's name, through another channel."""
    stuck, desk = Desk(), Desk()
    await answer(fleet.client.xadd(KEYS.outbox("desk0"), {"id": "x", "note": "{}"}))
    async with watching(fleet.url, tmp_path, stuck, desk, notify=("desk1",), unsent_s=0.5):
        await eventually(lambda: desk.said == ["BLIND outbox"])
        await answer(fleet.client.delete(KEYS.outbox("desk0")))
        await eventually(lambda: desk.said == ["BLIND outbox", "SIGHT outbox"])

    assert ("channels", "desk0") in [(fact.label, fact.value) for fact in desk.messages[0].facts]
    assert not stuck.attempts


async def test_a_stuck_channel_is_left_alone(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """That it is stuck is told to its fallback; without one there is nowhere else, so it is tried all the same."""
    stuck, mail, alone = Desk(), Desk(), Desk()
    await answer(fleet.client.xadd(KEYS.outbox("desk0"), {"id": "x", "note": "{}"}))
    async with watching(fleet.url, tmp_path / "a", stuck, mail, fallback="desk1", unsent_s=0.3):
        await eventually(lambda: mail.said == ["BLIND outbox"])
        assert not stuck.attempts
    async with watching(fleet.url, tmp_path / "b", alone, unsent_s=0.3):
        await eventually(lambda: alone.said == ["BLIND outbox"])


async def test_a_long_blindness_is_told_again(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """Every so often, under an id of its own."""
    desk = Desk()
    async with watching(fleet.url, tmp_path, desk, repeat_s=0.3) as lookout:
        await seen(lookout)
        calculator.flowing = False
        await eventually(lambda: len(desk.messages) >= 3)

    first, second, third = (message.id for message in desk.messages[:3])
    assert (second, third) == (f"{first}:2", f"{first}:3")


async def test_a_start_has_grace(fleet: Fleet, tmp_path: Path) -> None:
    """Before the first snapshot nothing is said for as long as a start may take."""
    desk = Desk()
    async with watching(fleet.url, tmp_path, desk, grace_s=30.0) as lookout:
        await seen(lookout, 10)

    assert not desk.attempts


async def test_a_restart_during_an_outage_does_not_repeat(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """The file remembers what people know: the next process keeps quiet, and tells the end."""
    first, second = Desk(), Desk()
    async with watching(fleet.url, tmp_path, first) as lookout:
        await seen(lookout)
        kill_redis(fleet)
        await eventually(lambda: (tmp_path / "blind.json").exists() and first.messages)
        await eventually(lambda: "redis" in json.loads((tmp_path / "blind.json").read_text())["told"])
    async with watching(fleet.url, tmp_path, second) as lookout:
        await seen(lookout, 10)
        assert not second.attempts
        await fleet.start_redis()
        await eventually(lambda: second.said == ["SIGHT redis"])
        await eventually(lambda: json.loads((tmp_path / "blind.json").read_text())["told"] == {})

    assert first.said == ["BLIND redis"]
    assert first.messages[0].id.split(":")[2] == second.messages[0].id.split(":")[2]


async def test_what_nobody_heard_is_told_after_a_restart(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """A blindness that no channel took is not remembered as told."""
    deaf, desk = Desk(*[Transient("away")] * 1000), Desk()
    async with watching(fleet.url, tmp_path, deaf) as lookout:
        await seen(lookout)
        kill_redis(fleet)
        await eventually(lambda: deaf.attempts)
    async with watching(fleet.url, tmp_path, desk):
        await eventually(lambda: desk.said == ["BLIND redis"])


@pytest.mark.parametrize("content", ["", "{", '{"told": {"weather": {}}}', '{"leads": "yes"}'])
async def test_a_broken_memory_is_none(content: str, tmp_path: Path) -> None:
    """A file that cannot be read costs no more than a repetition."""
    (tmp_path / "blind.json").write_text(content)
    desk = Desk()
    async with watching(f"unix://{tmp_path}/nobody.sock", tmp_path, desk):
        await eventually(lambda: desk.said == ["BLIND redis"])


async def test_a_folder_that_cannot_be_written(
    fleet: Fleet, calculator: Calculator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The alarm works all the same and warns once."""
    (tmp_path / "file").write_text("no folder")
    desk = Desk()
    async with watching(fleet.url, tmp_path / "file", desk) as lookout:
        await seen(lookout)
        calculator.flowing = False
        await eventually(lambda: desk.said == ["BLIND snapshots"])
        calculator.flowing = True
        await eventually(lambda: desk.said == ["BLIND snapshots", "SIGHT snapshots"])

    assert capsys.readouterr().out.count("blind_memory_unwritable") == 1


async def test_of_two_engines_one_speaks(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """The one that led when Redis went away; the standby keeps quiet, also after its own restart. A process that finds
    the memory of another machine speaks: better twice than not at all."""
    leader, standby, again, stranger = Desk(), Desk(), Desk(), Desk()
    await answer(fleet.client.set(KEYS.lease("alerting"), "7 one"))
    async with (
        watching(fleet.url, tmp_path / "a", leader, owner="one") as one,
        watching(fleet.url, tmp_path / "b", standby, owner="two") as two,
    ):
        await seen(one)
        await seen(two)
        kill_redis(fleet)
        await eventually(lambda: leader.said == ["BLIND redis"])
        await seen(two, 10)
        assert not standby.attempts
    async with watching(fleet.url, tmp_path / "b", again, owner="three") as two:
        await seen(two, 10)
    async with watching(fleet.url, tmp_path / "b", stranger, owner="four", host="elsewhere"):
        await eventually(lambda: stranger.said == ["BLIND redis"])

    assert not again.attempts


async def test_a_clock_that_is_set_raises_no_alarm(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """A day forward, two back: nothing is said, and a real outage is dated by the clock as it is then."""
    desk, clock = Desk(), SetClock(NOW_NS)
    async with watching(fleet.url, tmp_path, desk, clock=clock) as lookout:
        await seen(lookout)
        clock.ns += 86_400 * 10**9
        await seen(lookout)
        clock.ns -= 2 * 86_400 * 10**9
        await seen(lookout)
        assert not desk.attempts
        calculator.flowing = False
        await eventually(lambda: desk.said == ["BLIND snapshots"])

    since_ms = int(desk.messages[0].id.split(":")[2])
    assert 0 < clock.ns // 10**6 - since_ms < 60_000


async def test_a_channel_that_fails_is_tried_again(tmp_path: Path) -> None:
    """Temporary trouble is waited out, a refused form sent plain, an unknown outcome repeated with its mark."""
    desk = Desk(Transient("away"), PayloadRefused("too rich"), Unknown("lost"))
    async with watching(f"unix://{tmp_path}/nobody.sock", tmp_path, desk):
        await eventually(lambda: desk.said == ["BLIND redis"])

    assert desk.attempts == 4
    assert desk.messages[0].plain
    assert "MAY REPEAT" in desk.messages[0].marks


@pytest.mark.parametrize("trouble", [[Permanent("gone")], [Unknown("lost")] * 4, [Transient("away")] * 1000])
async def test_the_fallback_takes_over(trouble: list[Outcome], tmp_path: Path) -> None:
    """What is refused, doubtful too often, or away too long goes to the fallback, once."""
    broken, mail = Desk(*trouble), Desk()
    away = len(trouble) == 1000
    timings = replace(QUICK, late_after_s=0.25 if away else 600.0, fallback_after_s=0.3 if away else 600.0)
    nowhere = f"unix://{tmp_path}/nobody.sock"
    async with watching(nowhere, tmp_path, broken, mail, fallback="desk1", timings=timings) as lookout:
        await eventually(lambda: mail.said == ["BLIND redis"])
        await seen(lookout, 5)

    assert len(mail.messages) == 1
    assert any(mark.startswith("DELAYED") for mark in mail.messages[0].marks) == away
    assert any("desk0" in remark for remark in mail.messages[0].remarks)


async def test_a_long_pause_does_not_keep_the_fallback_waiting(tmp_path: Path) -> None:
    """A channel that asks to be left alone for an hour is left alone; the fallback hears in its time."""
    limited, mail = Desk(Transient("429", retry_after_s=3600.0)), Desk()
    async with watching(f"unix://{tmp_path}/nobody.sock", tmp_path, limited, mail, fallback="desk1") as lookout:
        await eventually(lambda: mail.said == ["BLIND redis"])
        await seen(lookout, 5)

    assert limited.attempts == 1
    assert len(mail.messages) == 1


async def test_a_fallback_that_was_told_hears_the_end(fleet: Fleet, calculator: Calculator, tmp_path: Path) -> None:
    """Also when the channel itself works again."""
    desk, mail = Desk(Permanent("gone")), Desk()
    async with watching(fleet.url, tmp_path, desk, mail, fallback="desk1") as lookout:
        await seen(lookout)
        calculator.flowing = False
        await eventually(lambda: mail.said == ["BLIND snapshots"])
        calculator.flowing = True
        await eventually(lambda: mail.said == ["BLIND snapshots", "SIGHT snapshots"])
        await eventually(lambda: desk.said == ["SIGHT snapshots"])


async def test_nothing_piles_up(tmp_path: Path) -> None:
    """However long a channel is away and however often the same is told, one message waits for it."""
    deaf = Desk(*[Transient("away")] * 100_000)
    client = command_client(f"unix://{tmp_path}/nobody.sock", name="lookout", timeout_s=0.2)
    alarm = BlindAlarm(
        CountingLookout(client, KEYS),
        MemoryFile(tmp_path / "blind.json"),
        owner="one",
        host="here",
        clock=SystemClock(),
        timings=QUICK,
        grace_s=0.1,
        repeat_s=0.01,
    )
    alarm.assign(BlindPlan(after_ms=50, notify=("desk0",)), {"desk0": Route(deaf)})
    stop = asyncio.Event()
    running = asyncio.create_task(alarm.run(stop))
    await eventually(lambda: deaf.attempts >= 20)

    assert sum(len(letters) for letters in alarm._straight._waiting.values()) == 1
    stop.set()
    await running
    await client.aclose()


async def test_the_heartbeat_beats_while_all_is_well(
    fleet: Fleet,
    calculator: Calculator,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is fetched again and again, stops while alerting is blind, and begins again; its failures are logged once."""
    caplog.set_level(logging.DEBUG)
    desk = Desk()
    async with hook_fake(*[Reply(500)] * 3) as fake:
        heartbeat = Heartbeat(fake.url, timeout_s=60.0)
        async with watching(fleet.url, tmp_path, desk, heartbeat=heartbeat) as lookout:
            await eventually(lambda: len(fake.requests) >= 6)
            calculator.flowing = False
            await eventually(lambda: desk.said == ["BLIND snapshots"])
            quiet = len(fake.requests) + 1  # one may have been on its way
            await seen(lookout)
            assert len(fake.requests) <= quiet
            calculator.flowing = True
            await eventually(lambda: desk.said == ["BLIND snapshots", "SIGHT snapshots"])
            await eventually(lambda: len(fake.requests) > quiet)

    assert {request.method for request in fake.requests} == {"GET"}
    logged = capsys.readouterr().out + caplog.text
    assert logged.count("heartbeat_failed") == 1
    assert logged.count("heartbeat_again") == 1
    assert "verysecretpath" not in logged
    assert "verysecretpath" not in repr(heartbeat)


async def test_no_heartbeat_without_snapshots(fleet: Fleet, tmp_path: Path) -> None:
    """A service that has not seen a snapshot since its start is not well, within its grace too."""
    async with hook_fake() as fake:
        heartbeat = Heartbeat(fake.url)
        async with watching(fleet.url, tmp_path, Desk(), heartbeat=heartbeat, grace_s=30.0) as lookout:
            await seen(lookout, 10)

    assert not fake.requests
