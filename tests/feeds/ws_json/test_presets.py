"""The shipped feed files against every documented frame of their vendors."""

import contextlib
import json
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.feeds.ws_json.decode import Decoder, Meaning
from monitor.feeds.ws_json.requests import Requests
from monitor.settings.feed_file import FeedFile
from monitor.settings.feed_folder import load_feed_files
from monitor.settings.instrument_file import load_instruments
from tests.shared import SHARED, needs_shared
from tests.vectors import json_feeds
from tests.vectors.dispatch import run_file
from tests.vectors.presets import read_preset
from tests.vectors.result import Status

VENDORS = {
    "finnhub": "finnhub",
    "twelvedata": "twelvedata",
    "eodhd": "eodhd",
    "alltick": "alltick",
    "itick": "itick",
    "massive": "massive_polygon",
    "alpaca": "alpaca_v2",
}
"""Feed file → fixture file."""
FIXTURES = SHARED / "fixtures" / "feeds"


@cache
def shipped() -> dict[str, FeedFile]:
    return load_feed_files(json_feeds.CONFIG)


@pytest.mark.parametrize(
    ("name", "message", "meaning"),
    [
        ("alltick", {"ret": 605, "msg": "too fast", "cmd_id": 22001, "data": {}}, Meaning.ERROR),
        ("alltick", {"ret": 200, "msg": "ok", "cmd_id": 22001, "data": {}}, Meaning.IGNORE),
        ("itick", {"code": 1, "msg": "Connected Successfully"}, Meaning.ACK),
        ("twelvedata", {"event": "subscribe-status", "status": "error", "fails": [{"symbol": "X"}]}, Meaning.ACK),
        ("twelvedata", {"event": "subscribe-status", "status": "error", "fails": None}, Meaning.ERROR),
        ("twelvedata", {"code": 401, "message": "apikey is incorrect", "status": "error"}, Meaning.ERROR),
        ("itick", {"code": 1, "resAc": "subscribe", "msg": "subscribe Successfully"}, Meaning.ACK),
        ("itick", {"code": 1, "data": {"s": "700", "type": "quote", "ld": 1.0}}, Meaning.DATA),
    ],
)
def test_answers_without_a_fixture(name: str, message: dict[str, Any], meaning: Meaning) -> None:
    """What is refused is an error, a heartbeat included, and iTick's greeting is no unknown message."""
    assert Decoder(shipped()[name].spec.decode).meaning(message) is meaning


def rows(vendor: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FIXTURES / f"{VENDORS[vendor]}.jsonl").read_text().splitlines()]


def vendor_of(name: str) -> JsonVendor:
    feed = shipped()[name]
    return JsonVendor(feed.spec, list(feed.symbols.values()), dict.fromkeys(feed.placeholders, "s3cret"), source=name)


def test_all_seven_are_shipped() -> None:
    assert VENDORS.keys() <= shipped().keys()


@needs_shared
@pytest.mark.parametrize("name", VENDORS)
def test_every_frame_of_the_vendor_is_understood_and_every_message_can_be_said(name: str) -> None:
    results = list(run_file(FIXTURES / f"{VENDORS[name]}.jsonl"))

    assert results
    assert [result for result in results if result.status is not Status.PASSED] == []


@needs_shared
@pytest.mark.parametrize("name", VENDORS)
def test_the_same_vocabulary_takes_the_specifications_own_presets(name: str) -> None:
    """They are accepted as they are, and decode or classify the same frames."""
    presets = json.loads((FIXTURES / "generic_presets.json").read_text())
    spec = read_preset(VENDORS[name], presets[VENDORS[name]]).spec
    named = {*spec.decode.fields, "kind", "ts_ms"}
    for row in rows(name):
        # They pass over corrections and cancellations, which we read, and name fewer fields. Which further errors are
        # fatal, the fixtures know better than they.
        if row["dir"] != "s2c" or row["id"] in ("correction", "cancel"):
            continue
        if isinstance(row.get("expected"), dict):
            row["expected"] = {key: value for key, value in row["expected"].items() if key in ("code", "fails")}
        if isinstance(row.get("expected"), list):
            row["expected"] = [{key: quote[key] for key in quote if key in named} for quote in row["expected"]]
        assert json_feeds.received(row, spec) == [], row["id"]


@needs_shared
@pytest.mark.parametrize("name", [name for name in VENDORS if name != "alpaca"])
def test_the_address_is_the_documented_one(name: str) -> None:
    """To the letter, but for the user's token."""
    (row,) = [row for row in rows(name) if row["dir"] == "url"]
    url = shipped()[name].spec.connection.url

    assert re.fullmatch(re.escape(url).replace(r"\{token\}", "[A-Z]+"), row["frame"])


@needs_shared
def test_corrections_and_bars_are_read_and_move_no_price() -> None:
    vendor = vendor_of("alpaca")
    vendor.opened(0)
    still = [row for row in rows("alpaca") if row["id"] in ("bar", "correction", "cancel")]

    assert len(still) == 3
    for row in still:
        assert list(vendor.received(row["frame"].encode(), 1).records) == []


