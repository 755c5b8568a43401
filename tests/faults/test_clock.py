"""The machine's clock is set while quotes come in: what stands in the log then, and what people are told."""

import time

from websockets.asyncio.server import ServerConnection

from monitor.core.event import Beat, FeedHealth, Quote
from monitor.core.instant import MINUTE, SECOND
from monitor.runtime.live_clock import LiveClock
from tests.eventually import eventually
from tests.faults.lab import MS, Lab, ingesting, server
from tests.faults.wires import YAHOO

HOUR = 3_600 * SECOND


class Machine:
    """A clock that can be set: `ahead_ns` is what it shows too much."""

    def __init__(self, lasts_s: float) -> None:
        self.ahead_ns = 0
        self.clock = LiveClock(lasts_s=lasts_s, wall_ns=lambda: time.time_ns() + self.ahead_ns)


async def _handler(client: ServerConnection) -> None:
    await YAHOO.greet(client)
    await client.send(YAHOO.price(100.0, ms=MS))
    await client.wait_closed()


def _noticed(lab: Lab) -> bool:
    return "clock" in lab.told("yahoo")[-1].detail


async def test_a_glitch_does_not_stop_log_time() -> None:
    """An hour ahead for a moment: no event is stamped with it, so log time, the latest of all, goes on afterwards. It
    stands in the state of every feed while it lasts, and none goes down for it."""
    machine = Machine(lasts_s=60.0)
    began_ns = time.time_ns()
    async with server(_handler) as url, ingesting(YAHOO.feed(url), **_by(machine)) as lab:
        await eventually(lambda: lab.prices("yahoo"))
        machine.ahead_ns = HOUR
        await eventually(lambda: _noticed(lab))
        machine.ahead_ns = 0
        await eventually(lambda: not _noticed(lab))
        assert began_ns - SECOND < min(event.recv_ns for event in lab.log)
        assert max(event.recv_ns for event in lab.log) < began_ns + 10 * MINUTE
        assert lab.names("yahoo") == ["connecting", "up"]


async def test_a_step_back_is_told_before_it_is_followed() -> None:
    """The clock was an hour fast and is put right: the last the board hears before its time stands still is why, and
    quotes keep coming, with the right time."""
    machine = Machine(lasts_s=0.3)
    began_ns = time.time_ns()
    async with server(_handler) as url, ingesting(YAHOO.feed(url), **_by(machine)) as lab:
        await eventually(lambda: lab.prices("yahoo"))
        machine.ahead_ns = -HOUR
        await eventually(lambda: lab.log[-1].recv_ns < began_ns - HOUR // 2)
        back = next(n for n, event in enumerate(lab.log) if event.recv_ns < began_ns - HOUR // 2)
        told = [event for event in lab.log[:back] if isinstance(event, FeedHealth)]
        assert {health.source for health in told if "jumped back by 1:00:00" in health.detail} == {"yahoo", "steady"}
        later = [event for event in lab.log[back:] if isinstance(event, Quote | Beat)]
        assert all(event.recv_ns < began_ns for event in later)
        await eventually(lambda: "time on the board stands until" in lab.told("yahoo")[-1].detail)


def _by(machine: Machine) -> dict[str, object]:
    return {"clock": machine.clock, "notice": machine.clock.notice}
