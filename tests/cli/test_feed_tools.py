"""`monitor feeds …` and the doctor against a vendor on this machine: what they say, how they end, what stays untold."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.core.event import Fx, Quote
from monitor.feeds.recordings.replay import Replay
from monitor.settings.instrument_file import load_instruments
from tests.cli.commands import Commands, Done
from tests.cli.vendor import FILE, TOKEN, vendor
from tests.processes import environment, free_tcp_port

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The shipped configuration with one feed file more, `desk`."""
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "config"))
    (folder / "feeds" / "desk.toml").write_text(FILE)
    return folder


def variables(config: Path, url: str = "", **more: str) -> dict[str, str]:
    """Variables of a command with that configuration. url: of the vendor; "": as in its file."""
    own = {"MONITOR_CONFIG_DIR": str(config), "MONITOR_FEEDS__DESK__TOKEN": TOKEN, "MONITOR_FEED": "desk"}
    return environment(**(own | ({"MONITOR_FEEDS__DESK__URL": url} if url else {}) | more))


def quiet(done: Done) -> Done:
    """`done`, which tells no secret and shows no traceback."""
    assert TOKEN not in done.out + done.err
    assert "Traceback" not in done.out + done.err
    return done


def test_list_says_what_each_feed_would_bring(commands: Commands, config: Path) -> None:
    """On or off, where to, which lines it has and has not, what its plan is too small for, how late, what it needs."""
    done = quiet(commands.run("feeds", "list", "--json", env=variables(config)))

    assert (done.code, done.err) == (0, "")
    feeds = {feed["name"]: feed for feed in json.loads(done.out)}
    assert list(feeds)[:3] == ["sim", "yahoo", "mqtt"]
    assert "replay" not in feeds
    desk = feeds["desk"]
    assert (desk["on"], feeds["yahoo"]["on"]) == (True, False)
    assert desk["connects_to"] == "wss://stream.desk.invalid/quotes"
    assert (desk["covers"], desk["beyond_plan"]) == (["NVDA", "0700.HK", "USDHKD"], ["AAPL"])
    assert "HSTECH" in desk["lacks"]
    assert desk["delays"] == {"XHKG": 900}
    assert desk["needs"] == []
    assert "MONITOR_FEEDS__FINNHUB__TOKEN" in feeds["finnhub"]["needs"][0]


def test_the_list_shows_only_the_server_of_an_address_of_ones_own(commands: Commands, config: Path) -> None:
    """A key may stand in its path, of whichever feed the address is."""
    own = "ws://127.0.0.1:1/key-s3cret"
    places = {f"MONITOR_FEEDS__{feed}": own for feed in ("YAHOO__URL", "LONGBRIDGE__QUOTE_WS_URL")}
    done = quiet(commands.run("feeds", "list", "--json", env=variables(config, own, **places)))

    connects_to = {feed["name"]: feed["connects_to"] for feed in json.loads(done.out)}
    assert {connects_to[name] for name in ("desk", "yahoo", "longbridge")} == {"ws://127.0.0.1:1"}
    assert "s3cret" not in done.out + done.err


def test_the_list_is_for_people_too(commands: Commands, config: Path) -> None:
    """One entry a feed; piped, a sentence is one line."""
    done = quiet(commands.run("feeds", "list", env=variables(config, MONITOR_FEEDS__DESK__TOKEN="")))

    entry = done.out[done.out.index("desk ") :].splitlines()
    assert entry[0].split() == ["desk", "on", "wss://stream.desk.invalid/quotes"]
    assert entry[1].strip().startswith("3 of the board's")
    assert "XHKG 15 min late" in entry[1]
    assert "needs" in "".join(entry[:6])
    assert "\x1b" not in done.out


def test_a_probe_tells_what_came_and_what_did_not(commands: Commands, config: Path, tmp_path: Path) -> None:
    """Each symbol by itself; a silent one is named and makes 1 of the exit code; the raw records can be replayed."""
    raw = tmp_path / "raw.jsonl"
    with vendor() as url:
        done = quiet(
            commands.run("feeds", "probe", "--seconds", "1.5", "--json", "--out", raw, env=variables(config, url))
        )

    assert done.code == 1
    [desk] = json.loads(done.out)
    lines = {line["symbol"]: line for line in desk["lines"]}
    assert desk["reached"]
    assert desk["address"] == url.split("/quotes")[0]
    assert {symbol: line["quotes"] for symbol, line in lines.items()} == {
        "NVDA": 2,
        "0700.HK": 0,
        "USDHKD": 2,
        "AAPL": 0,
    }
    assert (lines["NVDA"]["price"], lines["NVDA"]["refused"]) == (140.25, {"DUPLICATE": 1})
    assert lines["NVDA"]["fields"] == ["price", "size", "ts"]
    assert 0.9 <= lines["USDHKD"]["delay_s"] < 60 > lines["NVDA"]["delay_s"] >= 0
    assert lines["0700.HK"]["contract_s"] == 900

    replay = Replay(load_instruments(config).values(), {})
    events = list(replay.events([raw]))
    assert {type(event) for event in events} == {Quote, Fx}
    assert replay.selection.rejected == {"DUPLICATE": 2}