def test_odd_lots_and_late_trades_move_no_price() -> None:
    """By the condition codes of both vendors that document them; trades outside regular hours count."""
    alpaca, massive = vendor_of("alpaca"), vendor_of("massive")
    trade = {"T": "t", "S": "AAPL", "p": 1, "s": 1, "t": "2026-01-02T15:04:05Z"}
    polygon = {"ev": "T", "sym": "AAPL", "p": 1, "s": 1, "t": 1795190400000}

    def moves(vendor: JsonVendor, message: dict[str, Any], conditions: Any) -> bool:
        (record,) = vendor.received(json.dumps([{**message, "c": conditions}]).encode(), 1).records
        assert not isinstance(record, FrameError) or record.reason == "NOT_A_LAST_PRICE"
        return not isinstance(record, FrameError)

    assert [moves(alpaca, trade, c) for c in (["@"], ["@", "F", "T"], [" "], None, ["@", "I"], ["@", "Z"])] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    assert [moves(massive, polygon, c) for c in ([0, 12], [14, 41], None, [], [14, 37, 41], [33], [2])] == [
        True,
        True,
        True,
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("name", VENDORS)
def test_symbols_fit_the_free_plan_by_rank(name: str) -> None:
    """What is said after the login never holds more symbols than the limit in the file."""
    feed = shipped()[name]
    vendor = vendor_of(name)
    most = feed.spec.connection.limits.symbols or len(feed.symbols)

    assert len(vendor._wanted.asked) == min(most, len(feed.symbols))
    assert list(vendor._wanted.asked) == list(feed.symbols.values())[:most]


@pytest.mark.parametrize(
    ("name", "copy", "changes", "symbol", "asked"),
    [
        (
            "massive",
            "massive_indices",
            [('/stocks"', '/indices"'), ("T.{symbol}", "V.{symbol}")],
            ("NDX", "I:NDX"),
            {"action": "subscribe", "params": "V.I:NDX"},
        ),
        ("eodhd", "eodhd_forex", [("/ws/us?", "/ws/forex?")], ("USDHKD", "USDHKD"), None),
        ("alltick", "alltick_forex", [("quote-stock-b-ws-api", "quote-b-ws-api")], ("USDHKD", "USDHKD"), None),
    ],
)
def test_a_second_socket_of_a_vendor_is_a_copy_of_its_file(
    tmp_path: Path, name: str, copy: str, changes: list[tuple[str, str]], symbol: tuple[str, str], asked: Any
) -> None:
    """The changes that the comments of the shipped files name make a feed of its own, beside the first one."""
    shutil.copytree(json_feeds.CONFIG, tmp_path / "config")
    folder = tmp_path / "config" / "feeds"
    text = (folder / f"{name}.toml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    text = text[: text.index("\n[symbols]\n")] + f'\n[symbols]\n{symbol[0]} = "{symbol[1]}"\n'
    (folder / f"{copy}.toml").write_text(text)

    line = load_instruments(tmp_path / "config")[symbol[0]]
    assert line.sources[copy] == symbol[1]
    feed = load_feed_files(tmp_path / "config")[copy]
    how = feed.spec.connection.subscribe
    (said,) = Requests({}).subscription(how, list(feed.symbols.values()), 0)
    assert asked is None or json.loads(said) == asked
    assert symbol[1] in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("TSspctabdevxq"), inner, max_size=6),
    max_leaves=10,
)


@pytest.mark.parametrize("name", VENDORS)
@settings(max_examples=30)
@given(document=JSON, torn=st.integers(min_value=0, max_value=80))
def test_no_frame_breaks_a_vendor(name: str, document: Any, torn: int) -> None:
    """Whatever arrives is a turn or a FrameError."""
    vendor = vendor_of(name)
    frame = json.dumps(document).encode()
    vendor.opened(0)
    for data in (frame, frame[:torn]):
        with contextlib.suppress(FrameError):
            vendor.received(data, 1)


@needs_shared
@pytest.mark.parametrize("name", VENDORS)
@settings(max_examples=30)
@given(data=st.data())
def test_no_damage_to_a_real_frame_breaks_a_vendor(name: str, data: st.DataObject) -> None:
    """Fields of the vendor's own frames with values of any type: the decoder names a reason or finds a record."""
    decoder = Decoder(shipped()[name].spec.decode)
    frames = [row["frame"] for row in rows(name) if row["dir"] == "s2c"]
    document = json.loads(data.draw(st.sampled_from(frames)))
    target = document[0] if isinstance(document, list) else document
    inner = [value for value in target.values() if isinstance(value, dict)]
    target = data.draw(st.sampled_from([target, *inner]))
    if target:
        target[data.draw(st.sampled_from(sorted(target)))] = data.draw(JSON)
    for message in decoder.messages(json.dumps(document).encode()):
        decoder.meaning(message)
        decoder.answer(message)
        decoder.complaint(message)
        decoder.quotes(message, "x", 1)


def test_the_shipped_files_have_no_secret_in_them() -> None:
    """Every token is a placeholder."""
    for name, feed in shipped().items():
        assert feed.placeholders, name
        assert set(feed.placeholders) <= {"token", "key", "secret"}, name
        assert Path(json_feeds.CONFIG / "feeds" / f"{name}.toml").exists()
