"""What a board says on MQTT, and that the project's own feed understands it."""

from typing import Any

import msgspec
import pytest

from monitor.core.event import SIMULATED
from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.quotes.raw import RawClose, RawQuote
from monitor.core.snapshot import FxView, Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.proxy_line import ProxyLineView
from monitor.feeds.mqtt.payload import MqttDecoder, read_close
from monitor.feeds.port import FrameError
from monitor.readouts.mqtt.messages import BoardMessages, Message
from monitor.wire.mqtt_topics import STATUS_TOPIC, close_topic, status_topic
from tests.feeds.board import CALENDARS
from tests.readouts.sample import T_MS, sample

BOARD = sample()


def prices(snapshot: Snapshot = BOARD, **options: Any) -> dict[str, Message]:
    return {message.topic: message for message in BoardMessages(CALENDARS, **options).prices(snapshot)}


def numbers(snapshot: Snapshot = BOARD, **options: Any) -> dict[str, Message]:
    return {message.topic: message for message in BoardMessages(CALENDARS, **options).numbers(snapshot)}


def changed(symbol: str, **fields: Any) -> Snapshot:
    """The sample with another view of one instrument."""
    view = msgspec.structs.replace(BOARD.instruments[symbol], **fields)
    return msgspec.structs.replace(BOARD, instruments={**BOARD.instruments, symbol: view})


def test_the_feed_reads_every_price_that_is_published() -> None:
    """Symbol, price, time, currency and delay of each tick arrive as they were on the board."""
    decoder = MqttDecoder()
    found: dict[str, RawQuote] = {}
    for topic, message in prices().items():
        (item,) = decoder.decode(topic, message.payload, True, 1)
        assert isinstance(item, RawQuote)
        found[item.source_symbol] = item

    ticks = {symbol: view for symbol, view in BOARD.instruments.items() if view.price is not None}
    assert found.keys() == {*ticks, "USDHKD"}
    for symbol, view in ticks.items():
        raw = found[symbol]
        assert view.event_time is not None
        assert (raw.price, raw.currency, raw.delay_s) == (view.price, view.currency, view.delay_s)
        assert raw.event_ns == parse_instant(view.event_time)
        assert not raw.flags & SIMULATED
    assert (found["USDHKD"].price, found["USDHKD"].event_ns) == (7.7702, T_MS * MILLISECOND)


@pytest.mark.parametrize(
    ("symbol", "topic"),
    [
        ("0700.HK", "md/v1/HK/0700/quote"),
        ("HSTECH", "md/v1/HK/HSTECH/quote"),
        ("688256.SH", "md/v1/CN/688256/quote"),
        ("SSEC", "md/v1/CN/SSEC/quote"),
        ("NVDA", "md/v1/US/NVDA/quote"),
        ("USDHKD", "md/v1/FX/USDHKD/quote"),
    ],
)
def test_the_topic_names_market_and_code(symbol: str, topic: str) -> None:
    """The market is that of the calendar; the code is the symbol without the ending that says the same."""
    assert msgspec.json.decode(prices()[topic].payload)["symbol"] == symbol


def test_the_simulators_mark_travels_with_the_price() -> None:
    message = prices(changed("NVDA", simulated=True))["md/v1/US/NVDA/quote"]
    (item,) = MqttDecoder().decode(message.topic, message.payload, False, 1)

    assert isinstance(item, RawQuote)
    assert item.flags & SIMULATED


@pytest.mark.parametrize(
    "fields",
    [{"source": None}, {"source": "mqtt"}, {"price": None, "event_time": None, "source": None}],
    ids=["official close", "came by MQTT", "no price"],
)
def test_what_is_no_tick_of_ones_own_is_not_published_as_one(fields: dict[str, Any]) -> None:
    """An official close is no tick, and a price that came in by MQTT would go round in circles."""
    assert "md/v1/US/NVDA/quote" not in prices(changed("NVDA", **fields))


def test_an_official_close_is_said_as_what_it_is() -> None:
    """It has a session instead of a time, a topic of its own, and is a copy where it is read."""
    found = prices(changed("NVDA", source=None, asof_session="2025-02-20", simulated=True))
    raw = read_close(found["md/v1/US/NVDA/close"].payload, "mqtt", 7)

    assert raw == RawClose("mqtt", "NVDA", "2025-02-20", 136.42, 7, derived=True, flags=SIMULATED)
    assert not [topic for topic in prices() if topic.endswith("/close")]
    for broken in (b"{", b'{"symbol":"NVDA"}', b'{"v":1,"symbol":"NVDA","session":"x","close":NaN}', b"\xff"):
        with pytest.raises(FrameError, match="BAD_PAYLOAD"):
            read_close(broken, "mqtt", 7)


def test_only_live_rates_are_published() -> None:
    """A fixing stands for a date; a rate from another publisher stays there."""
    other = FxView(rate=7.8, status="LIVE", event_time=BOARD.t, age_s=0.0, source="mqtt", simulated=False)
    rates = {topic for topic in prices() if "/FX/" in topic}

    assert rates == {"md/v1/FX/USDHKD/quote"}
    assert not [topic for topic in prices(msgspec.structs.replace(BOARD, fx={"USDHKD": other})) if "/FX/" in topic]


