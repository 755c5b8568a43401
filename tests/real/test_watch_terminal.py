"""`monitor watch` and `monitor up` on a terminal of their own: keys, views, sizes, and how they leave it."""

import asyncio
import os
import pty
import signal
import sys
import termios
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.readouts.terminal.device import Device
from tests.eventually import eventually
from tests.processes import environment
from tests.readouts.publishing import publish
from tests.readouts.sample import alert, sample
from tests.terminal_screen import Seat, at_a_terminal

WATCH = [sys.executable, "-m", "monitor.cli", "watch"]
BROKEN = """
import sys
from monitor.assembly import watch
from monitor.assembly.site import Site

def broken(*_):
    raise ZeroDivisionError("a bug")

watch.lookup_of = lambda *_: type("Broken", (), {"look": broken})()
sys.exit(watch.watch(Site(), once=False, as_json=False))
"""


@pytest.fixture
def env(redis_url: str) -> dict[str, str]:
    """Variables of a watch of the session's Redis on an ordinary terminal of 80 columns."""
    found = environment(MONITOR_REDIS__URL=redis_url, TERM="xterm-256color", LANG="C.UTF-8")
    return {name: value for name, value in found.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}


def is_cooked(seat: Seat) -> bool:
    """Whether the terminal echoes and gives whole lines, as a shell expects it."""
    return bool(seat.mode[3] & termios.ECHO) and bool(seat.mode[3] & termios.ICANON)


def is_restored(seat: Seat) -> bool:
    """Whether nothing of the program is left on the terminal."""
    return is_cooked(seat) and not seat.screen.other and seat.screen.cursor


async def test_keys_lead_through_the_views(redis: Redis, env: dict[str, str]) -> None:
    """Numbers, letters, arrows and Esc do what the key bar says, also when a sequence comes in pieces; a resized window
    is drawn anew; the picture stands still when frozen; `q` leaves the terminal as it was."""
    await publish(redis, sample(simulated=True), alert())
    async with at_a_terminal(WATCH, env) as seat:
        await seat.sees("SIMULATED MARKET", "Hong Kong tech vs Nasdaq", "b board  1–4 pair", "alerts 1")
        assert not is_cooked(seat)
        assert seat.screen.colours
        seat.press("1")
        await seat.sees("hstech-ixic  pair 1 of 4", "HSTECH leads the Nasdaq")
        seat.press("\t")
        await seat.sees("hstech-ndx  pair 2 of 4")
        seat.press(b"\x1b")
        seat.press(b"[")
        seat.press(b"D")
        await seat.sees("hstech-ixic  pair 1 of 4")
        seat.press(b"\x1b[6~")
        await seat.sees("↑")
        assert "SIMULATED MARKET" in seat.screen.lines[0]
        seat.press("s")
        await seat.sees("china-m7  basket 1 of 3", "MEMBERS by contribution over 1D")
        seat.press("w")
        await seat.sees("MEMBERS by contribution over WTD")
        seat.press("a")
        await seat.sees("spread-1d-wide · hstech-ixic", "CHANNELS")
        seat.press("?")
        await seat.sees("titans_mag7", "hold the picture")
        seat.press(b"\x1b")
        await seat.sees("spread-1d-wide · hstech-ixic")
        seat.press(" ")
        await seat.sees("FROZEN")
        await publish(redis, sample(simulated=True, title="Another title", seq=2))
        seat.press("b")
        await seat.sees("Hong Kong tech vs Nasdaq", "FROZEN")
        seat.press(" ")
        await seat.sees("Another title", "space freeze")
        seat.resize(60, 10)
        await seat.sees("SIMULATED MARKET", "? help  q quit")
        assert len(seat.screen.lines) == 10
        seat.resize(160, 50)
        await seat.sees("BASKETS return", "Tab next")
        seat.press("q")
        assert await seat.ended() == 0
        assert is_restored(seat)


