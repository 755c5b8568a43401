"""Settings from TOML, secret files and variables: who wins, and what is refused in which words."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.settings import MonitorSettings, config_folder, load
from monitor.settings.feed_folder import settings_tree
from monitor.settings.show import schema, show
from monitor.settings.variables import secret_files

SHIPPED = Path(__file__).parents[2] / "config"


def folder(path: Path, toml: str = "") -> Path:
    (path / "monitor.toml").write_text(toml, "utf-8")
    return path


def secrets(path: Path, **texts: str) -> dict[str, str]:
    """Secret files in `path`, and the variable that says so."""
    path.mkdir()
    for name, text in texts.items():
        (path / name).write_text(text, "utf-8")
    return {"MONITOR_SECRETS_DIR": str(path)}


def test_the_shipped_file_writes_out_the_defaults() -> None:
    """config/monitor.toml sets what is set without it: whoever reads it reads the truth."""
    assert load(SHIPPED, {}).model_dump() == settings_tree(SHIPPED)().model_dump()


def test_every_setting_is_in_the_shipped_file() -> None:
    """No setting is left to be found out. Only the data folder, which differs by user, is a comment, and so are topics:
    beside an empty list TOML would refuse the first table of one's own."""
    shipped = tomllib.loads((SHIPPED / "monitor.toml").read_text("utf-8"))
    defaults = MonitorSettings().model_dump()
    del defaults["data_dir"]
    del defaults["feeds"]["mqtt"]["topics"]

    def names(tree: dict[str, object], around: str = "") -> set[str]:
        found = {around + key for key in tree}
        for key, value in tree.items():
            if isinstance(value, dict):
                found |= names(value, f"{around}{key}.")
        return found

    assert names(shipped) == names(defaults)


def test_later_origins_win(tmp_path: Path) -> None:
    """TOML, then a secret file, then the environment; each key by itself."""
    environ = secrets(tmp_path / "run", MONITOR_REDIS__PREFIX="secret\n", monitor_log__level="ERROR")
    environ["MONITOR_LOG__LEVEL"] = "DEBUG"

    settings = load(folder(tmp_path, '[redis]\nprefix = "toml"\n[log]\nformat = "json"\nlevel = "INFO"'), environ)

    assert settings.redis.prefix == "secret"
    assert settings.log.level == "DEBUG"
    assert settings.log.format == "json"


def test_variables_are_text_and_become_what_the_key_is(tmp_path: Path) -> None:
    """Numbers, booleans and choices are read; what belongs to a channel stays text."""
    settings = load(
        folder(tmp_path),
        {
            "MONITOR_DASHBOARD__PORT": "9090",
            "MONITOR_FEEDS__MQTT__TLS": "true",
            "MONITOR_FEEDS__MQTT__TRANSPORT": "websockets",
            "MONITOR_CHANNELS__MAIL__PORT": "1025",
            "MONITOR_CHANNELS__MAIL__TLS": "none",
            "HOME": "/nowhere",
        },
    )

    assert settings.dashboard.port == 9090
    assert settings.feeds.mqtt.tls is True
    assert settings.feeds.mqtt.transport == "websockets"
    assert {key: value.get_secret_value() for key, value in settings.channels["mail"].items()} == {
        "port": "1025",
        "tls": "none",
    }
    assert "1025" not in repr(settings)  # which key holds a secret is the channel's business: none is shown


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("MONITOR_REDIS_URL", "x", ["found 'redis_url'", "Did you mean MONITOR_REDIS__URL?"]),
        ("MONITOR_REDIS__PREFX", "x", ["found 'prefx'", "url, prefix", "Did you mean MONITOR_REDIS__PREFIX?"]),
        ("MONITOR_DASHBOARD__PORT", "99999", ["dashboard.port", "less than or equal to 65535"]),
        ("MONITOR_DASHBOARD__PORT", "http", ["dashboard.port", "found 'http'", "valid integer"]),
        ("MONITOR_LOG", "INFO", ["a whole table", "format, level"]),
        ("MONITOR_LOG__LEVEL__ROOT", "INFO", ["nothing below MONITOR_LOG__LEVEL"]),
        ("MONITOR_CHANNELS__DESK", "x", ["MONITOR_CHANNELS__DESK__<NAME>"]),
        ("MONITOR_FEEDS__SIM__START", "2025-03-03", ["feeds.sim.start", "found '2025-03-03'", "2025-03-03T01:00:00Z"]),
        ("MONITOR_FEED", "yaho", ["sim, yahoo, mqtt", "Did you mean yahoo?"]),
        ("MONITOR_FEED", "sim,yahoo", ["sim stands alone"]),
        ("MONITOR_CHANNELS__DESK__URL", "https://hooks.slack.com/services/T00000000/B0/XXXXXXXX", ["placeholder"]),
        ("MONITOR_FEEDS__MQTT__PASSWORD", "CHANGE_ME", ["feeds.mqtt.password", "placeholder"]),
        ("MONITOR_CONFIG_DIR_", "x", ["Did you mean"]),
    ],
)
def test_a_wrong_variable_is_refused(tmp_path: Path, name: str, text: str, says: list[str]) -> None:
    """The message begins with the variable and says what is allowed."""
    with pytest.raises(ConfigError) as refused:
        load(folder(tmp_path), {name: text})

    message = str(refused.value)
    assert message.startswith(name)
    for part in says:
        assert part in message


