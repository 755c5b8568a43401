"""A monitor that really runs, for the examples in the documents: one for all tests of this folder."""

import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from monitor.bus.embedded import find_server
from tests.processes import STOP_S, environment, free_tcp_port, start_monitor


class RunningMonitor(NamedTuple):
    """`monitor up` on the simulated market. socket: of its Redis. url: of its dashboard, without a slash at the end."""

    socket: Path
    url: str
    env: dict[str, str]


@pytest.fixture(scope="session")
def running_monitor() -> Iterator[RunningMonitor]:
    """Ready when it is handed out: it has made a snapshot, and its dashboard answers."""
    if find_server() is None:
        pytest.skip("needs redis-server")
    folder = Path(tempfile.mkdtemp(prefix="md-", dir="/tmp"))  # a socket's name may have about 100 bytes
    port = free_tcp_port()
    env = environment(folder, MONITOR_DASHBOARD__PORT=str(port))
    process = start_monitor("up", "--feed", "sim", env=env, log=folder / "up.log")
    running = RunningMonitor(folder / "redis.sock", f"http://127.0.0.1:{port}", env)
    try:
        _wait_until_ready(running.url, process, folder)
        yield running
    finally:
        process.terminate()
        process.wait(STOP_S)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + 180
    while True:
        assert process.poll() is None, (folder / "up.log").read_text("utf-8")[-2000:]
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=30):
                return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < deadline, (folder / "up.out").read_text("utf-8")[-2000:]
            time.sleep(0.05)
