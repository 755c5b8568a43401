"""A machine's clock that is set, by fake sources of time. The numbers are seconds."""

import threading
import time
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog

from monitor.core.instant import SECOND, parse_instant
from monitor.runtime import metrics
from monitor.runtime.live_clock import LiveClock, steady_ns

BEGAN = parse_instant("2026-11-20T14:00:00Z")
HOUR = 3600.0


class Machine:
    """A wall clock that can be set and a steady one that cannot."""

    def __init__(self) -> None:
        self.wall = BEGAN
        self.steady = 17 * SECOND
        self.clock = LiveClock(lasts_s=60.0, wall_ns=lambda: self.wall, steady=lambda: self.steady)

    def passes(self, seconds: float, *, steady: bool = True) -> float:
        self.wall += round(seconds * SECOND)
        self.steady += round(seconds * SECOND) if steady else 0
        return self.now()

    def set(self, by: float) -> float:
        """Set the wall clock, forward or back."""
        return self.passes(by, steady=False)

    def now(self) -> float:
        """What the live clock says, in seconds since the test began."""
        return (self.clock.now_ns() - BEGAN) / SECOND


@pytest.fixture
def machine() -> Iterator[Machine]:
    yield Machine()
    metrics.CLOCK_STEP.set(0.0)


def steps(result: str) -> float:
    return metrics.REGISTRY.get_sample_value("monitor_clock_steps_total", {"result": result}) or 0.0


def test_it_is_the_machines_clock(machine: Machine) -> None:
    """Ordinary time, what a time server slews, and hours of sleep of the machine: it follows at once."""
    assert machine.passes(10.0) == 10.0
    assert machine.set(0.4) == 10.4
    assert machine.set(-0.3) == pytest.approx(10.1)
    assert machine.passes(5 * HOUR) == pytest.approx(10.1 + 5 * HOUR)
    assert machine.clock.notice() == ""


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 30 * 365 * 24 * HOUR])
def test_a_glitch_moves_nothing(machine: Machine, jump: float) -> None:
    """A clock that is set and set back within the minute was never believed; the jump is told and counted."""
    before = steps("came back")
    machine.passes(5.0)
    assert machine.set(jump) == 5.0
    assert machine.passes(50.0) == 55.0
    assert "jumped" in machine.clock.notice()
    assert metrics.REGISTRY.get_sample_value("monitor_clock_step_seconds") == jump
    assert machine.set(-jump) == 55.0
    assert machine.passes(1000.0) == 1055.0
    assert machine.clock.notice() == ""
    assert steps("came back") == before + 1
    assert metrics.REGISTRY.get_sample_value("monitor_clock_step_seconds") == 0.0


def test_a_step_ahead_that_lasts_is_followed(machine: Machine) -> None:
    """The machine had been an hour late: after a minute its word is taken."""
    before = steps("believed")
    assert machine.set(HOUR) == 0.0
    assert machine.passes(59.0) == 59.0
    assert machine.passes(1.0) == HOUR + 60.0
    assert machine.clock.notice() == ""
    assert steps("believed") == before + 1


def test_a_step_back_that_lasts_is_announced_and_followed(machine: Machine) -> None:
    """The board learns of it while its time still goes on: afterwards log time stands and nothing new is shown."""
    assert machine.set(-HOUR) == 0.0
    announced = machine.clock.notice()
    assert machine.passes(30.0) == 30.0
    assert machine.clock.notice() == announced
    assert announced == (
        "this machine's clock jumped back by 1:00:00 at 14:00:00 UTC: "
        "if it stays so until 14:01:00 UTC, it is followed, and the board then stands for 1:00:00"
    )

    assert machine.passes(30.0) == 60.0 - HOUR
    assert "stands until 14:01:00 UTC" in machine.clock.notice()
    machine.passes(HOUR - 1.0)
    assert "stands until 14:01:00 UTC" in machine.clock.notice()
    machine.passes(1.0)
    assert machine.clock.notice() == ""


def test_another_step_starts_the_wait_anew(machine: Machine) -> None:
    """Only a clock that agrees with itself for a minute is believed."""
    machine.set(HOUR)
    machine.passes(50.0)
    machine.set(HOUR)
    assert machine.passes(50.0) == 100.0
    assert machine.passes(10.0) == 110.0 + 2 * HOUR


def test_the_steady_clock_counts_sleep() -> None:
    """Where the system can tell, the time that the machine slept is part of it."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    if boot is None:
        pytest.skip("needs CLOCK_BOOTTIME")

    assert time.clock_gettime_ns(boot) <= steady_ns() <= time.clock_gettime_ns(boot)


def test_threads_may_ask_it(machine: Machine) -> None:
    """Two threads see that a step has lasted, as callbacks of an SDK do: it is believed once."""
    machine.set(HOUR)
    machine.wall += 61 * SECOND
    machine.steady += 61 * SECOND
    others: list[threading.Thread] = []

    def ask_meanwhile(_logger: object, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        if event["event"] == "clock.step_believed" and not others:
            others.append(threading.Thread(target=machine.now))
            others[0].start()
            others[0].join(0.2)  # it ends at once, or waits for us
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(processors=[ask_meanwhile])
    try:
        machine.now()
        others[0].join(60)
    finally:
        structlog.configure(**before)

    assert machine.now() == HOUR + 61
    assert machine.clock.notice() == ""
