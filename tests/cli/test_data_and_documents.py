"""Data files, Redis that is not there, and what stands on standard output."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from monitor.core.snapshot import Snapshot
from tests.cli.commands import Commands
from tests.processes import environment, free_tcp_port

SHIPPED = Path(__file__).parents[2] / "config"
QUOTE = {"symbol": "HSTECH", "source": "yahoo", "price": 5000.0, "ts": 1740103800000}


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@pytest.fixture
def quotes(tmp_path: Path) -> Path:
    path = tmp_path / "quotes.jsonl"
    path.write_text(json.dumps(QUOTE) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("quotes.jsonl", "{not json}\n{}\n", ["quotes.jsonl:1", "not JSON", "Expected a recording"]),
        ("quotes.jsonl", "[1]\n", ["quotes.jsonl:1", "object"]),
        ("quotes.parquet", "no parquet", ["quotes.parquet", "Parquet", "Expected a recording"]),
        ("HSTECH.csv", "date,close\n2025-02-21,abc\n", ["HSTECH.csv:2", "abc"]),
        ("HSTECH.csv", "day,price\n2025-02-21,5859.5\n", ["HSTECH.csv"]),
        ("notes.txt", "x", ["notes.txt", ".jsonl", ".csv"]),
        ("nowhere.csv", None, ["nowhere.csv", "No such file"]),
    ],
)
@pytest.mark.parametrize("command", [["snapshot", "--at", "2025-02-21"], ["replay"]])
def test_an_unreadable_data_file(
    tmp_path: Path, commands: Commands, command: list[str], name: str, text: str | None, says: list[str]
) -> None:
    """File and line, what stands there, what was expected; nothing of it on standard output."""
    if text is not None:
        (tmp_path / name).write_text(text, "utf-8")

    done = commands.run(*command, tmp_path / name, env=environment(MONITOR_FEED="replay"))

    assert (done.code, done.out) == (2, ""), done
    assert "Traceback" not in done.err
    for part in says:
        assert part in done.err


def test_a_folder_without_recordings(tmp_path: Path, commands: Commands) -> None:
    """The endings that are read are named."""
    (tmp_path / "empty").mkdir()

    done = commands.run("snapshot", tmp_path / "empty", "--at", "2025-02-21", env=environment())

    assert (done.code, done.out) == (2, "")
    assert ".parquet" in done.err


def test_a_wrong_row_of_the_reference(tmp_path: Path, commands: Commands) -> None:
    """`reference check` lists it and says no; a start on real prices refuses it; the simulator never reads it."""
    config = Path(shutil.copytree(SHIPPED, tmp_path / "config"))
    with (config / "reference" / "closes.csv").open("a", encoding="utf-8") as closes:
        closes.write("HSTECH,2025-02-22,1.0,somebody,\nHSTECK,2025-02-21,1.0,somebody,\n")
    lines = (config / "reference" / "closes.csv").read_text("utf-8").count("\n")

    checked = commands.run("reference", "check", "--config", config, env=environment())
    started = commands.run("spread", "--config", config, env=environment(MONITOR_FEED="replay"))

    assert checked.code == 1
    assert f"closes.csv:{lines - 1}" in checked.out
    assert f"closes.csv:{lines}" in checked.out
    assert started.code == 2
    assert f"closes.csv:{lines - 1}" in started.err
    assert "Traceback" not in checked.err + started.err


def test_a_missing_reference_close_is_marked(tmp_path: Path, quotes: Path, commands: Commands) -> None:
    """A window without a close at its start is null with NO_BASELINE; nothing is refused for it."""
    config = Path(shutil.copytree(SHIPPED, tmp_path / "config"))
    closes = config / "reference" / "closes.csv"
    kept = [row for row in closes.read_text("utf-8").splitlines() if not row.startswith("HSTECH,2025-01-13")]
    closes.write_text("\n".join(kept) + "\n", "utf-8")

    done = commands.run("snapshot", quotes, "--at", "2025-02-21", "--config", config, env=environment())

    assert (done.code, done.err) == (0, "")
    view = msgspec.json.decode(done.out, type=Snapshot).instruments["HSTECH"]
    assert (view.returns["SINCE:2025-01-13"], view.return_status["SINCE:2025-01-13"]) == (None, "NO_BASELINE")
    assert view.returns["YTD"] == pytest.approx(5859.3 / 4468.11 - 1)


def test_snapshot_prints_one_document_an_instant_and_nothing_else(
    tmp_path: Path, quotes: Path, commands: Commands
) -> None:
    """JSON Lines on standard output, ascending; what was left out of the recording goes to standard error."""
    with quotes.open("a", encoding="utf-8") as file:
        file.write(json.dumps(QUOTE | {"symbol": "NOBODY"}) + "\n")

    instants = ["2025-02-21T03:00:00Z", "2025-02-21T02:30:00Z"]
    done = commands.run("snapshot", quotes, *(word for at in instants for word in ("--at", at)), env=environment())

    assert done.code == 0, done
    shown = [msgspec.json.decode(line, type=Snapshot).t for line in done.out.splitlines()]
    assert shown == ["2025-02-21T02:30:00.000Z", "2025-02-21T03:00:00.000Z"]
    assert done.err == "2 rows read; left out: UNKNOWN_SYMBOL 1\n"


@pytest.mark.parametrize(
    "command",
    [
        ["watch", "--once"],
        ["watch", "--once", "--json"],
        ["alerts", "list"],
        ["alerts", "list", "--json"],
        ["alerts", "dead", "list", "--json"],
        ["alerts", "dead", "retry", "--channel", "desk"],
        ["record", "--out", "{folder}/quotes.jsonl", "--force"],
        ["replay", "{folder}/quotes.jsonl"],
    ],
)
def test_redis_that_is_not_there(tmp_path: Path, quotes: Path, commands: Commands, command: list[str]) -> None:
    """Exit code 3, what to check, no password, and an earlier recording is still there."""
    url = f"redis://somebody:verysecret@127.0.0.1:{free_tcp_port()}/0"
    env = environment(MONITOR_REDIS__URL=url, MONITOR_FEED="replay")

    done = commands.run(*(word.format(folder=tmp_path) for word in command), env=env)

    assert (done.code, done.out) == (3, ""), done
    assert "cannot reach Redis" in done.err
    assert "MONITOR_REDIS__URL" in done.err
    assert "verysecret" not in done.err
    assert "Traceback" not in done.err
    assert json.loads(quotes.read_text("utf-8")) == QUOTE


def test_doctor_says_no(tmp_path: Path, commands: Commands) -> None:
    """A line a check; what is in order is said as well; 1 because something was not."""
    env = environment(MONITOR_REDIS__URL=f"redis://127.0.0.1:{free_tcp_port()}")

    done = commands.run("doctor", env=env)

    assert done.code == 1
    verdicts = [line.split(":")[0].split(maxsplit=1) for line in done.out.splitlines()]
    assert ["FAILED", "redis"] in verdicts
    assert ["ok", "configuration"] in verdicts
    assert "Traceback" not in done.out + done.err


@pytest.mark.parametrize(
    "command", [["watch", "--once", "--json"], ["watch", "--once"], ["alerts", "list", "--json"], ["alerts", "list"]]
)
def test_a_redis_without_a_board(tmp_path: Path, redis_url: str, commands: Commands, command: list[str]) -> None:
    """No snapshot yet is exit code 3 with what to do; no active alert is an empty list, and said to people."""
    env = environment(MONITOR_REDIS__URL=redis_url, MONITOR_REDIS__PREFIX="nobody")

    done = commands.run(*command, env=env)

    assert done.out == ""
    if command[0] == "watch":
        assert done.code == 3
        assert "monitor up" in done.err
    else:
        said = "" if "--json" in command else "nothing is going on; --all lists every rule\n"
        assert (done.code, done.err) == (0, said)


def test_the_schema_is_one_document(tmp_path: Path, commands: Commands) -> None:
    """Editors read it from standard output."""
    done = commands.run("config", "schema", env=environment())

    assert (done.code, done.err) == (0, "")
    assert "dashboard" in json.loads(done.out)["monitor.toml"]["properties"]


def test_show_hides_secrets(tmp_path: Path, commands: Commands) -> None:
    """The settings in force without what nobody else may read."""
    secrets = {"MONITOR_DASHBOARD__TOKEN": "verysecrettoken", "MONITOR_CHANNELS__DESK__URL": "http://x/verysecrethook"}

    done = commands.run("config", "show", env=environment(**secrets))

    assert done.code == 0
    assert "verysecret" not in done.out + done.err


def test_every_command_has_help(tmp_path: Path, commands: Commands) -> None:
    """`--help` ends with 0 and one line on each option, at every level."""
    env = environment()
    top = commands.run("--help", env=env)
    assert top.code == 0
    for name in ["up", "ingest", "spread", "alerting", "dashboard", "watch", "snapshot", "replay", "record", "doctor"]:
        assert name in top.out
        assert commands.run(name, "--help", env=env).code == 0, name
    for words in (["alerts", "check"], ["alerts", "dead", "list"], ["config", "schema"], ["reference", "check"]):
        assert commands.run(*words, "--help", env=env).code == 0, words
