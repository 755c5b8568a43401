"""The MQTT feed against a real mosquitto; what goes wrong with brokers in general is in tests/faults."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import Client, Message

from monitor.core.event import RETAINED
from monitor.errors import ConfigError
from monitor.feeds.mqtt.feed import MqttFeed, MqttTopic
from monitor.feeds.mqtt.payload import MqttDecoder
from monitor.feeds.mqtt.queue import ConflatingQueue
from monitor.feeds.mqtt.topic import TopicTemplate
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import SystemClock
from monitor.runtime.mqtt_broker import MqttBroker, client_id_of, tls_context
from tests.eventually import eventually
from tests.processes import free_tcp_port
from tests.real.broker import Broker
from tests.real.certificates import server_certificate
from tests.real.feed_probe import Probe, running
from tests.real.mqtt_fake import FakeBroker

TOPIC = "md/v1/HK/0700/quote"
OPEN = "allow_anonymous true"


def feed_of(port: int, **options: Any) -> MqttFeed:
    """A feed of the broker on `port`. options: arguments of MqttFeed, the others of its MqttBroker."""
    settings: dict[str, Any] = {"market_open": lambda _: True, "backoff": Backoff(0.02, 0.2, least_s=0.01)}
    own = ("topics", "market_open", "closes", "status", "subscribe_via", "stale_after_s", "backoff")
    settings |= {name: options.pop(name) for name in own if name in options}
    return MqttFeed(MqttBroker("127.0.0.1", port, **options), clock=SystemClock(), **settings)


def quote(price: float, symbol: str = "0700.HK") -> str:
    return json.dumps({"symbol": symbol, "price": price, "ts": 1_795_143_600_000})


async def publish(port: int, *messages: tuple[str, str], retain: bool = False) -> None:
    async with Client("127.0.0.1", port) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1, retain=retain)


async def test_what_is_published_arrives(tmp_path: Path, free_port: int) -> None:
    """One level of the topic each for market and code; a tombstone is no quote, broken JSON is counted."""
    probe = Probe()
    async with Broker(tmp_path, free_port, OPEN), running(feed_of(free_port), probe):
        await eventually(probe.ups)
        # Each on a topic of its own: one that waits for its reader gives way to the next on the same.
        messages = [(TOPIC, quote(635.5)), ("md/v1/US/^NDX/quote", quote(1.5, "^NDX"))]
        await publish(free_port, *messages, ("md/v1/HK/1211/quote", ""), ("md/v1/HK/9988/quote", "{bad"))
        await eventually(lambda: len(probe.quotes) == 2 and probe.reasons)
    assert [raw.source_symbol for raw in probe.quotes] == ["0700.HK", "^NDX"]
    assert probe.reasons == {"BAD_PAYLOAD": 1}


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_a_retained_value_is_a_snapshot_with_its_own_time(tmp_path: Path, free_port: int, protocol: str) -> None:
    probe = Probe()
    async with Broker(tmp_path, free_port, OPEN):
        await publish(free_port, (TOPIC, quote(600.0)), retain=True)
        async with running(feed_of(free_port, protocol=protocol), probe):
            await eventually(lambda: probe.quotes)
            await publish(free_port, (TOPIC, quote(601.0)), retain=True)
            await eventually(lambda: len(probe.quotes) == 2)
    assert [raw.flags for raw in probe.quotes] == [RETAINED, 0]
    assert probe.quotes[0].event_ns == 1_795_143_600_000_000_000


async def test_a_burst_keeps_the_newest_of_every_topic(tmp_path: Path, free_port: int) -> None:
    """10,000 messages on four topics: whatever is dropped is counted, and the last of each topic arrives."""
    probe = Probe()
    symbols = [f"{number}.HK" for number in range(4)]
    count = 2_500
    async with Broker(tmp_path, free_port, OPEN, "max_queued_messages 0"), running(feed_of(free_port), probe):
        await eventually(probe.ups)
        async with Client("127.0.0.1", free_port) as client:
            for price in range(1, count + 1):
                for symbol in symbols:
                    await client.publish(f"md/v1/HK/{symbol}/quote", quote(float(price), symbol))
        await eventually(lambda: sum(raw.price == count for raw in probe.quotes) == 4)
    assert len(probe.quotes) + probe.lost == probe.arrived == count * len(symbols)


async def test_tls_is_checked_against_the_given_authority(tmp_path: Path, free_port: int) -> None:
    """With its certificate as authority the broker is trusted; with the system's it is not, and stays away."""
    certificate, key = server_certificate(tmp_path)
    async with Broker(tmp_path, free_port, OPEN, f"certfile {certificate}", f"keyfile {key}"):
        trusted, distrusted = Probe(), Probe()
        async with running(feed_of(free_port, tls=True, ca_file=str(certificate)), trusted):
            await eventually(trusted.ups)
        async with running(feed_of(free_port, tls=True), distrusted):
            await eventually(lambda: any(state == "down" for state, _ in distrusted.states))
        assert not distrusted.ups()
        async with running(feed_of(free_port, tls=True, insecure=True), distrusted):
            await eventually(distrusted.ups)


