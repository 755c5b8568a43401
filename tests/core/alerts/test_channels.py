"""The kinds of channels as the alert file describes them: what is read, what is refused, and in which words."""

from collections.abc import Mapping
from typing import Any

import pytest

from monitor.core.alerts.channels.kinds import Apprise, Channel, Mqtt, Secret, SlackBot, Smtp, Webhook
from monitor.core.alerts.channels.placeholders import placeholder_in
from monitor.core.alerts.channels.reading import override_variable, read_channel
from monitor.core.alerts.channels.tables import TABLES
from monitor.core.alerts.rules.refusal import AlertFileError, RefusedError
from monitor.core.alerts.rules.rule_file import parse_rules

BOT = {"kind": "slack_bot", "channel": "C0AB1CD2E", "token_file": "/run/secrets/slack"}
HOOK = {"kind": "webhook", "url_env": "HOOK_URL"}
MQTT = {"kind": "mqtt", "host": "127.0.0.1", "topic": "desk/alerts"}
MAIL = {"kind": "smtp", "host": "smtp.firm.test", "from": "a@f.test", "to": ["b@f.test"]}


def read(table: Mapping[str, Any], **override: str) -> Channel:
    return read_channel("desk", table, override)


def refusal(table: Mapping[str, Any], **override: str) -> str:
    with pytest.raises(RefusedError) as refused:
        read(table, **override)
    return f"{refused.value.key}: {refused.value}"


@pytest.mark.parametrize(
    ("table", "channel"),
    [
        (
            BOT,
            SlackBot(name="desk", channel="C0AB1CD2E", token=Secret(file="/run/secrets/slack"), rate_ms=1000),
        ),
        (
            BOT | {"base_url": "http://127.0.0.1:8080/api", "chart": False, "rate": "2s", "fallback": "mail"},
            SlackBot(
                name="desk",
                channel="C0AB1CD2E",
                token=Secret(file="/run/secrets/slack"),
                base_url="http://127.0.0.1:8080/api/",
                chart=False,
                rate_ms=2000,
                fallback="mail",
            ),
        ),
        (HOOK, Webhook(name="desk", url=Secret(env="HOOK_URL"))),
        (
            HOOK | {"secret_file": "key", "ca_file": "ca.pem"},
            Webhook(name="desk", url=Secret(env="HOOK_URL"), secret=Secret(file="key"), ca_file="ca.pem"),
        ),
        (MQTT, Mqtt(name="desk", host="127.0.0.1", topic="desk/alerts")),
        (
            MQTT
            | {"host": "broker.firm.test", "port": 8883, "tls": True, "ca_file": "ca.pem", "retain": True}
            | {"user": "monitor", "password_env": "MQTT_PASSWORD"},
            Mqtt(
                name="desk",
                host="broker.firm.test",
                port=8883,
                topic="desk/alerts",
                tls=True,
                ca_file="ca.pem",
                retain=True,
                user="monitor",
                password=Secret(env="MQTT_PASSWORD"),
            ),
        ),
        ({"kind": "apprise", "url_file": "ntfy"}, Apprise(name="desk", url=Secret(file="ntfy"))),
        (
            MAIL | {"chart": False},
            Smtp(name="desk", host="smtp.firm.test", sender="a@f.test", to=("b@f.test",), chart=False),
        ),
    ],
)
def test_each_kind_is_read(table: dict[str, Any], channel: Channel) -> None:
    """What is left out has its documented default; secrets stay references."""
    assert read(table) == channel


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "kind: is missing; allowed: apprise, console, mqtt, slack_bot, slack_webhook, smtp, webhook"),
        ({"kind": "slack_webhok"}, "Did you mean slack_webhook?"),
        ({"kind": ["mqtt"]}, "kind: unknown kind \"['mqtt']\""),
        (BOT | {"chanel": "C1"}, "chanel: unknown key; allowed: fallback, rate, kind, channel, token_env, token_file,"),
        (BOT | {"chanel": "C1"}, "Did you mean channel?"),
        (BOT | {"channel": "#desk"}, "channel: found '#desk'; allowed: the id of a channel, such as C0123ABC"),
        (BOT | {"channel": "U0AB1CD2E"}, "channel: found 'U0AB1CD2E'"),
        (BOT | {"channel": 7}, "channel: found 7; allowed: a valid string"),
        (BOT | {"chart": "yes"}, "chart: found 'yes'; allowed: a valid boolean"),
        (BOT | {"base_url": "http://slack.firm.test/api/"}, "base_url: http is for loopback hosts only"),
        (BOT | {"base_url": "slack.com/api"}, "base_url: allowed: https://host/path/"),
        (BOT | {"base_url": "https://slack.com:port/"}, "base_url: allowed: https://host/path/"),
        (BOT | {"base_url": "https://[slack/"}, "base_url: allowed: https://host/path/"),
        ({k: v for k, v in BOT.items() if k != "token_file"}, "token_env: is missing: give token_env or token_file"),
        (BOT | {"token_env": "T"}, "token_env: give one of token_env and token_file, not both"),
        (BOT | {"rate": 1}, 'rate: found 1; allowed: a duration is a string such as "60s"'),
        ({"kind": "webhook"}, "url_env: is missing: give url_env or url_file"),
        (HOOK | {"secret_env": "A", "secret_file": "b"}, "secret_env: give one of secret_env and secret_file"),
        (MQTT | {"topic": "desk/+/alerts"}, "topic: found 'desk/+/alerts'; allowed: one topic, without the wildcards"),
        (MQTT | {"topic": "#"}, "topic: found '#'"),
        (MQTT | {"topic": ""}, "topic: found ''"),
        (MQTT | {"topic": "$SYS/x"}, "topic: found '$SYS/x'"),
        (MQTT | {"topic": "x" * 65_536}, "topic: has 65536 bytes"),
        (MQTT | {"host": "mqtt://broker"}, "host: found 'mqtt://broker'; allowed: a name or an address alone"),
        (MQTT | {"host": "broker:1883"}, "host: found 'broker:1883'"),
        (MAIL | {"host": "smtp.firm.test\r\n"}, "host: found 'smtp.firm.test"),
        (MAIL | {"from": "a@f.test\r\nBcc: x@y"}, "from: 'a@f.test"),
        (MQTT | {"port": 0}, "port: found 0; allowed: greater than or equal to 1"),
        (MQTT | {"tls": "starttls"}, "tls: found 'starttls'; allowed: a valid boolean"),
        (MQTT | {"password_env": "P"}, "user: is missing: a password goes together with a user"),
        (
            MQTT | {"host": "broker.firm.test", "user": "u", "password_env": "P"},
            "tls: found false; a password may go to 'broker.firm.test' only with tls = true",
        ),
        (MQTT | {"ca_file": "ca.pem"}, "ca_file: is of no use without tls = true"),
        ({"kind": "apprise"}, "url_env: is missing"),
    ],
)
def test_what_is_wrong_is_refused_by_key(table: dict[str, Any], message: str) -> None:
    """A refusal names key, what was found and what is allowed."""
    assert message in refusal(table)


