"""What is on file of one instrument, in the few numbers that say whether it will do."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import msgspec

from monitor.core.definition import Instrument, Kind
from monitor.core.session import Calendar
from monitor.history.findings import STALE_AFTER, gaps, sessions_behind, suspected_splits
from monitor.history.providers.port import DailyRow
from monitor.history.record import Grade, Record
from monitor.history.shelf import Shelf


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """first, last: session (date of a fixing), None without any. number: of closes or fixings. missing: sessions
    between the two that have none. suspected_splits: days. doubtful: days with a flat print. sources: how many rows
    each has. replaced: days on which `--replace` set something aside. behind: sessions (days of a pair) that have
    closed since the last; stale: they are too many.
    """

    symbol: str
    first: str | None
    last: str | None
    number: int
    missing: tuple[str, ...]
    suspected_splits: tuple[str, ...]
    doubtful: tuple[str, ...]
    sources: dict[str, int]
    replaced: tuple[str, ...]
    behind: int
    stale: bool


def review(shelf: Shelf, instrument: Instrument, calendar: Calendar | None, now_ns: int, today: str) -> Review:
    """Of one instrument. calendar: None for a currency pair. now_ns, today: one instant, the second its UTC date."""
    symbol = instrument.symbol
    days = (shelf.fixings if instrument.kind is Kind.FX else shelf.closes).get(symbol, {})
    records = [record for _, record in sorted(days.items()) if record.value is not None]
    held = [record.day for record in records]
    last = held[-1] if held else None
    if last is None:
        behind = 0
    elif calendar is None:
        behind = (date.fromisoformat(today) - date.fromisoformat(last)).days
    else:
        behind = sessions_behind(last, calendar, now_ns)
    return Review(
        symbol=symbol,
        first=held[0] if held else None,
        last=last,
        number=len(held),
        missing=tuple(gaps(held, calendar)) if calendar is not None else (),
        suspected_splits=_splits(shelf, instrument, calendar, records),
        doubtful=tuple(record.day for record in records if record.grade is Grade.DOUBTFUL),
        sources=dict(Counter(record.source or "not said" for record in records).most_common()),
        replaced=tuple(record.day for record in records if record.replaces),
        behind=behind,
        stale=behind > STALE_AFTER,
    )


def _splits(
    shelf: Shelf, instrument: Instrument, calendar: Calendar | None, records: Sequence[Record]
) -> tuple[str, ...]:
    if calendar is None or instrument.kind is Kind.INDEX:
        return ()
    rows = [DailyRow(day=record.day, close=record.value, where=record.where) for record in records if record.value]
    by_hand = {record.day: record.value for record in records if record.grade is Grade.RECORDED and record.value}
    found = suspected_splits(instrument.symbol, rows, shelf.of(instrument.symbol), by_hand, calendar)
    return tuple(finding.day for finding in found)
