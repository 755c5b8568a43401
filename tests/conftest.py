"""What every test may ask for: a private Redis, a free port; and the law on skipping.

A test that lacks a server, a tool or `../shared` skips with a reason that starts with "needs ". The last lines of the
run list these skips. With CI=true such a skip is a failure; `../shared` is excepted where it is really absent.
"""

import logging
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import settings
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.embedded import find_server
from monitor.bus.redis import command_client
from monitor.runtime import logs
from tests.processes import free_tcp_port
from tests.shared import SHARED

# Hypothesis would fail an example that took 200 ms: on a busy machine that says nothing of the code.
settings.register_profile("untimed", settings(), deadline=None)
settings.load_profile("untimed")

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests of one group on one worker: xdist 3.8 writes the group where pytest 9.2 no longer reads it, and parts
    every group without a word (pytest-xdist issue 1386)."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        groups = sorted({str(mark.args[0]) for mark in item.iter_markers("xdist_group")})
        suffix = f"@{'_'.join(groups)}"
        if groups and not item.nodeid.endswith(suffix):
            item._id = item.id.parse(item.nodeid + suffix)


@pytest.fixture
def own_logs() -> Iterator[None]:
    """What a test configures of the process's logging is undone after it: later tests read what is logged, too."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    logs._secrets.clear()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Address of a redis-server that belongs to this session alone: unix socket, no port, no persistence."""
    program = find_server()
    if program is None:
        pytest.skip("needs redis-server")
    folder = tempfile.mkdtemp(prefix="mr-", dir="/tmp")  # a socket's name may have about 100 bytes
    path = f"{folder}/r.sock"
    server = subprocess.Popen(
        [str(program), "--port", "0", "--unixsocket", path, "--save", "", "--appendonly", "no", "--dir", folder],
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for_redis(path, server)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """An asyncio client of the session's server, whose database is empty when the test starts."""
    client = command_client(redis_url, name="test", timeout_s=60.0)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on, and that no outgoing connection will take."""
    return free_tcp_port()


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """An empty folder with a name short enough for sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for_redis(path: str, server: subprocess.Popen[bytes]) -> None:
    client = SyncRedis(unix_socket_path=path)
    deadline = time.monotonic() + 60
    while True:
        try:
            client.ping()
        except RedisError:
            assert server.poll() is None, "the session's redis-server ended at once"
            assert time.monotonic() < deadline, "the session's redis-server does not answer"
            time.sleep(0.005)
        else:
            client.close()
            return


def _need(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """What the skipped test lacked, None when it was not skipped for want of something."""
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return None
    reason = str(report.longrepr[2]).removeprefix("Skipped: ")
    return reason if reason.startswith("needs ") else None


def _refuse_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    need = _need(report)
    absent = need is not None and need.startswith("needs ../shared") and not SHARED.is_dir()
    if IN_CI and need is not None and not absent:
        report.outcome = "failed"
        report.longrepr = f"{need}: skipping it is not allowed when CI=true"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    _refuse_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    _refuse_in_ci(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    needs = Counter(need for report in terminalreporter.stats.get("skipped", []) if (need := _need(report)))
    if needs:
        terminalreporter.section("not run on this machine")
        for need, count in sorted(needs.items()):
            terminalreporter.write_line(f"{count:4d} skipped: {need}")
