"""Resident memory of everything that `monitor up` starts, after a minute of the simulated market."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.day import CONFIG, ROOT
from benchmarks.measure import table
from benchmarks.processes import end, free_port, rss_mb, scratch, wait_for

SETTLED_S, QUICK_S = 60.0, 5.0
SERVICES = ("ingest", "spread", "alerting", "dashboard")


def run(*, quick: bool = False, repeat: int = 5) -> list[dict[str, float]]:
    """Print the table; returns the repetitions."""
    seconds = QUICK_S if quick else SETTLED_S
    rounds = [_round(seconds) for _ in range(repeat if quick else min(repeat, 2))]
    table(
        f"memory: resident MB {seconds:g} s after all were up, simulated market",
        rounds,
        "Shared pages (the interpreter, libraries) are counted once for each process.",
    )
    return rounds


def _round(seconds: float) -> dict[str, float]:
    with scratch() as folder:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")} | {
            "MONITOR_CONFIG_DIR": str(CONFIG),
            "MONITOR_DATA_DIR": str(folder / "data"),
            "MONITOR_DASHBOARD__PORT": str(free_port()),
        }
        up = subprocess.Popen(
            [sys.executable, "-m", "monitor.cli", "up", "--feed", "sim"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            wait_for(lambda: set(SERVICES) <= set(_children(up.pid)), 60.0, "all services", every_s=0.2)
            time.sleep(seconds)
            found = {name: rss_mb(pid) for name, pid in _children(up.pid).items()}
        finally:
            os.killpg(up.pid, signal.SIGTERM)
            end(up)
    services = {name: found[name] for name in SERVICES}
    return services | {
        "all four services": sum(services.values()),
        "redis": found.get("redis", 0.0),
        "up (supervisor and terminal board)": found["up"],
    }


def _children(pid: int) -> dict[str, int]:
    """Pid by name of what a supervisor runs, itself included as `up`."""
    found = {"up": pid}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            arguments = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == pid:
            name = next((a.decode() for a in arguments if a.decode(errors="replace") in SERVICES), "")
            if name:
                found[name] = int(folder.name)
            elif b"redis" in arguments[0]:
                found["redis"] = int(folder.name)
    return found
