"""Rows (`monitor.feeds.recordings.rows`) read as events, however people and programs have written them."""

from collections.abc import Callable, Mapping
from typing import Any

from monitor.core.event import EVENT_TIME_IS_RECEIPT, Beat, Event, FeedHealth, Fx, Halt, OfficialClose, Quote
from monitor.core.quotes.intake import BAD_FIELD
from monitor.feeds.lenient_json import read_json, read_number, read_whole
from monitor.feeds.recordings.rows import FLAG_NAMES
from monitor.feeds.recordings.selection import Selection, UnusableRowError
from monitor.feeds.timestamps import BAD_TIMESTAMP, read_time

UNKNOWN_KIND = "UNKNOWN_KIND"
"""A row of a kind that this version does not know."""

_LONGEST_REASON = 40
"""Characters of the reason for which a raw record was refused: it comes from the file."""


def from_row(row: Mapping[str, Any], selection: Selection) -> tuple[int, Event]:
    """(log time, event) of `row`; unknown fields are ignored. Raises UnusableRowError when it amounts to no event."""
    kind = row.get("kind") or "quote"
    build = _FROM_ROW.get(kind) if isinstance(kind, str) else None
    if build is None:
        raise UnusableRowError(UNKNOWN_KIND, f"kind {kind!r}")
    if refused := row.get("refused"):
        raise UnusableRowError(str(refused)[:_LONGEST_REASON], "refused when it was recorded")
    received = _read_time(row, "received_at")
    event_ns = _read_time(row, "ts")
    recv_ns = received if received is not None else event_ns
    if recv_ns is None:
        raise UnusableRowError(BAD_TIMESTAMP, "neither received_at nor ts")
    event = build(row, selection, event_ns, recv_ns)
    logged = _read_time(row, "logged_at")
    return (recv_ns if logged is None else max(logged, recv_ns)), event


def _read_time(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        return read_time(value)
    except ValueError as bad:
        raise UnusableRowError(BAD_TIMESTAMP, f"{name}: {bad}") from None


def _number(row: Mapping[str, Any], name: str) -> float | None:
    try:
        return read_number(row.get(name))
    except ValueError as bad:
        raise UnusableRowError(BAD_FIELD, f"{name}: {bad}") from None


def _required(row: Mapping[str, Any], name: str) -> float:
    number = _number(row, name)
    if number is None:
        raise UnusableRowError(BAD_FIELD, f"{name} is missing")
    return number


def _integer(row: Mapping[str, Any], name: str) -> int | None:
    try:
        return read_whole(row.get(name))
    except ValueError as bad:
        raise UnusableRowError(BAD_FIELD, f"{name}: {bad}") from None


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise UnusableRowError(BAD_FIELD, f"{name}: {value!r}")
    return value


def _flags_of(row: Mapping[str, Any]) -> int:
    names = row.get("flags") or ()
    if not isinstance(names, list | tuple):
        raise UnusableRowError(BAD_FIELD, f"flags: {names!r}")
    flags = 0
    for name in names:
        bit = FLAG_NAMES.get(str(name))
        flags |= _integer({"flags": name}, "flags") or 0 if bit is None else bit
    return flags


def _quote(row: Mapping[str, Any], selection: Selection, event_ns: int | None, recv_ns: int) -> Event:
    source = _text(row, "source") or ""
    flags = _flags_of(row)
    if event_ns is None or row.get("ts_origin") == "receive":
        flags |= EVENT_TIME_IS_RECEIPT
    return Quote(
        selection.canonical(row.get("symbol"), source, row.get("source_symbol")),
        source,
        recv_ns if event_ns is None else event_ns,
        recv_ns,
        _number(row, "price"),
        _number(row, "bid"),
        _number(row, "ask"),
        _number(row, "size"),
        _text(row, "currency"),
        _integer(row, "seq"),
        _text(row, "session"),
        _number(row, "day_volume"),
        _number(row, "prev_close"),
        _integer(row, "delay_s") or 0,
        flags,
    )


def _fx(row: Mapping[str, Any], selection: Selection, event_ns: int | None, recv_ns: int) -> Event:
    pair = selection.canonical(row.get("pair") or row.get("symbol"))
    rate = _required(row, "rate" if row.get("rate") is not None else "price")
    event_ns = recv_ns if event_ns is None else event_ns
    return Fx(pair, rate, event_ns, recv_ns, _text(row, "source") or "", _flags_of(row))


def _halt(row: Mapping[str, Any], selection: Selection, _event_ns: int | None, recv_ns: int) -> Event:
    halted = row.get("halted")
    if not isinstance(halted, bool):
        raise UnusableRowError(BAD_FIELD, f"halted: {halted!r}")
    return Halt(selection.canonical(row.get("symbol")), halted, recv_ns, _text(row, "source") or "")


def _close(row: Mapping[str, Any], selection: Selection, _event_ns: int | None, recv_ns: int) -> Event:
    session = _text(row, "session")
    if not session:
        raise UnusableRowError(BAD_FIELD, "session is missing")
    return OfficialClose(
        selection.canonical(row.get("symbol")),
        session,
        _required(row, "price"),
        recv_ns,
        _text(row, "source") or "",
        bool(row.get("derived")),
        _flags_of(row),
    )


def _health(row: Mapping[str, Any], _selection: Selection, _event_ns: int | None, recv_ns: int) -> Event:
    source, state = _text(row, "source"), _text(row, "state")
    if not source or not state:
        raise UnusableRowError(BAD_FIELD, "source or state is missing")
    return FeedHealth(
        source,
        state,
        recv_ns,
        _text(row, "detail") or "",
        _integer(row, "accepted") or 0,
        _integer(row, "conflated") or 0,
        _counts(row, "rejected"),
        _integer(row, "received") or 0,
    )


def _counts(row: Mapping[str, Any], name: str) -> dict[str, int]:
    """Whole numbers by name; Parquet keeps them as JSON text."""
    value = row.get(name) or {}
    try:
        counts = read_json(value) if isinstance(value, str) else value
    except ValueError as bad:
        raise UnusableRowError(BAD_FIELD, f"{name}: {bad}") from None
    if not isinstance(counts, dict):
        raise UnusableRowError(BAD_FIELD, f"{name}: {counts!r}")
    return {str(key): _integer(counts, key) or 0 for key in counts}


def _beat(_row: Mapping[str, Any], _selection: Selection, _event_ns: int | None, recv_ns: int) -> Event:
    return Beat(recv_ns)


_FROM_ROW: dict[str, Callable[[Mapping[str, Any], Selection, int | None, int], Event]] = {
    "quote": _quote,
    "fx": _fx,
    "halt": _halt,
    "official_close": _close,
    "feed_health": _health,
    "beat": _beat,
}