async def test_a_silent_broker_is_reported_while_markets_are_open(tmp_path: Path, free_port: int) -> None:
    """mosquitto accepts a subscription that its ACL will never serve: only the silence shows it."""
    (tmp_path / "acl").write_text("topic write md/#\n")
    probe = Probe()
    lines = [OPEN, f"acl_file {tmp_path / 'acl'}"]
    async with Broker(tmp_path, free_port, *lines), running(feed_of(free_port, stale_after_s=0.05), probe):
        await eventually(lambda: any("does the broker let this user read" in detail for _, detail in probe.states))
        await publish(free_port, (TOPIC, quote(1.0)))
    assert not probe.quotes


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_two_clients_of_one_id_are_found_out(tmp_path: Path, free_port: int, protocol: str) -> None:
    """They kick each other out for ever; short connections in a row, under an id of one's own, give it away."""
    one, other = Probe(), Probe()
    options = {"client_id": "desk", "protocol": protocol}
    async with (
        Broker(tmp_path, free_port, OPEN),
        running(feed_of(free_port, **options), one),
        running(feed_of(free_port, **options), other),
    ):
        says = "is there another client with the id desk?"
        await eventually(lambda: any(says in detail for _, detail in [*one.states, *other.states]))


async def test_overlapping_topics_have_one_decoder_each(tmp_path: Path, free_port: int) -> None:
    """A message belongs to the first topic that covers it, however many do, and is read once."""
    topics = [
        MqttTopic(MqttDecoder("quotes/US/{symbol}", payload="scalar")),
        MqttTopic(MqttDecoder("quotes/{market}/{code}", symbol_from="{code}.{market}", fields={"price": "last"})),
        MqttTopic(MqttDecoder("quotes/#", payload="ignore")),
    ]
    probe = Probe()
    async with Broker(tmp_path, free_port, OPEN), running(feed_of(free_port, topics=topics), probe):
        await eventually(probe.ups)
        messages = [("quotes/US/QQQ", "611.05"), ("quotes/HK/0700", '{"last":635.5}'), ("quotes/a/b/c", "x")]
        await publish(free_port, *messages, ("quotes/HK/9988", "{bad"))
        await eventually(lambda: len(probe.quotes) == 2 and probe.reasons)
    assert [(raw.source_symbol, raw.price) for raw in probe.quotes] == [("QQQ", 611.05), ("0700.HK", 635.5)]
    assert probe.arrived == len(probe.quotes) + probe.lost + probe.reasons.total() == 3


