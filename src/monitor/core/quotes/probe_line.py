"""What a probe learned of one line from one feed."""

from collections import Counter

import msgspec

from monitor.core.instant import SECOND
from monitor.core.quotes.raw import RawQuote

_CONTENT = (
    "price", "bid", "ask", "size", "currency", "seq", "session", "day_volume", "prev_close", "delay_s",
)  # fmt: skip
_MOST_SESSIONS, _LONGEST_SESSION = 8, 24
"""Words, and characters of a word: they come from the network."""


class ProbeLine(msgspec.Struct):
    """symbol: the board's; source_symbol: what the feed calls it. contract_s: how late it is by contract, seconds: by
    the table of delays, or as its newest record that has a delay of its own says. market_open: did its market trade at
    any time while we listened? quotes: records of it. refused: those that ingest would not take, by reason. price,
    event_ns, recv_ns: of the newest record. delay_s: smallest distance of receipt from the source's own time, seconds.
    sessions: the source's words for the phase. fields: what its records had. None, and 0 for times: there was none."""

    symbol: str
    source_symbol: str
    contract_s: int = 0
    market_open: bool = False
    quotes: int = 0
    refused: Counter[str] = msgspec.field(default_factory=Counter)
    price: float | None = None
    event_ns: int | None = None
    recv_ns: int | None = None
    delay_s: float | None = None
    sessions: set[str] = msgspec.field(default_factory=set)
    fields: set[str] = msgspec.field(default_factory=set)

    @property
    def silent(self) -> bool:
        """Nothing came at all."""
        return not self.quotes

    def add(self, raw: RawQuote, refused: str = "") -> None:
        """Take one record into account. refused: why ingest would not take it, "" when it would."""
        self.quotes += 1
        if refused:
            self.refused[refused] += 1
        if raw.price is not None:
            self.price = raw.price
        elif raw.bid is not None and raw.ask is not None:
            self.price = (raw.bid + raw.ask) / 2
        if raw.delay_s is not None:
            self.contract_s = raw.delay_s
        self.event_ns, self.recv_ns = raw.event_ns, raw.recv_ns
        if raw.event_ns is not None:
            late_s = (raw.recv_ns - raw.event_ns) / SECOND
            self.delay_s = late_s if self.delay_s is None else min(self.delay_s, late_s)
            self.fields.add("ts")
        if raw.session is not None and len(self.sessions) < _MOST_SESSIONS:
            self.sessions.add(raw.session[:_LONGEST_SESSION])
        self.fields.update(name for name in _CONTENT if getattr(raw, name) is not None)


class ProbedFeed(msgspec.Struct, kw_only=True):
    """One feed as a probe found it.

    address: without secrets. reached: was it ever connected and agreed with? state, detail: its last ones. seconds: how
    long it was listened to. received: records and unreadable frames; refused: those that ingest would not take, by
    reason. unknown: records of symbols that nobody asked for.
    """

    name: str
    address: str
    reached: bool = False
    state: str = ""
    detail: str = ""
    seconds: float = 0.0
    received: int = 0
    refused: dict[str, int] = {}
    unknown: int = 0
    lines: list[ProbeLine] = []

    @property
    def silent(self) -> list[ProbeLine]:
        """Lines of which nothing came."""
        return [line for line in self.lines if line.silent]
