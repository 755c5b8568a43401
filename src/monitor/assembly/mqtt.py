"""From the settings of MQTT to its parts: the broker of either direction, and the topics that are read."""

from typing import Any

from monitor.feeds.mqtt import MqttTopic
from monitor.feeds.mqtt_payload import MqttDecoder
from monitor.feeds.mqtt_topic import TopicTemplate
from monitor.runtime.mqtt_broker import MqttBroker
from monitor.settings.tree import BrokerSettings, MqttSettings
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
            records=section.decode.records,
            fields=section.decode.fields,
            symbol_from=section.symbol_from,
            retained=section.retained,
            max_payload_bytes=section.max_payload_bytes,
            where=f"feeds.mqtt.topics[{i}]",
        )
        topics.append(MqttTopic(decoder, section.qos, section.share or ""))
    return tuple(topics), None
