"""What is wrong is refused in one sentence: where, what was found, what is allowed, what to do; never a traceback."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.cli.commands import Commands
from tests.processes import environment

SHIPPED = Path(__file__).parents[2] / "config"
HOOK = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
NOWHERE = "unix:///nonexistent/redis.sock"
DESK = ("alerts.toml", 'notify = ["console"]', 'notify = ["desk"]')


Refused: TypeAlias = Callable[..., str]


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A copy of the shipped configuration."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "config"))


def spoil(config: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` in a file; returns the line of it."""
    path = config / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.fixture
def refused(commands: Commands) -> Refused:
    """Runs a command that must be refused; returns what it says, which is no traceback, and stands on standard error
    alone. code: the exit code."""

    def run(*arguments: str | Path, env: dict[str, str], code: int = 2) -> str:
        done = commands.run(*arguments, env=env)

        assert done.code == code, done
        assert "Traceback" not in done.err
        assert done.out == "" or arguments[:2] == ("config", "check"), done.out
        return done.err

    return run


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "monitor.toml",
            "[ingest]",
            "[ingets]",
            ["found 'ingets'", "allowed: the keys", "Did you mean ingest?"],
        ),
        ("monitor.toml", "prefix =", "prefux =", ["redis.prefux", "Did you mean", "prefix"]),
        ("monitor.toml", "port = 8080", "port = 80800", ["dashboard.port: found 80800", "allowed: less than", "65535"]),
        ("monitor.toml", 'level = "INFO"', 'level = "LOUD"', ["log.level: found 'LOUD'", "'DEBUG', 'INFO'"]),
        (
            "boards/hk-us.toml",
            '"0981.HK", "0992.HK"]',
            '"0981.HK", "0993.HK"]',
            ["basket[0].members: found '0993.HK'", "allowed: the instruments", "Did you mean 0992.HK?"],
        ),
        ("boards/hk-us.toml", 'b = "IXIC"', 'b = "IXIX"', ["pair[0].b: found 'IXIX'", "Did you mean IXIC?"]),
        ("boards/hk-us.toml", "windows = [", 'window = ["1D"]\nwindows = [', ["window", "Did you mean windows?"]),
        (
            "alerts.toml",
            'unit = "pp"',
            'unit = "pct"',
            ["rule hstech-ixic-ahead", "unit", "spread_pp is measured in 'pp'", "found 'pct'"],
        ),
        ("alerts.toml", "above = 3.0", 'above = "3 pct"', ["rule hstech-ixic-ahead", "when", "a number is needed"]),
        ("alerts.toml", "clear = { below = 2.4", "cleer = { below = 2.4", ["rule hstech-ixic-ahead", "cleer"]),
        ("alerts.toml", 'metric = "hstech-ixic', 'metric = "hstech-ixix', ["rule hstech-ixic-ahead", "hstech-ixix"]),
        (
            "alerts.toml",
            'url_env = "MONITOR_SLACK_WEBHOOK"',
            f'url = "{HOOK}"',
            ["channel desk: url", "url_env"],
        ),
    ],
)
def test_a_wrong_key_or_value_of_a_file(
    config: Path, file: str, old: str, new: str, says: list[str], refused: Refused
) -> None:
    """File and line first; then key, what was found and what is allowed. A secret in a file is not repeated."""
    line = spoil(config, file, old, new)

    said = refused("config", "check", "--config", config, env=environment())

    assert f"error: {config / file}:" in said
    assert file == "alerts.toml" or f":{line}: " in said
    assert len(said.splitlines()) == 1
    assert HOOK.rpartition("/")[2] not in said
    for part in says:
        assert part in said


def test_a_file_that_is_no_toml(config: Path, refused: Refused) -> None:
    """The line where reading stopped is named."""
    line = spoil(config, "monitor.toml", "[redis]", "[redis")

    said = refused("config", "check", "--config", config, env=environment())

    assert f"{config / 'monitor.toml'}:{line}" in said


