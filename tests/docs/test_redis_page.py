"""Every example of docs/redis.md works against the Redis of a monitor that runs."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import redis as redis_py

from tests.docs.conftest import RunningMonitor
from tests.docs.test_docs import ROOT, _blocks
from tests.eventually import eventually

pytestmark = pytest.mark.xdist_group("running_monitor")

PAGE = ROOT / "docs" / "redis.md"
COMMANDS = [
    line
    for block in _blocks(PAGE, "sh")
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith("redis-cli")
]
TRIAL = "{trial}"
"""Board of its own for what the page writes, as it advises."""

NOTHING_YET = {
    "history:": "the first minute is not over",
    ":daily": "no exchange has closed",
    "alerts:active": "no spread has crossed a limit",
    "alerts:silences": "nobody asked for silence",
    "alerts:history": "nothing has happened",
    "alerts:jobs:": "nothing was told",
    "alerts:dead:": "nothing was refused",
    "alerts:threads:": "the console keeps no threads",
    "alerts:storms": "there was no storm",
    "alerts:channels": "nothing was told",
}
"""Keys that may be empty in the first seconds, and why."""


@pytest.fixture(scope="module")
def tools(running_monitor: RunningMonitor, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which `redis-cli`, as the page writes it, speaks to the monitor's Redis and fails on errors."""
    program = shutil.which("redis-cli")
    if program is None:
        pytest.skip("needs redis-cli")
    if shutil.which("jq") is None:
        pytest.skip("needs jq")
    folder = tmp_path_factory.mktemp("bin")
    wrapper = folder / "redis-cli"
    wrapper.write_text(f'#!/bin/sh\nexec {program} -e -s {running_monitor.socket} "$@"\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    return os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"}


@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_works(command: str, tools: dict[str, str]) -> None:
    """It ends without an error, and says something unless its key is empty for a reason that is named above."""
    line = command
    if "XADD" in line:
        line = line.replace("{hk-us}", TRIAL)
    if "SUBSCRIBE" in line:
        line = f"timeout 60 {line} | head -n 6"  # the greeting, then the first message

    def says() -> bool:
        """Whether there is an answer. A service that stood still has none: its lease and health end by themselves."""
        done = subprocess.run(["bash", "-c", line], env=tools, capture_output=True, check=False, timeout=200)
        said = done.stdout.decode(errors="replace")  # packed events are no text
        assert (done.returncode, done.stderr) == (0, b"")
        if "SUBSCRIBE" in line:
            return '"version"' in said
        return said.strip() not in ("", "null", "(nil)") or any(key in line for key in NOTHING_YET)

    await eventually(says)


@pytest.fixture
def client(running_monitor: RunningMonitor) -> Iterator[Any]:
    """A plain client of the monitor's Redis, with text for replies."""
    made = redis_py.Redis(unix_socket_path=str(running_monitor.socket), decode_responses=True)
    yield made
    made.close()


def run_block(words: str, running: RunningMonitor) -> dict[str, Any]:
    """The names that the Python block with `words` in it leaves behind, run against the running monitor."""
    (block,) = [text for text in _blocks(PAGE, "python") if words in text]
    found: dict[str, Any] = {}
    exec(block.replace("redis.Redis(", f"redis.Redis(unix_socket_path={str(running.socket)!r}, "), found)
    return found


def test_the_log_can_be_unpacked(running_monitor: RunningMonitor, capsys: pytest.CaptureFixture[str]) -> None:
    """The block prints the newest entry of the log: events, each with its tag first."""
    run_block("msgpack.decode", running_monitor)

    assert re.search(r"\[\['[qfhcsb]', ", capsys.readouterr().out)


def test_frames_are_followed_without_a_hole(running_monitor: RunningMonitor) -> None:
    """The block yields frames in order; with the id that was kept it goes on at the very next one."""
    follow = run_block("def frames", running_monitor)["frames"]

    first = follow("0")
    seen = [next(first) for _ in range(4)]
    again = follow(seen[1][0])

    assert [next(again), next(again)] == seen[2:]
    assert [frame["t"] for _, frame in seen] == sorted(frame["t"] for _, frame in seen)
    assert all("hstech-ixic.spread_pp.1d" in frame["metrics"] for _, frame in seen)
    newest = next(follow("$"))
    assert newest[0] > seen[-1][0]


def test_a_quiet_stream_is_no_trouble() -> None:
    """The block waits for less time than redis-py gives an answer: with as much, a client on a quiet stream gave up its
    connection again and again, and at last raised."""
    (block_ms,) = re.findall(r"block=(\d+)", "".join(_blocks(PAGE, "python")))

    assert int(block_ms) / 1000 < redis_py.Redis().get_connection_kwargs()["socket_timeout"]


def test_a_hole_in_the_snapshots_is_noticed(running_monitor: RunningMonitor, client: Any) -> None:
    """The block tells that entries were trimmed that a reader had not read, and only then."""
    missed = run_block("def frames", running_monitor)["missed"]
    oldest = client.xrange("monitor:{hk-us}:snapshots", count=1)[0][0]

    assert missed("1-0")
    assert not missed(oldest)


def test_boards_are_read_when_they_change(running_monitor: RunningMonitor, client: Any) -> None:
    """The block yields the whole board at once and again with each change, and reads all when it missed a message."""
    spreads = run_block("def spreads", running_monitor)["spreads"]()

    first = next(spreads)
    client.incrby("monitor:{hk-us}:version", 5)  # as if five messages had been lost on the way
    others = [next(spreads) for _ in range(2)]

    assert set(first) == {"hstech-ixic", "hstech-ndx"}
    assert all(set(one) == set(first) for one in others)


def test_python_blocks_are_all_run() -> None:
    """No block of the page is left out above."""
    assert [
        sum(words in text for text in _blocks(PAGE, "python"))
        for words in ("msgpack.decode", "def frames", "def spreads")
    ] == [1, 1, 1]
    assert len(_blocks(PAGE, "python")) == 3
