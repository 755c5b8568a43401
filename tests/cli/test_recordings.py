"""`monitor replay` and `monitor record` on a real log: interrupted, resumed, bounded, continued, never overwritten."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.core.event import SIMULATED, Beat, Event, Quote
from monitor.core.instant import MINUTE, SECOND, parse_instant
from monitor.feeds.recordings.recording import read_json_lines, recording_writer
from monitor.feeds.recordings.selection import Selection
from monitor.wire.codec import decode_entry, entry_fields
from monitor.wire.keys import Keys
from tests.cli.commands import Commands, Done
from tests.processes import environment

START = parse_instant("2025-06-10T14:00:00Z")
_prefixes = count()


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@pytest.fixture
def env(redis_url: str) -> dict[str, str]:
    """Variables of a monitor with a log of its own that is empty."""
    return environment(
        MONITOR_FEED="replay", MONITOR_REDIS__URL=redis_url, MONITOR_REDIS__PREFIX=f"recordings{next(_prefixes)}"
    )


def key(env: dict[str, str]) -> str:
    return Keys(env["MONITOR_REDIS__PREFIX"], "hk-us").quotes


def events(number: int = 500) -> list[Event]:
    """Quotes a tenth of a second apart; each second has ten, the last two of them at one time."""
    times = [START + (n // 10) * SECOND + min(n % 10, 8) * SECOND // 10 for n in range(number)]
    return [Quote("NVDA", "yahoo", at_ns, at_ns, 140.0 + n / 100) for n, at_ns in enumerate(times)]


def write(path: Path, recorded: list[Event]) -> Path:
    with recording_writer(path) as writer:
        for event in recorded:
            writer.write(event)
    return path


async def log_of(redis: Redis, env: dict[str, str]) -> list[Event]:
    """All events of the log, in its order."""
    entries = await redis.xrange(key(env))
    return [event for _, fields in entries for event in decode_entry(fields).events]


async def cut(redis: Redis, env: dict[str, str], keep: int) -> None:
    """The log as a replay leaves it that was killed after `keep` events."""
    kept = (await log_of(redis, env))[:keep]
    await redis.delete(key(env))
    for first in range(0, keep, 40):
        await redis.xadd(key(env), entry_fields("replay:1", first, kept[first : first + 40]))


def told(done: Done) -> str:
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize("keep", [1, 9, 10, 137, 500])
async def test_a_replay_goes_on_where_it_was_interrupted(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path, keep: int
) -> None:
    """Wherever it was: with --resume the log is in the end what an undisturbed replay makes of it, event by event."""
    path = write(tmp_path / "day.jsonl", events())
    assert commands.run("replay", path, "--speed", "max", env=env).code == 0
    undisturbed = await log_of(redis, env)
    await cut(redis, env, keep)

    if keep > 1:
        refused = commands.run("replay", path, "--speed", "max", env=env)
        assert refused.code == 2
        assert "Add --resume" in told(refused)
    resumed = commands.run("replay", path, "--speed", "max", "--resume", env=env)

    assert (resumed.code, told(resumed)) == (0, "")
    assert await log_of(redis, env) == undisturbed


async def test_a_finished_replay_has_nothing_to_resume(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path
) -> None:
    """0, and the log stays as it is: a script may resume until it has succeeded."""
    path = write(tmp_path / "day.jsonl", events())
    assert commands.run("replay", path, "--speed", "max", env=env).code == 0
    finished = await log_of(redis, env)

    assert commands.run("replay", path, "--speed", "max", "--resume", env=env).code == 0
    assert await log_of(redis, env) == finished


async def test_another_recording_is_not_resumed(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path
) -> None:
    """What the log has last is not in it: refused, nothing is written."""
    path = write(tmp_path / "day.jsonl", events())
    assert commands.run("replay", path, "--speed", "max", env=env).code == 0
    await cut(redis, env, 200)
    other = write(tmp_path / "other.jsonl", [Quote("NVDA", "yahoo", e.recv_ns, e.recv_ns, 99.0) for e in events()])

    done = commands.run("replay", other, "--resume", env=env)

    assert done.code == 2
    assert "what the log has last is not in it" in told(done)
    assert len(await log_of(redis, env)) == 200


async def test_a_log_of_the_other_market_is_not_replayed_into(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path
) -> None:
    """Simulated prices are in the log: real ones are refused, whatever feed the replay is told of."""
    invented = [Quote("NVDA", "sim", e.recv_ns, e.recv_ns, 99.0, flags=SIMULATED) for e in events(20)]
    await put(redis, env, invented)
    path = write(tmp_path / "later.jsonl", events()[100:])

    done = commands.run("replay", path, "--speed", "max", env=env)

    assert done.code == 2
    assert "holds simulated prices" in told(done)
    assert await log_of(redis, env) == invented


async def put(redis: Redis, env: dict[str, str], logged: list[Event], first: int = 0) -> None:
    """Events into the log as an ingest would."""
    await redis.xadd(key(env), entry_fields("ingest:1", first, logged))


def recorded(path: Path) -> list[Event]:
    return [event for _, event in read_json_lines(path, Selection())]


async def test_a_recording_ends_when_the_log_has_passed_its_end(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path
) -> None:
    """--since and --until in log time, both included; the file is complete, and the command has ended by itself."""
    logged = [Beat(START + n * MINUTE) for n in range(10)]
    await put(redis, env, logged)
    out = tmp_path / "part.jsonl"

    done = commands.run(
        "record", "--out", out, "--since", "2025-06-10T14:02:00Z", "--until", "2025-06-10T14:05:00Z", env=env
    )

    assert (done.code, told(done), done.out) == (0, "", "")
    assert recorded(out) == logged[2:6]


async def test_a_duration_is_log_time(redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path) -> None:
    """So much from the first event that is recorded on; Parquet as well."""
    logged = [Beat(START + n * MINUTE) for n in range(10)]
    await put(redis, env, logged)
    out = tmp_path / "part.parquet"

    done = commands.run("record", "--out", out, "--duration", "3m", env=env)

    assert done.code == 0, done
    again = environment(MONITOR_FEED="replay", MONITOR_REDIS__URL=env["MONITOR_REDIS__URL"], MONITOR_REDIS__PREFIX="r2")
    assert commands.run("replay", out, "--speed", "max", env=again).code == 0
    assert (await log_of(redis, again))[:4] == logged[:4]


async def test_a_recording_is_continued_without_gap_and_repeat(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path
) -> None:
    """--append takes up behind the last event of the file, also in the middle of those of one time; a torn last line
    does not matter."""
    logged = [event for n in range(20) for event in (Beat(START + n * SECOND), *events(3))]
    logged = sorted(logged, key=lambda event: event.recv_ns)
    await put(redis, env, logged)
    await put(redis, env, [Beat(START + MINUTE)], len(logged))
    out = tmp_path / "log.jsonl"
    with recording_writer(out) as writer:
        for event in logged[:2]:
            writer.write(event, event.recv_ns)
    with out.open("a") as file:
        file.write('{"kind":"be')

    done = commands.run("record", "--out", out, "--append", "--until", "2025-06-10T14:00:30Z", env=env)

    assert (done.code, told(done)) == (0, "")
    assert recorded(out) == logged


async def test_a_hole_in_a_continued_recording_is_told(
    redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path
) -> None:
    """The log no longer has what followed: said, and recorded from there on."""
    out = write(tmp_path / "log.jsonl", [Beat(START)])
    await put(redis, env, [Beat(START + MINUTE), Beat(START + 2 * MINUTE)])

    done = commands.run("record", "--out", out, "--append", "--until", "2025-06-10T14:01:00Z", env=env)

    assert done.code == 0
    assert "no longer had what followed 2025-06-10T14:00:00" in told(done)
    assert recorded(out) == [Beat(START), Beat(START + MINUTE)]


async def test_a_file_a_day(redis: Redis, env: dict[str, str], commands: Commands, tmp_path: Path) -> None:
    """{date} in the name is the UTC date of log time; started again with --append it goes on with the newest."""
    night = parse_instant("2025-06-10T23:59:00Z")
    logged = [Beat(night), Beat(night + MINUTE), Beat(night + 2 * MINUTE), Beat(night + 3 * MINUTE)]
    await put(redis, env, logged)
    out = tmp_path / "{date}.jsonl"

    first = commands.run("record", "--out", out, "--until", "2025-06-11T00:00:00Z", env=env)
    again = commands.run("record", "--out", out, "--append", "--until", "2025-06-11T00:01:00Z", env=env)

    assert (first.code, again.code) == (0, 0), (first, again)
    assert recorded(tmp_path / "2025-06-10.jsonl") == logged[:1]
    assert recorded(tmp_path / "2025-06-11.jsonl") == logged[1:3]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "there.jsonl"], ["exists already", "--append", "--force"]),
        (["--out", "there.jsonl", "--append", "--force"], ["choose one"]),
        (["--out", "new.parquet", "--append"], ["cannot be continued", "{date}"]),
        (["--out", "new.csv"], [".jsonl, .ndjson, .parquet"]),
        (["--out", "nowhere/new.jsonl"], ["the folder"]),
        (["--out", "new.jsonl", "--duration", "3 minutes"], ["--duration", '"2h"']),
        (["--out", "new.jsonl", "--since", "yesterday"], ["--since 'yesterday'", "2025-02-21"]),
        (["--out", "new.jsonl", "--since", "2025-02-22", "--until", "2025-02-21T00:00:00Z"], ["is not later"]),
    ],
)
def test_what_cannot_be_recorded_is_refused(
    env: dict[str, str], commands: Commands, tmp_path: Path, arguments: list[str], says: list[str]
) -> None:
    """2, in one sentence, and no file is touched."""
    there = write(tmp_path / "there.jsonl", [Beat(START)])
    before = there.read_bytes()

    done = commands.run("record", *(str(tmp_path / a) if "." in a[-8:] else a for a in arguments), env=env)

    assert done.code == 2, done
    for part in says:
        assert part in told(done)
    assert there.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["there.jsonl"]
