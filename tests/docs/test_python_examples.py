"""The notebook-style examples of docs/examples run, on an export and against a monitor that runs."""

import math
import re
import runpy
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import matplotlib.pyplot as plt
import pytest

from monitor.history.export import export_to
from monitor.history.history_table import MINUTES, MinuteRows
from tests.docs.conftest import RunningMonitor
from tests.docs.test_docs import ROOT
from tests.eventually import eventually

pytestmark = pytest.mark.xdist_group("running_monitor")

EXAMPLES = ROOT / "docs" / "examples"
CHART = EXAMPLES / "history_chart.py"
LIVE = EXAMPLES / "live_spreads.py"
T = 1_741_570_200_000  # 2025-03-10T01:30:00Z
DAY_MS = 86_400_000


def run_chart(source: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict:
    """What the script leaves behind; its picture lies in `folder`."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setattr(sys, "argv", [str(CHART), source])
    monkeypatch.chdir(folder)
    try:
        return runpy.run_path(str(CHART))
    finally:
        plt.close("all")


def is_picture(path: Path) -> bool:
    """A PNG with more in it than an empty frame."""
    return path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 15_000


def test_the_chart_takes_ten_lines() -> None:
    """The last cell, from file to picture, has ten lines."""
    *_, cell = CHART.read_text("utf-8").split("# %%\n")

    assert len(cell.strip().splitlines()) <= 10


@pytest.mark.parametrize("name", ["spreads.parquet", "spreads.csv"])
def test_history_becomes_a_chart(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two mornings of an export, as Parquet or CSV, become five-minute bars in Hong Kong's time, without the night; the
    title says that they are invented and late."""
    rows = MinuteRows()
    for minute in (*range(150), *range(1440, 1590)):
        x = math.sin(minute / 30)
        rows.add(
            T + 60_000 * minute,
            "hstech-ixic",
            {"spread_pp.1d": (x, x + 0.2, x - 0.2, x + 0.1, "DELAYED")},
            simulated=True,
        )
    with export_to(tmp_path / name, MINUTES) as sink:
        sink.write(rows.table())

    found = run_chart(name, monkeypatch, tmp_path)

    assert len(found["spread"]) == 60
    assert str(found["spread"].index[0]) == "2025-03-10 09:30:00+08:00"
    assert found["ax"].get_title() == "hstech-ixic.spread_pp.1d SIMULATED DELAYED"
    assert found["spread"]["high"].iloc[0] == pytest.approx(math.sin(4 / 30) + 0.2, abs=1e-3)
    assert is_picture(tmp_path / "spreads.png")


async def test_the_chart_can_be_drawn_from_the_api(
    running_monitor: RunningMonitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address in the list of examples gives the script what a file gives: the minutes of the running market."""
    page = (EXAMPLES / "README.md").read_text("utf-8")
    (address,) = re.findall(r"'(http://\S+format=csv\S*)'", page)
    address = address.replace("http://127.0.0.1:8080", running_monitor.url)

    def minutes() -> bool:
        with urlopen(address, timeout=30) as answer:
            return len(answer.read().splitlines()) > 3

    await eventually(minutes)
    found = run_chart(address, monkeypatch, tmp_path)

    assert len(found["spread"]) >= 1
    assert is_picture(tmp_path / "spreads.png")


def test_the_live_board_becomes_a_table(running_monitor: RunningMonitor) -> None:
    """The script prints one table of spreads after the other: pairs down, windows across, and marked as simulated."""
    board = f"{running_monitor.url}/api/boards/hk-us"
    with subprocess.Popen([sys.executable, LIVE, board], stdout=subprocess.PIPE, text=True) as script:
        assert script.stdout is not None
        lines = [script.stdout.readline() for _ in range(14)]
        script.kill()

    times = [line for line in lines if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z\n", line)]
    assert len(times) >= 2
    assert times == sorted(times)
    assert "SIMULATED\n" in lines
    assert any(re.match(r"hstech-ixic +-?\d+\.\d\d ", line) for line in lines)
    assert any(line.split()[:2] == ["1D", "WTD"] for line in lines), lines