def test_a_probe_of_chosen_symbols_that_all_speak_is_content(commands: Commands, config: Path) -> None:
    """0, and for people a table: one line a symbol."""
    with vendor() as url:
        done = quiet(
            commands.run(
                "feeds", "probe", "desk", "--symbols", "NVDA,USDHKD", "--seconds", "1", env=variables(config, url)
            )
        )

    assert done.code == 0, done
    table = done.out[done.out.index("  NVDA") :].splitlines()
    assert [line.split()[:4] for line in table[:2]] == [
        ["NVDA", "NVDA", "2", "140.25"],
        ["USDHKD", "USD_HKD", "2", "7.8"],
    ]
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("wrong", ["token", "port"])
def test_a_feed_that_is_not_reached_is_three(commands: Commands, config: Path, wrong: str) -> None:
    """A key that is not accepted, and a port where nobody listens."""
    with vendor("another") as url:
        address = url if wrong == "token" else f"ws://127.0.0.1:{free_tcp_port()}/?token={{token}}"
        done = quiet(commands.run("feeds", "probe", "--seconds", "1", env=variables(config, address)))

    assert done.code == 3, done
    assert "not reached: " + ("the server answered HTTP 401" if wrong == "token" else "") in done.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["probe", "desc"], ["no feed is called 'desc'", "Did you mean desk?"]),
        (["tail", "desk", "--symbols", "NVDAA"], ["NVDAA", "Did you mean NVDA?"]),
        (["probe", "desk", "--symbols", "HSTECH"], ["a symbol for none of these lines"]),
        (["probe", "desk", "--seconds", "0"], ["a number above 0"]),
        (["probe", "desk", "--out", "/proc/nowhere/raw.jsonl"], ["/proc/nowhere does not exist"]),
        (["probe", "finnhub"], ["feeds/finnhub.toml", "MONITOR_FEEDS__FINNHUB__TOKEN"]),
    ],
)
def test_what_cannot_be_listened_to_is_refused(
    commands: Commands, config: Path, arguments: list[str], says: list[str]
) -> None:
    """2, in one sentence."""
    done = quiet(commands.run("feeds", *arguments, env=variables(config)))

    assert (done.code, done.out) == (2, "")
    for part in says:
        assert part in done.err


@pytest.mark.parametrize("command", [["ingest"], ["up", "--feed", "desk"], ["config", "check"]])
def test_a_feed_without_its_key_is_refused_at_the_start(commands: Commands, config: Path, command: list[str]) -> None:
    """By file and key, with the variable to set; before anything is started."""
    done = quiet(commands.run(*command, env=variables(config, MONITOR_FEEDS__DESK__TOKEN="")))

    assert (done.code, done.out) == (2, "")
    assert str(config / "feeds" / "desk.toml") in done.err
    assert "Set MONITOR_FEEDS__DESK__TOKEN" in done.err


def test_up_suggests_the_feed_that_was_meant(commands: Commands, config: Path) -> None:
    """Names of feed files are known to it."""
    done = quiet(commands.run("up", "--feed", "yahoo,desc", env=variables(config)))

    assert done.code == 2
    assert "Did you mean desk?" in done.err


def test_the_tail_is_clean_and_ends_quietly(config: Path) -> None:
    """A line an arrival, with why it would be refused; Ctrl-C ends it with 130 and nothing more to say."""
    with vendor() as url:
        arguments = [sys.executable, "-m", "monitor.cli", "feeds", "tail"]
        process = subprocess.Popen(
            arguments, env=variables(config, url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(6)]
        os.kill(process.pid, signal.SIGINT)
        rest, said = process.communicate(timeout=200)

    assert (process.returncode, said) == (130, "")
    shown = [line.split()[1:] for line in lines]
    assert [state[1].rstrip(":") for state in shown[:2]] == ["connecting", "up"]
    assert [line[:3] for line in shown[2:4]] == [["desk", "NVDA", "140.25"]] * 2
    assert shown[3][-1] == "DUPLICATE"
    assert "\x1b" not in "".join(lines) + rest
    assert TOKEN not in "".join(lines) + rest


def test_a_reader_who_leaves_ends_the_tail(config: Path) -> None:
    """`| head -2` gives two lines, no complaint, and a process that ends."""
    with vendor() as url:
        tail = f"{sys.executable} -m monitor.cli feeds tail sim | head -2"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", tail],
            env=variables(config, url),
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )

    assert len(done.stdout.splitlines()) == 2
    assert (done.returncode, done.stderr) == (0, "")


def test_the_doctor_tries_each_feed(commands: Commands, config: Path) -> None:
    """Name, port and login in one line; where it fails, which step and what to do."""
    with vendor() as url:
        done = quiet(commands.run("doctor", env=variables(config, url)))
        refused = quiet(commands.run("doctor", env=variables(config, url, MONITOR_FEEDS__DESK__TOKEN="a-wrong-one")))
    nobody = f"ws://127.0.0.1:{free_tcp_port()}/"
    away = quiet(commands.run("doctor", env=variables(config, nobody)))

    def verdict(out: str) -> str:
        return next(line for line in out.splitlines() if "feed desk:" in line)

    assert verdict(done.out).startswith("ok      feed desk: 127.0.0.1:")
    assert "name, TCP; connected: 3 of 4 symbols, the plan's limit" in verdict(done.out)
    assert verdict(refused.out).startswith("FAILED  feed desk: the server answered HTTP 401")
    assert "Check key" in verdict(refused.out)
    assert "Connection refused. Is a server running there" in verdict(away.out)
    assert (done.code, refused.code, away.code) == (0, 1, 1)


def test_a_probe_keeps_records_only_under_the_name_of_a_recording(
    commands: Commands, config: Path, tmp_path: Path
) -> None:
    """Another ending would be read as another form of file; it is refused before anything is asked."""
    done = quiet(commands.run("feeds", "probe", "--out", tmp_path / "raw.csv", env=variables(config)))

    assert (done.code, done.out) == (2, "")
    assert "has to end in .jsonl, .ndjson, .parquet" in done.err
