"""A small market for the tests of reference data: one Hong Kong share with its calendar, and rows of daily closes."""

from datetime import date
from functools import cache
from pathlib import Path

from monitor.core.definition import Instrument, Kind
from monitor.core.session import Calendar
from monitor.history.calendars import load_calendars
from monitor.history.providers.port import Daily, DailyRow
from monitor.history.record import Grade, Record
from monitor.settings.instrument_file import load_instruments

CONFIG = Path(__file__).parents[2] / "config"
BYD = Instrument(symbol="1211.HK", name="BYD", kind=Kind.STOCK, calendar="XHKG", currency="HKD")


@cache
def instruments() -> dict[str, Instrument]:
    """All of the shipped configuration."""
    return load_instruments(CONFIG)


@cache
def calendars() -> dict[str, Calendar]:
    """With the shipped overrides, 2023 to 2026."""
    overrides = CONFIG / "calendars" / "overrides.toml"
    return load_calendars(["XHKG", "XNYS", "XSHG"], overrides, start=date(2023, 1, 1), end=date(2026, 12, 31))


def hong_kong() -> Calendar:
    return calendars()["XHKG"]


def row(day: str, close: float, **changes: object) -> DailyRow:
    """A row of a whole day: 2 % between low and high, a thousand shares."""
    fields: dict[str, object] = {
        "open": close,
        "high": round(close * 1.01, 4),
        "low": round(close * 0.99, 4),
        "volume": 1000.0,
        "where": f"1211.HK.csv:{day}",
        **changes,
    }
    return DailyRow(day=day, close=close, **fields)  # type: ignore[arg-type]


def rows_of(**closes: float) -> tuple[DailyRow, ...]:
    """Rows by `d2025_06_09=396.6`."""
    return tuple(row(day[1:].replace("_", "-"), close) for day, close in closes.items())


def delivery(*rows: DailyRow, source: str = "somebody", **changes: object) -> Daily:
    """What a provider has of BYD."""
    fields: dict[str, object] = {"symbol": "1211.HK", "source": source, "grade": Grade.PROVIDER, **changes}
    return Daily(rows=rows, **fields)  # type: ignore[arg-type]


def record(day: str, value: float | None, **changes: object) -> Record:
    """A close of BYD on file."""
    fields: dict[str, object] = {"name": "1211.HK", "source": "the exchange", **changes}
    return Record(day=day, value=value, **fields)  # type: ignore[arg-type]