async def test_members_of_a_group_share_the_messages(tmp_path: Path, free_port: int) -> None:
    """Each message goes to one of them; together they have all of them."""
    topics = [MqttTopic(MqttDecoder("quotes/{symbol}", payload="scalar"), share="desk")]
    one, other = Probe(), Probe()
    async with (
        Broker(tmp_path, free_port, OPEN),
        running(feed_of(free_port, topics=topics), one),
        running(feed_of(free_port, topics=topics), other),
    ):
        await eventually(lambda: one.ups() and other.ups())
        await publish(free_port, *((f"quotes/S{number}", "1") for number in range(20)))
        await eventually(lambda: len(one.quotes) + len(other.quotes) == 20)
    assert one.quotes
    assert other.quotes
    assert {raw.source_symbol for raw in [*one.quotes, *other.quotes]} == {f"S{number}" for number in range(20)}


async def test_many_records_of_one_message_all_count(tmp_path: Path, free_port: int) -> None:
    """A message is received as one; what is in it adds up all the same, also when it is nothing."""
    probe = Probe()
    topics = [MqttTopic(MqttDecoder("batch", records="items[]"))]
    async with Broker(tmp_path, free_port, OPEN), running(feed_of(free_port, topics=topics), probe):
        await eventually(probe.ups)
        items = [{"symbol": "A", "price": 1}, {"symbol": "B", "price": "x"}, {"symbol": "C", "price": 3}]
        await publish(free_port, ("batch", json.dumps({"items": items})), ("batch", "{}"))
        await eventually(lambda: probe.reasons["NO_RECORD"])
    assert (probe.arrived, len(probe.quotes), probe.reasons) == (4, 2, {"BAD_FIELD": 1, "NO_RECORD": 1})


async def test_a_message_that_is_too_large_pushes_none_out(tmp_path: Path, free_port: int) -> None:
    """It is counted as it arrives, and never waits."""
    probe = Probe()
    async with Broker(tmp_path, free_port, OPEN), running(feed_of(free_port), probe):
        await eventually(probe.ups)
        await publish(free_port, (TOPIC, quote(635.5)), (TOPIC, "x" * 70_000), ("md/v1/HK/9988/quote", quote(1.5)))
        await eventually(lambda: len(probe.quotes) == 2)
    assert (probe.arrived, probe.reasons) == (3, {"PAYLOAD_TOO_BIG": 1})


async def test_it_works_over_websockets(tmp_path: Path, free_port: int) -> None:
    """What is published over TCP arrives over a WebSocket."""
    probe = Probe()
    port = free_tcp_port()
    # A mosquitto with nothing but a WebSocket does not start (its issue 2284).
    broker = Broker(tmp_path, free_port, OPEN, f"listener {port}", "protocol websockets", OPEN)
    async with broker, running(feed_of(port, transport="websockets"), probe):
        await eventually(probe.ups)
        await publish(free_port, (TOPIC, quote(635.5)))
        await eventually(lambda: probe.prices() == [635.5])
    assert probe.states[-1][1] == f"ws://127.0.0.1:{port}/mqtt"


async def test_a_client_certificate_lets_in(tmp_path: Path, free_port: int) -> None:
    """A broker that wants one takes who shows it, and nobody else."""
    certificate, key = server_certificate(tmp_path)
    lines = [f"certfile {certificate}", f"keyfile {key}", f"cafile {certificate}", "require_certificate true"]
    shown = {"tls": True, "ca_file": str(certificate), "cert_file": str(certificate), "key_file": str(key)}
    known, unknown = Probe(), Probe()
    async with Broker(tmp_path, free_port, OPEN, *lines):
        async with running(feed_of(free_port, **shown), known):
            await eventually(known.ups)
        async with running(feed_of(free_port, tls=True, ca_file=str(certificate), timeout_s=0.2), unknown):
            await eventually(lambda: any(state == "down" for state, _ in unknown.states))
    assert not unknown.ups()


