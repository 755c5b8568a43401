"""`[feeds.<name>]` of feed files: what may be set for them, from where, and that nothing of it is ever shown."""

import tomllib
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.settings import load, secrets
from monitor.settings.feed_folder import feed_files, filled_in, known_feeds
from monitor.settings.show import schema, show

FINNHUB = """
[connection]
url = "wss://ws.finnhub.example.net/?token={token}"

[connection.subscribe]
mode = "per_symbol"
template = { type = "subscribe", symbol = "{symbol}" }

[decode]
data = "type=='trade'"
records = "data[]"
fields = { symbol = "s", price = "p" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with one feed file, `finnhub`."""
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "finnhub.toml").write_text(FINNHUB)
    return tmp_path


def test_a_feed_file_is_a_feed(folder: Path) -> None:
    """Its stem can be switched on, beside built-in feeds."""
    settings = load(folder, {"MONITOR_FEED": "finnhub,yahoo"})

    assert settings.feed == "finnhub,yahoo"
    assert known_feeds(folder)[-1] == "finnhub"


def test_placeholders_come_from_the_file_a_secret_file_or_a_variable(folder: Path) -> None:
    """The last of the three wins, as with every setting; `url` takes the place of the file's address."""
    (folder / "monitor.toml").write_text('[feeds.finnhub]\ntoken = "from-the-file"\nurl = "ws://127.0.0.1:1/"')
    assert filled_in(load(folder, {}), "finnhub") == {"token": "from-the-file", "url": "ws://127.0.0.1:1/"}

    (folder / "run").mkdir()
    (folder / "run" / "MONITOR_FEEDS__FINNHUB__TOKEN").write_text("from-a-secret-file\n")
    environ = {"MONITOR_SECRETS_DIR": str(folder / "run")}
    assert filled_in(load(folder, environ), "finnhub")["token"] == "from-a-secret-file"

    environ["MONITOR_FEEDS__FINNHUB__TOKEN"] = "from-a-variable"
    assert filled_in(load(folder, environ), "finnhub")["token"] == "from-a-variable"


def test_what_a_feed_is_given_is_never_shown(folder: Path) -> None:
    """Neither `config show`, nor the representation of the settings, nor a log line holds the token."""
    settings = load(folder, {"MONITOR_FEEDS__FINNHUB__TOKEN": "hunter2-hunter2"})

    shown = show(settings)
    assert tomllib.loads(shown)["feeds"]["finnhub"] == {"url": "", "token": "**********"}
    assert "hunter2" not in shown + repr(settings) + str(settings.model_dump())
    assert (("feeds", "finnhub", "token"), "hunter2-hunter2") in set(secrets(settings))


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("MONITOR_FEEDS__FINNHUB__TOKN", "x", ["one of url, token", "Did you mean MONITOR_FEEDS__FINNHUB__TOKEN?"]),
        ("MONITOR_FEEDS__FINHUB__TOKEN", "x", ["found 'finhub'", "Did you mean MONITOR_FEEDS__FINNHUB__TOKEN?"]),
        ("MONITOR_FEEDS__FINNHUB", "x", ["a whole table", "url, token"]),
        ("MONITOR_FEEDS__FINNHUB__TOKEN", "<your-api-key>", ["feeds.finnhub.token", "placeholder of a template"]),
        ("MONITOR_FEED", "finhub", ["found 'finhub'", "sim, yahoo", "Did you mean finnhub?"]),
        ("MONITOR_FEED", "yahoo,yahoo", ["each feed once", "yahoo is there twice"]),
    ],
)
def test_a_wrong_variable_of_a_feed_is_refused(folder: Path, name: str, text: str, says: list[str]) -> None:
    """By name, with what is allowed; the value is not repeated where it may be a secret."""
    with pytest.raises(ConfigError) as refused:
        load(folder, {name: text})

    message = str(refused.value)
    assert message.startswith(name)
    for part in says:
        assert part in message
    assert "your-api-key" not in message


def test_a_wrong_key_of_a_feed_is_refused_with_its_line(folder: Path) -> None:
    """A key that the feed file has no placeholder for would be filled in for nothing."""
    (folder / "monitor.toml").write_text('[feeds.finnhub]\n\napi_key = "hunter2-hunter2"')

    with pytest.raises(ConfigError) as refused:
        load(folder, {})

    assert str(refused.value).startswith(f"{folder / 'monitor.toml'}:3: feeds.finnhub.api_key")
    assert "the keys url, token" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("stem", "says"),
    [("yahoo", "does not use itself"), ("config", "does not use itself"), ("My-Feed", "small letters and digits")],
)
def test_a_feed_file_with_an_impossible_name_is_refused(folder: Path, stem: str, says: str) -> None:
    """Names of built-in feeds, and names that no variable could be called after."""
    (folder / "feeds" / f"{stem}.toml").write_text(FINNHUB)

    with pytest.raises(ConfigError, match=says) as refused:
        feed_files(folder)
    assert str(refused.value).startswith(str(folder / "feeds" / f"{stem}.toml"))


def test_the_schema_knows_the_tables_of_feed_files(folder: Path) -> None:
    """An editor completes `[feeds.finnhub]` with `url` and `token`, and refuses other keys."""
    tables = schema(folder)["monitor.toml"]["$defs"]

    assert set(tables["finnhub_feed"]["properties"]) == {"url", "token"}
    assert tables["finnhub_feed"]["additionalProperties"] is False
