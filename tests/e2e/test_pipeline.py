"""`monitor up` from nothing: a moving board, an alert, the same document everywhere, and a clean end."""

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import ClientConnectorError, ClientError, ClientSession
from redis.asyncio import Redis

from monitor.bus.log_end import last_log_ns
from monitor.bus.redis import TROUBLE, command_client
from monitor.core.instant import MINUTE, format_instant, parse_instant
from monitor.core.paths.path import SPANS
from monitor.core.snapshot import Snapshot
from monitor.feeds.timestamps import read_time
from monitor.runtime.paths import redis_socket
from monitor.wire.keys import Keys
from tests.eventually import eventually
from tests.processes import environment, free_tcp_port, run_monitor, start_monitor

pytestmark = [pytest.mark.xdist_group("heavy"), pytest.mark.timeout(400)]

KEYS = Keys("monitor", "hk-us")
DEADLINE_S = 150.0


class Up:
    """`monitor up --feed sim` on a data folder of its own, with everything else as shipped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_tcp_port()
        self.env = environment(folder / "data", MONITOR_DASHBOARD__PORT=str(self.port))
        self.start()

    def start(self) -> None:
        self.process = start_monitor("up", "--feed", "sim", env=self.env, log=self.folder / "up.log")

    @property
    def printed(self) -> list[str]:
        """Lines on standard output so far."""
        return (self.folder / "up.out").read_text("utf-8").splitlines()

    @property
    def said(self) -> str:
        """Everything that could explain a failure."""
        logs = [self.folder / "up.log", *sorted((self.folder / "data" / "logs").glob("*.log"))]
        return "\n".join(f"--- {path.name}\n{path.read_text('utf-8', 'replace')[-2000:]}" for path in logs)

    def redis(self) -> Redis:
        """A client of the embedded server. One for each test: it belongs to the test's event loop."""
        return command_client(f"unix://{redis_socket(self.folder / 'data')}", name="test", timeout_s=60.0)

    async def board(self, client: Redis) -> Snapshot | None:
        """The readout, None while there is none."""
        try:
            data = await client.get(KEYS.readout)
        except TROUBLE:
            return None
        return None if data is None else msgspec.json.decode(data, type=Snapshot)

    async def live(self, client: Redis) -> Snapshot | None:
        """The readout once it has the spread of the day."""
        shown = await self.board(client)
        return shown if shown is not None and shown.pairs["hstech-ixic"]["1D"] is not None else None

    def end(self) -> None:
        """Ctrl-C, if it still runs."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    with tempfile.TemporaryDirectory(prefix="mu-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        running = Up(Path(folder))
        yield running
        try:
            running.end()
        except subprocess.TimeoutExpired:
            os.killpg(running.process.pid, signal.SIGKILL)


def children_of(pid: int) -> dict[int, str]:
    """Process id → command line of all that descends from `pid`."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = (int(stat.rpartition(")")[2].split()[1]), command)
    found: dict[int, str] = {}
    ancestors = {pid}
    while ancestors:
        born = {child: command for child, (parent, command) in parents.items() if parent in ancestors}
        found |= born
        ancestors = set(born)
    return found


async def test_a_live_spread_appears(up: Up) -> None:
    """From an empty folder to the day's spread, marked as simulated, in every place where a board is shown."""
    async with up.redis() as client:
        try:
            shown = await eventually(lambda: up.live(client), deadline_s=DEADLINE_S)
        except TimeoutError:
            pytest.fail(up.said)

    assert shown.simulated
    assert shown.instruments["HSTECH"].simulated
    assert shown.feeds.keys() == {"sim"}
    await eventually(lambda: any("SIMULATED" in line and "HSTECH" in line for line in up.printed))
    await eventually(lambda: any(f"http://127.0.0.1:{up.port}" in line for line in up.printed))