async def test_what_a_broker_kept_for_this_client_arrives_later(tmp_path: Path, free_port: int) -> None:
    """With clean_start = false nothing of a short absence is lost."""
    for protocol in ("3.1.1", "5"):
        topic = f"md/v1/HK/{protocol}/quote"
        options = {"clean_start": False, "client_id": f"desk-{protocol}", "protocol": protocol}
        probe = Probe()
        async with Broker(tmp_path, free_port, OPEN):
            async with running(feed_of(free_port, **options), probe):
                await eventually(probe.ups)
            await publish(free_port, (topic, quote(635.5)))
            async with running(feed_of(free_port, **options), probe):
                await eventually(lambda seen=probe: seen.prices() == [635.5])


async def test_a_lower_quality_than_asked_for_is_said(tmp_path: Path, free_port: int) -> None:
    probe = Probe()
    async with Broker(tmp_path, free_port, OPEN, "max_qos 0"), running(feed_of(free_port, protocol="5"), probe):
        await eventually(probe.ups)
    assert "md/v1/+/+/quote at QoS 0 instead of 1" in probe.states[-1][1]


async def test_a_refused_topic_is_named_and_the_others_go_on() -> None:
    """0x80 in the SUBACK: one refused topic is a note, all refused are a failure."""
    topics = [MqttTopic(MqttDecoder("secret/{symbol}")), MqttTopic(MqttDecoder())]
    some, none = Probe(), Probe()
    async with FakeBroker(granted=[0x80, 1]) as broker, running(feed_of(broker.port, topics=topics), some):
        await eventually(some.ups)
    async with FakeBroker(granted=[0x80]) as broker, running(feed_of(broker.port, topics=topics), none) as task:
        await eventually(task.done)
    assert "the broker refuses secret/+" in some.states[-1][1]
    assert none.states[-1] == ("failed", "the broker refuses secret/+, md/v1/+/+/quote")


async def test_a_broker_that_delivers_without_being_asked() -> None:
    """Webull's way: no SUBSCRIBE is sent, topics are the kinds of data, payloads are protobuf with numbers as text."""
    basic = b"\x0a\x0f\x0a\x0500700\x22\x06closed"
    payload = basic + b"\x12\x0d1795143600000" + b"\x1a\x05412.6"
    topics = [
        MqttTopic(MqttDecoder("tick", payload="plugin:tests.feeds.mqtt.webull_payload:tick")),
        MqttTopic(MqttDecoder("notice", payload="ignore")),
    ]
    probe = Probe()
    pushed = [("notice", b'{"type":"x"}'), ("tick", payload), ("tick", b"torn"), ("echo", b"?")]
    async with FakeBroker(pushed=pushed) as broker:
        feed = feed_of(broker.port, topics=topics, subscribe_via="none", stale_after_s=0.05)
        async with running(feed, probe):
            await eventually(lambda: probe.reasons.total() == 2)
            await eventually(lambda: "was the subscription made" in probe.states[-1][1])
    (raw,) = probe.quotes
    assert (raw.source_symbol, raw.price, raw.event_ns) == ("00700", 412.6, 1_795_143_600_000_000_000)
    assert probe.reasons == {"BAD_PAYLOAD": 1, "UNKNOWN_TOPIC": 1}
    assert probe.arrived == 3
    assert 8 not in broker.packets


async def test_codes_that_mqtt_does_not_know_come_with_a_hint() -> None:
    """Webull refuses a wrong App Key with 104, which a client can only call unspecified."""
    probe = Probe()
    async with FakeBroker(connack=104) as broker, running(feed_of(broker.port), probe):
        await eventually(lambda: any("104 mean a wrong App Key" in detail for _, detail in probe.states))


