"""The clock that live quotes are stamped with: the machine's, except while that one jumps about (decision 0017).

Log time is the largest time of receipt so far. Were a clock that is an hour fast for a minute believed at once, the
board would stand for that hour.
"""

import asyncio
import threading
import time
from collections.abc import Callable

import structlog

from monitor.core.instant import SECOND, format_instant
from monitor.runtime import metrics

log = structlog.get_logger(__name__)

LASTS_S = 60.0
"""A step that is still there after this time is believed, seconds. Glitches of a resumed machine end with its first
answer from a time server."""
STEP_NS = SECOND
"""What is less is no step: clocks are slewed, and a process may be held up between two readings."""


def steady_ns() -> int:
    """Nanoseconds that nobody sets and that go on while the machine sleeps, where its system can tell them."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)


class LiveClock:
    """The machine's clock, whose steps are believed only when they last.

    Between two readings the wall clock and a steady one should go on by the same time. When they do not, the clock was
    set; until that has lasted for `lasts_s` seconds this clock goes on as it was. Sleep of the machine is no step,
    because the steady clock counts it.

    wall_ns, steady: the two clocks, integer nanoseconds; tests pass their own. Any thread may ask: SDKs of brokers call
    back from threads of their own.
    """

    def __init__(
        self,
        *,
        lasts_s: float = LASTS_S,
        wall_ns: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = steady_ns,
    ) -> None:
        self._lasts_ns = round(lasts_s * SECOND)
        self._wall_ns = wall_ns
        self._steady = steady
        self._offset_ns = wall_ns() - steady()
        self._step_ns = 0
        self._step_began_ns = 0
        self._stands_until_ns = 0
        self._lock = threading.Lock()

    def now_ns(self) -> int:
        """Now, integer nanoseconds since 1970-01-01 UTC. Goes back only when a step back is believed."""
        with self._lock:
            steady = self._steady()
            step_ns = self._wall_ns() - steady - self._offset_ns
            if abs(step_ns) < STEP_NS:
                self._offset_ns += step_ns
                if self._step_ns:
                    self._pass()
            elif abs(step_ns - self._step_ns) >= STEP_NS:
                self._begin(step_ns, steady)
            elif steady - self._step_began_ns >= self._lasts_ns:
                self._adopt(step_ns, steady)
            return steady + self._offset_ns

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`, whatever the wall clock does."""
        await asyncio.sleep(seconds)

    def notice(self) -> str:
        """What people must know about the time on the board, in a sentence; "" when all is well."""
        now_ns = self.now_ns()
        if self._step_ns:
            return self._waiting()
        if now_ns < self._stands_until_ns:
            return f"this machine's clock was set back: time on the board stands until {_time(self._stands_until_ns)}"
        return ""

    def _waiting(self) -> str:
        began_ns = self._step_began_ns + self._offset_ns
        believed_ns = began_ns + self._lasts_ns
        way = "ahead" if self._step_ns > 0 else "back"
        then = "" if self._step_ns > 0 else f", and the board then stands for {_duration(self._step_ns)}"
        return (
            f"this machine's clock jumped {way} by {_duration(self._step_ns)} at {_time(began_ns)}: "
            f"if it stays so until {_time(believed_ns)}, it is followed{then}"
        )

    def _begin(self, step_ns: int, steady: int) -> None:
        self._step_ns, self._step_began_ns = step_ns, steady
        metrics.CLOCK_STEP.set(step_ns / SECOND)
        log.warning("clock.jumped", seconds=round(step_ns / SECOND, 1), believed_after_s=self._lasts_ns / SECOND)

    def _pass(self) -> None:
        log.warning("clock.came_back", seconds=round(self._step_ns / SECOND, 1))
        self._settle("came back")

    def _adopt(self, step_ns: int, steady: int) -> None:
        log.warning("clock.step_believed", seconds=round(step_ns / SECOND, 1))
        self._stands_until_ns = max(self._stands_until_ns, steady + self._offset_ns)
        self._offset_ns += step_ns
        self._settle("believed")

    def _settle(self, result: str) -> None:
        self._step_ns = 0
        metrics.CLOCK_STEP.set(0.0)
        metrics.CLOCK_STEPS.labels(result).inc()


def _time(instant_ns: int) -> str:
    return f"{format_instant(instant_ns)[11:19]} UTC"


def _duration(span_ns: int) -> str:
    """`1:00:00`: hours, minutes, seconds."""
    minutes, seconds = divmod(round(abs(span_ns) / SECOND), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