async def test_the_dashboard_is_ready(up: Up) -> None:
    """Ready and healthy; metrics of all four services in one answer; no other board."""

    async def ready() -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{up.port}/readyz") as answer:
                return answer.status == 200
        except OSError:
            return False

    async with ClientSession() as session:
        await eventually(ready, deadline_s=DEADLINE_S)
        async with session.get(f"http://127.0.0.1:{up.port}/healthz") as answer:
            assert answer.status == 200
        async with session.get(f"http://127.0.0.1:{up.port}/api/boards/nobody") as answer:
            assert answer.status == 404

        async def all_four() -> bool:
            async with session.get(f"http://127.0.0.1:{up.port}/metrics") as answer:
                text = await answer.text()
            return all(f'service="{name}"' in text for name in ("ingest", "spread", "alerting", "dashboard"))

        await eventually(all_four)


async def test_every_chart_has_a_past(up: Up) -> None:
    """Within a minute of a fresh start every span of every pair has a line that ends with the board's own number, and
    rows of history are those that `monitor history --json` prints."""

    async def asked(path: str) -> dict[str, object]:
        try:
            async with session.get(f"http://127.0.0.1:{up.port}/api/boards/hk-us/{path}") as answer:
                return {"status": answer.status, **await answer.json()}
        except ClientConnectorError:  # the dashboard starts beside the calculator
            return {"status": "not there yet"}

    async def all_drawn(pair: str, span: str) -> bool:
        found = await asked(f"pairs/{pair}/path?span={span}")
        drawn = [len(found[line]["points"]) for line in ("a", "b", "spread")] if found["status"] == "OK" else [0]
        return min(drawn) >= 3 and found["simulated"] is True

    async with up.redis() as client, ClientSession() as session:
        shown = await eventually(lambda: up.live(client), deadline_s=DEADLINE_S)
        for pair in shown.pairs:
            for span in SPANS:
                await eventually(lambda p=pair, s=span: all_drawn(p, s))
        now = await eventually(lambda: up.live(client))
        until_ns = parse_instant(now.t) // MINUTE * MINUTE  # the minute of now is written when it is over
        since, until = format_instant(until_ns - 5 * MINUTE), format_instant(until_ns)
        served = await asked(f"history?metric=hstech-ixic.spread_pp.1d&since={since}&until={until}")
    printed = await asyncio.to_thread(
        run_monitor, "history", "hstech-ixic.spread_pp.1d", "--since", since, "--until", until, "--json", env=up.env
    )
    assert printed.returncode == 0, printed.stderr
    assert served["rows"]
    assert served["rows"] == [msgspec.json.decode(line) for line in printed.stdout.splitlines()]


