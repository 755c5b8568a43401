"""Price files as people keep them, read as events: daily closes, intraday bars, polled quotes (CSV, `data/README.md`).

What a form leaves unsaid is decided here, once: a daily row is known at the close instant of its session, a bar at its
end, a polled quote when the poller received it.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from monitor.core.event import FIXING, Event, Fx, OfficialClose, Quote
from monitor.core.instant import MILLISECOND, SECOND
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.printed_price import unadjusted
from monitor.core.reference import ActionType, Basis, CorporateAction
from monitor.core.session import Calendar, Phase
from monitor.errors import DataError
from monitor.feeds.recordings.recording import usable
from monitor.feeds.recordings.selection import Selection
from monitor.feeds.timestamps import read_time

DAILY = "daily"
"""Source of events that were daily rows."""
BARS = "bars"
"""Source of quotes that were bars."""

NOT_A_SESSION = "NOT_A_SESSION"
"""A daily row for a day on which the calendar knows no session."""

HINT = (
    "Expected a CSV file whose first line is one of: date,open,high,low,close,volume (daily) · "
    "ts,open,high,low,close,volume (bars, named SYMBOL_5m.csv) · received_at,symbol,ts,price (polled quotes)."
)

# ECB euro reference rates are fixed about 14:15 Frankfurt time (data/README.md, USDHKD.csv).
_FIXING_ZONE = ZoneInfo("Europe/Berlin")
_FIXING_HOUR, _FIXING_MINUTE = 14, 15

_BARS_NAME = re.compile(r"(?P<symbol>.+)_(?P<count>\d+)(?P<unit>[smh])")
_UNIT_S = {"s": 1, "m": 60, "h": 3600}

Line: TypeAlias = tuple[int, dict[str, str]]


def read_header(path: Path) -> list[str]:
    """Column names of a CSV file. Raises DataError when there are none."""
    with _lines(path) as lines:
        return list(lines.fieldnames or ())


def count_rows(path: Path) -> int:
    """How many rows a CSV file has under its header. Raises DataError when it cannot be read."""
    with _lines(path) as lines:
        return sum(1 for _ in lines)


def read_daily(
    path: Path,
    calendar: Calendar,
    actions: Sequence[CorporateAction],
    basis: Basis,
    selection: Selection | None = None,
) -> Iterator[OfficialClose]:
    """One official close a row, received at the close instant of its session. The symbol is the file's name.

    actions: known corporate actions of all symbols. basis: `split_adjusted` undoes the splits and bonus issues that
    went ex after a row's date and not after the file's last row, so that what is returned is raw in both cases.
    selection: counts rows on days without a session. An empty close is unknown and gives nothing.
    Raises DataError when the file cannot be read, or a date or price is none.
    """
    symbol = path.stem
    rows = [(number, _day(path, number, row), row) for number, row in _rows(path, ("date", "close"))]
    last = max((day for _, day, _ in rows), default="")
    decimals = max((len(row["close"].partition(".")[2]) for _, _, row in rows), default=0)
    splits = [
        action for action in actions if action.symbol == symbol and action.type in (ActionType.SPLIT, ActionType.BONUS)
    ]
    for number, day, row in rows:
        price = _price(path, number, row["close"])
        if selection is not None:
            selection.rows += 1
        if day not in calendar:
            if selection is not None:
                selection.rejected[NOT_A_SESSION] += 1
            continue
        if price is not None:
            factor = adjustment(splits, day, last).price_factor if basis == "split_adjusted" else 1.0
            raw = unadjusted(price, factor, decimals)
            yield OfficialClose(symbol, day, raw, calendar.close_instant(day), DAILY)


def read_fixings(path: Path, selection: Selection | None = None) -> Iterator[Fx]:
    """One fixing a row of a daily currency file, received at 14:15 Frankfurt time, when the ECB fixes. The pair is the
    file's name. Raises DataError as `read_daily`."""
    for number, row in _rows(path, ("date", "close")):
        rate = _price(path, number, row["close"])
        if selection is not None:
            selection.rows += 1
        if rate is not None:
            day = date.fromisoformat(_day(path, number, row))
            fixed = datetime(day.year, day.month, day.day, _FIXING_HOUR, _FIXING_MINUTE, tzinfo=_FIXING_ZONE)
            at = round(fixed.timestamp()) * SECOND
            yield Fx(path.stem, rate, at, at, DAILY, FIXING)