@pytest.mark.parametrize(
    ("toml", "line", "says"),
    [
        ('board = "hk-us"\nbord = "x"', 2, ["bord", "Did you mean board?"]),
        ("[log]\n\nlevel = 'LOUD'", 3, ["log.level", "found 'LOUD'", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"]),
        ("[feeds.yahoo]\nidle = 3", 2, ["feeds.yahoo.idle", "Did you mean idle_s?"]),
        ("[feeds.sim]\nspeed = 'fast'", 2, ["feeds.sim.speed", "valid number"]),
        ("[ingest]\nlinger_ms = -1\nmax_buffer_ms = 0", 2, ["ingest.linger_ms", "Also wrong: ingest.max_buffer_ms"]),
    ],
)
def test_a_wrong_key_is_refused_with_its_line(tmp_path: Path, toml: str, line: int, says: list[str]) -> None:
    """The message begins with file and line."""
    with pytest.raises(ConfigError) as refused:
        load(folder(tmp_path, toml), {})

    message = str(refused.value)
    assert message.startswith(f"{tmp_path / 'monitor.toml'}:{line}: ")
    for part in says:
        assert part in message


def test_what_is_not_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    """A missing quote names file and line, at the end of the file too."""
    with pytest.raises(ConfigError) as refused:
        load(folder(tmp_path, '[redis]\nprefix = "x\n[log]'), {})
    assert str(refused.value).startswith(f"{tmp_path / 'monitor.toml'}:2: ")

    with pytest.raises(ConfigError) as refused:
        load(folder(tmp_path, '[redis]\nprefix = "x'), {})
    assert str(refused.value).startswith(f"{tmp_path / 'monitor.toml'}:2: ")


def test_a_wrong_secret_file_is_named_and_never_repeated(tmp_path: Path) -> None:
    """The message says which file, and nothing of what is in it."""
    environ = secrets(tmp_path / "run", MONITOR_DASHBOARD__TOKEN="<your-token-here>")

    with pytest.raises(ConfigError) as refused:
        load(folder(tmp_path), environ)

    assert str(tmp_path / "run" / "MONITOR_DASHBOARD__TOKEN") in str(refused.value)
    assert "your-token" not in str(refused.value)


def test_a_variable_that_holds_a_secret_of_the_alert_rules_is_no_setting(tmp_path: Path) -> None:
    """`url_env` may point at any name, one with our prefix included; a name that nothing points at is refused."""
    (tmp_path / "alerts.toml").write_text('[channel]\ndesk = { kind = "slack_webhook", url_env = "MONITOR_HOOK" }')

    assert load(folder(tmp_path), {"MONITOR_HOOK": "https://hooks.slack.com/x"}) == MonitorSettings()
    with pytest.raises(ConfigError, match="MONITOR_HOOC"):
        load(folder(tmp_path), {"MONITOR_HOOC": "https://hooks.slack.com/x"})


def test_addresses_of_a_channel_may_be_anything(tmp_path: Path) -> None:
    """Only secrets are looked at for placeholders: mail to example.org may be a test."""
    settings = load(folder(tmp_path), {"MONITOR_CHANNELS__MAIL__TO": "desk@example.org"})

    assert settings.channels["mail"]["to"].get_secret_value() == "desk@example.org"


def test_a_folder_of_secrets_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    """A folder that is closed to the containers' user is refused by name, with what to do, and without a traceback."""
    folder = tmp_path / "run"
    folder.mkdir()

    class Closed(type(folder)):  # type: ignore[misc]
        """Root may read everything, and these tests may run as root."""

        def iterdir(self) -> Iterator[Path]:
            raise PermissionError(13, "Permission denied", str(self))

    with pytest.raises(ConfigError, match="must be able to read it") as refused:
        secret_files(Closed(folder))
    assert str(folder) in str(refused.value)


def test_other_secret_files_are_left_alone(tmp_path: Path) -> None:
    """A folder of secrets may hold those of other programs and of alerts.toml."""
    environ = secrets(tmp_path / "run", slack="https://hooks.slack.com/x", MONITOR_REDIS__URL="redis://h:6379/0\n")

    settings = load(folder(tmp_path), environ)

    assert settings.redis.url.get_secret_value() == "redis://h:6379/0"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Named by MONITOR_CONFIG_DIR it is that variable that the message blames."""
    with pytest.raises(ConfigError, match=r"MONITOR_CONFIG_DIR.*nowhere"):
        load(None, {"MONITOR_CONFIG_DIR": str(tmp_path / "nowhere")})


def test_the_folder_beside_the_working_directory_comes_before_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has a config/ of their own and starts there gets it; elsewhere the checkout's is found."""
    monkeypatch.chdir(tmp_path)
    assert config_folder(None, {}) == SHIPPED

    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "instruments.toml").write_text("")

    assert config_folder(None, {}).resolve() == (tmp_path / "config").resolve()
    assert config_folder(SHIPPED, {"MONITOR_CONFIG_DIR": "/elsewhere"}) == SHIPPED


def test_show_prints_toml_without_secrets(tmp_path: Path) -> None:
    """What is printed can be read back, says which secrets are set, and holds none."""
    environ = {"MONITOR_REDIS__URL": "redis://:hunter2@h:6379", "MONITOR_CHANNELS__DESK__URL": "http://h/B0hunter2"}
    environ |= {"MONITOR_CHANNELS__MAIL__HOST": "127.0.0.1", "MONITOR_FEEDS__YAHOO__ORIGIN": 'a"b\\c'}

    text = show(load(folder(tmp_path), environ))
    shown = tomllib.loads(text)

    assert "hunter2" not in text
    assert shown["redis"]["url"] == "**********"
    assert shown["dashboard"]["token"] == ""
    assert shown["channels"] == {"desk": {"url": "**********"}, "mail": {"host": "127.0.0.1"}}
    assert shown["feeds"]["yahoo"]["origin"] == 'a"b\\c'


def test_schema_knows_every_file() -> None:
    """An editor with the schema refuses the keys that the monitor refuses."""
    files = schema(SHIPPED)

    assert set(files) == {"monitor.toml", "instruments.toml", "boards/*.toml", "feeds/*.toml"}
    assert all(document["additionalProperties"] is False for document in files.values())
