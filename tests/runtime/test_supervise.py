"""Children that are kept running: real processes."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.errors import UsageError
from monitor.runtime.supervise import Child, Supervisor
from tests.eventually import eventually

LIVES = "import time\nprint('up', flush=True)\nwhile True: time.sleep(60)"
STUBBORN = "import signal, time\nsignal.signal(15, signal.SIG_IGN)\nprint('up', flush=True)\nwhile True: time.sleep(60)"


def child(folder: Path, name: str, program: str, lines: list[str] | None = None) -> Child:
    on_line = None if lines is None else lambda line: lines.append(f"{name}: {line}")
    return Child(name, [sys.executable, "-c", program], os.environ, folder / "logs" / f"{name}.log", on_line)


@contextlib.asynccontextmanager
async def running(supervisor: Supervisor) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(supervisor.run(stop))
    try:
        yield stop
        stop.set()
        await asyncio.wait_for(task, 60)
    finally:
        task.cancel()


async def test_lines_reach_the_callback(tmp_path: Path) -> None:
    """Standard output comes line by line, standard error is in the log file, and all end at the stop."""
    lines: list[str] = []
    program = "import sys\nprint('schön', flush=True)\nprint('oops', file=sys.stderr, flush=True)\n" + LIVES
    supervisor = Supervisor([child(tmp_path, "a", program, lines), child(tmp_path, "b", LIVES)])

    async with running(supervisor):
        await eventually(lambda: lines == ["a: schön", "a: up"])
        pids = [supervisor.pid("a"), supervisor.pid("b")]
        await eventually(lambda: (tmp_path / "logs" / "b.log").read_text() == "up\n")

    assert (tmp_path / "logs" / "a.log").read_text() == "oops\n"
    assert [supervisor.pid("a"), supervisor.pid("b")] == [None, None]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_dead_child_is_restarted(tmp_path: Path) -> None:
    """A child that was killed comes back; the others do not notice."""
    supervisor = Supervisor([child(tmp_path, "a", LIVES), child(tmp_path, "b", LIVES)], first_s=0.01)

    async with running(supervisor):
        await eventually(lambda: supervisor.pid("a") and supervisor.pid("b"))
        a, b = supervisor.pid("a"), supervisor.pid("b")
        os.kill(a, signal.SIGKILL)
        await eventually(lambda: supervisor.pid("a") not in (None, a))
        assert supervisor.pid("b") == b

    assert supervisor.restarts == {"a": 1, "b": 0}


async def test_a_stubborn_child_is_killed(tmp_path: Path) -> None:
    """A child that ignores SIGTERM does not hold up the end for longer than its time."""
    lines: list[str] = []
    supervisor = Supervisor([child(tmp_path, "a", STUBBORN, lines)], stop_s=0.1)

    async with running(supervisor):
        await eventually(lambda: lines)

    assert supervisor.pid("a") is None


async def test_children_stop_in_reverse_order(tmp_path: Path) -> None:
    """The last one started is the first one told to stop, and has ended before the next is told."""
    journal = tmp_path / "order"
    program = f"""
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("up", flush=True)
signal.sigwait([signal.SIGTERM])
open({str(journal)!r}, "a").write(NAME)
"""
    lines: list[str] = []
    children = [child(tmp_path, name, program.replace("NAME", repr(name)), lines) for name in "abc"]

    async with running(Supervisor(children)):
        await eventually(lambda: len(lines) == 3)

    assert journal.read_text() == "cba"


async def test_a_refused_configuration_ends_everything(tmp_path: Path) -> None:
    """A child with exit code 2 is not started again: its last words are the message, and the others are stopped."""
    refusing = "import sys\nprint('error: monitor.toml:3: feed', file=sys.stderr)\nsys.exit(2)"
    supervisor = Supervisor([child(tmp_path, "a", LIVES), child(tmp_path, "b", refusing)])

    with pytest.raises(UsageError, match=r"^b refused to start: monitor\.toml:3: feed$"):
        await asyncio.wait_for(supervisor.run(asyncio.Event()), 60)

    assert supervisor.pid("a") is None