@pytest.mark.parametrize("key", ["url", "token", "password", "secret"])
@pytest.mark.parametrize("kind", list(TABLES))
def test_no_secret_stands_in_the_file(kind: str, key: str) -> None:
    """A secret written into the file is refused whatever the kind, and not repeated."""
    message = refusal({"kind": kind, key: "xoxb-real-one"})

    assert message == f"{key}: no secret may stand in the file; use {key}_env or {key}_file"


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (BOT, "token_env"),
        (HOOK, "url_env"),
        (HOOK, "secret_env"),
        (MQTT | {"user": "u"}, "password_env"),
        ({"kind": "apprise"}, "url_env"),
    ],
)
def test_a_secret_in_place_of_its_variable_is_refused_unseen(table: dict[str, Any], key: str) -> None:
    """Whoever pastes the secret where the variable's name belongs hears of it, and no log shows it."""
    bare = {name: value for name, value in table.items() if name != "token_file"}
    message = refusal(bare | {key: "xoxb-1-real/one"})

    assert message == f"{key}: must be the name of a variable, not what is in it: letters, digits, underscores"


@pytest.mark.parametrize("file", ["https://hooks.firm.test/real/one", "xoxb-1-real-one", " "])
def test_a_secret_in_place_of_its_file_is_refused_unseen(file: str) -> None:
    """An address or a token is no path."""
    message = refusal({"kind": "webhook", "url_file": file})

    assert message == "url_file: must be the path of a file, not what is in it"


def test_the_heartbeat_is_read_by_the_same_rules() -> None:
    """A pasted address is refused without being shown; variable or file, not both."""
    board: dict[str, Any] = {"subjects": {}, "windows": [], "baskets": {}, "calendars": {}}
    for blind, reason in (
        ("heartbeat_env = 'https://hc.firm.test/real-one'", "blind: heartbeat_env: must be the name of a variable"),
        ("heartbeat_env = 'A', heartbeat_file = 'b'", "blind: heartbeat_env: give one of heartbeat_env and"),
    ):
        with pytest.raises(AlertFileError, match=reason) as refused:
            parse_rules(f"version = 1\nblind = {{ {blind} }}", "alerts.toml", **board)
        assert "real-one" not in str(refused.value)

    found = parse_rules("version = 1\nblind = { heartbeat_file = 'b' }", "alerts.toml", **board)
    assert found.service.blind.heartbeat == Secret(file="b")


def test_a_login_in_an_address_is_refused_unseen() -> None:
    """The address of an API holds no login; the one that was there is not repeated."""
    message = refusal(BOT | {"base_url": "https://monitor:hunter22@slack.com/api/"})

    assert "without login" in message
    assert "hunter22" not in message