def bars_symbol(path: Path) -> str | None:
    """The symbol of a bar file by its name (`0700.HK_5m.csv`), None when it is not called like one."""
    match = _BARS_NAME.fullmatch(path.stem)
    return match["symbol"] if match else None


def bars_length(path: Path) -> int:
    """Nanoseconds of each bar of a file that is called like one. Raises DataError for one that is not."""
    match = _BARS_NAME.fullmatch(path.stem)
    if match is None:
        raise DataError(str(path), "the name does not say symbol and interval", "Name it like 0700.HK_5m.csv.")
    return int(match["count"]) * _UNIT_S[match["unit"]] * SECOND


def read_bars(path: Path, calendar: Calendar | None, selection: Selection | None = None) -> Iterator[Quote]:
    """One quote a bar: its close, at its end.

    A bar that reaches the end of trading (lunch, close) ends there; its quote carries the last millisecond of trading,
    because at the very end nothing trades any more. Raises DataError as `read_daily`.
    """
    symbol, length = path.stem.rpartition("_")[0], bars_length(path)
    for number, row in _rows(path, ("ts", "close")):
        try:
            start = read_time(row["ts"])
        except ValueError as bad:
            raise DataError(f"{path}:{number}", f"ts: {bad}", HINT) from None
        price = _price(path, number, row["close"])
        if selection is not None:
            selection.rows += 1
        if price is not None:
            event_ns, recv_ns = _bar_end(start, length, calendar)
            yield Quote(symbol, BARS, event_ns, recv_ns, price)


def read_polled(path: Path, selection: Selection) -> Iterator[tuple[int, Event]]:
    """(time of receipt, quote) of every usable row of a poller's file; the others are counted in `selection`.

    Columns: `received_at, symbol, ts, price`, or `as_of, value` for the last two. A row without a time of its own is
    dated by its receipt and flagged so. What the poller was told about the previous close is not read: on free feeds
    it is wrong most of the time (data/README.md). Raises DataError when the file cannot be read.
    """
    header = read_header(path)
    ts, price = ("ts", "price") if "price" in header else ("as_of", "value")
    for _, row in _rows(path, ("received_at", "symbol", ts, price)):
        fields = {
            "source": row.get("source") or "polled",
            "received_at": row["received_at"],
            "symbol": row["symbol"],
            "ts": row[ts],
            "price": row[price],
        }
        yield from usable(fields, selection)


def _bar_end(start: int, length: int, calendar: Calendar | None) -> tuple[int, int]:
    segment = calendar.segment(start) if calendar else None
    if segment is None or segment.phase is not Phase.REGULAR or start + length < segment.end_ns:
        return start + length, start + length
    return segment.end_ns - MILLISECOND, segment.end_ns


def _day(path: Path, number: int, row: Mapping[str, str]) -> str:
    try:
        return date.fromisoformat(row["date"]).isoformat()
    except ValueError:
        raise DataError(f"{path}:{number}", f"date: {row['date']!r} is not like 2025-01-31", HINT) from None


def _price(path: Path, number: int, text: str) -> float | None:
    """A price, None for an empty cell."""
    if not text:
        return None
    try:
        price = float(text)
    except ValueError:
        price = 0.0
    if not 0.0 < price < float("inf"):
        raise DataError(
            f"{path}:{number}", f"close: {text!r} is not a price", "Correct the row or leave the cell empty."
        )
    return price


@contextmanager
def _lines(path: Path) -> Iterator["csv.DictReader[str]"]:
    """A CSV file as rows of cells by column name; what goes wrong while it is read is a DataError with its line."""
    try:
        file = path.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        hint = "Check the path and its permissions."
        raise DataError(str(path), f"cannot be read ({error.strerror})", hint) from None
    with file:
        reader = csv.DictReader(file, restval="", strict=True)
        try:
            yield reader
        except (UnicodeDecodeError, csv.Error, OSError) as error:
            raise DataError(f"{path}:{reader.line_num + 1}", f"not CSV text ({error})", HINT) from None


def _rows(path: Path, columns: Sequence[str]) -> Iterator[Line]:
    """(line number, cells) of every row. Raises DataError when a column is missing."""
    with _lines(path) as lines:
        missing = [column for column in columns if column not in (lines.fieldnames or ())]
        if missing:
            found = ",".join(lines.fieldnames or ())
            raise DataError(f"{path}:1", f"no column {' and '.join(missing)} (found {found!r})", HINT)
        for row in lines:
            yield lines.line_num, row
