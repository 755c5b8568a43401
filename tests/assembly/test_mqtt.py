"""From `[[feeds.mqtt.topics]]` to what the feed subscribes to and reads."""

from pathlib import Path

import pytest

from monitor.assembly.mqtt import check_mqtt, make_broker, make_subscriptions
from monitor.core.quotes.raw import RawQuote
from monitor.errors import ConfigError
from monitor.settings import load
from monitor.settings.show import show
from monitor.settings.tree import MonitorSettings
from monitor.wire.mqtt_topics import close_topic, quote_topic, status_topic

SHIPPED = Path(__file__).parents[2] / "config"

TOPICS = """
[[feeds.mqtt.topics]]
topic = "quotes/{market}/{code}"
qos = 0
share = "desk"
symbol_from = "{code}.{market}"
retained = "ignore"

[feeds.mqtt.topics.decode]
records = "data[]"
kind = { path = "type", map = { t = "trade", b = "bar" } }
require = ["ts"]

[feeds.mqtt.topics.decode.fields]
price = { path = "px", else_mid = ["b", "a"] }
session = { path = "s", map = { R = "regular" } }
ts = { path = "t", unit = "s" }

[[feeds.mqtt.topics]]
topic = "stocks/{symbol}/price"
payload = "scalar"

[[feeds.mqtt.topics]]
topic = "notice"
payload = "ignore"
"""


def settings(folder: Path, text: str) -> MonitorSettings:
    (folder / "monitor.toml").write_text(text, "utf-8")
    return load(folder, {})


def test_without_topics_it_is_the_convention(tmp_path: Path) -> None:
    """Host and port alone are enough: the feed then reads what `monitor publish` writes, and who publishes it."""
    given = load(SHIPPED, {"MONITOR_FEEDS__MQTT__HOST": "127.0.0.1", "MONITOR_FEEDS__MQTT__PORT": "18830"})
    wanted = make_subscriptions(given.feeds.mqtt)

    assert [(topic.filter, topic.qos) for topic in wanted.topics] == [("md/v1/+/+/quote", 1)]
    assert wanted.closes is not None
    assert wanted.status is not None
    assert (wanted.closes.filter, wanted.status.filter) == ("md/v1/+/+/close", "md/v1/_status/+")
    assert make_broker(given.feeds.mqtt, "feeds.mqtt").address == "mqtt://127.0.0.1:18830"


