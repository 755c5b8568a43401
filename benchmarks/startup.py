"""From the command to the first live spread on the screen, and to the first alert: `monitor up --feed sim` with nothing
in its data folder."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from benchmarks.day import CONFIG, ROOT
from benchmarks.measure import table
from benchmarks.pipeline import KEYS
from benchmarks.processes import end, free_port, scratch, wait_for
from monitor.runtime.paths import redis_socket

DEADLINE_S = 180.0
PAIR = "hstech-ixic"
ALERT = "\n["
"""A message begins with its badge in brackets; nothing else that is printed does."""


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
        "Seconds from the command until the readout has the number, and until the console channel prints an alert.",
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
        **(more or {}),
    }
    if place == ROOT:
        environment["MONITOR_CONFIG_DIR"] = str(CONFIG)
    printed = folder / "printed"
    with printed.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=place, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    conditions = {"first live spread, s": lambda: _has_spread(folder / "data")}
    if not quick:
        conditions["first alert, s"] = lambda: ALERT in printed.read_text("utf-8", errors="replace")
    found: dict[str, float] = {}
    try:
        for figure, condition in conditions.items():
            wait_for(condition, DEADLINE_S, f"{figure}: {printed.read_text('utf-8', errors='replace')[-2000:]}")
            found[figure] = time.monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        end(process)
    return found


def _has_spread(data_dir: Path) -> bool:
    """Is there a number for the headline pair in the newest readout?"""
    try:
        with Redis(unix_socket_path=str(redis_socket(data_dir)), protocol=2) as redis:
            readout = redis.get(KEYS.readout)
    except RedisError:
        return False
    return bool(readout) and msgspec.json.decode(readout)["pairs"][PAIR]["1D"] is not None


def _base_python() -> str:
    """The Python that this environment was made with: what a person would call."""
    return str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
