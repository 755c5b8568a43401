"""From the settings of MQTT to its parts: the broker of either direction, and the topics that are read."""

from typing import Any

import msgspec

from monitor.feeds.field_spec import FieldSpec, KindSpec
from monitor.feeds.mqtt import MqttTopic
from monitor.feeds.mqtt_payload import MqttDecoder
from monitor.feeds.mqtt_topic import TopicTemplate
from monitor.runtime.mqtt_broker import MqttBroker
from monitor.settings.tree import BrokerSettings, MqttDecodeSection, MqttSettings
from monitor.wire.mqtt_topics import STATUS_TEMPLATE


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


def make_topics(settings: MqttSettings) -> tuple[tuple[MqttTopic, ...], TopicTemplate | None]:
    """What the feed subscribes to, and where its publishers say that they are there. Without topics in the settings:
    the project's convention. Raises ConfigError for a topic, payload or map that cannot work."""
    if not settings.topics:
        return (MqttTopic(MqttDecoder()),), TopicTemplate(STATUS_TEMPLATE)
    topics = []
    for i, section in enumerate(settings.topics):
        decoder = MqttDecoder(
            section.topic,
            payload=section.payload,
            **_decode(section.decode),
            symbol_from=section.symbol_from,
            retained=section.retained,
            max_payload_bytes=section.max_payload_bytes,
            where=f"feeds.mqtt.topics[{i}]",
        )
        topics.append(MqttTopic(decoder, section.qos, section.share or ""))
    return tuple(topics), None


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