async def test_official_closes_of_the_convention_arrive_as_closes(tmp_path: Path, free_port: int) -> None:
    """They are no quotes and do not count as such; what is none is counted, and a tombstone is nothing."""
    probe = Probe()
    topic = "md/v1/HK/0700/close"
    close = {"v": 1, "symbol": "0700.HK", "session": "2026-11-20", "close": 635.5, "currency": "HKD"}
    good = json.dumps(close | {"simulated": False})
    messages = [(topic, good), ("md/v1/HK/1211/close", ""), ("md/v1/HK/9988/close", "{bad")]
    feed = feed_of(free_port, closes=TopicTemplate("md/v1/{market}/{code}/close"))
    async with Broker(tmp_path, free_port, OPEN), running(feed, probe):
        await eventually(probe.ups)
        await publish(free_port, *messages)
        await eventually(lambda: probe.closes and probe.reasons)
    (raw,) = probe.closes
    assert (raw.source_symbol, raw.session, raw.price, raw.derived) == ("0700.HK", "2026-11-20", 635.5, True)
    assert (probe.arrived, probe.reasons, probe.quotes) == (1, {"BAD_PAYLOAD": 1}, [])


async def test_publishers_that_are_gone_are_named(tmp_path: Path, free_port: int) -> None:
    """Their will says offline; that they are back is said too. None of it counts as a quote."""
    probe = Probe()
    feed = feed_of(free_port, status=TopicTemplate("md/v1/_status/{publisher}"))
    async with Broker(tmp_path, free_port, OPEN):
        await publish(free_port, ("md/v1/_status/desk", "offline"), ("md/v1/_status/roof", "online"), retain=True)
        async with running(feed, probe):
            await eventually(lambda: probe.last[1].endswith("; publishers offline: desk"))
            await publish(free_port, ("md/v1/_status/desk", "online"))
            await eventually(lambda: probe.last[1] == f"mqtt://127.0.0.1:{free_port}")
            await publish(free_port, ("md/v1/_status/" + "\u202e" + "x" * 5_000, "offline"))
            await eventually(lambda: probe.last[1].endswith("; publishers offline: " + "x" * 63 + "…"))
    assert probe.arrived == 0


def message(topic: str, payload: bytes) -> Message:
    return Message(topic, payload, 0, False, 1, None)


async def test_the_queue_conflates_in_place_and_drops_from_the_front() -> None:
    """A newer message takes the place of the older one of its key; beyond the limit the oldest goes."""
    lost: list[None] = []
    queue = ConflatingQueue(
        lambda message: message.topic.value if message.payload else None, lambda: lost.append(None), limit=2
    )
    for topic, payload in [("a", b"1"), ("b", b"2"), ("a", b"3"), ("a", b""), ("c", b"4")]:
        queue.put_nowait(message(topic, payload))

    assert [(await queue.get()).payload for _ in range(queue.qsize())] == [b"2", b"4"]
    assert len(lost) == 2
    with pytest.raises(asyncio.QueueEmpty):
        queue.get_nowait()


async def test_the_queue_is_bounded_in_bytes_too() -> None:
    """Large messages wait in smaller numbers."""
    lost: list[None] = []
    queue = ConflatingQueue(lambda message: message.topic.value, lambda: lost.append(None), most_bytes=30)
    for topic, size in [("a", 10), ("b", 10), ("a", 5), ("c", 10), ("d", 15)]:
        queue.put_nowait(message(topic, b"x" * size))

    assert [(await queue.get()).topic.value for _ in range(queue.qsize())] == ["c", "d"]
    assert len(lost) == 3


def test_client_ids_are_unique_unless_told_otherwise() -> None:
    """Two clients with one id kick each other out for ever."""
    assert client_id_of("") != client_id_of("")
    assert len(client_id_of("")) <= 23
    assert client_id_of("desk") == "desk"
    assert client_id_of("a-{rand}") != client_id_of("a-{rand}")


def test_tls_without_checks_is_for_this_machine_only(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="insecure"):
        tls_context("mqtt.example.org", insecure=True, where="feeds.mqtt")
    with pytest.raises(ConfigError, match="ca_file"):
        tls_context("mqtt.example.org", str(tmp_path / "none.pem"), where="feeds.mqtt")
