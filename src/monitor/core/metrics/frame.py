"""The metrics of a board at one boundary: what the snapshot stream carries and what alert rules look at.

The calculator makes a `Frame` of every snapshot and writes it to the stream; the alert engine reads it back. The
stream is a public interface (docs/redis.md), so reading is tolerant: whatever is not a finite JSON number counts as
missing, and every part but `t` and `seq` may be absent.
"""

import json
import math
from collections.abc import Mapping

import msgspec

from monitor.core.instant import parse_instant, to_milliseconds

_TOP = 3
_LAST_MS = to_milliseconds(parse_instant("9998-12-31T23:59:59.999Z"))
"""A year is left at the end so that local times of any zone can still be told."""


class FrameLeg(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One instrument as the rules see it.

    phase: TIM-1 phase of its market, "" when the producer did not say. live: the calculator's judgement that it trades
    and its feed is up. age_s: seconds since its last quote, None when there was none. The rest is evidence for
    messages: price in `currency`, return_1d_pct in per cent, status as in COV-1, event_ms of the last quote, delay_s by
    contract.
    """

    phase: str
    live: bool
    age_s: float | None = None
    price: float | None = None
    return_1d_pct: float | None = None
    source: str | None = None
    status: str | None = None
    event_ms: int | None = None
    delay_s: int = 0
    currency: str | None = None
    name: str | None = None


class FrameBasket(msgspec.Struct, frozen=True, kw_only=True):
    """One basket over one window: how complete it is and who moves it.

    status: COV-2. excluded: symbol → COV-1 status of members left out. carried: the same for members that are included
    though not fresh. top and bottom: up to three (symbol, contribution in percentage points), strongest first; only
    positive ones in top, only negative ones in bottom.
    """

    status: str = ""
    coverage_fresh: float | None = None
    excluded: dict[str, str] = {}
    top: list[tuple[str, float]] = []
    bottom: list[tuple[str, float]] = []
    carried: dict[str, str] = {}


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """All metrics of a board at `t` (milliseconds UTC).

    (t, seq) orders frames. metrics: name → number, None where there is no value. legs: by symbol. baskets: by basket
    id, then window (lower case). simulated: at least one value comes from the simulator.
    """

    t: int
    seq: int
    board: str = ""
    simulated: bool = False
    metrics: dict[str, float | None] = {}
    legs: dict[str, FrameLeg] = {}
    baskets: dict[str, dict[str, FrameBasket]] = {}

    @property
    def key(self) -> tuple[int, int]:
        """What frames are ordered by."""
        return self.t, self.seq

    def to_json(self) -> bytes:
        """Compact JSON: field `d` of an entry of the snapshot stream."""
        return msgspec.json.encode(self)


def decode_frame(data: bytes | str) -> Frame:
    """The frame in field `d` of an entry of the snapshot stream.

    Raises ValueError when it is no JSON object with a time `t` (milliseconds UTC, or ISO-8601 with an offset) and a
    whole `seq`.
    """
    try:
        document = _decoded(data)
    except RecursionError:
        raise ValueError("a frame is not nested that deeply") from None
    if not isinstance(document, dict):
        raise ValueError("a frame is a JSON object")
    return frame_from(document)


def _decoded(data: bytes | str) -> object:
    try:
        return msgspec.json.decode(data)
    except msgspec.MsgspecError:
        # Python's own reader also takes NaN and Infinity, which other producers write; one bad number must not
        # hide a whole snapshot. It takes half a surrogate pair too, which could never be written again: encoding finds
        # it.
        document = json.loads(data)
        json.dumps(document, ensure_ascii=False).encode()
        return document


def frame_from(document: Mapping[str, object]) -> Frame:
    """The frame that a JSON object stands for; see `decode_frame`."""
    t, seq = document.get("t"), document.get("seq")
    if isinstance(t, str):
        t = to_milliseconds(parse_instant(t))
    if not isinstance(t, int) or not isinstance(seq, int) or isinstance(t, bool) or isinstance(seq, bool):
        raise ValueError("a frame needs whole numbers `t` (milliseconds UTC) and `seq`")
    if not 0 <= t <= _LAST_MS:
        raise ValueError(f"`t` {t} is outside the years 1970 to 9998")
    return Frame(
        t=t,
        seq=seq,
        board=_text(document.get("board")) or "",
        simulated=document.get("simulated") is True,
        metrics={name: finite(value) for name, value in _mapping(document.get("metrics")).items()},
        legs={
            symbol: _read_leg(leg) for symbol, leg in _mapping(document.get("legs")).items() if isinstance(leg, dict)
        },
        baskets={
            basket: {window: _read_basket(view) for window, view in _mapping(windows).items()}
            for basket, windows in _mapping(document.get("baskets")).items()
        },
    )


def finite(value: object) -> float | None:
    """The value when it is a finite JSON number, else None: a string, a boolean, NaN and infinity are no numbers."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return None
    return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _instant(value: object) -> int | None:
    t = _whole(value)
    return t if t is not None and 0 <= t <= _LAST_MS else None


def _read_leg(leg: Mapping[str, object]) -> FrameLeg:
    return FrameLeg(
        phase=_text(leg.get("phase")) or "",
        live=leg.get("live") is True,
        age_s=finite(leg.get("age_s")),
        price=finite(leg.get("price")),
        return_1d_pct=finite(leg.get("return_1d_pct")),
        source=_text(leg.get("source")),
        status=_text(leg.get("status")),
        event_ms=_instant(leg.get("event_ms")),
        delay_s=_whole(leg.get("delay_s")) or 0,
        currency=_text(leg.get("currency")),
        name=_text(leg.get("name")),
    )


def _read_basket(view: object) -> FrameBasket:
    fields = _mapping(view)
    return FrameBasket(
        status=_text(fields.get("status")) or "",
        coverage_fresh=finite(fields.get("coverage_fresh")),
        excluded=_statuses(fields.get("excluded")),
        top=_contributions(fields.get("top")),
        bottom=_contributions(fields.get("bottom")),
        carried=_statuses(fields.get("carried")),
    )


def _statuses(value: object) -> dict[str, str]:
    return {symbol: status for symbol, status in _mapping(value).items() if isinstance(status, str)}


def _contributions(value: object) -> list[tuple[str, float]]:
    rows = value if isinstance(value, list) else []
    found = []
    for row in rows:
        if isinstance(row, list) and len(row) == 2 and isinstance(row[0], str):
            number = finite(row[1])
            if number is not None:
                found.append((row[0], number))
    return found