def test_another_prefix_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Two boards may share a broker without meeting."""
    wanted = make_subscriptions(settings(tmp_path, '[feeds.mqtt]\nprefix = "desk/a"\n').feeds.mqtt)

    assert wanted.topics[0].decoder.topic.match(quote_topic("desk/a", "0700.HK", "XHKG"))
    assert wanted.closes is not None
    assert wanted.closes.match(close_topic("desk/a", "0700.HK", "XHKG"))
    assert wanted.status is not None
    assert wanted.status.match(status_topic("desk/a", "roof")) == {"publisher": "roof"}
    with pytest.raises(ConfigError, match=r"feeds\.mqtt\.prefix"):
        settings(tmp_path, '[feeds.mqtt]\nprefix = "desk/+"\n')


def test_every_key_of_a_topic_counts(tmp_path: Path) -> None:
    """Level, group, records, kinds, maps, mid-points, units and required fields: all from the file."""
    wanted = make_subscriptions(settings(tmp_path, TOPICS).feeds.mqtt)
    quotes, scalar, notice = wanted.topics

    assert (quotes.filter, quotes.qos, scalar.filter, scalar.qos) == (
        "$share/desk/quotes/+/+",
        0,
        "stocks/+/price",
        1,
    )
    assert notice.decoder.ignores
    assert (wanted.closes, wanted.status) == (None, None)
    payload = (
        b'{"data":[{"type":"t","px":"2.5","s":"R","t":5},{"type":"t","a":1.2,"b":1.1,"t":6},{"type":"b","px":9,"t":7},'
        b'{"type":"t","px":9}]}'
    )
    first, mid, bar, undated = quotes.decoder.decode("quotes/HK/0700", payload, False, 1)
    assert isinstance(first, RawQuote)
    assert (first.source_symbol, first.price, first.session, first.event_ns) == ("0700.HK", 2.5, "regular", 5 * 10**9)
    assert isinstance(mid, RawQuote)
    assert mid.price == 1.15
    assert [getattr(item, "reason", "") for item in (bar, undated)] == ["NOT_A_LAST_PRICE", "BAD_TIMESTAMP"]
    (price,) = scalar.decoder.decode("stocks/QQQ/price", b"611.05\n", False, 1)
    assert isinstance(price, RawQuote)
    assert (price.source_symbol, price.price) == ("QQQ", 611.05)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('topic = "a/{b"', ["feeds.mqtt.topics[0]", "topic", "'a/{b'"]),
        ('topic = "a"\nqos = 3', ["monitor.toml:3", "feeds.mqtt.topics[0].qos", "0, 1 or 2"]),
        ('topic = "a"\nshare = "a/b"', ["monitor.toml:3", "feeds.mqtt.topics[0].share"]),
        ('topic = "a"\nquality = 1', ["monitor.toml:3", "feeds.mqtt.topics[0].quality", "the keys topic, qos"]),
        ('topic = "a"\npayload = "xml"', ["payload", "'xml'", "plugin:module:function"]),
        ('topic = "a"\nsymbol_from = "{code}"', ["symbol_from", "'{code}'"]),
        ('topic = "a"\ndecode = { fields = { prize = "p" } }', ["feeds.mqtt.topics[0].decode.fields", "prize"]),
        ('topic = "a"\ndecode = { records = "[[" }', ["feeds.mqtt.topics[0].decode.records", "JMESPath"]),
    ],
)
def test_a_topic_that_cannot_work_is_refused(tmp_path: Path, line: str, says: list[str]) -> None:
    """By table and key, what was found and what is allowed."""
    with pytest.raises(ConfigError) as caught:
        make_subscriptions(settings(tmp_path, f"[[feeds.mqtt.topics]]\n{line}\n").feeds.mqtt)

    for part in says:
        assert part in str(caught.value)


def test_what_is_shown_can_be_read_again(tmp_path: Path) -> None:
    """`monitor config show` writes topics as TOML, and no password."""
    given = settings(tmp_path, TOPICS)
    shown = show(given)
    (tmp_path / "again").mkdir()

    assert settings(tmp_path / "again", shown).feeds.mqtt.topics == given.feeds.mqtt.topics
    secret = load(tmp_path, {"MONITOR_PUBLISH__PASSWORD": "hunter2", "MONITOR_FEEDS__MQTT__PASSWORD": "hunter3"})
    assert "hunter" not in show(secret) + repr(secret)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            '[[feeds.mqtt.topics]]\ntopic = "a"\npayload = "plugin:nowhere:read"\n',
            ["topics[0]", "nowhere", "PYTHONPATH"],
        ),
        ('[feeds.mqtt]\ntls = true\nca_file = "/nonexistent.pem"\n', ["feeds.mqtt", "ca_file", "/nonexistent.pem"]),
        ('[feeds.mqtt]\nhost = "10.0.0.9"\ntls = true\ninsecure = true\n', ["insecure", "Set ca_file"]),
        ("[feeds.mqtt]\nclean_start = false\n", ["clean_start", "client_id"]),
    ],
)
def test_what_cannot_be_made_is_refused_before_the_start(tmp_path: Path, text: str, says: list[str]) -> None:
    """`monitor config check`, `doctor` and every start of ingest find it out while nothing runs yet."""
    with pytest.raises(ConfigError) as caught:
        check_mqtt(settings(tmp_path, text).feeds.mqtt)

    for part in says:
        assert part in str(caught.value)
