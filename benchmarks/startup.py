"""From the command to the first live spread on the screen, and to the first alert: `monitor up --feed sim` with nothing
in its data folder."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from benchmarks.day import CONFIG, ROOT
from benchmarks.measure import table
from benchmarks.processes import end, free_port, scratch

DEADLINE_S = 180.0
SPREAD = "hstech-ixic"
ALERT = "FIRING"


def run(*, quick: bool = False, repeat: int = 5, with_install: bool = False) -> list[dict[str, float]]:
    """Print the table; returns the repetitions. quick: without waiting for the alert. with_install: also `make run` in
    a fresh clone, with whatever packages pip and uv have in their caches."""
    rounds = []
    for _ in range(repeat):
        with scratch() as folder:
            rounds.append(_times([sys.executable, "-m", "monitor.cli", "up", "--feed", "sim"], ROOT, folder, quick))
    table(
        "startup: `monitor up --feed sim`, fresh data folder, installed environment",
        rounds,
        "Seconds from the command until a line of the board shows the number, or the console channel prints an alert.",
    )
    if with_install:
        with scratch() as folder:
            clone = folder / "clone"
            subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
            environment = {"VIRTUAL_ENV": "", "PYTHON": _base_python()}
            found = _times(["make", "run"], clone, folder, quick, environment)
        table("startup: `make run` in a fresh clone, packages cached", [found])
    return rounds


def _times(
    command: list[str], place: Path, folder: Path, quick: bool, more: Mapping[str, str] | None = None
) -> dict[str, float]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")}
    environment |= {
        "MONITOR_DATA_DIR": str(folder / "data"),
        "MONITOR_DASHBOARD__PORT": str(free_port()),
        "PYTHONUNBUFFERED": "1",
        **(more or {}),
    }
    if place == ROOT:
        environment["MONITOR_CONFIG_DIR"] = str(CONFIG)
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=place,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    found: dict[str, float] = {}
    try:
        for line in _lines(process, began + DEADLINE_S):
            now = time.monotonic() - began
            if ALERT in line:
                found.setdefault("first alert, s", now)
            elif _shows_spread(line):
                found.setdefault("first live spread, s", now)
            if "first live spread, s" in found and (quick or "first alert, s" in found):
                break
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        end(process)
    return found


def _lines(process: "subprocess.Popen[str]", until: float) -> Iterator[str]:
    """What the process prints, until the deadline."""
    assert process.stdout is not None
    for line in process.stdout:
        yield line
        if time.monotonic() > until:
            return


def _shows_spread(line: str) -> bool:
    """Does a line of the board show a number for the headline pair?"""
    return SPREAD in line and any(part[1:2].isdigit() for part in line.split() if part[:1] in "+-−")


def _base_python() -> str:
    """A Python outside any environment, for the Makefile."""
    return shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin") or sys.executable
