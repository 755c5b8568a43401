"""Numbers, ages, phases and statuses as people read them. Pure; the terminal and the pages say the same words.

A missing value is always the dash `–`, never a zero. A number that rounds to zero carries no sign.
"""

import re
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.core.metrics.catalogue import MEASURES

MISSING = "–"
MINUS = "−"
NO_BREAK = "\xa0"
"""A space at which no line ends."""

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")

Direction = Literal[-1, 0, 1]
ARROWS: dict[Direction, str] = {1: "▲", 0: "·", -1: "▼"}

_UNITS = {"pct": " %", "pp": " pp", "usd_bn": " bn USD"}

_PHASES = {
    "PRE": "pre-open",
    "REGULAR": "trading",
    "BREAK": "lunch",
    "AUCTION": "auction",
    "POST": "after hours",
    "CLOSED": "closed",
}

_SHORT_STATUSES = {
    "NO_BASELINE": "base",
    "NO_PRICE": "price",
    "NO_REF": "ref",
    "MISSING": "price",
    "INSUFFICIENT_COVERAGE": "cover",
    "BASE_TOO_SMALL": "small",
    "STALE": "stale",
    "HALTED": "halt",
    "WARMUP": "WARMUP",
    "ZERO_VARIANCE": "flat",
    "CONTRACT_MISMATCH": "roll",
    "NO_SHARES": "shares",
}

_STATUS_WORDS = {
    "NO_BASELINE": "no reference close for this window",
    "NO_PRICE": "no quote and no close to go by",
    "NO_REF": "the proxy has no price from the reference instant",
    "MISSING": "no quote and no close to go by",
    "INSUFFICIENT_COVERAGE": "too little of the basket has a usable price",
    "STALE": "last quote too old",
    "HALTED": "trading halted",
    "DEGRADED": "some members are carried or left out",
    "OK_FALLBACK": "reference close taken from an earlier session",
    "WARMUP": "too short a history for this number yet",
    "ZERO_VARIANCE": "the history does not move, so nothing can be compared with it",
    "CONTRACT_MISMATCH": "the future has rolled to another month since the reference",
    "NO_SHARES": "no share count",
}

_WITHIN_QUANTITY = re.compile(r"(?<=[0-9]) (?=%|(?:pp|σ|bn|points|s|min|m|h|d)\b)|(?<=[<>]) (?=[+−-]?[0-9])")

_CHANNEL_STATES = {"ok": "delivers", "down": "does not deliver", "unknown": "nothing sent yet"}

_METHODS = {"LIVE": "live", "FUTURES": "by futures", "ETF": "by an ETF", "ADR": "by its ADR"}


