"""Which of Yahoo's lines to ask the chart service for, and when (FEEDS 5.7). Pure: it is told what happened, and when.

Three reasons, the most urgent first: nothing was ever asked; a session is over whose close is not known yet, or may
have been corrected since; the stream says nothing while the line's market trades. What the stream delivers, and what
nobody wants, is never asked for.
"""

from collections.abc import Callable, Iterable

import msgspec

from monitor.core.instant import SECOND
from monitor.core.prices.fx_week import fx_clock, fx_open
from monitor.core.session import Calendar, Phase
from monitor.runtime.backoff import Backoff

NAMED_AFTER = 5
"""A line is called silent in public after this many times `silent_after_s` without a word, in trading time: that is a
line which does not stream, while one that is only thinly traded comes back before."""


CORRECTED_AFTER_S = 4500.0
"""Seconds after a close in which it may still be corrected: values of US indices until 17:15 (DOMAIN 3.1, TIM-4)."""


class PolledLine(msgspec.Struct, frozen=True):
    """One symbol. calendar: None for a currency. delay_s: how late the source is for its market by contract. closes: do
    its daily rows end with the exchange's close? Not those of a future, whose day begins the evening before and ends
    with a settlement."""

    symbol: str
    calendar: Calendar | None
    delay_s: int = 0
    closes: bool = True


class _Known(msgspec.Struct):
    """What happened to one line so far. heard_ns: last record of the stream; the start until it `streams`. asked_ns:
    last request, None before it. answered: was one ever answered? finished, settled: the session up to which closes
    were answered, at first and after all corrections; a missing one is not asked for before close_ns. wait_ns: no
    request at all before then. failed: the last one brought nothing."""

    line: PolledLine
    pauses: Backoff
    heard_ns: int
    streams: bool = False
    asked_ns: int | None = None
    answered: bool = False
    finished: str | None = None
    settled: str | None = None
    close_ns: int = 0
    wait_ns: int = 0
    failed: bool = False


class YahooPlan:
    """The lines of one feed, in the board's order. All times are integer nanoseconds since 1970-01-01 UTC.

    silent_after_s: seconds of trading time, by the session clock and after the line's own delay, without a record of
    the stream after which the line is polled, every half of that. In Hong Kong, 15 minutes late, polling so begins 16
    minutes after the opening. So many seconds after a close, and the delay, its price is asked for. pauses: makes the
    delays between requests to which a line has no answer.
    """

    def __init__(
        self,
        lines: Iterable[PolledLine],
        started_ns: int,
        *,
        silent_after_s: float = 60.0,
        pauses: Callable[[], Backoff] = lambda: Backoff(60.0, 3600.0, least_s=30.0),
    ) -> None:
        self._known = {line.symbol: _Known(line, pauses(), started_ns) for line in lines}
        self._silent_after_s = silent_after_s
        self._every_ns = round(silent_after_s * SECOND / 2)

    def heard(self, symbol: str, now_ns: int) -> None:
        """The stream brought a record of a symbol."""
        known = self._known.get(symbol)
        if known is not None:
            known.heard_ns, known.streams = now_ns, True

    def finished(self, line: PolledLine, now_ns: int) -> str | None:
        """The latest session that the source shows to its end by now, closing auction included; None before the first
        and for a line without closes."""
        return self._over(line, now_ns, self._silent_after_s)

    def due(self, now_ns: int) -> PolledLine | None:
        """The line to ask for now; None when nothing has to be known."""
        chosen: tuple[int, int] | None = None
        due: PolledLine | None = None
        for known in self._known.values():
            urgency = self._urgency(known, now_ns)
            if urgency is not None and (chosen is None or (urgency, known.asked_ns or 0) < chosen):
                chosen, due = (urgency, known.asked_ns or 0), known.line
        return due

    def asked(self, line: PolledLine, now_ns: int) -> None:
        """A request for the line goes out. When it comes to nothing because of the service and not of the line, the
        line stays due, but after those that have waited longer."""
        self._known[line.symbol].asked_ns = now_ns

    def answered(self, line: PolledLine, finished: str | None, now_ns: int) -> None:
        """The request was answered. finished: the latest session whose close the answer had; when that is not yet the
        one that is over, the line is asked again after growing pauses: it may be halted, or the row not written yet."""
        known = self._known[line.symbol]
        known.answered, known.failed = True, False
        known.wait_ns = now_ns + self._every_ns
        wanted = self.finished(line, now_ns)
        if wanted is None or (finished is not None and finished >= wanted):
            known.finished, known.settled = wanted, self._settled(line, now_ns)
            known.pauses.reset()
        else:
            known.close_ns = now_ns + _pause_ns(known)

    def refused(self, line: PolledLine, now_ns: int) -> None:
        """The service answers, but has nothing usable for this line: ask again after growing pauses."""
        known = self._known[line.symbol]
        known.failed = True
        known.wait_ns = now_ns + _pause_ns(known)

    def silent(self, now_ns: int) -> list[str]:
        """Symbols that the stream says nothing of for so long that people should know. Once a line's market is closed,
        only if it never said anything: the last minutes of a thinly traded one prove nothing."""
        limit_s = NAMED_AFTER * self._silent_after_s
        return [
            symbol
            for symbol, known in self._known.items()
            if self._quiet_s(known, now_ns) >= limit_s and (not known.streams or _trades(known.line, now_ns))
        ]

    def without_answer(self) -> list[str]:
        """Symbols for which the chart service had nothing when it was last asked."""
        return [symbol for symbol, known in self._known.items() if known.failed]

    def _urgency(self, known: _Known, now_ns: int) -> int | None:
        # Before asked_ns only after a step back of the clock, when no pause means anything any more.
        if known.asked_ns is not None and known.asked_ns <= now_ns < known.wait_ns:
            return None
        if not known.answered:
            return 0
        if now_ns >= known.close_ns and (
            self.finished(known.line, now_ns) != known.finished or self._settled(known.line, now_ns) != known.settled
        ):
            return 1
        return 2 if self._quiet_s(known, now_ns) >= self._silent_after_s else None

    def _settled(self, line: PolledLine, now_ns: int) -> str | None:
        """As `finished`, but the latest one whose close is not corrected any more."""
        return self._over(line, now_ns, max(CORRECTED_AFTER_S, self._silent_after_s))

    @staticmethod
    def _over(line: PolledLine, now_ns: int, since_s: float) -> str | None:
        if line.calendar is None or not line.closes:
            return None
        return line.calendar.known_close(now_ns - round((line.delay_s + since_s) * SECOND))

    def _quiet_s(self, known: _Known, now_ns: int) -> float:
        """Seconds of trading that the stream should have told of since its last record."""
        calendar = known.line.calendar
        if calendar is not None:
            late_ns = known.line.delay_s * SECOND
            return calendar.active_seconds(known.heard_ns - late_ns, now_ns - late_ns)
        return (fx_clock(now_ns) - fx_clock(known.heard_ns)) / SECOND


def _trades(line: PolledLine, now_ns: int) -> bool:
    """As the source sees it, which is late."""
    if line.calendar is None:
        return fx_open(now_ns)
    return line.calendar.phase(now_ns - line.delay_s * SECOND) is Phase.REGULAR


def _pause_ns(known: _Known) -> int:
    return round(known.pauses.next() * SECOND)
