"""The example of docs/history.md runs on an export of the program."""

import re
from pathlib import Path

import pytest

from monitor.history.export import export_to
from monitor.history.history_table import MINUTES, MinuteRows

PAGE = Path(__file__).parents[2] / "docs" / "history.md"
T = 1_741_570_200_000  # 2025-03-10T01:30:00Z


def test_the_example_for_pandas_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ten lines read what `monitor history` wrote: typed, in UTC, and turned to Hong Kong's time of day."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    rows = MinuteRows()
    for i in range(90):
        rows.add(
            T + 60_000 * i, "hstech-ixic", {"spread_pp.1d": (i, i + 0.5, i - 0.5, i + 0.25, "OK")}, simulated=False
        )
    rows.add(T, "hstech-ixic", {"z.1d": (1.0, 1.0, 1.0, 1.0, "OK")}, simulated=False)
    with export_to(tmp_path / "spreads.parquet", MINUTES) as sink:
        sink.write(rows.table())
    monkeypatch.chdir(tmp_path)
    found: dict = {}

    exec(example, found)

    assert len(example.strip().splitlines()) <= 10
    assert str(found["bars"]["t"].dtype) == "datetime64[ms, UTC]"
    assert str(found["hong_kong"].index[0]) == "2025-03-10 09:30:00+08:00"
    assert list(found["by_hour"]["close"]) == [29.25, 89.25]
    assert list(found["table"].columns) == ["hstech-ixic.spread_pp.1d", "hstech-ixic.z.1d"]
    assert len(found["good"]) == len(found["bars"])
    assert found["table"]["hstech-ixic.z.1d"].eq(1.0).all()
