"""Collecting what a probe hears: line by line, and as raw records in a file where that is wanted."""

from collections import Counter
from collections.abc import Mapping

from monitor.core.definition import Kind
from monitor.core.quotes.probe_line import ProbedFeed, ProbeLine
from monitor.core.session import Calendar
from monitor.feeds.market_hours import market_hours
from monitor.feeds.recordings.recording import RowWriter
from monitor.feeds.recordings.rows import raw_row
from monitor.workers.listening import Arrival, Heard, Listener


class Probe:
    """What the listeners of one probe are told. out: where raw records go; None: nowhere."""

    def __init__(self) -> None:
        self.out: RowWriter | None = None
        self._lines: dict[str, dict[str, ProbeLine]] = {}
        self._unknown: Counter[str] = Counter()

    def expect(self, listener: Listener) -> None:
        """From now on the lines of one more feed are listened for."""
        source = listener.source
        self._lines[source] = {
            theirs: ProbeLine(line.symbol, theirs, line.delays.get(source, 0))
            for theirs, line in listener.table.items()
        }

    def hear(self, listener: Listener, heard: Heard) -> None:
        """Take one record into account. Closes and halts answer no subscription."""
        if not isinstance(heard, Arrival):
            return
        raw = heard.raw
        line = self._lines[listener.source].get(raw.source_symbol)
        if line is None:
            self._unknown[listener.source] += 1
        else:
            line.add(raw, heard.refused)
        if self.out is not None:
            rate = line is not None and listener.table[raw.source_symbol].kind is Kind.FX
            self.out.write_row(raw_row(raw, heard.symbol, rate=rate, refused=heard.refused))

    def look_at_markets(self, listener: Listener, calendars: Mapping[str, Calendar], now_ns: int) -> None:
        """Remember whose market trades at `now_ns`. To be called now and then."""
        for theirs, line in self._lines[listener.source].items():
            line.market_open |= market_hours([listener.table[theirs]], calendars)(now_ns)

    def heard_of(self, listener: Listener) -> tuple[int, int]:
        """How many lines of a feed have delivered something, and how many there are."""
        lines = self._lines[listener.source].values()
        return sum(not line.silent for line in lines), len(lines)

    def found(self, listener: Listener, address: str, seconds: float) -> ProbedFeed:
        """One feed as it was found. seconds: how long it was listened to."""
        return ProbedFeed(
            name=listener.source,
            address=address,
            reached=listener.was_up,
            state=listener.now,
            detail=listener.detail,
            seconds=round(seconds, 1),
            received=listener.arrived,
            refused=dict(listener.refused),
            unknown=self._unknown[listener.source],
            lines=list(self._lines[listener.source].values()),
        )
