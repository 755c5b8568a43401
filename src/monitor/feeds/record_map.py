"""From a vendor's JSON to records, by configuration alone: where the records are, and which field is which.

The vocabulary is that of FEEDS 6.1 (`monitor.feeds.field_spec`); feeds over WebSocket and MQTT read with the same map.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from monitor.core.event import SIMULATED
from monitor.core.quotes.intake import BAD_FIELD
from monitor.core.quotes.raw import RawQuote
from monitor.errors import ConfigError
from monitor.feeds.expression import ExpressionError, Lookup, compiled, is_true
from monitor.feeds.field_spec import (
    FIELDS,
    KINDS,
    NUMBERS,
    QUOTE,
    QUOTE_FIELDS,
    STILL_KINDS,
    TEXTS,
    Fields,
    FieldSpec,
    KindSpec,
    field_spec,
)
from monitor.feeds.lenient_json import read_number, read_whole
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP, UNITS, read_time

NOT_A_LAST_PRICE = "NOT_A_LAST_PRICE"
"""A trade that, by the configuration, must not move a price: an odd lot, a late report, a trade out of sequence."""
UNKNOWN_KIND = "UNKNOWN_KIND"
"""A record that is none of the kinds which the configuration knows."""

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

_LONGEST_TEXT = 64
_UNKNOWN = "unknown"

_Read: TypeAlias = Callable[[Any, str], Any]
"""From a record and its kind to the value of one field as the vendor wrote it, or as its map says."""


class RecordMap:
    """Finds the records in a document and makes a RawQuote of each.

    records: expression for the list of records; a single object counts as a list of one. fields: see `Fields`. kind:
    what a record is. moves_price: expression on a record; one for which it is not true moves no price. require: fields
    that must be there. where: file or table, for refusals.
    Raises ConfigError when an expression, a field, a kind or a unit is not known.
    """

    def __init__(
        self,
        records: str = "[@]",
        fields: Fields = DEFAULT_FIELDS,
        *,
        kind: KindSpec = QUOTE,
        moves_price: str = "",
        require: Sequence[str] = (),
        where: str = "feeds",
    ) -> None:
        for name in fields:
            if name not in FIELDS:
                raise ConfigError(where, f"fields.{name}", name, ", ".join(FIELDS))
        for name in require:
            if name not in fields:
                raise ConfigError(where, "require", name, ", ".join(fields))
        specs = {name: field_spec(spec) for name, spec in fields.items()}
        self._records = _lookup(records, where, "records")
        self._kind = _kind_reader(kind, where)
        self._moves = _lookup(moves_price, where, "moves_price") if moves_price else None
        self._fields = {name: _reader(name, spec, where) for name, spec in specs.items()}
        self._of_quotes = [(name, read) for name, read in self._fields.items() if name in (*QUOTE_FIELDS, *require)]
        self._else_mid = _mid_reader(specs.get("price"), where)
        self._require = tuple(require)
        self._unit = specs["ts"].unit if "ts" in specs else "auto"
        if self._unit not in UNITS:
            raise ConfigError(where, "fields.ts.unit", self._unit, ", ".join(UNITS))

    def records(self, document: Any) -> list[Any]:
        """The records of a decoded document, none when the expression finds nothing."""
        found = self._records(document)
        if found is None:
            return []
        return found if isinstance(found, list) else [found]

    def kind(self, record: Any) -> str:
        """What the record is. Raises FrameError, UNKNOWN_KIND."""
        kind = self._kind(record)
        if kind not in KINDS:
            raise FrameError(UNKNOWN_KIND)
        return kind

    def moves_price(self, record: Any, kind: str) -> bool:
        """May a price be taken from the record? Raises FrameError, BAD_FIELD."""
        return kind not in STILL_KINDS and (self._moves is None or is_true(self._moves(record)))

    def values(self, record: Any, kind: str) -> dict[str, Any]:
        """Every configured field that the record has, as a number, a text or as it is; `ts` in nanoseconds.

        Raises FrameError, BAD_FIELD or BAD_TIMESTAMP, also for a required field that is not there."""
        return self._read(record, kind, self._fields.items())

    def quote(
        self, record: Any, source: str, recv_ns: int, symbol: str = "", flags: int = 0, kind: str = "quote"
    ) -> RawQuote:
        """The record as a quote. symbol: the source's symbol when the record does not carry it.

        Numbers may be text. Raises FrameError: BAD_FIELD or BAD_TIMESTAMP.
        """
        values = self._read(record, kind, self._of_quotes)
        get = values.get
        return RawQuote(
            source=source,
            source_symbol=get("symbol") or symbol,
            recv_ns=recv_ns,
            event_ns=get("ts"),
            price=get("price"),
            bid=get("bid"),
            ask=get("ask"),
            size=get("size"),
            currency=get("currency"),
            seq=_sequence(get("seq")),
            session=get("session"),
            day_volume=get("day_volume"),
            prev_close=get("prev_close"),
            flags=flags | (SIMULATED if _yes(get("simulated"), "simulated") else 0),
            delay_s=_seconds(get("delay_s"), "delay_s"),
        )

    def _read(self, record: Any, kind: str, fields: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, read in fields:
            value = read(record, kind)
            if value is None:
                continue
            if name in NUMBERS:
                value = _number(value, name)
            elif name in TEXTS:
                value = _text(value, name)
            elif name == "ts":
                value = self._time(value)
            if value is not None:
                values[name] = value
        if self._else_mid is not None and "price" not in values:
            price = self._else_mid(record)
            if price is not None:
                values["price"] = price
        for name in self._require:
            if name not in values:
                raise FrameError(BAD_TIMESTAMP if name == "ts" else BAD_FIELD, f"no {name}")
        return values

    def _time(self, value: Any) -> int | None:
        if value == "":
            return None
        try:
            return read_time(value, self._unit)
        except ValueError as bad:
            raise FrameError(BAD_TIMESTAMP, str(bad)) from None


def _lookup(expression: str, where: str, key: str) -> Lookup:
    try:
        return compiled(expression)
    except ExpressionError as error:
        raise ConfigError(where, key, expression, "a JMESPath expression", str(error)) from None


def _reader(name: str, spec: FieldSpec, where: str) -> _Read:
    if spec.by_kind:
        of_kind = {kind: _lookup(path, where, f"fields.{name}.by_kind.{kind}") for kind, path in spec.by_kind.items()}

        def read(record: Any, kind: str) -> Any:
            lookup = of_kind.get(kind)
            return lookup(record) if lookup is not None else None
    else:
        path = _lookup(spec.path or "@", where, f"fields.{name}")

        def read(record: Any, kind: str) -> Any:
            return path(record)

    if not spec.map:
        return read
    words, otherwise = dict(spec.map), _UNKNOWN if name == "session" else None

    def translated(record: Any, kind: str) -> Any:
        value = read(record, kind)
        return None if value is None else words.get(_word(value), otherwise)

    return translated


def _kind_reader(spec: KindSpec, where: str) -> Callable[[Any], str]:
    if spec.path:
        path, words = _lookup(spec.path, where, "kind.path"), dict(spec.map)
        return lambda record: words.get(_word(path(record)), "")
    if spec.rules:
        rules = [(_lookup(expression, where, "kind.rules"), kind) for expression, kind in spec.rules]
        return lambda record: next((kind for holds, kind in rules if is_true(holds(record))), "")
    return lambda record: spec.name


def _mid_reader(spec: FieldSpec | None, where: str) -> Callable[[Any], float | None] | None:
    if spec is None or spec.else_mid is None:
        return None
    lower, upper = (_lookup(path, where, "fields.price.else_mid") for path in spec.else_mid)

    def mid(record: Any) -> float | None:
        sides = [_number(side(record), "price") for side in (lower, upper)]
        if any(side is None or side <= 0.0 for side in sides):
            return None
        try:  # of the decimals that were sent: half of 1.1 + 1.2 is 1.15, not 1.1500000000000001
            return float(sum(Decimal(repr(side)) for side in sides) / 2)
        except InvalidOperation:
            return None

    return mid


def _word(value: Any) -> str:
    """A value as the keys of a map are written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def _number(value: Any, name: str) -> float | None:
    try:
        return read_number(value)
    except ValueError as bad:
        raise FrameError(BAD_FIELD, f"{name}: {bad}") from None


def _text(value: Any, name: str) -> str | None:
    if isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        return value or None
    raise FrameError(BAD_FIELD, f"{name}: no text of at most {_LONGEST_TEXT} characters")


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
