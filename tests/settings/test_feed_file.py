"""Mistakes in a feed file are refused by file, line and key, with what is allowed."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.settings.feed_file import load_feed_file

GOOD = """\
[connection]
url = "wss://feed.test/ws?token={token}"
headers = { x-user = "{user}" }

[connection.auth]
send = { login = "{token}" }
wait_for = "status=='in'"

[connection.subscribe]
mode = "batch"
template = { s = "{symbols}", n = "{seq:int}" }

[connection.heartbeat]
every_s = 10
template = { ping = "{now_ms}" }

[decode]
data = "type=='trade'"
records = "data[]"
kind = "trade"
answers_as = '(.+)[$][A-Z]+'

[decode.error]
when = "type=='error'"
code = "code"
fatal_codes = [401, "denied"]

[decode.fields]
symbol = "s"
price = { path = "p", else_mid = ["b", "a"] }
ts = { path = "t", unit = "ms" }
session = { path = "m", map = { open = "regular" } }

[reconnect]
max_s = 60

[symbols]
"0700.HK" = "700$HK"
AAPL = "AAPL$US"

[delays]
XHKG = 900
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "invented.toml"
    path.write_text(text)
    return path


def test_a_good_file_is_read_whole(tmp_path: Path) -> None:
    """Order of the symbols, delays, what the user must fill in, and the defaults of what was not said."""
    feed = load_feed_file(written(tmp_path, GOOD))

    assert feed.name == "invented"
    assert list(feed.symbols.items()) == [("0700.HK", "700$HK"), ("AAPL", "AAPL$US")]
    assert feed.delays == {"XHKG": 900}
    assert feed.placeholders == ("token", "user")
    assert feed.spec.reconnect.max_s == 60
    assert feed.spec.reconnect.min_s == 1
    assert feed.spec.decode.fields["price"].else_mid == ("b", "a")
    assert feed.spec.decode.error is not None
    assert feed.spec.decode.error.fatal_codes == (401, "denied")


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("type=='trade'", "type==", "decode.data", "a JMESPath expression"),
        ('symbol = "s"', 'symbol = "s["', "decode.fields.symbol", "a JMESPath expression"),
        ('mode = "batch"', 'mode = "bunch"', "connection.subscribe.mode", "'batch'"),
        ('mode = "batch"\n', "", "connection.subscribe.mode", "required"),
        ('unit = "ms"', 'unit = "minutes"', "decode.fields.ts", "s, ms, us, ns, iso, auto"),
        ('kind = "trade"', 'kind = "candle"', "decode.kind", "trade, quote, index"),
        ('kind = "trade"', 'kind = { path = "T" }', "decode.kind", "{path, map}"),
        ('symbol = "s"', 'sybmol = "s"', "decode.fields.sybmol", "symbol"),
        ('symbol = "s"\n', "", "decode", "a symbol"),
        ('price = { path = "p", else_mid = ["b", "a"] }\n', "", "decode", "a price"),
        ('{ open = "regular" }', '{ open = "lunch" }', "decode", "not lunch"),
        ('records = "data[]"', 'require = ["size"]', "decode", "not size"),
        ("[decode]\n", "[decoding]\n", "decod", "decode"),
        ('"{symbols}"', '"{symbol}"', "connection.subscribe.template", "{symbols}"),
        ('"{symbols}"', '"AAPL"', "connection.subscribe.template", "names no symbol"),
        ('"{symbols}"', '"{symbls}"', "connection.subscribe.template", "Did you mean {symbols}?"),
        ('"{seq:int}"', '"{token:int}"', "connection.subscribe.template", "{seq:int}"),
        ("token={token}", "token={symbol}", "connection.url", "{token}"),
        ("token={token}", "token={TOKEN}", "connection.url", "small letters"),
        ("token={token}", "token={api-key}", "connection.url", "small letters"),
        ("token={token}", "token={ token }", "connection.url", "{ token }"),
        ('"{token}"', '"{Token}"', "", "small letters"),
        ('"{seq:int}"', '"{seq:float}"', "connection.subscribe.template", "{seq:float}"),
        ("token={token}", "token={url}", "connection.url", "not url"),
        ("wss://feed", "https://feed", "connection.url", "wss://"),
        ('x-user = "{user}"', 'x-user = "a\\nb"', "connection.headers.x-user", "printable"),
        ("'(.+)[$][A-Z]+'", "'.+'", "decode.answers_as", "group"),
        ("'(.+)[$][A-Z]+'", "'('", "decode.answers_as", "regular expression"),
        ('"AAPL$US"', '"700$US"', "symbols.AAPL", "The vendor answers 700"),
        ('AAPL = "AAPL$US"', '"0700.HK" = "AAPL$US"', "", "overwrite"),
        ("XHKG = 900", "XHKK = 900", "delays.XHKK", "Did you mean XHKG?"),
        ("XHKG = 900", "XHKG = -1", "delays.XHKG", "greater than or equal to 0"),
        ("max_s = 60", "max_s = 0.5", "reconnect.max_s", "at least 1"),
        ('symbol = "s"', 'symbol = { path = "s", unit = "s" }', "decode", "a unit for ts"),
        ('symbol = "s"', 'symbol = { path = "s", else_mid = ["a", "b"] }', "decode", "else_mid for the price"),
        (
            "[connection.heartbeat]",
            "[connection.limits]\nmin_interval_s = 20\n[connection.heartbeat]",
            "connection.heartbeat.every_s",
            "more than limits.min_interval_s, 20",
        ),
        ("every_s = 10", "every_s = 0", "connection.heartbeat.every_s", "greater than 0"),
        ("wait_for = \"status=='in'\"", "speed = 1", "connection.auth.speed", "wait_for"),
        ('send = { login = "{token}" }\nwait_for = "status==\'in\'"', "", "connection.auth", "send, wait_for"),
        ("fatal_codes = [401, ", "fatal_codes = [true, ", "decode.error.fatal_codes[0]", "a number or a text"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, old: str, new: str, key: str, words: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    with pytest.raises(ConfigError) as caught:
        load_feed_file(written(tmp_path, text))

    assert f"{tmp_path}/invented.toml" in caught.value.where
    assert key in caught.value.key
    assert words in str(caught.value)
    if key and "decod" not in key[:5]:
        line = int(caught.value.where.rpartition(":")[2])
        assert 1 <= line <= len(text.splitlines())


def test_a_refusal_of_a_table_is_a_sentence(tmp_path: Path) -> None:
    """What is wrong with a whole table is not told by printing all that stands in it."""
    with pytest.raises(ConfigError) as refused:
        load_feed_file(written(tmp_path, GOOD.replace('symbol = "s"\n', "")))

    assert "found 'a table of " in str(refused.value)
    assert len(str(refused.value)) < 300


def test_a_list_is_called_a_list(tmp_path: Path) -> None:
    """And not by a word of another language."""
    with pytest.raises(ConfigError, match=r"fatal_codes: found '401'; allowed: a list"):
        load_feed_file(written(tmp_path, GOOD.replace('fatal_codes = [401, "denied"]', 'fatal_codes = "401"')))


def test_a_mistake_points_at_its_own_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_feed_file(written(tmp_path, GOOD.replace('records = "data[]"', 'records = "data["')))

    assert caught.value.where.endswith(f":{GOOD[: GOOD.index('records')].count(chr(10)) + 1}")


def test_a_refusal_does_not_repeat_a_token_that_was_typed_into_the_file(tmp_path: Path) -> None:
    """People write their key where the placeholder was; the sentence about another mistake must not show it."""
    text = GOOD.replace("{token}", "hunter2hunter2").replace("wss://", "https://")
    for broken in (text, text.replace("https://", "wss://").replace('"{symbols}"', '"{symbol}"')):
        with pytest.raises(ConfigError) as caught:
            load_feed_file(written(tmp_path, broken))
        assert "hunter2" not in str(caught.value)
