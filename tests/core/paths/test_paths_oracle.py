"""Paths against pandas, over two years of real closes."""

from functools import cache

import pandas as pd
import pytest

from monitor.core.board import Board
from monitor.core.definition import Basket, BoardDefinition, Instrument, Kind, Pair
from monitor.core.instant import parse_instant
from monitor.core.paths.ledger import Ledger
from monitor.core.paths.pair import PairPaths
from monitor.core.paths.path import PairPath, Span
from monitor.core.reference import Reference
from monitor.core.session import Calendar
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared

SEVEN = ("AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA")
SYMBOLS = ("HSTECH", "IXIC", *SEVEN)
WINDOWS = ("1D", "YTD", "1M", "1Y", "SINCE:2025-01-13")


@cache
def closes() -> pd.DataFrame:
    """A column a symbol; none of these had a split since 2025."""
    columns = {s: pd.read_csv(SHARED / "data" / "daily" / f"{s}.csv", index_col="date")["close"] for s in SYMBOLS}
    return pd.DataFrame(columns)["2024-06-15":"2026-05-29"]


@cache
def calendars() -> dict[str, Calendar]:
    """The days on which there are closes are the sessions; all at the same hours."""

    def rows(symbol: str, opened: str, closed: str) -> list[list[str | None]]:
        days = closes()[symbol].dropna().index
        return [[day, f"{day}T{opened}:00Z", None, None, f"{day}T{closed}:00Z"] for day in days]

    return {
        "XHKG": Calendar.from_rows("XHKG", "Asia/Hong_Kong", rows("HSTECH", "01:30", "08:00"), 10, 0, 0),
        "XNYS": Calendar.from_rows("XNYS", "America/New_York", rows("IXIC", "14:30", "21:00"), 0, 0, 0),
    }


@cache
def definition() -> BoardDefinition:
    lines = tuple(
        Instrument(
            symbol=symbol,
            name=symbol,
            kind=Kind.STOCK if symbol in SEVEN else Kind.INDEX,
            calendar="XHKG" if symbol == "HSTECH" else "XNYS",
            currency="HKD" if symbol == "HSTECH" else "USD",
        )
        for symbol in SYMBOLS
    )
    return BoardDefinition(
        id="real",
        title="Real",
        instruments=lines,
        baskets=(Basket(id="mag7", name="Seven", members=SEVEN),),
        pairs=(
            Pair(id="index", name="Index", a="HSTECH", b="IXIC"),
            Pair(id="seven", name="Seven", a="HSTECH", b="mag7"),
        ),
        windows=WINDOWS,
    )


@cache
def path(pair: str, span: Span) -> PairPath:
    files = Reference(closes={s: closes()[s].dropna().to_dict() for s in SYMBOLS})
    last = closes().index[-1]
    now = Board(definition(), calendars(), files, interval_ns=0).snapshot(parse_instant(f"{last}T22:00:00Z"))
    return PairPaths(Ledger(definition(), calendars(), files), pair, now).path(span)


@pytest.mark.parametrize("span", ["1M", "YTD", "1Y", "since"])
@pytest.mark.parametrize("pair", ["index", "seven"])
def test_returns_are_those_of_pandas(pair: str, span: Span) -> None:
    """At each date closes over the close at the anchor, carried over holidays; of the basket the mean of its members'
    returns; within 1e-9 of a per cent."""
    table = closes()
    last = pd.Timestamp(table.index[-1])
    target = {
        "1M": last - pd.DateOffset(months=1),
        "1Y": last - pd.DateOffset(years=1),
        "YTD": pd.Timestamp(last.year - 1, 12, 31),
        "since": pd.Timestamp("2025-01-13"),
    }[span]
    day = target.strftime("%Y-%m-%d")
    carried = table.ffill()
    held = carried.loc[day:] / carried.loc[:day].iloc[-1] - 1
    expected_a = 100 * held["HSTECH"]
    expected_b = 100 * (held["IXIC"] if pair == "index" else held[list(SEVEN)].mean(axis=1))

    found = path(pair, span)

    for line, expected in ((found.a, expected_a), (found.b, expected_b), (found.spread, expected_a - expected_b)):
        dates = [pd.Timestamp(t, unit="ms").strftime("%Y-%m-%d") for t, _ in line.points]
        assert dates[1:] == list(expected.index[expected.index > day])
        assert [value for _, value in line.points[1:]] == pytest.approx(list(expected[dates[1:]]), abs=1e-9)


def test_scores_are_those_of_pandas() -> None:
    """The z-score at Hong Kong's close: its spread of the day against New York's day before, over the 60 before it."""
    table = closes()
    hong_kong, new_york = (table[s].dropna() for s in ("HSTECH", "IXIC"))
    found = path("index", "since")
    assert found.z is not None
    for t, z in found.z.points[::7]:
        day = pd.Timestamp(t, unit="ms").strftime("%Y-%m-%d")
        rows = pd.DataFrame({"a": hong_kong[:day]})
        positions = new_york.index.searchsorted(rows.index, side="left") - 1  # known at the close in Hong Kong
        rows["b"], rows["at"] = new_york.to_numpy()[positions], positions
        before = rows.iloc[:-1]
        before = before[before["at"] != before["at"].shift(-1)]  # a session that saw nothing new adds up with the next
        history = (100 * (before["a"].pct_change() - before["b"].pct_change())).dropna().tail(60)
        today = rows.iloc[-2:][["a", "b"]].pct_change().iloc[-1]
        expected = (100 * (today["a"] - today["b"]) - history.mean()) / history.std()

        assert z == pytest.approx(expected, rel=1e-9)
    assert len(found.z.points) > 200
