"""A small world to compute in: two exchanges, a handful of instruments, random prices. Needs no files."""

from datetime import date, timedelta
from random import Random

from monitor.core.board import Board
from monitor.core.definition import Basket, BoardDefinition, Instrument, Kind, Pair
from monitor.core.event import Event, FeedHealth, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import SECOND, parse_instant
from monitor.core.quotes.tick_filter import ACCEPTED
from monitor.core.reference import ActionType, CorporateAction, Reference
from monitor.core.session import Calendar

FIRST, LAST = date(2024, 10, 1), date(2025, 4, 30)
HONG_KONG_HOLIDAYS = {"2024-12-25", "2024-12-26", "2025-01-01", "2025-01-29", "2025-01-30", "2025-01-31"}
NEW_YORK_HOLIDAYS = {"2024-11-28", "2024-12-25", "2025-01-01", "2025-01-09", "2025-01-20", "2025-02-17"}
HALF_DAYS = {"2024-12-24", "2024-12-31", "2025-01-28"}

CHINA = ("0700.HK", "9988.HK", "0981.HK")
AMERICA = ("NVDA", "AAPL")
WINDOWS = ("1D", "5S", "WTD", "MTD", "QTD", "YTD", "1W", "1M", "3M", "SINCE:2025-01-13")


def weekdays(holidays: set[str]) -> list[str]:
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    return [day.isoformat() for day in days if day.isoweekday() < 6 and day.isoformat() not in holidays]


def hong_kong() -> Calendar:
    rows = []
    for day in weekdays(HONG_KONG_HOLIDAYS):
        if day in HALF_DAYS:
            rows.append([day, f"{day}T01:30:00Z", None, None, f"{day}T04:00:00Z"])
        else:
            rows.append([day, *(f"{day}T{clock}:00Z" for clock in ("01:30", "04:00", "05:00", "08:00"))])
    return Calendar.from_rows("XHKG", "Asia/Hong_Kong", rows, auction_min=10, pre_min=30, post_min=0)


def new_york() -> Calendar:
    """Winter hours until 7 March 2025, summer hours after it."""
    rows = []
    for day in weekdays(NEW_YORK_HOLIDAYS):
        opened, closed = ("13:30", "20:00") if day >= "2025-03-09" else ("14:30", "21:00")
        rows.append([day, f"{day}T{opened}:00Z", None, None, f"{day}T{closed}:00Z"])
    return Calendar.from_rows("XNYS", "America/New_York", rows, auction_min=0, pre_min=330, post_min=240)


CALENDARS = {"XHKG": hong_kong(), "XNYS": new_york()}


def instrument(symbol: str, **changes: object) -> Instrument:
    chinese = symbol.endswith(".HK") or symbol == "HSTECH"
    fields: dict[str, object] = {
        "symbol": symbol,
        "name": symbol,
        "kind": Kind.INDEX if symbol in ("HSTECH", "IXIC") else Kind.STOCK,
        "calendar": "XHKG" if chinese else "XNYS",
        "currency": "HKD" if chinese else "USD",
        "stale_after_s": 600.0,
    }
    return Instrument(**{**fields, **changes})  # type: ignore[arg-type]


def definition(**changes: object) -> BoardDefinition:
    fields: dict[str, object] = {
        "id": "small",
        "title": "Small",
        "instruments": (
            *(instrument(symbol) for symbol in ("HSTECH", *CHINA, "IXIC", *AMERICA)),
            instrument("GHOST.HK", confirmed=False),
            instrument("USDHKD", kind=Kind.FX, calendar=None, currency="HKD"),
        ),
        "baskets": (
            Basket(id="china", name="China", members=CHINA, benchmark="HSTECH"),
            Basket(id="china-usd", name="China in USD", members=CHINA, currency="USD", benchmark="GHOST.HK"),
            Basket(id="america", name="America", members=AMERICA),
        ),
        "pairs": (
            Pair(id="hstech-ixic", name="HSTECH – IXIC", a="HSTECH", b="IXIC"),
            Pair(id="china-america", name="China – America", a="china-usd", b="america"),
        ),
        "windows": WINDOWS,
    }
    return BoardDefinition(**{**fields, **changes})  # type: ignore[arg-type]


