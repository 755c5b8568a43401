"""Numbers, durations and times as people read them. Rounded for the eye only; the exact values stay in the evidence."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")

_DECIMALS = {"pct": 1, "pp": 2, "z": 2, "ratio": 2, "price": 1, "usd_bn": 1, "seconds": 1, "count": 0}
_SUFFIX = {
    "pct": " %",
    "pp": " pp",
    "z": " σ",
    "ratio": "",
    "price": "",
    "usd_bn": " USD bn",
    "seconds": " s",
    "count": "",
}
_SIGNED = frozenset({"pct", "pp", "z", "usd_bn"})
_MOST_DECIMALS = 6
MISSING = "n/a"


def number(value: float | None, unit: str, *, suffix: bool = True, decimals: int | None = None) -> str:
    """`+1.62 pp`, `6,301.4`, `22.4 s`; `n/a` for None. unit: ALERTING section 2. decimals: None means the unit's own.

    >>> number(1.6249, "pp"), number(-0.5, "pct"), number(6301.43, "price"), number(None, "z")
    ('+1.62 pp', '-0.5 %', '6,301.4', 'n/a')
    """
    if value is None:
        return MISSING
    digits = _DECIMALS.get(unit, 2) if decimals is None else decimals
    text = f"{value:+,.{digits}f}" if unit in _SIGNED else f"{value:,.{digits}f}"
    return text + _SUFFIX[unit] if suffix else text


def beside(value: float | None, limit: float | None, unit: str) -> int:
    """Decimals that show that value and limit differ: the unit's own, more when both would look the same.

    >>> beside(1.62, 1.5, "pp"), beside(1.5004, 1.5, "pp")
    (2, 4)
    """
    least = _DECIMALS.get(unit, 2)
    if value is None or limit is None or value == limit:
        return least
    for digits in range(least, _MOST_DECIMALS):
        if f"{value:.{digits}f}" != f"{limit:.{digits}f}":
            return digits
    return _MOST_DECIMALS


def duration(seconds: float) -> str:
    """`0.4 s`, `60 s`, `17 m 30 s`, `6 h 12 m`, `2 d 3 h`: the two largest parts, none of them zero.

    >>> duration(0.4), duration(60), duration(1050), duration(2460), duration(22320), duration(183600)
    ('0.4 s', '60 s', '17 m 30 s', '41 m', '6 h 12 m', '2 d 3 h')
    """
    if seconds < 10 and seconds != int(seconds):
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 120:
        return f"{whole} s"
    for name, size, smaller, part in (("d", 86_400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1)):
        if whole >= size:
            rest = whole % size // part
            return f"{whole // size} {name} {rest} {smaller}" if rest else f"{whole // size} {name}"
    raise AssertionError("120 seconds and more are at least two minutes")


def clock(at_ms: int, zone: ZoneInfo = HONG_KONG) -> str:
    """Wall time with the zone's label, `10:00:00 HKT`. at_ms: epoch milliseconds UTC."""
    return f"{_local(at_ms, zone):%H:%M:%S} {label(zone)}"


def dated(at_ms: int, zone: ZoneInfo = HONG_KONG) -> str:
    """Date and wall time with the zone's label, `2026-11-10 10:00:00 HKT`."""
    return f"{_local(at_ms, zone):%Y-%m-%d %H:%M:%S} {label(zone)}"


def both_zones(at_ms: int) -> str:
    """`2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET`."""
    return f"{dated(at_ms, HONG_KONG)} / {dated(at_ms, NEW_YORK)}"


def seen_from(at_ms: int, now_ms: int, zone: ZoneInfo = HONG_KONG) -> str:
    """A wall time in a text about now_ms: the date is named when it is another day than now's."""
    same_day = _local(at_ms, zone).date() == _local(now_ms, zone).date()
    return clock(at_ms, zone) if same_day else dated(at_ms, zone)


def label(zone: ZoneInfo) -> str:
    """HKT, ET, or the zone's key."""
    return {"Asia/Hong_Kong": "HKT", "America/New_York": "ET"}.get(zone.key, zone.key)


def one_line(text: str) -> str:
    """Control characters and line breaks become single blanks: for headers, terminals and subjects."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, the last one an ellipsis when something was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone)
