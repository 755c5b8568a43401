"""A sender that dies between any two of its steps: at most one message comes twice, marked, and nothing is lost."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from monitor.bus.dead_letters import dead_letters
from monitor.bus.outbox import Outbox
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.service import Storm
from monitor.notify.port import Accepted, Message, Outcome, Permanent, Transient
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.alerts.sending import Sender
from tests.notify.notes import START, note
from tests.real.sender_bench import FAST, KEYS, Keeping, now_ms, put

WRITES = ("record", "settle", "fold", "bury", "post", "set_health")
QUICK = replace(FAST, storm_again_s=0.02)
STORM = Storm(most=2, window_ms=60_000, group_wait_ms=0)


class Killed(BaseException):
    """The process is gone."""


class Fate:
    """Lets a process live for `steps` steps; None: for ever."""

    def __init__(self, steps: int | None) -> None:
        self.left = steps

    def step(self) -> None:
        """One more; raises Killed when it was the last."""
        if self.left is not None:
            self.left -= 1
            if self.left == 0:
                raise Killed


class MortalOutbox(Outbox):
    """An outbox whose process may die before and after each write."""

    def __init__(self, redis: Redis, channel: str, fate: Fate) -> None:
        super().__init__(redis, KEYS, channel)
        for name in WRITES:
            setattr(self, name, self._mortal(name, fate))

    def _mortal(self, name: str, fate: Fate) -> Any:
        write = getattr(super(), name)

        async def mortal(*arguments: Any, **options: Any) -> Any:
            fate.step()
            result = await write(*arguments, **options)
            fate.step()
            return result

        return mortal


class Mortal(Keeping):
    """A channel whose process may die once the message is out."""

    fate = Fate(None)

    async def send(self, message: Message) -> Outcome:
        outcome = await super().send(message)
        self.fate.step()
        return outcome


class Desk:
    """Two channels, `desk` with the fallback `mail`, that outlive the processes which send for them."""

    def __init__(self, redis: Redis, outcomes: Sequence[Outcome], timings: Timings = QUICK) -> None:
        self.redis = redis
        self.channels = {"desk": Mortal(*outcomes), "mail": Mortal()}
        self.timings = timings

    async def run(self, steps: int | None) -> bool:
        """Send all that may be sent; False when the process died on the way."""
        fate = Fate(steps)
        wakes = {name: asyncio.Event() for name in self.channels}
        try:
            for name, channel in self.channels.items():
                channel.fate = fate
                fallback = "mail" if name == "desk" else None
                route = Route(channel, fallback, storm=STORM, notices=("mail",))
                outbox = MortalOutbox(self.redis, name, fate)
                sender = Sender(route, outbox, wakes, clock=SystemClock(), timings=self.timings)
                while await outbox.depth():
                    await sender.drain()
                    await asyncio.sleep(0)
        except Killed:
            return False
        return True


def episodes() -> list[Notification]:
    """Two that are told and closed, one that had to wait with its closing, and a crowd."""
    crowd = [note(rule=f"rule-{n}", episode=START + n, distance=float(n)) for n in range(5)]
    closings = [note(Kind.RESOLVED, rule=f"rule-{n}", episode=START + n, held_s=300) for n in (0, 4)]
    return [*crowd, note(Kind.EVENT, rule="edge", level="critical"), *closings]


REFUSAL = [Accepted(), Permanent("404 no_service")]


@pytest.mark.parametrize(
    ("outcomes", "waited_ms"),
    [([], 0), ([], 5_000), ([Transient("500")], 0), (REFUSAL, 0), ([Accepted()] * 3 + [Permanent("gone")], 0)],
    ids=["all taken", "merged", "a failure", "refused once", "the storm refused"],
)
async def test_a_crash_between_any_two_steps(redis: Redis, outcomes: list[Outcome], waited_ms: int) -> None:
    """However many steps the process lives: afterwards every note has reached the desk or, with a dead letter, the
    fallback; in all at most one message tells what was told already, and says so; no episode is told out of order."""
    steps = 0
    alive = False
    while not alive:
        steps += 1
        assert steps < 400
        await redis.flushall()
        notes = episodes()
        await put(redis, *notes, created_ms=now_ms() - waited_ms)
        desk = Desk(redis, outcomes)
        alive = await desk.run(steps)
        assert await desk.run(None)

        dead = {letter.id for letter in await dead_letters(redis, KEYS, "desk")}
        repeats = 0
        told: dict[str, list[str]] = {name: [] for name in desk.channels}
        for name, channel in desk.channels.items():
            for message in channel.accepted:
                if {message.id, *message.merged} & {*told[name]}:
                    repeats += 1
                    assert message.may_repeat, (steps, name, message.id, told)
                told[name] += [*message.merged, message.id]
        assert repeats <= 1, (steps, told)
        assert {made.id for made in notes} - {*told["desk"]} <= dead, steps
        assert dead <= {*told["mail"]}, steps
        for n in (0, 4):
            opened, closed = (f"rule-{n}:hstech-ndx:{START + n}:{kind}" for kind in ("FIRING", "RESOLVED"))
            assert {opened, closed} & dead or told["desk"].index(opened) < told["desk"].index(closed), steps
    assert steps > 20
