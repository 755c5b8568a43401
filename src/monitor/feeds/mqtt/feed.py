"""Quotes from an MQTT broker: subscribe, conflate, come back (FEEDS section 7). What a message means is told by
`monitor.feeds.mqtt.payload`."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import msgspec
import structlog
from aiomqtt import Client, Message, MqttError

from monitor.feeds.foreign_text import shown
from monitor.feeds.mqtt.payload import PAYLOAD_TOO_BIG, UNKNOWN_TOPIC, MqttDecoder, read_close
from monitor.feeds.mqtt.queue import ConflatingQueue
from monitor.feeds.mqtt.topic import TopicTemplate
from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP, FeedSink, FrameError
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end
from monitor.runtime.mqtt_broker import MqttBroker, explain, is_fatal, number_of
from monitor.wire.mqtt_topics import OFFLINE

log = structlog.get_logger(__name__)

_REFUSED = 0x80
_PUBLISHERS = 20
_LONGEST_NAME = 64
"""Names of publishers that are remembered, and their characters; what a broker tells may be of any length."""
_KICKS = 3
"""So many short connections in a row, under an id that another program may have too, are no accident."""


class _RefusedError(Exception):
    """The broker grants none of the topics: only a person can help."""


class MqttTopic(msgspec.Struct, frozen=True):
    """One subscription. qos: 0, 1 or 2. share: name of the group that shares its messages, "" for none: each member
    then sees only some of them."""

    decoder: MqttDecoder
    qos: int = 1
    share: str = ""

    @property
    def filter(self) -> str:
        """What is sent in SUBSCRIBE."""
        return f"$share/{self.share}/{self.decoder.topic.filter}" if self.share else self.decoder.topic.filter


class MqttFeed:
    """The subscriptions at one broker, for ever.

    topics: a message belongs to the first one whose template covers its topic. closes: template of the topics with
    official closes by the project's convention; status: of those on which publishers say that they are online or
    offline (its first level's name is theirs); None where there are none.
    subscribe_via: `none` for a broker that delivers without being asked (FEEDS 7.5). stale_after_s: a silence of this
    length while `market_open` is reported, because a broker that does not let us read answers a subscription with
    success.
    """

    def __init__(
        self,
        broker: MqttBroker,
        topics: Sequence[MqttTopic] = (MqttTopic(MqttDecoder()),),
        *,
        clock: Clock,
        market_open: Callable[[int], bool],
        closes: TopicTemplate | None = None,
        status: TopicTemplate | None = None,
        subscribe_via: Literal["mqtt", "none"] = "mqtt",
        stale_after_s: float = 120.0,
        backoff: Backoff | None = None,
        source: str = "mqtt",
    ) -> None:
        self.source = source
        self._broker = broker
        self._topics = topics
        self._clock = clock
        self._market_open = market_open
        self._closes = closes
        self._status = status
        self._subscribes = subscribe_via == "mqtt"
        self._stale_after_s = stale_after_s
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)
        self._offline: dict[str, None] = {}
        self._limits: list[str] = []
        self._up = False
        self._silent = False
        self._messages = 0
        self._short_lives = 0

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled; returns after `failed`, when only a person can help."""
        loop = asyncio.get_running_loop()
        queue = ConflatingQueue(lambda message: self._place(message, sink), lambda: _lose(sink))
        while True:
            sink.state(CONNECTING, self._broker.address)
            opened_at: float | None = None
            try:
                async with self._broker.client(queue=queue) as client:
                    opened_at = loop.time()
                    await self._deliver(client, queue, sink)
            except _RefusedError as refused:
                sink.state(FAILED, str(refused))
                return
            except (MqttError, OSError) as error:
                reason = explain(error, connected=opened_at is not None)
                if is_fatal(error):
                    log.warning("feed.failed", source=self.source, reason=reason)
                    sink.state(FAILED, reason)
                    return
                if opened_at is not None:
                    reason += self._suspicion(loop.time() - opened_at)
                delay = self._backoff.next()
                log.info("feed.down", source=self.source, reason=reason, retry_s=round(delay, 2))
                sink.state(DOWN, reason)
                await asyncio.sleep(delay)

    async def _deliver(self, client: Client, queue: ConflatingQueue, sink: FeedSink) -> None:
        """Read, and subscribe meanwhile: what a topic retained follows its subscription at once, and an end of the
        connection shows only to who reads. Always raises."""
        reading = asyncio.create_task(self._read(client, queue, sink), name=f"{self.source}:read")
        asking = asyncio.create_task(self._subscribe(client), name=f"{self.source}:subscribe")
        watching = asyncio.create_task(self._watch(sink), name=f"{self.source}:watch")
        try:
            await asyncio.wait({reading, asking}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                asking.result()
                self._silent = False
                self._up = True
                self._tell_up(sink)
            ended, _ = await asyncio.wait({reading, watching}, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()  # the connection's end, which is raised; or a bug of the watch, which must not go unseen
        finally:
            self._up = False
            await end(reading, asking, watching)

    async def _subscribe(self, client: Client) -> None:
        """Ask for every topic, one by one: some brokers close when they refuse one. Raises _RefusedError when none is
        granted."""
        self._limits = []
        if not self._subscribes:
            return
        refused = 0
        for topic in self._topics:
            granted = await self._granted(client, topic.filter, topic.qos)
            if granted >= _REFUSED:
                refused += 1
                self._limits.append(f"the broker refuses {topic.filter}")
            elif granted < topic.qos:
                self._limits.append(f"{topic.filter} at QoS {granted} instead of {topic.qos}")
        if refused == len(self._topics):
            raise _RefusedError(f"the broker refuses {', '.join(topic.filter for topic in self._topics)}")
        for beside in (self._closes, self._status):
            if beside is not None:
                await self._granted(client, beside.filter, 1)

    async def _granted(self, client: Client, topic_filter: str, qos: int) -> int:
        return max(number_of(code) for code in await client.subscribe(topic_filter, qos=qos))

    def _suspicion(self, lived_s: float) -> str:
        """What the end of a connection makes one think of, "" for nothing. lived_s: how long it stood."""
        self._backoff.lived(lived_s)
        self._short_lives = self._short_lives + 1 if lived_s < self._backoff.reset_after_s else 0
        if self._broker.own_id and self._short_lives >= _KICKS:
            return f"; is there another client with the id {self._broker.client_id}? Two of them kick each other out"
        return ""

    async def _read(self, client: Client, queue: ConflatingQueue, sink: FeedSink) -> None:
        """Hand over what arrives until the connection ends, which always raises."""
        async for first in client.messages:
            # The iterator makes a task a message; what waits behind the first is taken without it.
            self._handle(first, sink)
            while not queue.empty():
                self._handle(queue.get_nowait(), sink)

    def _place(self, message: Message, sink: FeedSink) -> Hashable | None:
        """Under which key an arriving message waits to be read; None for what is none of a quote's."""
        topic = message.topic.value
        if self._status is not None and (levels := self._status.match(topic)) is not None:
            self._hear(next(iter(levels.values()), ""), _bytes(message) == OFFLINE.encode(), sink)
            return None
        if self._closes is not None and self._closes.match(topic) is not None:
            self._close(_bytes(message), sink)
            return None
        decoder = self._decoder(topic)
        if not _bytes(message) or (decoder is not None and decoder.ignores):
            return None
        self._messages += 1
        if decoder is None:
            _reject(sink, UNKNOWN_TOPIC)
            return None
        if len(_bytes(message)) > decoder.max_payload_bytes:  # must not push others out of the queue
            _reject(sink, PAYLOAD_TOO_BIG)
            return None
        return topic if decoder.one_instrument else id(message)

    def _decoder(self, topic: str) -> MqttDecoder | None:
        for subscription in self._topics:
            if subscription.decoder.topic.match(topic) is not None:
                return subscription.decoder
        return None

    def _handle(self, message: Message, sink: FeedSink) -> None:
        """Read one message. It counts as received only now, or what waits in the queue would be missing in a count that
        is made meanwhile."""
        topic = message.topic.value
        decoder = self._decoder(topic)
        assert decoder is not None  # or it would not have got a place
        try:
            items = decoder.decode(topic, _bytes(message), message.retain, self._clock.now_ns())
        except FrameError as unusable:
            _reject(sink, unusable.reason)
            return
        sink.received(len(items))
        for item in items:
            if isinstance(item, FrameError):
                sink.rejected(item.reason)
            else:
                sink.quote(item)

    def _close(self, payload: bytes, sink: FeedSink) -> None:
        """An official close: one a day and instrument, so that it need not wait. A tombstone is none."""
        if not payload:
            return
        try:
            sink.close(read_close(payload, self.source, self._clock.now_ns()))
        except FrameError as unusable:
            _reject(sink, unusable.reason)

    def _hear(self, publisher: str, offline: bool, sink: FeedSink) -> None:
        """A publisher, or its will, says whether it is there."""
        publisher = shown(publisher, longest=_LONGEST_NAME)
        known = publisher in self._offline
        if offline and not known and len(self._offline) < _PUBLISHERS:
            self._offline[publisher] = None
        elif known and not offline:
            del self._offline[publisher]
        else:
            return
        log.info("feed.publisher", source=self.source, publisher=publisher, state="offline" if offline else "online")
        self._tell_up(sink)

    async def _watch(self, sink: FeedSink) -> None:
        """Say so when nothing comes although a market is open."""
        while True:
            messages, began_ns = self._messages, self._clock.now_ns()
            await asyncio.sleep(self._stale_after_s)
            quiet = messages == self._messages
            if self._silent and not quiet:
                self._silent = False
                self._tell_up(sink)
            elif quiet and not self._silent and self._market_open(began_ns) and self._market_open(self._clock.now_ns()):
                self._silent = True
                self._tell_up(sink)

    def _tell_up(self, sink: FeedSink) -> None:
        """Say that it is up, with everything that a person should know; nothing while it is not."""
        if not self._up:
            return
        notes = [self._broker.address, *self._limits]
        if self._offline:
            notes.append(f"publishers offline: {', '.join(self._offline)}")
        if self._silent:
            asked = (
                "does the broker let this user read, does anyone publish?"
                if self._subscribes
                else "was the subscription made where this broker wants it?"
            )
            notes.append(f"nothing for {self._stale_after_s:g} s: {asked}")
        sink.state(UP, "; ".join(notes))


def _lose(sink: FeedSink) -> None:
    """A message gave way to a newer one before it was read."""
    sink.received()
    sink.conflated()


def _reject(sink: FeedSink, reason: str) -> None:
    """A message is of no use as a whole."""
    sink.received()
    sink.rejected(reason)


def _bytes(message: Message) -> bytes:
    return message.payload if isinstance(message.payload, bytes) else b""
