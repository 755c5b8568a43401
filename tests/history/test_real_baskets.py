"""Baskets on the real closes beside the repository, against pandas on the files themselves."""

import pandas as pd
import pytest

from monitor.core.baskets.path import Rebalance, rebalanced
from monitor.core.board import Board
from monitor.core.definition import Basket, BoardDefinition
from monitor.core.instant import parse_instant
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView
from monitor.history.providers.csv_folder import CsvFolder
from tests.history.lines import calendars, instruments
from tests.history.test_data_traps import DAILY, actions, new_refresh, shipped
from tests.shared import needs_shared

CHINA = ("0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK")
MAG7 = ("AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA")
BASKETS = (
    Basket(id="china-m7", name="China M7", members=CHINA, benchmark="HSTECH"),
    Basket(id="mag7", name="Magnificent Seven", members=MAG7, benchmark="NDX"),
)


def on_the_day(day: str) -> Snapshot:
    """The two baskets after the New York close of a day."""
    work = new_refresh(shipped())
    provider = CsvFolder(DAILY, actions(), "split_adjusted")
    lines = {symbol: instruments()[symbol] for symbol in (*CHINA, *MAG7, "HSTECH", "NDX", "USDHKD")}
    for instrument in lines.values():
        work.take(instrument, provider.fetch(instrument, ""))
    definition = BoardDefinition(
        id="real", title="Real", instruments=tuple(lines.values()), baskets=BASKETS, pairs=(), windows=("YTD", "1Y")
    )
    return Board(definition, calendars(), work.shelf.reference()).snapshot(parse_instant(f"{day}T23:00:00Z"))


def closes(members: tuple[str, ...]) -> pd.DataFrame:
    """As the files have them, on one share basis."""
    files = {symbol: pd.read_csv(DAILY / f"{symbol}.csv", index_col="date")["close"] for symbol in members}
    return pd.DataFrame(files).sort_index()


def value(view: BasketView, window: str, scheme: str, currency: str = "LOCAL") -> float:
    (found,) = (v.value for v in view.variants[window] if (v.scheme, v.currency) == (scheme, currency))
    assert found is not None
    return found


@needs_shared
def test_the_china_seven_of_february_2025() -> None:
    """Year to date the quarterly basket is the plain average, because no quarter has ended yet; over a year it is not.
    The average of 43 % that the press gave is there, and tracking is the difference to the index of the same days."""
    taken = on_the_day("2025-02-21")
    view, table = taken.basket_views["china-m7"], closes(CHINA)
    average = (table.loc["2025-02-21"] / table.loc["2024-12-31"] - 1).mean()

    assert value(view, "YTD", "EW") == pytest.approx(average, rel=1e-4)
    assert round(100 * value(view, "YTD", "EW")) == 43
    assert value(view, "YTD", "EW") == taken.baskets["china-m7"]["YTD"].basket_return
    assert value(view, "YTD", "QUARTERLY") == pytest.approx(value(view, "YTD", "EW"), abs=1e-12)

    year = table.loc["2024-02-21":"2025-02-21"]  # type: ignore[misc]
    expected = rebalanced(
        list(year.index),
        {symbol: [None if pd.isna(close) else close for close in year[symbol]] for symbol in CHINA},
        dict.fromkeys(CHINA, 1.0),
        Rebalance.QUARTERLY,
    )
    assert expected.rebalanced_at[1:] == ["2024-03-28", "2024-06-28", "2024-09-30", "2024-12-31"]
    assert value(view, "1Y", "QUARTERLY") == pytest.approx(expected.total_return, rel=1e-4)
    assert abs(value(view, "1Y", "QUARTERLY") - value(view, "1Y", "EW")) > 0.01

    index = closes(("HSTECH",)).HSTECH
    days = table.loc["2024-12-31":"2025-02-21"].join(index)  # type: ignore[misc]
    level = (days[list(CHINA)] / days[list(CHINA)].iloc[0]).mean(axis=1)
    differences = (level.pct_change() - days.HSTECH.pct_change()).dropna()
    tracking = view.tracking["YTD"]
    assert tracking.sessions == len(differences)
    assert tracking.error_ann == pytest.approx(differences.std() * 252**0.5, rel=1e-3)
    assert tracking.difference_pp == pytest.approx(
        100 * (level.iloc[-1] - days.HSTECH.iloc[-1] / days.HSTECH.iloc[0]), rel=1e-3
    )


@needs_shared
def test_the_magnificent_seven_across_the_split_of_nvidia() -> None:
    """Over a year with a ten-for-one split and four resets; local is dollars, Hong Kong dollars move with the peg."""
    taken = on_the_day("2025-02-21")
    view, table = taken.basket_views["mag7"], closes(MAG7)
    year = table.loc["2024-02-21":"2025-02-21"]  # type: ignore[misc]
    expected = rebalanced(
        list(year.index), {s: list(year[s]) for s in MAG7}, dict.fromkeys(MAG7, 1.0), Rebalance.QUARTERLY
    )

    assert value(view, "1Y", "EW") == pytest.approx((year.iloc[-1] / year.iloc[0] - 1).mean(), rel=1e-4)
    assert value(view, "1Y", "QUARTERLY") == pytest.approx(expected.total_return, rel=1e-4)
    assert value(view, "1Y", "EW", "USD") == value(view, "1Y", "EW")
    assert value(view, "1Y", "EW", "HKD") == pytest.approx(value(view, "1Y", "EW"), abs=0.02)
    assert value(view, "1Y", "EW", "HKD") != value(view, "1Y", "EW")
