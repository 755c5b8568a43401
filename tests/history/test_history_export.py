"""Files for other programs: pandas reads them back with types and time zone, and the numbers are the stored ones."""

import io
import json
from pathlib import Path

import pandas as pd
import pytest

from monitor.core.daily import DailyRecord
from monitor.core.metrics.statuses import OK
from monitor.errors import DataError
from monitor.history.export import JsonSink, export_to
from monitor.history.filling import Filler
from monitor.history.history_table import DAILY, MINUTES, MinuteRows, daily_table
from monitor.history.selection import Patterns

T = 1_741_570_200_000  # 2025-03-10T01:30:00Z
ODD = (0.1, 5859.123457, -0.00004, 1 / 3)
COLUMNS = ["t", "metric", "open", "high", "low", "close", "status", "simulated"]


def rows():
    found = MinuteRows()
    found.add(T + 60_000, "hstech-ixic", {"spread_pp.1d": (1.0, 2.0, 0.5, 1.5, "STALE DELAYED")}, simulated=True)
    found.add(T, "0700.HK", {"return_pct.1d": (1.0, 1.0, 1.0, 1.0, OK), "price.now": (*ODD, OK)}, simulated=False)
    return found.table()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_minutes_come_back_as_they_were(tmp_path: Path, suffix: str) -> None:
    """Times are UTC times, metrics are names, numbers are the same to the last bit, rows are in order; each says what
    is wrong with it, and whether it is invented."""
    path = tmp_path / f"x{suffix}"
    with export_to(path, MINUTES) as sink:
        sink.write(rows())
        sink.write(MINUTES.empty_table())

    if suffix == ".csv":
        found = pd.read_csv(path, parse_dates=["t"])
    else:
        found = pd.read_parquet(path)
        assert str(found["t"].dtype) == "datetime64[ms, UTC]"
        assert str(found["metric"].dtype) == "category"

    assert list(found.columns) == COLUMNS
    assert list(found["status"]) == ["OK", "OK", "STALE DELAYED"]
    assert list(found["simulated"]) == [False, False, True]
    assert str(found["t"].dt.tz) == "UTC"
    assert [t.value // 10**6 for t in found["t"]] == [T, T, T + 60_000]
    assert list(found["metric"]) == ["0700.HK.price.now", "0700.HK.return_pct.1d", "hstech-ixic.spread_pp.1d"]
    assert tuple(found.loc[0, ["open", "high", "low", "close"]]) == ODD


def test_daily_records_come_back_with_their_holes(tmp_path: Path) -> None:
    """A metric without a value is a missing number, never 0; session and market stand beside the time."""
    path = tmp_path / "x.csv"
    record = DailyRecord(session="2025-03-10", market="XHKG", t=T, metrics={"a.z.1d": None, "a.b.1d": 0.0}, statuses={})
    with export_to(path, DAILY) as sink:
        sink.write(daily_table([record]))

    assert path.read_text("utf-8").splitlines() == [
        "session,market,t,metric,value,status,simulated",
        '"2025-03-10","XHKG","2025-03-10T01:30:00.000Z","a.b.1d",0,"OK",false',
        '"2025-03-10","XHKG","2025-03-10T01:30:00.000Z","a.z.1d",,"MISSING",false',
    ]


def test_json_lines_have_the_columns_as_keys() -> None:
    """One object a row."""
    stream = io.BytesIO()
    JsonSink(stream).write(rows().slice(2))

    assert json.loads(stream.getvalue()) == {
        "t": "2025-03-10T01:31:00.000Z",
        "metric": "hstech-ixic.spread_pp.1d",
        "open": 1.0,
        "high": 2.0,
        "low": 0.5,
        "close": 1.5,
        "status": "STALE DELAYED",
        "simulated": True,
    }


def test_an_export_that_fails_changes_nothing(tmp_path: Path) -> None:
    """After an error the older file is what it was, and nothing lies beside it."""
    path = tmp_path / "x.csv"
    path.write_text("older", "utf-8")

    with pytest.raises(AttributeError), export_to(path, MINUTES) as sink:
        sink.write(None)

    assert path.read_text("utf-8") == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named() -> None:
    """The message says which file and what to do."""
    with pytest.raises(DataError, match="another --out"), export_to(Path("/proc/x.csv"), MINUTES):
        pass


def test_filling_repeats_the_last_close_while_an_exchange_is_open() -> None:
    """Minutes between the rows of a day get the last close where a market is open, also one carried over from the day
    before; a metric without any bar yet gets none, and so does a minute in which every market is shut."""
    filler = Filler(lambda ms: (ms - T) // 60_000 % 86_400 != 2)
    first, second = MinuteRows(), MinuteRows()
    first.add(T, "a", {"price.now": (1.0, 3.0, 0.5, 2.0, "STALE")}, simulated=True)
    first.add(T + 4 * 60_000, "b", {"price.now": (7.0, 7.0, 7.0, 7.0, OK)}, simulated=False)
    second.add(T + 86_400_000, "b", {"price.now": (8.0, 8.0, 8.0, 8.0, OK)}, simulated=False)

    filled = [filler.fill(rows.table()).to_pylist() for rows in (first, second)]

    def told(row: dict) -> tuple[int, str, float, float]:
        return round(row["t"].timestamp() * 1000 - T) // 60_000, row["metric"][0], row["high"], row["close"]

    assert [told(row) for row in filled[0]] == [
        (0, "a", 3.0, 2.0),
        (1, "a", 2.0, 2.0),
        (3, "a", 2.0, 2.0),
        (4, "a", 2.0, 2.0),
        (4, "b", 7.0, 7.0),
    ]
    assert [told(row) for row in filled[1]] == [(1440, "a", 2.0, 2.0), (1440, "b", 8.0, 8.0)]


def test_patterns_stand_for_names() -> None:
    """`*` matches across the parts of a name; no pattern at all means everything; what matched nothing is told."""
    patterns = Patterns(["hstech-ixic.*", "*.price.now", "typo"])

    assert [patterns(name) for name in ("hstech-ixic.z.1d", "0700.HK.price.now", "AAPL.z.1d")] == [True, True, False]
    assert patterns.unmatched(["NDX.price.now"]) == ["typo"]
    assert Patterns([])("anything")