async def test_a_simulated_alert_is_printed(up: Up) -> None:
    """Within the first minutes of a market a shipped rule fires; its line says that nothing of it is real, and the list
    of active alerts knows it."""

    def printed() -> list[str]:
        return [line for line in up.printed if ":FIRING" in line]

    try:
        lines = await eventually(printed, deadline_s=DEADLINE_S)
    except TimeoutError:
        pytest.fail(up.said)
    assert all("SIMULATED" in line for line in lines)

    async def told(*options: str) -> str:
        done = await asyncio.to_thread(run_monitor, "alerts", "list", *options, env=up.env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    async def known() -> bool:
        """Asked again and again: an episode may end before the command has started, and the market makes others."""
        active = {msgspec.json.decode(line)["rule"] for line in (await told("--json")).splitlines()}
        return bool(active & {line.rpartition(" ")[2].partition(":")[0] for line in printed()})

    async def in_words() -> bool:
        return "FIRING" in await told()

    await eventually(known, deadline_s=DEADLINE_S)
    await eventually(in_words, deadline_s=DEADLINE_S)


async def test_one_document_everywhere_and_offline(up: Up) -> None:
    """With the market held for a moment, readout, `watch --once --json` and the API are the same bytes; and `snapshot`
    computes them again from a recording of the log, without Redis."""
    (ingest,) = [pid for pid, command in children_of(up.process.pid).items() if command.endswith(" ingest")]
    async with up.redis() as client, ClientSession() as session:

        async def document() -> tuple[bytes, bytes, bytes] | None:
            before = await client.get(KEYS.readout)
            watched = await asyncio.to_thread(run_monitor, "watch", "--once", "--json", env=up.env)
            async with session.get(f"http://127.0.0.1:{up.port}/api/boards/hk-us") as answer:
                served = await answer.read()
            if await client.get(KEYS.readout) != before:
                return None
            assert watched.returncode == 0, watched.stderr
            return before, watched.stdout.encode(), served

        os.kill(ingest, signal.SIGSTOP)
        try:
            readout, watched, served = await eventually(document, deadline_s=DEADLINE_S)
        finally:
            os.kill(ingest, signal.SIGCONT)
    assert watched == readout + b"\n"
    assert served == readout

    shown = msgspec.json.decode(readout, type=Snapshot)
    recording = up.folder / "recording.jsonl"
    recorder = start_monitor("record", "--out", recording, env=up.env, log=up.folder / "record.log")
    try:
        await eventually(lambda: recorded_until(recording) > parse_instant(shown.t), deadline_s=DEADLINE_S)
    finally:
        recorder.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(recorder.wait, 60) == 130
    offline = environment(up.folder / "elsewhere", MONITOR_REDIS__URL="unix:///nonexistent/redis.sock")
    computed = await asyncio.to_thread(run_monitor, "snapshot", recording, "--at", shown.t, env=offline)
    assert computed.returncode == 0, computed.stderr
    assert computed.stdout.encode() == readout + b"\n"


def recorded_until(path: Path) -> int:
    """Time of receipt, ns, of the last complete row of a recording that is being written; 0 when there is none."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 20_000))
        lines = file.read().split(b"\n")[1:-1]
    times = [read_time(row["received_at"]) for line in lines if "received_at" in (row := msgspec.json.decode(line))]
    return max(times, default=0)


async def test_whatever_is_killed_is_started_again(up: Up) -> None:
    """kill -9 of all four services and of Redis at once: the board goes on from where it was, and is served again."""
    async with up.redis() as client:
        before = await eventually(lambda: up.live(client), deadline_s=DEADLINE_S)
        # Processes that live for a moment, as for the sessions of exchanges, come and go beside the five.
        victims = await eventually(lambda: len(found := children_of(up.process.pid)) == 5 and found)
        for pid in victims:
            os.kill(pid, signal.SIGKILL)

        async def moved_on() -> bool:
            shown = await up.live(client)
            return shown is not None and shown.seq > before.seq and parse_instant(shown.t) > parse_instant(before.t)

        async def ready() -> bool:
            try:
                async with session.get(f"http://127.0.0.1:{up.port}/readyz") as answer:
                    return answer.status == 200
            except (OSError, ClientError):
                return False

        try:
            await eventually(moved_on, deadline_s=DEADLINE_S)
            async with ClientSession() as session:
                await eventually(ready, deadline_s=DEADLINE_S)
        except TimeoutError:
            pytest.fail(up.said)
    after = await eventually(lambda: len(found := children_of(up.process.pid)) == 5 and found, deadline_s=DEADLINE_S)
    assert not after.keys() & victims.keys()


async def test_ctrl_c_ends_everything_and_the_next_start_goes_on(up: Up) -> None:
    """No process is left; the exit code says interrupted; a second start on the same folder goes on after the last
    time of the log, with the board at once."""
    async with up.redis() as client:
        before = await eventually(lambda: up.live(client), deadline_s=DEADLINE_S)
        end_ns = await last_log_ns(client, KEYS.quotes)
    assert end_ns is not None
    family = children_of(up.process.pid)
    assert len(family) >= 5, family

    up.process.send_signal(signal.SIGINT)
    assert await asyncio.to_thread(up.process.wait, 60) == 130, up.said
    assert not [command for pid, command in family.items() if command and _command(pid) == command]
    assert "Traceback" not in up.said

    up.start()
    async with up.redis() as client:

        async def moved_on() -> Snapshot | None:
            shown = await up.live(client)
            return shown if shown is not None and parse_instant(shown.t) > end_ns else None

        try:
            after = await eventually(moved_on, deadline_s=DEADLINE_S)
        except TimeoutError:
            pytest.fail(up.said)
        times = [int(entry.partition(b"-")[0]) for entry, _ in await client.xrange(KEYS.snapshots)]
    assert after.seq > before.seq
    assert times == sorted(times)


def _command(pid: int) -> str:
    """The command line of a process, "" when there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
