"""A small board for the tests of the feeds: one index and one stock a side, one exchange rate, five sessions."""

from monitor.core.definition import Instrument, Kind
from monitor.core.instant import parse_instant
from monitor.core.session import Calendar

DAYS = ("2025-06-05", "2025-06-06", "2025-06-09", "2025-06-10", "2025-06-11")

CALENDARS = {
    "XHKG": Calendar.from_rows(
        "XHKG",
        "Asia/Hong_Kong",
        [[day, f"{day}T01:30Z", f"{day}T04:00Z", f"{day}T05:00Z", f"{day}T08:00Z"] for day in DAYS],
        auction_min=10,
        pre_min=30,
        post_min=0,
    ),
    "XNYS": Calendar.from_rows(
        "XNYS",
        "America/New_York",
        [[day, f"{day}T13:30Z", None, None, f"{day}T20:00Z"] for day in DAYS],
        auction_min=0,
        pre_min=330,
        post_min=240,
    ),
}


def _instrument(symbol: str, kind: Kind, calendar: str | None, currency: str, **sources: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        name=symbol,
        kind=kind,
        calendar=calendar,
        currency=currency,
        sources=sources,
        delays={"yahoo": 900} if calendar == "XHKG" else {},
    )


INSTRUMENTS = (
    _instrument("HSTECH", Kind.INDEX, "XHKG", "HKD", yahoo="HSTECH.HK"),
    _instrument("IXIC", Kind.INDEX, "XNYS", "USD", yahoo="^IXIC"),
    _instrument("1211.HK", Kind.STOCK, "XHKG", "HKD", yahoo="1211.HK"),
    _instrument("NVDA", Kind.STOCK, "XNYS", "USD", yahoo="NVDA"),
    _instrument("HSBIO", Kind.INDEX, "XHKG", "HKD"),
    _instrument("USDHKD", Kind.FX, None, "HKD", yahoo="HKD=X"),
)


def at(text: str) -> int:
    """`06-10T02:00` as nanoseconds, in 2025 and UTC."""
    return parse_instant(f"2025-{text}:00Z")
