"""A line that several sources quote: said in seconds after ten in the morning, Hong Kong time."""

from collections.abc import Iterable

import msgspec

from monitor.core.definition import FilterParams
from monitor.core.event import Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.core.instruments.leg import Leg, LegState
from monitor.core.moment import Moment
from monitor.core.prices.closes import Closes
from tests.core.market import CALENDARS, instrument

TEN = parse_instant("2025-03-07T02:00:00Z")
"""Friday; 1,800 s after the opening, two hours before lunch."""
LUNCH, AFTERNOON, CLOSE = 7_200, 10_800, 21_600
MONDAY = 3 * 86_400 - 1_800
"""The next opening."""
OPENING = -1_800

SYMBOLS = {"XHKG": "9988.HK", "XNYS": "KWEB"}


class Line:
    """One leg with its sources A, B and C, preferred in this order.

    accepted: (seconds, source) of each quote that made a price. Its price counts as stale after 60 s.
    """

    def __init__(
        self, *, priority: tuple[str, ...] = ("A", "B", "C"), calendar: str = "XHKG", **changes: object
    ) -> None:
        self.failed: set[str] = set()
        self.accepted: list[tuple[float, str]] = []
        self.log_ns = 0
        self._calendar = CALENDARS[calendar]
        self._definition = instrument(SYMBOLS[calendar], priority=priority, stale_after_s=60.0, **changes)
        self.leg = self._new()

    def _new(self) -> Leg:
        closes = Closes(self._calendar, {"2025-03-06": 140.0})
        return Leg(self._definition, self._calendar, closes, (), self.failed)

    def say(
        self,
        source: str,
        at_s: float,
        price: float | None = None,
        *,
        recv_s: float | None = None,
        delay_s: int = 0,
        flags: int = 0,
    ) -> bool:
        """A quote with event time `at_s`, received a fifth of a second (and its delay) later if not at `recv_s`. price:
        140 and something that is different each second. True: it made a price."""
        event_ns = TEN + round(at_s * SECOND)
        recv_ns = event_ns + delay_s * SECOND + SECOND // 5 if recv_s is None else TEN + round(recv_s * SECOND)
        self.log_ns = max(self.log_ns, recv_ns)
        paid = 140 + (at_s % 97) / 1000 if price is None else price
        quote = Quote(self._definition.symbol, source, event_ns, recv_ns, paid, delay_s=delay_s, flags=flags)
        if self.leg.quote(quote, self.log_ns, None):
            self.accepted.append((at_s, source))
            return True
        return False

    def every(self, step_s: float, from_s: float, to_s: float, *sources: str) -> None:
        """Each of the sources once every `step_s` seconds in `[from_s, to_s)`, in the order named."""
        for at_s in seconds(from_s, to_s, step_s):
            for source in sources:
                self.say(source, at_s)

    @property
    def charge(self) -> str | None:
        return self.leg.arbiter.charge

    def roles(self, at_s: float) -> dict[str, str]:
        """At so many seconds, or at log time if that is later."""
        return self.leg.arbiter.roles(max(self.log_ns, TEN + round(at_s * SECOND)))

    def status(self, at_s: float) -> str:
        """COV-1."""
        return self.leg.point(Moment(TEN + round(at_s * SECOND), [self._calendar])).status

    def changes(self) -> list[tuple[float, str]]:
        """When another source than before made the price, the first one included."""
        found: list[tuple[float, str]] = []
        for at_s, source in self.accepted:
            if not found or found[-1][1] != source:
                found.append((at_s, source))
        return found

    def restart(self) -> None:
        """As from a checkpoint."""
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(self.leg.dump(self.log_ns)), type=LegState)
        self.leg = self._new()
        self.leg.load(state, self.log_ns)


def seconds(from_s: float, to_s: float, step_s: float = 1.0) -> Iterable[float]:
    """From `from_s` on, before `to_s`."""
    return [from_s + n * step_s for n in range(int((to_s - from_s) / step_s + 0.999_999))]


EXTENDED = FilterParams(extended=True)