def clean(text: str) -> str:
    """`text` with every character that could steer a terminal or reorder a line made visible (`\\x1b`, `\\u202e`)."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == NO_BREAK else _visible(char) for char in text)


def _visible(char: str) -> str:
    if char.isspace() and char not in "\x1c\x1d\x1e\x1f":
        return " "
    return char.encode("unicode_escape").decode("ascii")


def unbroken(text: str) -> str:
    """A sentence whose lines do not end between a number and its unit or sign: `+1.01 %`, `8 h 10 m`, `> +3.00 pp`."""
    return _WITHIN_QUANTITY.sub(NO_BREAK, text)


def direction(value: float | None, digits: int = 2) -> Direction:
    """Sign of `value` as shown with `digits` decimals: what rounds to zero points nowhere. None counts as zero."""
    if value is None:
        return 0
    shown = round(value, digits)
    return 1 if shown > 0 else -1 if shown < 0 else 0


def signed(value: float, digits: int = 2) -> str:
    """`+1,234.50`, `−0.31` or `0.00`."""
    if direction(value, digits) == 0:
        return f"{0:.{digits}f}"
    return f"{value:+,.{digits}f}".replace("-", MINUS)


def points(value_pp: float | None, digits: int = 2) -> str:
    """Percentage points with sign, without a unit; None is the dash."""
    return MISSING if value_pp is None else signed(value_pp, digits)


def percent(fraction: float | None, digits: int = 2) -> str:
    """A decimal fraction as signed percent: 0.311 is `+31.10 %`; None is the dash."""
    return MISSING if fraction is None else f"{signed(fraction * 100, digits)} %"


def proportion(fraction: float | None) -> str:
    """A share between 0 and 1 as whole percent without sign, rounded."""
    return MISSING if fraction is None else f"{fraction * 100:.0f} %"


def share(fraction: float | None) -> str:
    """A share between 0 and 1 as whole percent without sign; rounded down, so that 99.6 % is not called all."""
    return MISSING if fraction is None else f"{int(fraction * 100 + 1e-9)} %"


def price(value: float | None) -> str:
    """A price with thousands separators: 2 decimals from 10 on, 3 from 1 on, 4 below."""
    if value is None:
        return MISSING
    size = abs(value)
    return f"{value:,.{2 if size >= 10 else 3 if size >= 1 else 4}f}".replace("-", MINUS)


def rate(value: float | None) -> str:
    """An exchange rate with 4 decimals."""
    return MISSING if value is None else f"{value:,.4f}"


def age(seconds: float | None, *, coarse: bool = False) -> str:
    """A span of time: `3 s`, `12 min`, `12 h 5 m` (coarse: `12 h`), `3 d`."""
    if seconds is None:
        return MISSING
    if seconds < 0:
        return f"{MINUS}{age(-seconds, coarse=coarse)}"
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    if seconds < 172_800:
        hours, minutes = divmod(int(seconds // 60), 60)
        return f"{hours} h" if coarse else f"{hours} h {minutes} m"
    return f"{int(seconds // 86_400)} d"


def phase(name: str) -> str:
    """A phase of DOMAIN TIM-1 in words; a name that is not known is said in lower case."""
    return _PHASES.get(name, clean(name).lower().replace("_", " "))


def short_status(status: str) -> str:
    """Why a value is missing, in at most six letters, to stand behind the dash in a narrow column."""
    return _SHORT_STATUSES.get(status, clean(status).lower()[:5])


def status_words(status: str) -> str:
    """Why a value is missing or doubtful, as half a sentence."""
    return _STATUS_WORDS.get(status, clean(status).lower().replace("_", " "))


def instant(text: str | None) -> datetime | None:
    """An ISO-8601 instant with `Z` as a datetime in UTC; None where there is none or it cannot be read."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def day(session: str | None) -> str:
    """A session label `2025-02-21` as `21 Feb 2025`."""
    if session is None:
        return MISSING
    try:
        moment = datetime.strptime(session, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return clean(session)
    return f"{moment.day} {moment:%b %Y}"


def short_day(session: str | None) -> str:
    """A session label `2025-02-21` as `21 Feb`, where the year is no question."""
    return day(session).rpartition(" ")[0] or day(session)


def decimal(value: float | None, digits: int = 2) -> str:
    """A plain number: its sign only where it is negative; None is the dash."""
    return MISSING if value is None else f"{value:,.{digits}f}".replace("-", MINUS)


def usd_bn(dollars: float | None) -> str:
    """US dollars as signed billions: 439.1e9 is `+439.1`; None is the dash."""
    return MISSING if dollars is None else signed(dollars / 1e9, 1)


def unit(measure: str) -> str:
    """What stands behind a number of that measure: ` %`, ` pp`, ` bn USD`; "" for a bare number or an unknown one."""
    known = MEASURES.get(measure)
    return _UNITS.get(known.unit, "") if known else ""


def channel_state(state: str) -> str:
    """How a channel of alerts fares, in words."""
    return _CHANNEL_STATES.get(state, clean(state))


def method(name: str | None) -> str:
    """Where a leg's value under SYNC comes from, in words."""
    return MISSING if name is None else _METHODS.get(name, clean(name))


def window(name: str) -> str:
    """Heading of a window: `YTD`, and `since 13 Jan 2025` for `SINCE:2025-01-13`."""
    kind, separator, date = name.partition(":")
    return f"{kind.lower()} {day(date)}" if separator else clean(name)
