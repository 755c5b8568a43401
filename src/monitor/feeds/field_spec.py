"""How a record of a vendor is read: the vocabulary of `kind` and `fields` (FEEDS 6.1)."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

MOVING_KINDS = ("trade", "quote", "index")
"""Kinds of records that move a price."""
STILL_KINDS = ("bar", "correction", "cancel", "other")
"""Kinds that are read and move none: what they tell is about trades that have been."""
KINDS = (*MOVING_KINDS, *STILL_KINDS)

NUMBERS = ("price", "bid", "ask", "size", "prev_close", "day_volume")
TEXTS = ("symbol", "currency", "session")
QUOTE_FIELDS = (*NUMBERS, *TEXTS, "seq", "ts", "delay_s", "simulated")
"""Fields that become part of a quote."""
SIDE_FIELDS = (
    "change",
    "change_pct",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "bid_size",
    "ask_size",
    "conditions",
    "exchange",
)
"""Fields that a file may name because its vendor has them. No quote has room for them, so they are read only where a
whole record is looked at (`RecordMap.values`), as the vectors do."""
FIELDS = (*QUOTE_FIELDS, *SIDE_FIELDS)

SESSIONS = ("pre", "regular", "post", "overnight", "extended", "closed", "unknown")


class FieldSpec(msgspec.Struct, frozen=True):
    """Where a field is. path: expression on the record. by_kind: an expression for each kind instead; kinds that are
    not named do not have the field. map: the vendor's word → ours; a word that is not in it counts as `unknown` for a
    session and as nothing otherwise. else_mid: two expressions, whose mid-point stands in for a missing price.
    unit: of a time."""

    path: str = ""
    by_kind: dict[str, str] = {}
    map: dict[str, str] = {}
    else_mid: tuple[str, str] | None = None
    unit: str = "auto"


class KindSpec(msgspec.Struct, frozen=True):
    """What a record is. name: always this. path and map: expression, and its value → kind. rules: (expression, kind),
    the first that is true. Exactly one of the three is given."""

    name: str = ""
    path: str = ""
    map: dict[str, str] = {}
    rules: tuple[tuple[str, str], ...] = ()


QUOTE = KindSpec(name="quote")

Fields: TypeAlias = Mapping[str, str | Mapping[str, Any] | FieldSpec]
"""Field → expression, or the keys of a FieldSpec."""


def field_spec(given: str | Mapping[str, Any] | FieldSpec) -> FieldSpec:
    """The short and the long form as one. Raises msgspec.ValidationError for keys of a wrong type."""
    if isinstance(given, FieldSpec):
        return given
    return FieldSpec(path=given) if isinstance(given, str) else msgspec.convert(given, FieldSpec)
