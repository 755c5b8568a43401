"""The real processes that are measured: a Redis of our own, services with a configuration of our own, and what both
used."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from benchmarks.day import CONFIG, ROOT
from monitor.bus.embedded import find_server

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_START_S = 120.0
"""A program may take so long to start on a machine that has no time for it."""


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder with a name short enough for sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="mb-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class RedisServer:
    """A redis-server on a unix socket in `folder`. A context manager: leaving it ends the server.

    append_only: what was written is still there after `restart`, but for the last second. client: of it, for commands.
    """

    def __init__(self, folder: Path, *, append_only: bool = False) -> None:
        program = find_server()
        if program is None:
            raise SystemExit("needs redis-server")
        path = folder / "r.sock"
        options = ["--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
        self._command = [str(program), *options, "--appendonly", "yes" if append_only else "no"]
        self.client = Redis(unix_socket_path=str(path), protocol=2)
        self.process = self._started()

    def restart(self, away_s: float) -> None:
        """Kill it and start it again after `away_s` seconds."""
        self.process.kill()
        self.process.wait()
        time.sleep(away_s)
        self.process = self._started()
        wait_for(lambda: _answers(self.client), _START_S, "redis-server")

    def __enter__(self) -> "RedisServer":
        wait_for(lambda: _answers(self.client), _START_S, "redis-server")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        end(self.process)

    def _started(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def private_redis(folder: Path, *, append_only: bool = False) -> Iterator[Redis]:
    """A client of a `RedisServer`, which lives as long as the block."""
    with RedisServer(folder, append_only=append_only) as server:
        yield server.client


def socket_of(client: Redis) -> str:
    """Path of the socket that a client of `private_redis` talks to."""
    return str(client.connection_pool.connection_kwargs["path"])


def redis_cpu_s(client: Redis) -> float:
    """CPU seconds of the server so far."""
    cpu = client.info("cpu")
    return float(cpu["used_cpu_sys"]) + float(cpu["used_cpu_user"])


def free_port() -> int:
    """A TCP port that nobody listened on a moment ago, below those that systems give to connections that go out."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def configuration(folder: Path, *, open_from: date | None = None, quiet: bool = True) -> Path:
    """A copy of the shipped configuration in `folder`. open_from: a date, UTC, on which and on whose next day Hong
    Kong trades all day, so that quotes of now are in session whenever the benchmark runs, over midnight too. quiet:
    without alert rules."""
    target = folder / "config"
    shutil.copytree(CONFIG, target)
    if open_from is not None:
        with (target / "calendars" / "overrides.toml").open("a") as overrides:
            for day in (open_from, open_from + timedelta(days=1)):
                overrides.write(f'\n[XHKG.replace.{day}]\nopen = "00:00"\nclose = "23:59"\nwhy = "benchmark"\n')
    if quiet:
        (target / "alerts.toml").write_text('version = 1\n[channel]\nconsole = { kind = "console" }\n')
    return target


def accepts(port: int) -> bool:
    """Does anybody listen on this port of loopback?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Services:
    """Services of the monitor as processes. A context manager: leaving it ends them.

    folder: for their data and logs. config: their configuration. settings: MONITOR_ variables, without the prefix.
    """

    def __init__(self, folder: Path, config: Path, client: Redis, settings: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("MONITOR_")} | {
            "MONITOR_CONFIG_DIR": str(config),
            "MONITOR_DATA_DIR": str(folder / "data"),
            "MONITOR_REDIS__URL": f"unix://{socket_of(client)}",
            **{f"MONITOR_{name}": value for name, value in settings.items()},
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        """Start `monitor NAME`; its output goes to a file in the folder."""
        with (self._folder / f"{name}.out").open("wb") as output:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli", name],
                env=self._environment,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self, name: str) -> str:
        """Everything that a service has written."""
        return (self._folder / f"{name}.out").read_text(errors="replace")

    def check(self) -> None:
        """Raises RuntimeError, with its last words, when a service has ended."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise RuntimeError(f"{name} ended with {process.returncode}: {self.said(name)[-2000:]}")

    def cpu_s(self, name: str) -> float:
        """CPU seconds of a service so far, user and system."""
        return cpu_s(self.running[name].pid)

    def __enter__(self) -> "Services":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            end(process)


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Resident memory of a process, 10⁶ bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process to end; insist after ten seconds."""
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], deadline_s: float, what: str, *, every_s: float = 0.01) -> None:
    """Return as soon as the condition holds. Raises TimeoutError when it does not within the deadline."""
    until = time.monotonic() + deadline_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {deadline_s:g} s for {what}")
        time.sleep(every_s)


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False
