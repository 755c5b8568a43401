"""The connection that a publisher writes through: made again for ever, with a status that tells when it is gone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog
from aiomqtt import Client, MqttError, Will

from monitor.errors import UnreachableError
from monitor.runtime.backoff import Backoff
from monitor.runtime.ending import end
from monitor.runtime.mqtt_broker import MqttBroker, explain, is_fatal
from monitor.wire.mqtt_topics import OFFLINE, ONLINE

log = structlog.get_logger(__name__)

UP, DOWN = "up", "down"
_AT_ONCE = 50
"""Messages that wait for their acknowledgements at the same time."""

Send = Callable[[Iterable[tuple[str, bytes]]], Awaitable[None]]
"""Publish (topic, payload) pairs, retained, QoS 1; returns when the broker has them all."""


class MqttOutlet:
    """A broker to publish at. Its status topic says `online` while a connection stands, retained; `offline` is its will
    and its farewell.

    heard: is told `up` or `down` and a sentence whenever that changes. echo_s: the status is read back; when it has not
    come after so long, the sentence says so, because a broker that does not let us write says nothing.
    """

    def __init__(
        self,
        broker: MqttBroker,
        status_topic: str,
        *,
        heard: Callable[[str, str], None] = lambda state, detail: None,
        echo_s: float = 10.0,
        backoff: Backoff | None = None,
    ) -> None:
        self.connected = False
        """A connection stands, so that there is somebody to say farewell to."""
        self._broker = broker
        self._status_topic = status_topic
        self._heard = heard
        self._echo_s = echo_s
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)

    async def run(self, publish: Callable[[Send], Awaitable[None]]) -> None:
        """Connect, and call `publish` with a way to send; again with each new connection, because a broker that
        restarted may have lost what it retained. Returns when `publish` does, after a farewell.

        Raises UnreachableError when the broker does not want this client as it is: only a person can help.
        """
        loop = asyncio.get_running_loop()
        will = Will(self._status_topic, OFFLINE, qos=1, retain=True)
        while True:
            opened_at: float | None = None
            try:
                async with self._broker.client(will=will) as client:
                    client.pending_calls_threshold = _AT_ONCE  # below that it is no reason to warn
                    opened_at = loop.time()
                    self.connected = True
                    await self._work(client, publish)
                    await self._say(client, OFFLINE)
                    return
            except (MqttError, OSError) as error:
                self.connected = False
                reason = explain(error, connected=opened_at is not None)
                self._heard(DOWN, reason)
                if is_fatal(error):
                    hint = "Look at username, password and client_id in [publish], and at the broker's access list"
                    raise UnreachableError(self._broker.address, reason, hint) from error
                if opened_at is not None:
                    self._backoff.lived(loop.time() - opened_at)
                delay = self._backoff.next()
                log.warning("publisher_down", broker=self._broker.address, reason=reason, retry_s=round(delay, 2))
                await asyncio.sleep(delay)

    async def _work(self, client: Client, publish: Callable[[Send], Awaitable[None]]) -> None:
        """Until `publish` returns. Raises what it raises, and MqttError when the connection ends meanwhile."""

        async def send(messages: Iterable[tuple[str, bytes]]) -> None:
            waiting = list(messages)
            for first in range(0, len(waiting), _AT_ONCE):
                some = waiting[first : first + _AT_ONCE]
                await asyncio.gather(*(client.publish(topic, payload, qos=1, retain=True) for topic, payload in some))

        async def begin() -> None:
            await client.subscribe(self._status_topic, qos=1)
            await self._say(client, ONLINE)
            log.info("publisher_up", broker=self._broker.address)
            self._heard(UP, self._broker.address)
            await publish(send)

        # Who waits for an acknowledgement does not see that the connection ends; who reads does.
        echoed = asyncio.Event()
        publishing = asyncio.create_task(begin(), name="mqtt:publish")
        reading = asyncio.create_task(self._read_status(client, echoed), name="mqtt:status")
        doubting = asyncio.create_task(self._doubt(echoed), name="mqtt:echo")
        try:
            await asyncio.wait({publishing, reading}, return_when=asyncio.FIRST_COMPLETED)
            for task in (reading, publishing):
                if task.done():
                    task.result()
        finally:
            await end(publishing, reading, doubting)

    async def _read_status(self, client: Client, echoed: asyncio.Event) -> None:
        """Hear our own status, and take back an `offline` that is not true: the will of an earlier life, told late, or
        that of another publisher of the same name. Ends only with the connection, which raises."""
        async for message in client.messages:
            if message.payload == OFFLINE.encode():
                await self._say(client, ONLINE)
            elif not message.retain:
                echoed.set()

    async def _doubt(self, echoed: asyncio.Event) -> None:
        """Say so when what is published does not arrive."""
        try:
            async with asyncio.timeout(self._echo_s):
                await echoed.wait()
        except TimeoutError:
            hint = f"does the broker let this user write, and read {self._status_topic}? It does not come back"
            log.warning("publisher_not_heard", broker=self._broker.address, topic=self._status_topic)
            self._heard(UP, f"{self._broker.address}: {hint}")

    async def _say(self, client: Client, status: str) -> None:
        await client.publish(self._status_topic, status, qos=1, retain=True)
