"""From the settings of MQTT to its parts: the broker of either direction, and the topics that are read."""

from typing import Any

import msgspec

from monitor.feeds.field_spec import FieldSpec, KindSpec
from monitor.feeds.mqtt.feed import MqttTopic
from monitor.feeds.mqtt.payload import MqttDecoder
from monitor.feeds.mqtt.topic import TopicTemplate
from monitor.runtime.mqtt_broker import MqttBroker
from monitor.settings.tree import BrokerSettings, MqttDecodeSection, MqttSettings, MqttTopicSection
from monitor.wire.mqtt_topics import CLOSE_TOPIC, QUOTE_TOPIC, STATUS_TOPIC


def make_broker(settings: BrokerSettings, where: str, **more: Any) -> MqttBroker:
    """The broker of a table of settings. where: its name, for refusals. more: further arguments of MqttBroker."""
    return MqttBroker(
        settings.host,
        settings.port,
        where=where,
        tls=settings.tls,
        insecure=settings.insecure,
        ca_file=settings.ca_file,
        cert_file=settings.cert_file,
        key_file=settings.key_file,
        username=settings.username,
        password=settings.password.get_secret_value(),
        client_id=settings.client_id,
        protocol=settings.protocol,
        transport=settings.transport,
        path=settings.path,
        keepalive_s=settings.keepalive_s,
        **more,
    )


def check_mqtt(settings: MqttSettings) -> None:
    """Raises ConfigError for what the feed could not be made of: TLS files, topics, maps, plug-ins."""
    make_broker(settings, "feeds.mqtt", clean_start=settings.clean_start)
    make_subscriptions(settings)


class Subscriptions(msgspec.Struct, frozen=True):
    """What the feed asks a broker for: topics with quotes, and by the project's convention those with official closes
    and those on which publishers say that they are there."""

    topics: tuple[MqttTopic, ...]
    closes: TopicTemplate | None = None
    status: TopicTemplate | None = None


def make_subscriptions(settings: MqttSettings) -> Subscriptions:
    """What the settings name; without any topic in them, the project's convention. Raises ConfigError for a topic,
    payload or map that cannot work."""
    if not settings.topics:
        topic = MqttTopic(MqttDecoder(f"{settings.prefix}/{QUOTE_TOPIC}"))
        closes, status = (TopicTemplate(f"{settings.prefix}/{rest}") for rest in (CLOSE_TOPIC, STATUS_TOPIC))
        return Subscriptions((topic,), closes, status)
    return Subscriptions(
        tuple(
            MqttTopic(make_decoder(section, where=f"feeds.mqtt.topics[{i}]"), section.qos, section.share or "")
            for i, section in enumerate(settings.topics)
        )
    )


def make_decoder(section: MqttTopicSection, *, where: str) -> MqttDecoder:
    """The decoder of one topic. where: its table, for refusals. Raises ConfigError for what cannot work."""
    return MqttDecoder(
        section.topic,
        payload=section.payload,
        **_decode(section.decode),
        symbol_from=section.symbol_from,
        retained=section.retained,
        max_payload_bytes=section.max_payload_bytes,
        where=where,
    )


def _decode(section: MqttDecodeSection) -> dict[str, Any]:
    """The arguments of MqttDecoder that a decode table stands for."""
    return {
        "records": section.records,
        "kind": msgspec.convert(section.kind.model_dump(exclude_none=True), KindSpec),
        "fields": {
            name: msgspec.convert(field.model_dump(exclude_none=True), FieldSpec)
            for name, field in section.fields.items()
        },
        "moves_price": section.moves_price or "",
        "require": section.require,
    }