def test_the_session_is_that_of_the_price_not_of_now() -> None:
    """A tick of the afternoon in Hong Kong stays one of the regular session when New York trades."""
    view = {"event_time": "2025-06-10T06:00:00.000Z", "phase": "CLOSED"}
    message = prices(changed("HSTECH", **view))["md/v1/HK/HSTECH/quote"]

    assert msgspec.json.decode(message.payload)["session"] == "regular"


def test_pairs_say_a_number_or_why_there_is_none() -> None:
    """Every policy and window of every pair has a number and a status; what is null is not OK."""
    found = {topic: msgspec.json.decode(message.payload) for topic, message in numbers(baskets=False).items()}

    assert found.keys() == {f"md/v1/_board/hk-us/pair/{pair}" for pair in BOARD.pair_views}
    for pair, view in BOARD.pair_views.items():
        told = found[f"md/v1/_board/hk-us/pair/{pair}"]
        assert (told["a"], told["b"], told["ts"]) == (view.a, view.b, T_MS)
        for policy in view.policies:
            spreads = told["spread_pp"][policy.policy]
            assert spreads == {window: spread.spread_pp for window, spread in policy.spreads.items()}
            assert all(told["status"][policy.policy][window] != "OK" for window in spreads if spreads[window] is None)


def test_baskets_say_how_complete_they_are() -> None:
    found = {topic: msgspec.json.decode(message.payload) for topic, message in numbers(pairs=False).items()}

    assert found.keys() == {f"md/v1/_board/hk-us/basket/{basket}" for basket in BOARD.baskets}
    told = found["md/v1/_board/hk-us/basket/china-m7"]
    windows = BOARD.baskets["china-m7"]
    assert told["returns"] == {window: view.basket_return for window, view in windows.items()}
    assert told["status"] == {window: view.status for window, view in windows.items()}


def test_time_alone_is_no_news() -> None:
    """The next snapshot of an unchanged board has the same bodies, with another time in the payload of its numbers."""
    later = msgspec.structs.replace(BOARD, t="2025-02-21T16:20:01.250Z")

    for topic, message in numbers(later).items():
        assert message.body == numbers()[topic].body
        assert message.payload != numbers()[topic].payload
    assert {topic: message.body for topic, message in prices(later).items()} == {
        topic: message.body for topic, message in prices().items()
    }


def test_topics_do_not_meet() -> None:
    """No two messages share a topic, and no topic of numbers or status is read as a price."""
    template = MqttDecoder().topic
    topics = [message.topic for message in [*prices().values(), *numbers().values()]]

    assert len(topics) == len(set(topics)) == len(prices()) + len(BOARD.pair_views) + len(BOARD.baskets)
    assert all(template.match(topic) for topic in prices())
    assert not any(template.match(topic) for topic in numbers())
    assert f"md/v1/{STATUS_TOPIC}".format(publisher="desk") == status_topic("md/v1", "desk")
    assert template.match(status_topic("md/v1", "desk")) is None
    assert template.match(close_topic("md/v1", "0700.HK", "XHKG")) is None


def test_what_is_switched_off_is_not_said() -> None:
    assert not prices(quotes=False)
    assert not numbers(pairs=False, baskets=False)


def test_another_prefix_moves_every_topic() -> None:
    topics = [*prices(prefix="desk/a"), *numbers(prefix="desk/a")]

    assert topics
    assert all(topic.startswith("desk/a/") for topic in topics)


def test_an_instrument_view_without_calendar_has_no_session() -> None:
    """What has no exchange has no session to name."""
    view: InstrumentView = BOARD.instruments["USDHKD"]
    message = prices(changed("USDHKD", price=7.77, event_time=BOARD.t, source="yahoo"))["md/v1/FX/USDHKD/quote"]

    assert view.calendar is None
    assert "session" not in msgspec.json.decode(message.payload)


def test_lines_that_are_only_quoted_for_fair_values_are_said_too() -> None:
    """A board that reads them has the same proxies, and with them SYNC; a line without a quote is not said."""
    line = ProxyLineView(
        currency="USD",
        calendar="CMES",
        price=20_100.25,
        status="LIVE",
        event_time="2026-11-20T02:00:00Z",
        source="yahoo",
        delay_s=600,
        simulated=False,
    )
    silent = msgspec.structs.replace(line, price=None, event_time=None, source=None, status="MISSING")
    relayed = msgspec.structs.replace(line, source="mqtt")
    lines = {"NQ=F": line, "ES=F": silent, "YM=F": relayed}
    found = prices(msgspec.structs.replace(BOARD, proxy_lines=lines))

    assert found.keys() - prices().keys() == {"md/v1/CME/NQ=F/quote"}
    (item,) = MqttDecoder().decode("md/v1/CME/NQ=F/quote", found["md/v1/CME/NQ=F/quote"].payload, True, 1)
    assert isinstance(item, RawQuote)
    assert (item.source_symbol, item.price, item.currency, item.delay_s) == ("NQ=F", 20_100.25, "USD", 600)
    assert item.event_ns == parse_instant("2026-11-20T02:00:00Z")