@pytest.mark.parametrize(
    ("table", "override", "values"),
    [
        (
            BOT,
            {"token": "xoxb-real-one", "channel": "G0ZZ9", "base_url": "http://127.0.0.1:9/", "chart": "False"},
            {
                "token": Secret(value="xoxb-real-one"),
                "channel": "G0ZZ9",
                "base_url": "http://127.0.0.1:9/",
                "chart": False,
            },
        ),
        (
            HOOK | {"secret_env": "KEY"},
            {"url": "https://hook.firm.test/x", "secret_file": "key", "rate": "5s", "fallback": "mail"},
            {
                "url": Secret(value="https://hook.firm.test/x"),
                "secret": Secret(file="key"),
                "rate_ms": 5000,
                "fallback": "mail",
            },
        ),
        (
            MQTT,
            {"host": "::1", "port": "8883", "tls": "true", "topic": "a/b", "retain": "true", "user": "u"}
            | {"password": "hunter22", "ca_file": "ca.pem"},
            {"host": "::1", "port": 8883, "tls": True, "topic": "a/b", "retain": True, "user": "u"}
            | {"password": Secret(value="hunter22"), "ca_file": "ca.pem"},
        ),
        (MAIL, {"tls": "implicit", "from": "x@f.test", "to": "c@f.test, d@f.test"}, {"to": ("c@f.test", "d@f.test")}),
        (
            {"kind": "console"},
            {"kind": "apprise", "url": "json://127.0.0.1"},
            {"url": Secret(value="json://127.0.0.1")},
        ),
    ],
)
def test_every_key_can_be_overridden(table: dict[str, Any], override: dict[str, str], values: dict[str, Any]) -> None:
    """A variable replaces the key of the file and is read as what the key wants; a secret replaces its reference."""
    channel = read(table, **override)

    assert {key: getattr(channel, key) for key in values} == values
    assert "xoxb-real-one" not in repr(channel)
    assert "hunter22" not in repr(channel)


@pytest.mark.parametrize(
    ("table", "override", "message"),
    [
        (
            MQTT,
            {"port": "mqtt"},
            "found 'mqtt'; allowed: a port, 1 to 65535 (set by MONITOR_CHANNELS__DESK__PORT)",
        ),
        (MQTT, {"port": "70000"}, "port: found 70000"),
        (MQTT, {"tls": "perhaps"}, "tls: found 'perhaps'; allowed: true, false (set by MONITOR_CHANNELS__DESK__TLS)"),
        (MQTT, {"topik": "x"}, "Did you mean topic? (set by MONITOR_CHANNELS__DESK__TOPIK)"),
        (BOT, {"channel": "desk"}, "(set by MONITOR_CHANNELS__DESK__CHANNEL)"),
    ],
)
def test_a_wrong_override_names_its_variable(table: dict[str, Any], override: dict[str, str], message: str) -> None:
    """What comes from the environment is not looked for in the file."""
    assert message in refusal(table, **override)


def test_an_override_of_a_misspelt_channel_is_refused_with_a_suggestion() -> None:
    """A variable for a channel that the file does not define."""
    board: dict[str, Any] = {"subjects": {}, "windows": [], "baskets": {}, "calendars": {}}
    text = "version = 1\n[channel]\ndesk-b = { kind = 'console' }"
    with pytest.raises(AlertFileError, match=r"MONITOR_CHANNELS__DESC_B__… is set, .*Did you mean desk_b\?"):
        parse_rules(text, "alerts.toml", channel_overrides={"desc_b": {"rate": "1s"}}, **board)


def test_a_variable_has_no_hyphen() -> None:
    """The channel `desk-b` is overridden by a name that every shell can set."""
    assert override_variable("desk-b", "url") == "MONITOR_CHANNELS__DESK_B__URL"


@pytest.mark.parametrize(
    ("table", "override", "found"),
    [
        (BOT, {"channel": "C0123ABC"}, ("channel", "C0123ABC")),
        (BOT, {"channel": "C0XXXXXXX"}, ("channel", "C0XXXXXXX")),
        (BOT, {"channel": "C0123ABC", "base_url": "http://127.0.0.1:9/"}, None),
        (BOT, {"token": "xoxb-your-token"}, ("token", "")),
        (
            BOT,
            {"token": "xoxb-1", "base_url": "https://slack.example.org/"},
            ("base_url", "https://slack.example.org/"),
        ),
        (BOT, {}, None),
        (HOOK, {"url": "https://hook.example.org/x"}, ("url", "")),
        (HOOK, {"secret": "CHANGE_ME"}, ("secret", "")),
        (HOOK, {"secret": ""}, ("secret", "")),
        (MQTT, {"host": "broker.example.org"}, ("host", "broker.example.org")),
        (MQTT, {"user": "u", "password": "changeme"}, ("password", "")),
        (MQTT, {}, None),
        ({"kind": "apprise"}, {"url": "ntfys://ntfy.example.org/topic"}, ("url", "")),
        (MAIL, {"user": "u", "password": "<password>"}, ("password", "")),
        ({"kind": "console"}, {}, None),
    ],
)
def test_placeholders_are_found(table: dict[str, Any], override: dict[str, str], found: tuple[str, str] | None) -> None:
    """What stands in the examples is no address, channel or secret; towards this machine names are taken as meant."""
    assert placeholder_in(read(table, **override)) == found
