"""An MQTT topic: one message, one connection, QoS 1, done when the broker has acknowledged it."""

import asyncio
import contextlib

from aiomqtt import Client, MqttError

from monitor.notify.envelope import envelope
from monitor.notify.port import Accepted, Charting, Message, Outcome, Permanent, Transient, Unknown
from monitor.notify.wording import one_line, shortened
from monitor.runtime.ending import end
from monitor.runtime.mqtt_broker import MqttBroker, explain, is_fatal

_LARGEST_REASON = 200


class MqttTopic:
    """A topic that alerts are published on, as the JSON of `Envelope`.

    retain: the broker keeps the last message for those who come later. timeout_s: of the whole conversation.

    A broker of MQTT 3.1.1 acknowledges, and drops, what its access list forbids: only a subscriber can tell.
    """

    def __init__(self, broker: MqttBroker, topic: str, *, retain: bool = False, timeout_s: float = 10.0) -> None:
        self._broker = broker
        self._topic = topic
        self._retain = retain
        self._timeout_s = timeout_s

    def __repr__(self) -> str:
        return f"MqttTopic({self._broker.address}, {self._topic})"

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        """Connect, publish, wait for the acknowledgement, disconnect."""
        progress = _Progress()
        try:
            async with asyncio.timeout(self._timeout_s), self._broker.client() as client:
                progress.sent = True
                await _publish(client, self._topic, envelope(message), self._retain)
                progress.acknowledged = True
        except (MqttError, OSError, TimeoutError) as failure:
            if not progress.acknowledged:  # what goes wrong with the farewell takes nothing back
                return _judge(failure, progress)
        return Accepted()

    async def check(self) -> str:
        """Connect and log in, publish nothing; says where. Raises OSError with the reason in words."""
        try:
            async with asyncio.timeout(self._timeout_s), self._broker.client():
                return f"connected to {self._broker.address}"
        except (MqttError, OSError, TimeoutError) as failure:
            raise OSError(f"{self._broker.address}: {_sentence(failure, connected=False)}") from None

    async def close(self) -> None:
        """Nothing to release: every message has a connection of its own."""


class _Progress:
    """How far one message came. sent: the broker let us in, so the message may have gone out."""

    def __init__(self) -> None:
        self.sent = False
        self.acknowledged = False


async def _publish(client: Client, topic: str, payload: bytes, retain: bool) -> None:
    """Returns with the broker's PUBACK. Raises MqttError when the connection ends before."""
    publishing = asyncio.create_task(client.publish(topic, payload, qos=1, retain=retain), name="mqtt:publish")
    # Who waits for an acknowledgement does not see that the connection ends; who reads does.
    reading = asyncio.create_task(_read(client), name="mqtt:read")
    try:
        await asyncio.wait({publishing, reading}, return_when=asyncio.FIRST_COMPLETED)
        (publishing if publishing.done() else reading).result()
    finally:
        await end(publishing, reading)
        for task in (publishing, reading):
            with contextlib.suppress(asyncio.CancelledError):
                task.exception()


async def _read(client: Client) -> None:
    async for _ in client.messages:
        pass


def _judge(failure: Exception, progress: _Progress) -> Outcome:
    reason = _sentence(failure, connected=progress.sent)
    if progress.sent:
        return Unknown(f"no acknowledgement after the message went out: {reason}")
    # aiomqtt keeps of an SSLError no more than its text.
    if is_fatal(failure) or "[SSL" in str(failure):
        return Permanent(reason)
    return Transient(reason)


def _sentence(failure: Exception, *, connected: bool) -> str:
    if isinstance(failure, TimeoutError):
        return "no answer in time"
    return shortened(one_line(explain(failure, connected=connected)), _LARGEST_REASON)
