"""Yahoo's chart service: what to ask it and what its answers mean (FEEDS 5.7). Pure; the requests are made elsewhere.

One symbol a request, the last five sessions. Three traps: `chartPreviousClose` is the close before the whole range and
not yesterday's, so it is never read; the last row may be a day that is still trading; closes before a split are already
on the new share basis and are put back to what was printed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.instant import SECOND
from monitor.core.prices.printed_price import printed, unadjusted
from monitor.core.session import Calendar
from monitor.feeds.foreign_text import shown
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import read_time

UNREADABLE = "CHART_UNREADABLE"
"""The answer is no chart document: torn JSON, a page for people, another shape."""
NO_DATA = "CHART_NO_DATA"
"""The service says that it has no such symbol, or nothing of it."""
WRONG_SYMBOL = "CHART_WRONG_SYMBOL"
"""The answer is about another symbol than the request (FEEDS 11.1: mixed-up answers have been published)."""

RANGE = "5d"
"""The longest that is answered for every line: HSTECH.HK has 1d and 5d only (yfinance issue 1763)."""

_SHOWN_DECIMALS = 14
"""Closes are 32-bit numbers shown with all their noise."""
_LONGEST_CURRENCY = 8


class DailyClose(msgspec.Struct, frozen=True, gc=False):
    """The printed close of one session. session: ISO date in the exchange's zone."""

    session: str
    price: float


class Chart(msgspec.Struct, frozen=True, gc=False):
    """One answer. price: last one of the regular session, without float32 noise; event_ns: when that was, UTC; day: the
    same as ISO date in the exchange's zone. currency: None when the answer names none. rows: ascending, the days
    without a close left out; the last one may not be over yet."""

    symbol: str
    price: float
    event_ns: int
    day: str
    currency: str | None
    rows: tuple[DailyClose, ...]


class _Meta(msgspec.Struct, rename="camel"):
    symbol: str
    regular_market_price: float | None = None
    regular_market_time: int | None = None
    currency: str | None = None
    exchange_timezone_name: str | None = None
    gmtoffset: int | None = None


class _Prices(msgspec.Struct):
    close: list[float | None] | None = None


class _Indicators(msgspec.Struct):
    quote: list[_Prices | None] | None = None


class _Split(msgspec.Struct):
    date: int
    numerator: float
    denominator: float


class _Events(msgspec.Struct):
    splits: dict[str, _Split] | None = None


class _Result(msgspec.Struct):
    meta: _Meta
    timestamp: list[int | None] | None = None
    indicators: _Indicators | None = None
    events: _Events | None = None


class _Refusal(msgspec.Struct):
    code: str | None = None
    description: str | None = None


class _Answer(msgspec.Struct):
    result: list[_Result] | None = None
    error: _Refusal | None = None


class _Document(msgspec.Struct):
    """`finance` instead of `chart`: refusals from before the request reached the chart service."""

    chart: _Answer | None = None
    finance: _Answer | None = None


_document = msgspec.json.Decoder(_Document)


def chart_address(base: str, symbol: str) -> str:
    """Address to GET for one symbol. base: scheme and host of the service, with a path where a proxy needs one."""
    return f"{base.rstrip('/')}/v8/finance/chart/{quote(symbol, safe='')}?interval=1d&range={RANGE}&events=div,splits"


def parse_chart(body: bytes, symbol: str) -> Chart:
    """The chart in an answer to the request for `symbol`. Raises FrameError: UNREADABLE, NO_DATA, WRONG_SYMBOL."""
    try:
        document = _document.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as broken:
        raise FrameError(UNREADABLE, shown(str(broken))) from None
    answer = document.chart or document.finance
    if answer is None:
        raise FrameError(UNREADABLE, "neither a chart nor an error")
    if answer.error is not None:
        raise FrameError(NO_DATA, shown(answer.error.description or answer.error.code or ""))
    if not answer.result:
        raise FrameError(NO_DATA)
    result = answer.result[0]
    meta = result.meta
    if meta.symbol != symbol:
        raise FrameError(WRONG_SYMBOL, f"{shown(meta.symbol)} for {symbol}")
    if not meta.regular_market_price or meta.regular_market_price < 0 or meta.regular_market_time is None:
        raise FrameError(NO_DATA, "no price")
    zone = _zone(meta)
    try:
        event_ns = read_time(meta.regular_market_time, "s")
        rows = _rows(result, zone)
    except ValueError as impossible:
        raise FrameError(UNREADABLE, shown(str(impossible))) from None
    return Chart(
        symbol,
        _printed(meta.regular_market_price, 1.0),
        event_ns,
        _day(event_ns, zone),
        shown(meta.currency or "", longest=_LONGEST_CURRENCY) or None,
        rows,
    )


def previous_close(chart: Chart) -> DailyClose | None:
    """The last close of a day before the one of the price; None when the answer has none."""
    return next((row for row in reversed(chart.rows) if row.session < chart.day), None)


def finished_closes(chart: Chart, calendar: Calendar, finished: str | None) -> list[DailyClose]:
    """The closes of the sessions up to `finished`, ascending.

    The price itself is the close of its own session, once that is over: in Hong Kong it is then the one of the closing
    auction. finished: the latest session that the source shows to its end by now, None: none yet.
    """
    if finished is None:
        return []
    found = {row.session: row for row in chart.rows if row.session <= finished}
    if chart.day <= finished and calendar.current_session(chart.event_ns) == chart.day:
        found[chart.day] = DailyClose(chart.day, chart.price)
    return [found[session] for session in sorted(found)]


def _rows(result: _Result, zone: tzinfo) -> tuple[DailyClose, ...]:
    """Raises ValueError for a time that is none."""
    prices = (result.indicators.quote or [None])[0] if result.indicators else None
    closes = (prices.close or []) if prices else []
    events = (result.events.splits or {}) if result.events else {}
    splits = [
        (_day(read_time(split.date, "s"), zone), split.denominator / split.numerator)
        for split in events.values()
        if split.numerator > 0 and split.denominator > 0
    ]
    rows: dict[str, DailyClose] = {}
    for stamp, close in zip(result.timestamp or [], closes, strict=False):
        if stamp is not None and close is not None and close > 0:
            day = _day(read_time(stamp, "s"), zone)
            rows[day] = DailyClose(day, _printed(close, _factor(splits, day)))
    return tuple(rows[day] for day in sorted(rows))


def _factor(splits: Iterable[tuple[str, float]], day: str) -> float:
    """What a printed close of `day` was multiplied by for the splits since."""
    factor = 1.0
    for ex_date, price_factor in splits:
        if day < ex_date:
            factor *= price_factor
    return factor


def _printed(price: float, factor: float) -> float:
    # unadjusted() leaves a price without a split alone, noise included.
    return unadjusted(price, factor, _SHOWN_DECIMALS) if factor != 1.0 else printed(price)


def _zone(meta: _Meta) -> tzinfo:
    try:
        return ZoneInfo(meta.exchange_timezone_name or "")
    except (
        KeyError,
        ValueError,
        OSError,
    ):  # not a zone: today's offset is right for all but the days of a clock change
        return timezone(timedelta(seconds=max(-86_399, min(meta.gmtoffset or 0, 86_399))))


def _day(instant_ns: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(instant_ns // SECOND, UTC).astimezone(zone).date().isoformat()