def reference(seed: int = 7, until: str = "2025-03-07") -> Reference:
    """Random walks up to the session before `until`, with holes; a split of NVDA on 10 March 2025."""
    random = Random(seed)
    closes: dict[str, dict[str, float | None]] = {}
    for one in definition().instruments:
        if one.calendar is None or one.symbol == "GHOST.HK":
            continue
        price = random.uniform(20, 400)
        closes[one.symbol] = table = {}
        for session in CALENDARS[one.calendar].sessions:
            price *= 1 + random.gauss(0, 0.012)
            if session < until:
                table[session] = None if random.random() < 0.02 else round(price, 2)
    fixings = {day: round(random.uniform(7.75, 7.85), 4) for day in weekdays(set()) if random.random() < 0.9}
    split = CorporateAction(symbol="NVDA", type=ActionType.SPLIT, ex_date="2025-03-10", ratio=2)
    return Reference(closes=closes, actions=(split,), fixings={"USDHKD": dict(fixings)})


def trading(seed: int, count: int = 400, start: str = "2025-03-07T01:00:00Z", days: float = 5.0) -> list[Event]:
    """A random recording in order of receipt: quotes of open markets, some of them bad, with everything else that a log
    carries."""
    random = Random(seed)
    base = reference()
    price = {symbol: next(p for p in reversed(table.values()) if p) for symbol, table in base.closes.items()}
    events: list[Event] = []
    t = parse_instant(start)
    step = int(days * 86_400 * SECOND / count)
    for _ in range(count):
        t += random.randrange(1, 2 * step)
        kind = random.random()
        if kind < 0.8:
            events.append(_random_quote(random, price, t))
        elif kind < 0.85:
            events.append(Fx("USDHKD", round(random.uniform(7.75, 7.85), 4), t, t, "A"))
        elif kind < 0.88:
            events.append(Halt(random.choice(CHINA), random.random() < 0.5, t))
        elif kind < 0.96:
            events.append(_random_close(random, price, t))
        else:
            events.append(FeedHealth(random.choice("AB"), random.choice(["up", "down"]), t, rejected={"STALE": 1}))
    return events


def made_a_price(engine: Board, quote: Quote) -> bool:
    """Was the quote, which the engine was given last, accepted?"""
    line = engine._proxies._lines.get(quote.symbol)
    return (line.leg if line else engine._legs[quote.symbol]).verdict in ACCEPTED


def _random_quote(random: Random, price: dict[str, float], t: int) -> Quote:
    open_now = [s for s in price if CALENDARS[instrument(s).calendar or ""].phase(t) in ("REGULAR", "AUCTION")]
    symbol = random.choice(open_now or list(price))
    price[symbol] *= 1 + random.gauss(0, 0.002)
    wild = 10.0 if random.random() < 0.03 else 1.0
    late = random.choice([0, 0, 0, 1, 30, 1200, -1]) * SECOND
    seq = random.randrange(200) if random.random() < 0.2 else None
    return Quote(symbol, random.choice("AB"), t - late, t, round(price[symbol] * wild, 2), seq=seq)


def _random_close(random: Random, price: dict[str, float], t: int) -> OfficialClose:
    symbol = random.choice(list(price))
    session = CALENDARS[instrument(symbol).calendar or ""].current_session(t) or "2025-03-06"
    # These prices know nothing of the split of 10 March: a derived close of that day would not be believed.
    derived = random.random() < 0.3 and (symbol, session) != ("NVDA", "2025-03-10")
    return OfficialClose(symbol, session, round(price[symbol], 2), t, derived=derived)
