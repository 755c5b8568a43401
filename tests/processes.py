"""The monitor as it really runs: commands and services as processes of their own, on a private Redis.

Nothing of this machine's own monitor is touched: every process gets an environment without `MONITOR_*` but what a test
gives it, data folders that are removed at the end, and unix sockets.
"""

import asyncio
import atexit
import contextlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from monitor.bus.embedded import find_server
from monitor.bus.redis import TROUBLE, command_client
from tests.eventually import eventually

STOP_S = 60.0
"""How long a process may take to end when it is asked to, on a busy machine."""


def environment(data_dir: Path | None = None, **variables: str) -> dict[str, str]:
    """Variables of a process of the monitor: those of this one without its `MONITOR_*`, then `variables`.

    data_dir: None for one that all tests of this process share, where sessions of calendars are worked out but once.
    """
    inherited = {name: text for name, text in os.environ.items() if not name.upper().startswith("MONITOR_")}
    folder = str(data_dir or _shared_data_dir())
    return inherited | {"MONITOR_DATA_DIR": folder, "PYTHONUNBUFFERED": "1", "COLUMNS": "160"} | variables


@cache
def _shared_data_dir() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mc-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def run_monitor(
    *arguments: str | Path, env: Mapping[str, str], cwd: Path | None = None, timeout_s: float = 200.0
) -> subprocess.CompletedProcess[str]:
    """`monitor …` to its end: exit code and all that it wrote."""
    return subprocess.run(
        [sys.executable, "-m", "monitor.cli", *map(str, arguments)],
        env=dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def start_monitor(*arguments: str | Path, env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """`monitor …` beside the test. What it writes is appended to `log`, standard output to `<log>.out`."""
    with log.open("ab") as errors, log.with_suffix(".out").open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "monitor.cli", *map(str, arguments)],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )


_PORTS = range(20_000, 32_000)
"""Below those that systems give to connections that go out: one of these may be taken before a server has started."""
_random = random.SystemRandom()
"""Not seeded by anything: processes that run beside each other must not draw the same ports."""


def free_tcp_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no outgoing connection will take."""
    while True:
        port = _random.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Fleet:
    """A redis-server and services of the monitor in one folder, each of which can be killed and started again.

    folder: with a short name, for the socket. variables: of every process. The append-only file is synced at each
    write, so that what Redis has acknowledged is there after kill -9 without exception.
    """

    REDIS = "redis"

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.url = f"unix://{folder}/r.sock"
        self.env = environment(MONITOR_REDIS__URL=self.url, **variables)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.client: Redis = command_client(self.url, name="test", timeout_s=60.0)

    async def start_redis(self) -> None:
        """Start the server and wait until it answers."""
        self._start_server()
        await eventually(self.answers)

    def _start_server(self) -> None:
        program = find_server()
        if program is None:
            pytest.skip("needs redis-server")
        command = [str(program), "--port", "0", "--unixsocket", f"{self.folder}/r.sock", "--dir", str(self.folder)]
        command += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        self.processes[self.REDIS] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    async def answers(self) -> bool:
        """Does Redis answer?"""
        try:
            return bool(await self.client.ping())
        except TROUBLE:
            return False

    def start(self, name: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start `monitor <name> …`."""
        process = start_monitor(name, *arguments, env=self.env, log=self.folder / f"{name}.log")
        self.processes[name] = process
        return process

    async def kill_and_restart(self, name: str) -> None:
        """kill -9, and the same again."""
        process = self.processes[name]
        assert process.poll() is None, f"{name} ended by itself: {self.journal(name)}"
        process.kill()
        process.wait(STOP_S)
        if name == self.REDIS:
            await self.start_redis()
        else:
            self.start(name)

    async def ended(self, name: str, deadline_s: float = STOP_S) -> int:
        """Exit code of a process, once it has ended."""
        process = self.processes[name]
        await eventually(lambda: process.poll() is not None, deadline_s=deadline_s)
        return int(process.returncode)

    async def stop(self, name: str) -> int:
        """SIGTERM; returns the exit code."""
        self.processes[name].terminate()
        return await self.ended(name)

    def journal(self, name: str) -> str:
        """The end of what a service wrote to standard error."""
        path = self.folder / f"{name}.log"
        return path.read_text("utf-8", "replace")[-3000:] if path.exists() else ""

    async def close(self) -> None:
        """Leave nothing running."""
        await self.client.aclose()
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
            await asyncio.to_thread(process.wait, STOP_S)


@asynccontextmanager
async def fleet(**variables: str) -> AsyncIterator[Fleet]:
    """A Fleet with its Redis running, in a folder of its own; everything is killed and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="mf-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Fleet(Path(folder), **variables)
        try:
            await made.start_redis()
            yield made
        finally:
            await made.close()


async def stream(client: Redis, key: str) -> list[tuple[str, dict[bytes, bytes]]]:
    """All entries of a stream."""
    found: list[Any] = await client.xrange(key)
    return [(identifier.decode(), fields) for identifier, fields in found]
