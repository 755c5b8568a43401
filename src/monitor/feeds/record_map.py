"""From a vendor's JSON to records, by configuration alone: where the records are, and which field is which.

Expressions are JMESPath (FEEDS 6.1); a plain name, the usual case, is looked up directly.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import jmespath  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

from monitor.core.event import SIMULATED
from monitor.core.quotes.intake import BAD_FIELD, RawQuote
from monitor.errors import ConfigError
from monitor.feeds.lenient_json import read_number, read_whole
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP, UNITS, read_time

Fields: TypeAlias = Mapping[str, str | Mapping[str, str]]
"""Quote field → expression, or {path, unit} for the time."""

DEFAULT_FIELDS: Fields = {
    "symbol": "symbol",
    "price": "price",
    "bid": "bid",
    "ask": "ask",
    "size": "size",
    "currency": "currency",
    "seq": "seq",
    "session": "session",
    "prev_close": "prev_close",
    "day_volume": "volume",
    "ts": "ts",
    "delay_s": "delay_s",
    "simulated": "simulated",
}
"""The project's own payload (FEEDS 7.1)."""

_NUMBERS = ("price", "bid", "ask", "size", "prev_close", "day_volume")
_TEXTS = ("symbol", "currency", "session")
_FIELDS = (*_NUMBERS, *_TEXTS, "seq", "ts", "delay_s", "simulated")
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_Lookup: TypeAlias = Callable[[Any], Any]


class RecordMap:
    """Finds the records in a document and makes a RawQuote of each.

    records: expression for the list of records; a single object counts as a list of one. fields: see `Fields`.
    Raises ConfigError when an expression, a field or a unit is not known.
    """

    def __init__(self, records: str = "[@]", fields: Fields = DEFAULT_FIELDS, *, where: str = "feeds") -> None:
        unknown = sorted(set(fields) - set(_FIELDS))
        if unknown:
            raise ConfigError(where, f"fields.{unknown[0]}", unknown[0], ", ".join(_FIELDS))
        self._records = _lookup(records, where, "records")
        self._fields = {name: _lookup(_path(spec), where, f"fields.{name}") for name, spec in fields.items()}
        spec = fields.get("ts", "")
        self._unit = "auto" if isinstance(spec, str) else spec.get("unit", "auto")
        if self._unit not in UNITS:
            raise ConfigError(where, "fields.ts.unit", self._unit, ", ".join(UNITS))

    def records(self, document: Any) -> list[Any]:
        """The records of a decoded document, none when the expression finds nothing."""
        found = self._records(document)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def quote(self, record: Any, source: str, recv_ns: int, symbol: str = "", flags: int = 0) -> RawQuote:
        """The record as a quote. symbol: the source's symbol when the record does not carry it.

        Numbers may be text. Raises FrameError: BAD_FIELD or BAD_TIMESTAMP.
        """
        values = {name: lookup(record) for name, lookup in self._fields.items()}
        texts = {name: _text(values.get(name), name) for name in _TEXTS}
        price, bid, ask, size, prev_close, day_volume = (_number(values.get(name), name) for name in _NUMBERS)
        return RawQuote(
            source=source,
            source_symbol=texts["symbol"] or symbol,
            recv_ns=recv_ns,
            event_ns=self._time(values.get("ts")),
            price=price,
            bid=bid,
            ask=ask,
            size=size,
            currency=texts["currency"],
            seq=_sequence(values.get("seq")),
            session=texts["session"],
            day_volume=day_volume,
            prev_close=prev_close,
            flags=flags | (SIMULATED if _yes(values.get("simulated"), "simulated") else 0),
            delay_s=_seconds(values.get("delay_s"), "delay_s"),
        )

    def _time(self, value: Any) -> int | None:
        if value is None or value == "":
            return None
        try:
            return read_time(value, self._unit)
        except ValueError as bad:
            raise FrameError(BAD_TIMESTAMP, str(bad)) from None


def _path(spec: str | Mapping[str, str]) -> str:
    return spec if isinstance(spec, str) else spec.get("path", "@")


def _lookup(expression: str, where: str, key: str) -> _Lookup:
    if expression == "@":
        return _itself
    if _PLAIN_NAME.fullmatch(expression):
        return lambda record: record.get(expression) if isinstance(record, dict) else None
    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        raise ConfigError(where, key, expression, "a JMESPath expression", f"{error}".splitlines()[0]) from None

    def search(record: Any) -> Any:
        try:
            return compiled.search(record)
        except JMESPathError as error:  # a function was given a type that it does not take
            raise FrameError(BAD_FIELD, str(error)) from None

    return search


def _itself(record: Any) -> Any:
    return record


def _number(value: Any, name: str) -> float | None:
    try:
        return read_number(value)
    except ValueError as bad:
        raise FrameError(BAD_FIELD, f"{name}: {bad}") from None


def _text(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise FrameError(BAD_FIELD, f"{name}: {value!r}")


def _yes(value: Any, name: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    raise FrameError(BAD_FIELD, f"{name}: {value!r}")


def _seconds(value: Any, name: str) -> int | None:
    try:
        return read_whole(value)
    except ValueError as bad:
        raise FrameError(BAD_FIELD, f"{name}: {bad}") from None


def _sequence(value: Any) -> int | None:
    """A sequence number; one that is no whole number is none."""
    try:
        return read_whole(value)
    except ValueError:
        return None
