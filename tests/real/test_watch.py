import asyncio
import io
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis
from rich.console import Console

from monitor.bus.embedded import find_server
from monitor.bus.health import HealthKeys
from monitor.bus.redis import TROUBLE, command_client
from monitor.errors import UnreachableError
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.services import sentence
from monitor.readouts.terminal import Watch, show_once
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from tests.eventually import eventually
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import alert, sample


class SetClock(SystemClock):
    """Real sleeps, and a time of day that a test moves."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now_ns(self) -> int:
        return super().now_ns() + int(self.ahead_s * 1e9)


def console(*, terminal: bool, width: int = 100, height: int = 400) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=terminal, width=width, height=height, color_system=None, legacy_windows=False
    )


def text(console: Console) -> str:
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def seen(watch: Watch) -> list[str]:
    """The lines of what the terminal shows."""
    return ["".join(segment.text for segment in line).rstrip() for line in watch.picture()]


@asynccontextmanager
async def running(live: LiveBoard, *watches: Watch) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(live.run()), *(asyncio.create_task(watch.run()) for watch in watches)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_once_json_prints_the_stored_document(redis: Redis) -> None:
    """`watch --once --json` is the readout of Redis, byte for byte, and nothing else."""
    snapshot = sample()
    await publish(redis, snapshot)
    out = console(terminal=False, width=20)

    await show_once(BoardReader(redis, KEYS), out, SystemClock(), as_json=True)

    assert text(out).encode() == snapshot.to_json() + b"\n"


async def test_once_prints_the_board_with_its_alerts(redis: Redis) -> None:
    """`watch --once` prints board and active alerts without a control sequence when it is piped."""
    await publish(redis, sample(), alert())
    out = console(terminal=False)

    await show_once(BoardReader(redis, KEYS), out, SystemClock())

    assert "HSTECH leads the Nasdaq: +6.21 pp" in text(out)
    assert "\x1b" not in text(out)


async def test_once_without_a_snapshot_says_what_to_do(redis: Redis) -> None:
    """An empty Redis is an error with exit code 3 and advice, not an empty board."""
    with pytest.raises(UnreachableError, match=r"no snapshot of it yet.*monitor up") as caught:
        await show_once(BoardReader(redis, KEYS), console(terminal=False), SystemClock())

    assert caught.value.exit_code == 3


async def test_piped_watch_writes_a_line_a_snapshot(redis: Redis) -> None:
    """Where there is no terminal, lines come instead of pictures, and notices at once."""
    await publish(redis, sample(simulated=True))
    out = console(terminal=False)
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01)
    watch = Watch(live, SystemClock(), out, line_every_s=0.02)

    async with running(live, watch):
        await eventually(lambda: text(out).count("SIMULATED |") == 1)
        await publish(redis, sample(simulated=True, t="2025-02-21T16:20:01Z", seq=2))
        await eventually(lambda: "2025-02-21T16:20:01Z hk-us SIMULATED | hstech-ixic" in text(out))
        watch.say("mail\x1b sent")

    assert "mail\\x1b sent\n" in text(out)
    assert "\x1b" not in text(out)


async def test_terminal_follows_snapshots(redis: Redis) -> None:
    """A new snapshot is on the screen without a key being pressed; leaving restores the screen."""
    await publish(redis, sample())
    out = console(terminal=True)
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01)

    async with running(live, Watch(live, SystemClock(), out)):
        await eventually(lambda: "Hong Kong tech vs Nasdaq" in text(out))
        await publish(redis, sample(title="Another title", seq=2))
        await eventually(lambda: "Another title" in text(out))

    assert text(out).count("\x1b[?1049h") == 1
    assert text(out).count("\x1b[?1049l") == 1


async def test_silence_is_said(redis: Redis) -> None:
    """A board that no longer moves says for how long."""
    await publish(redis, sample())
    clock = SetClock()
    live = LiveBoard(BoardReader(redis, KEYS), clock, gap_s=0.01)
    watch = Watch(live, clock, console(terminal=True))

    async with running(live):
        await eventually(lambda: live.newest)
        assert watch.trouble() == ""
        clock.ahead_s = 12.2
        assert watch.trouble() == "no new snapshot for 12 s"
        assert seen(watch)[0].strip() == "no new snapshot for 12 s"


@pytest.mark.parametrize(("width", "height"), [(80, 24), (60, 10)])
async def test_a_view_is_scrolled_through_line_by_line(redis: Redis, width: int, height: int) -> None:
    """What does not fit is counted in the last line and comes with the keys; the screen itself never scrolls."""
    await publish(redis, sample())
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01)
    watch = Watch(live, SystemClock(), console(terminal=True, width=width, height=height), quiet_s=1000)

    async with running(live):
        await eventually(lambda: live.newest)
        for view in "b1sa?":
            watch.press(view)
            body: dict[int, str] = {}
            below = 1
            while below:
                *lines, bar = seen(watch)
                above, below = (int(found[1]) if (found := re.search(f"{sign}([0-9]+)", bar)) else 0 for sign in "↑↓")
                assert len(lines) == height - 1
                assert max(map(len, [*lines, bar])) <= width
                body |= dict(enumerate(lines, above))
                watch.press("page down")
            assert list(body) == list(range(above + height - 1))
            watch.press("home")
            assert "↑" not in seen(watch)[-1]
            watch.press("end")
            assert seen(watch)[:-1] == list(body.values())[-(height - 1) :]


async def test_watch_survives_a_restart_of_redis(short_dir: Path) -> None:
    """Redis goes and comes back: the board says that it is away, and goes on with the next snapshot."""
    program = find_server()
    if program is None:
        pytest.skip("needs redis-server")
    address = short_dir / "r.sock"
    arguments = [str(program), "--port", "0", "--unixsocket", str(address), "--save", "", "--dir", str(short_dir)]
    redis = command_client(f"unix://{address}", name="test")
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01, poll_s=0.1)

    async def answers() -> bool:
        try:
            return bool(await redis.ping())
        except TROUBLE:
            return False

    async with running(live):
        first = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.DEVNULL)
        await eventually(answers)
        await publish(redis, sample())
        await eventually(lambda: live.newest and not live.problem)
        first.kill()
        await first.wait()
        await eventually(lambda: live.problem.startswith("Redis does not answer"))
        second = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.DEVNULL)
        try:
            await eventually(answers)
            await publish(redis, sample(seq=2))
            await eventually(lambda: live.newest and live.newest.snapshot.seq == 2 and not live.problem)
        finally:
            second.kill()
            await second.wait()
    await redis.aclose()


async def test_output_ends_when_its_reader_goes(redis: Redis) -> None:
    """`| head` ends the watch without a complaint."""
    await publish(redis, sample())
    reading, writing = os.pipe()
    os.close(reading)
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01)

    with os.fdopen(writing, "w") as closed:
        async with running(live):
            await asyncio.wait_for(Watch(live, SystemClock(), Console(file=closed)).run(), 60)


async def test_a_redis_that_is_silent_is_named_as_such(redis: Redis) -> None:
    """A server that takes too long says nothing of its own, and the board still has a reason to show."""

    class Slow(BoardReader):
        async def newest(self) -> tuple[bytes | None, Mapping[bytes, bytes]]:
            raise TimeoutError

    live = LiveBoard(Slow(redis, KEYS), SystemClock(), gap_s=0.01, poll_s=0.1)
    async with running(live):
        await eventually(lambda: live.problem == "Redis does not answer: nothing within 5 s")


async def test_other_encodings_keep_every_sign_of_a_number(redis: Redis, tmp_path: Path) -> None:
    """An output without arrows gets others, and a minus stays one; JSON stays UTF-8 byte for byte."""
    snapshot = sample()
    await publish(redis, snapshot)
    reader = BoardReader(redis, KEYS)
    with (tmp_path / "board").open("w", encoding="ascii") as file:
        await show_once(reader, Console(file=file, width=120), SystemClock())
    with (tmp_path / "json").open("w", encoding="ascii") as file:
        await show_once(reader, Console(file=file, width=120), SystemClock(), as_json=True)

    board = (tmp_path / "board").read_bytes()
    assert b"^ +0.73 %" in board
    assert b"v -" in board
    assert b"? " not in board
    assert (tmp_path / "json").read_bytes() == snapshot.to_json() + b"\n"


async def test_long_notices_take_one_line(redis: Redis) -> None:
    """What the console channel says is cut at the edge of the terminal; the board keeps its place."""
    await publish(redis, sample())
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01)
    watch = Watch(live, SystemClock(), console(terminal=True, width=80))
    watch.say("[WARNING] HSTECH ahead of the Nasdaq Composite today: +1.03 pp " + "· id hstech-ixic-ahead:FIRING " * 4)

    async with running(live):
        await eventually(lambda: live.newest)
        first, second = seen(watch)[:2]

    assert first.startswith("[WARNING] HSTECH ahead of the Nasdaq Composite today: +1.03 pp")
    assert first.rstrip().endswith("…")
    assert second.startswith("Hong Kong tech vs Nasdaq")


async def test_the_address_stays_above_what_is_told(redis: Redis) -> None:
    """However much is told, the page's address is seen first, and the newest notices below it; where there is room for
    one line only, it is the newest notice."""
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock())
    watch = Watch(live, SystemClock(), console(terminal=True, height=24))
    watch.say("dashboard: http://127.0.0.1:1", stays=True)
    watch.say("dashboard: http://127.0.0.1:2", stays=True)
    for number in range(9):
        watch.say(f"notice {number}")

    told = [line.strip() for line in seen(watch)[:4]]
    assert told == ["dashboard: http://127.0.0.1:2", "notice 6", "notice 7", "notice 8"]
    small = Watch(live, SystemClock(), console(terminal=True, height=10))
    small.say("dashboard: http://127.0.0.1:2", stays=True)
    assert seen(small)[0].strip() == "dashboard: http://127.0.0.1:2"
    small.say("notice")
    assert seen(small)[0].strip() == "notice"


async def test_services_that_die_are_gone(redis: Redis) -> None:
    """A service that no longer writes its health shows as gone."""
    await publish(redis, sample())
    health = HealthKeys(redis, KEYS)
    clock = SetClock()
    live = LiveBoard(BoardReader(redis, KEYS), clock, gap_s=0.01, poll_s=0.05, health=health.read, expected=["spread"])
    heart = Heart("spread", "one", SystemClock())
    heart.progress()
    await health.write("spread", "one", msgspec.json.encode(heart.health()), b"", 60)

    async with running(live):
        await eventually(lambda: sentence(live.services) == "spread ok")
        await redis.delete(KEYS.health("spread", "one"))
        clock.ahead_s = 3
        await eventually(lambda: sentence(live.services) == "spread gone")
