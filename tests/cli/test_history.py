"""`monitor history` on the command line: what it says when a name is wrong or nothing is there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import Commands
from tests.processes import environment

NOWHERE = "unix:///nonexistent/redis.sock"


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@pytest.fixture
def quotes(tmp_path: Path) -> Path:
    path = tmp_path / "quotes.jsonl"
    rows = [(f"2025-03-10T07:{minute}:10Z", 5900 + minute) for minute in (50, 51, 53, 55)]
    path.write_text("".join(f'{{"symbol":"HSTECH","price":{price},"ts":"{ts}"}}\n' for ts, price in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "hstech-ixic.sprea_pp.1d",
            "no metric is called hstech-ixic.sprea_pp.1d. Did you mean hstech-ixic.spread_pp.1d?",
        ),
        ("hstech-ixic.robust_z.1d", "hstech-ixic.robust_z.1d is kept once a day: add --every 1d"),
    ],
)
def test_a_metric_that_is_not_there(commands: Commands, tmp_path: Path, quotes: Path, name: str, says: str) -> None:
    """A misspelt name gets a suggestion, one that is not kept by the minute the way to it; and no file is left."""
    out = tmp_path / "x.csv"

    done = commands.run(
        "history",
        name,
        "--replay",
        quotes,
        "--out",
        out,
        env=environment(MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS="10000"),
    )

    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err
    assert not out.exists()


def test_without_redis_and_without_files(commands: Commands, tmp_path: Path) -> None:
    """Nothing to look at is exit code 3, and the sentence says what to check."""
    done = commands.run("history", env=environment(tmp_path, MONITOR_REDIS__URL=NOWHERE))

    assert done.code == 3
    assert "Start `monitor up` first" in done.err


def test_store_wants_a_recording(commands: Commands) -> None:
    """`--store` alone is refused: what is live is kept by the calculator."""
    done = commands.run("history", "--store", env=environment())

    assert done.code == 2
    assert "--replay" in done.err


def test_a_backfill_is_printed(commands: Commands, quotes: Path) -> None:
    """Without --out there is a table; minutes that did not move are left out, and --fill puts them in."""
    env = environment(MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS="10000")

    plain = commands.run("history", "HSTECH.price.now", "--replay", quotes, env=env)
    filled = commands.run("history", "HSTECH.price.now", "--replay", quotes, "--fill", "--json", env=env)

    assert plain.code == filled.code == 0, plain.err + filled.err
    assert [line.split()[0] for line in plain.out.splitlines()[1:]] == [
        "2025-03-10T07:50:00Z",
        "2025-03-10T07:51:00Z",
        "2025-03-10T07:53:00Z",
    ]
    assert [line.partition(",")[0] for line in filled.out.splitlines()] == [
        '{"t":"2025-03-10T07:50:00.000Z"',
        '{"t":"2025-03-10T07:51:00.000Z"',
        '{"t":"2025-03-10T07:52:00.000Z"',
        '{"t":"2025-03-10T07:53:00.000Z"',
    ]


@pytest.mark.parametrize("interval_ms", ["10000", "0"])
def test_a_part_of_a_recording_has_the_rows_of_the_whole(commands: Commands, quotes: Path, interval_ms: str) -> None:
    """What lies before --since is not computed and what lies behind --until not read, and no row is another one."""
    env = environment(MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS=interval_ms)
    ask = ("history", "HSTECH.*", "--replay", quotes, "--json")

    whole = commands.run(*ask, env=env).out.splitlines()
    part = commands.run(*ask, "--since", "2025-03-10T07:51:00Z", "--until", "2025-03-10T07:53:00Z", env=env)

    assert part.out.splitlines() == [line for line in whole if "T07:51" in line or "T07:52" in line]
    assert part.out


def test_a_pipe_gets_every_digit(commands: Commands, quotes: Path) -> None:
    """A table that nobody looks at in a window is not cut to one of 80 columns."""
    env = environment(MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS="10000", COLUMNS="40")
    done = commands.run("history", "HSTECH.price.now", "--replay", quotes, env=env)
    assert [line.split() for line in done.out.splitlines()][1] == [
        "2025-03-10T07:50:00Z", "HSTECH.price.now", *["5950.000000"] * 4, "OK",
    ]  # fmt: skip
    assert "…" not in done.out


def test_a_data_folder_that_cannot_be_written(commands: Commands, tmp_path: Path, quotes: Path) -> None:
    """Refused in a sentence with the folder's name."""
    (tmp_path / "file").touch()
    env = environment(tmp_path / "file", MONITOR_FEED="replay", MONITOR_CALCULATOR__INTERVAL_MS="10000")

    done = commands.run("history", "HSTECH.*", "--replay", quotes, "--store", env=env)

    assert (done.code, done.out) == (2, "")
    assert "error: history: cannot be written ([Errno 20] Not a directory" in done.err
    assert str(tmp_path / "file" / "history") in done.err