@pytest.mark.parametrize("service", ["spread", "alerting", "ingest", "dashboard", "up"])
def test_no_service_starts_with_a_wrong_board(config: Path, service: str, refused: Refused) -> None:
    """What a start would read is read before anything is started or waited for."""
    spoil(config, "boards/hk-us.toml", "title =", "titel =")

    said = refused(service, "--config", config, env=environment(MONITOR_REDIS__URL=NOWHERE))

    assert "titel" in said
    assert "Did you mean title?" in said


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"MONITOR_SLACK_WEBHOOK": HOOK}, ["alerts.toml: channel.desk.url", "placeholder", "MONITOR_SLACK_WEBHOOK"]),
        ({"MONITOR_CHANNELS__DESK__URL": HOOK}, ["MONITOR_CHANNELS__DESK__URL", "placeholder", "Fill in"]),
        ({}, ["alerts.toml: channel.desk.url", "nothing", "Set it in the variable MONITOR_SLACK_WEBHOOK"]),
        ({"MONITOR_SLACK_WEBHOOK": "hooks.slack.com"}, ["alerts.toml: channel.desk", "copy it from the app's page"]),
    ],
)
@pytest.mark.parametrize("command", [["alerting"], ["alerts", "send-test", "desk"]])
def test_a_webhook_that_cannot_be_meant(
    config: Path, command: list[str], variables: dict[str, str], says: list[str], refused: Refused
) -> None:
    """A placeholder, nothing at all, or no address: neither the service nor a trial starts, and the place is named."""
    spoil(config, *DESK)
    env = environment(MONITOR_REDIS__URL=NOWHERE, **variables)

    said = refused(*command, "--config", config, env=env)

    assert HOOK.rpartition("/")[2] not in said
    for part in says:
        assert part in said


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"MONITOR_DASHBORD__PORT": "1"}, ["MONITOR_DASHBORD__PORT", "Did you mean MONITOR_DASHBOARD__PORT?"]),
        ({"MONITOR_DASHBOARD__PORT": "web"}, ["MONITOR_DASHBOARD__PORT", "found 'web'", "allowed:"]),
        ({"MONITOR_FEED": "yahho"}, ["MONITOR_FEED", "found 'yahho'", "sim, yahoo, mqtt", "Did you mean yahoo?"]),
        ({"MONITOR_FEED": "sim,yahoo"}, ["MONITOR_FEED", "sim stands alone"]),
        ({"MONITOR_BOARD": "hk-uk"}, ["found 'hk-uk'", "one of hk-us", "Did you mean hk-us?"]),
        ({"MONITOR_CONFIG_DIR": "/nonexistent"}, ["MONITOR_CONFIG_DIR", "'/nonexistent'", "an existing folder"]),
    ],
)
def test_a_wrong_variable(tmp_path: Path, variables: dict[str, str], says: list[str], refused: Refused) -> None:
    """The variable is named, not only the key that it sets."""
    said = refused("config", "check", env=environment(**variables))

    assert len(said.splitlines()) == 1
    for part in says:
        assert part in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["snapshot", "{quotes}", "--at", "yesterday"], ["--at 'yesterday'", "Write a date"]),
        (["snapshot", "{quotes}", "--at", "2025-02-21T10:00:00"], ["--at", "no offset", "instant"]),
        (["snapshot", "{quotes}"], ["--at"]),
        (["snapshot", "{quotes}", "--at", "2025-02-21", "--basis", "adjusted"], ["--basis", "raw and split_adjusted"]),
        (["snapshot", "{quotes}", "--at", "2025-02-21", "--board", "nope"], ["found 'nope'", "one of hk-us"]),
        (["replay", "{quotes}", "--speed", "fast"], ["--speed fast", "a number above 0", "max"]),
        (["replay", "{quotes}", "--speed", "0"], ["--speed 0", "a number above 0"]),
        (["replay", "{quotes}", "--speed", "nan"], ["--speed nan", "a number above 0"]),
        (["replay", "{quotes}"], ["real", "feed = sim", "MONITOR_FEED=replay"]),
        (["up", "--replay", "{quotes}", "--speed", "-1"], ["--speed -1", "a number above 0"]),
        (["up", "--feed", "banana"], ["--feed 'banana': allowed are config, sim, yahoo", "sim, yahoo, mqtt"]),
        (["record"], ["--out"]),
        (["record", "--out", "/nonexistent/x.jsonl"], ["the folder /nonexistent does not exist"]),
        (["watch", "--board", "hk-uk", "--once"], ["hk-uk"]),
        (["alerts", "send-test", "nobody"], ["channel.nobody", "one of console, desk, mail"]),
        (["dashbord"], ["dashbord"]),
        (["watch", "--onse"], ["--onse"]),
    ],
)
def test_a_wrong_word_on_the_command_line(
    tmp_path: Path, arguments: list[str], says: list[str], refused: Refused
) -> None:
    """Exit code 2 and what would be right."""
    quotes = tmp_path / "quotes.jsonl"
    quotes.write_text('{"symbol": "HSTECH", "source": "yahoo", "price": 5000.0, "ts": 1740103800000}\n', "utf-8")
    env = environment(MONITOR_REDIS__URL=NOWHERE)

    said = refused(*(word.format(quotes=quotes) for word in arguments), env=env)

    for part in says:
        assert part in said