async def test_the_terminal_is_restored_after_ctrl_z_and_sigterm(redis: Redis, env: dict[str, str]) -> None:
    """Ctrl-Z gives the terminal back to the shell, and `fg` takes it again; so does the end by SIGTERM. Without colours
    nothing is coloured, and where the encoding has no arrows a fall still has its sign."""
    await publish(redis, sample())
    shell = ["bash", "-mc", '"$@"; echo back in the shell; read; fg', "bash"]
    watch = [*WATCH, "--view", "pair", "--subject", "titans_mag7"]
    async with at_a_terminal([*shell, *watch], env | {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii"}) as seat:
        await seat.sees("titans_mag7  pair 4 of 4", "v -")
        assert not seat.screen.colours
        seat.press("\x1a")
        await seat.sees("back in the shell")
        assert is_restored(seat)
        seat.press("\n")
        await eventually(lambda: seat.screen.other and not is_cooked(seat))
        seat.press("4p")
        await seat.sees("china-m7_mag7  pair 3 of 4")
        seat.signal(signal.SIGTERM)
        assert await seat.ended() == 0
        assert is_restored(seat)


async def test_the_terminal_is_restored_after_a_crash(redis: Redis, env: dict[str, str]) -> None:
    """A bug ends the watch with exit code 1 and its traceback on a terminal that works."""
    await publish(redis, sample())
    async with at_a_terminal([sys.executable, "-c", BROKEN], env, rows=60, columns=200) as seat:
        assert await seat.ended() == 1
        assert is_restored(seat)
        assert "a bug" in seat.said


async def test_without_standard_input_there_are_pictures(redis: Redis, env: dict[str, str]) -> None:
    """With `< /dev/null` the board is drawn, the terminal goes on echoing without scrolling the picture, and no key is
    promised; a screen of ten rows and 40 columns is enough not to fail."""
    await publish(redis, sample(simulated=True))
    shell = ["bash", "-c", 'exec "$@" < /dev/null', "bash"]
    async with at_a_terminal([*shell, *WATCH], env, columns=40, rows=10) as seat:
        await seat.sees("SIMULATED MARKET", "no keys: standard input")
        assert is_cooked(seat)
        await eventually(lambda: seat.screen.at_top)
        before = len(seat.said)
        seat.press("\n" * 3)
        await eventually(lambda: "\r\n" * 3 in seat.said[before:])
        seat.press("\x03")
        assert await seat.ended() == 130
        assert is_restored(seat)


async def test_a_dumb_terminal_gets_lines(redis: Redis, env: dict[str, str]) -> None:
    """Where the cursor cannot be moved, lines come as into a pipe, and not one control sequence."""
    await publish(redis, sample(simulated=True))
    async with at_a_terminal(WATCH, env | {"TERM": "dumb"}, columns=400) as seat:
        await seat.sees("hk-us SIMULATED | hstech-ixic 1D")
        assert is_cooked(seat)
        assert "\x1b" not in seat.said
        seat.press("\x03")
        assert await seat.ended() == 130


async def test_quitting_everything_is_like_ctrl_c(redis: Redis, env: dict[str, str], tmp_path: Path) -> None:
    """`monitor up` has the same keys, and `q` stops every service and leaves as Ctrl-C does."""
    settings = {"MONITOR_DATA_DIR": str(tmp_path), "MONITOR_FEED": "sim", "MONITOR_REDIS__PREFIX": "up"}
    async with at_a_terminal([*WATCH[:-1], "up", "--no-dashboard"], env | settings) as seat:
        await seat.sees("SIMULATED MARKET", "SERVICES", deadline_s=150)
        seat.press("1")
        await seat.sees("pair 1 of")
        seat.press("q")
        assert await seat.ended(60) == 130
        assert is_restored(seat)
    log = (tmp_path / "logs" / "spread.log").read_text()
    assert "stopped" in log


async def test_a_slow_line_holds_up_nothing() -> None:
    """While the terminal takes no more, everything else goes on, and in the end nothing is missing."""
    theirs, ours = pty.openpty()
    device = Device(os.ttyname(ours))
    picture = b"x" * 200_000
    try:
        writing = asyncio.create_task(device.write(picture))
        await asyncio.sleep(0)
        assert not writing.done()
        received = 0

        async def read() -> bool:
            nonlocal received
            received += len(os.read(theirs, 4096))
            await asyncio.sleep(0)
            return writing.done()

        await eventually(read)
        os.set_blocking(theirs, False)
        while received < len(picture):
            received += len(os.read(theirs, 65536))
        assert received == len(picture)
    finally:
        device.close()
        os.close(theirs)
        os.close(ours)
