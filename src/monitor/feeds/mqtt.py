"""Quotes from an MQTT broker: subscribe, conflate, come back (FEEDS section 7). Meaning is in `mqtt_payload`."""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Callable, Hashable
from secrets import token_hex
from socket import gethostname
from typing import Any, Literal, cast

import structlog
from aiomqtt import Client, Message, MqttCodeError, MqttError, ProtocolVersion

from monitor.core.loopback import is_loopback
from monitor.errors import ConfigError
from monitor.feeds.mqtt_payload import MqttDecoder
from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP, FeedSink, FrameError
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock

log = structlog.get_logger(__name__)

QUEUE_LIMIT = 10_000
"""Messages waiting to be read; beyond it the oldest goes."""

_REFUSED = 0x80
# Reason codes of MQTT 5 that a person must resolve: protocol version, client id, user name or password, permission,
# banned. paho reports the codes 1, 2, 4 and 5 of MQTT 3.1.1 under these numbers too.
_FATAL_CODES = (132, 133, 134, 135, 138)


class ConflatingQueue(asyncio.Queue[Message]):
    """A queue that keeps the newest message per key, in the place of the one it replaces, and drops from the front when
    it is full. aiomqtt's own bounded queue drops the newest message: the wrong end for quotes.

    key: messages with the same key replace each other. Tombstones are not worth a place. conflated: messages that went
    unread since the last `take_conflated`.
    """

    def __init__(self, key: Callable[[Message], Hashable], limit: int = QUEUE_LIMIT) -> None:
        self._key = key
        self._limit = limit
        self._lost = 0
        super().__init__()

    def take_conflated(self) -> int:
        """How many messages were replaced or dropped since the last call."""
        lost, self._lost = self._lost, 0
        return lost

    def _init(self, maxsize: int) -> None:
        self._queue: OrderedDict[Hashable, Message] = OrderedDict()

    def _put(self, item: Message) -> None:
        if not item.payload:
            return
        key = self._key(item)
        self._lost += key in self._queue
        self._queue[key] = item
        if len(self._queue) > self._limit:
            self._queue.popitem(last=False)
            self._lost += 1

    def _get(self) -> Message:
        return self._queue.popitem(last=False)[1]


class MqttFeed:
    """One subscription at one broker, for ever.

    decoder: what the messages mean. tls: use it (the port does not follow: 8883 by custom). ca_file: PEM file of
    trusted authorities, "" for the system's. insecure: do not check the broker's certificate; only on this machine.
    client_id: "" makes a unique one; `{hostname}` and `{rand}` are filled in; two clients with one id kick each other
    out for ever. stale_after_s: a silence of this length while `market_open` is reported, because a broker that does
    not let us read answers a subscription with success. qos: 0, 1 or 2.
    Raises ConfigError when TLS cannot be set up as asked.
    """

    def __init__(
        self,
        host: str,
        port: int,
        decoder: MqttDecoder,
        *,
        clock: Clock,
        market_open: Callable[[int], bool],
        tls: bool = False,
        ca_file: str = "",
        insecure: bool = False,
        username: str = "",
        password: str = "",
        client_id: str = "",
        protocol: Literal["3.1.1", "5"] = "3.1.1",
        keepalive_s: int = 30,
        qos: int = 1,
        stale_after_s: float = 120.0,
        timeout_s: float = 10.0,
        backoff: Backoff | None = None,
    ) -> None:
        self.source = decoder.source
        self._address = f"{'mqtts' if tls else 'mqtt'}://{host}:{port}/{decoder.topic.filter}"
        self._decoder = decoder
        self._clock = clock
        self._market_open = market_open
        self._qos = qos
        self._stale_after_s = stale_after_s
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)
        self._queue = ConflatingQueue(_key(decoder))
        self._messages = 0
        self._client_options: dict[str, Any] = {
            "hostname": host,
            "port": port,
            "username": username or None,
            "password": password or None,
            "identifier": client_id_of(client_id),
            "queue_type": cast("type[asyncio.Queue[Message]]", lambda maxsize: self._queue),
            "protocol": ProtocolVersion.V5 if protocol == "5" else ProtocolVersion.V311,
            "keepalive": keepalive_s,
            "timeout": timeout_s,
            "tls_context": tls_context(host, ca_file, insecure) if tls else None,
        }

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled; returns after `failed`, when only a person can help."""
        loop = asyncio.get_running_loop()
        while True:
            sink.state(CONNECTING, self._address)
            opened_at: float | None = None
            try:
                async with Client(**self._client_options) as client:
                    granted = await client.subscribe(self._decoder.topic.filter, qos=self._qos)
                    if any(_code(code) >= _REFUSED for code in granted):
                        sink.state(FAILED, f"the broker refuses a subscription to {self._decoder.topic.filter}")
                        return
                    opened_at = loop.time()
                    sink.state(UP, self._address)
                    await self._read(client, sink)
            except (MqttError, OSError) as error:
                if is_fatal(error):
                    log.warning("feed.failed", source=self.source, reason=str(error))
                    sink.state(FAILED, str(error))
                    return
                if opened_at is not None:
                    self._backoff.lived(loop.time() - opened_at)
                delay = self._backoff.next()
                log.info("feed.down", source=self.source, reason=str(error), retry_s=round(delay, 2))
                sink.state(DOWN, str(error))
                await asyncio.sleep(delay)

    async def _read(self, client: Client, sink: FeedSink) -> None:
        """Hand over what arrives until the connection ends, which always raises."""
        watch = asyncio.create_task(self._watch(sink), name=f"{self.source}:watchdog")
        try:
            async for first in client.messages:
                # The iterator makes a task a message; what waits behind the first is taken without it.
                message = first
                while True:
                    self._handle(message, sink)
                    if self._queue.empty():
                        break
                    message = self._queue.get_nowait()
                lost = self._queue.take_conflated()
                if lost:
                    sink.conflated(lost)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    def _handle(self, message: Message, sink: FeedSink) -> None:
        self._messages += 1
        payload = message.payload if isinstance(message.payload, bytes) else b""
        try:
            items = self._decoder.decode(message.topic.value, payload, message.retain, self._clock.now_ns())
        except FrameError as unreadable:
            sink.rejected(unreadable.reason)
            return
        for item in items:
            if isinstance(item, FrameError):
                sink.rejected(item.reason)
            else:
                sink.quote(item)

    async def _watch(self, sink: FeedSink) -> None:
        """Say so when nothing comes although a market is open."""
        silent = False
        while True:
            messages, began_ns = self._messages, self._clock.now_ns()
            await asyncio.sleep(self._stale_after_s)
            if messages != self._messages:
                if silent:
                    sink.state(UP, self._address)
                silent = False
            elif not silent and self._market_open(began_ns) and self._market_open(self._clock.now_ns()):
                silent = True
                hint = (
                    f"nothing for {self._stale_after_s:g} s: does the broker let this user read, does anyone publish?"
                )
                sink.state(UP, f"{self._address}: {hint}")


def is_fatal(error: BaseException) -> bool:
    """Is coming back useless until a person has changed something? Only when the broker says that it does not want
    this client as it is: user name, password, client id, protocol version, ban. The rest passes by itself."""
    return isinstance(error, MqttCodeError) and error.rc is not None and _code(error.rc) in _FATAL_CODES


def client_id_of(template: str) -> str:
    """The client id that `template` asks for; "" gives a unique one, short enough for every broker (23 characters)."""
    random = token_hex(4)
    if not template:
        return f"monitor-{random}"
    return template.replace("{hostname}", gethostname()).replace("{rand}", random)


def tls_context(host: str, ca_file: str, insecure: bool) -> ssl.SSLContext:
    """What TLS to `host` must check. Raises ConfigError for an unreadable `ca_file` and for `insecure` elsewhere."""
    if insecure and not is_loopback(host):
        raise ConfigError(
            "feeds.mqtt", "insecure", True, "false for a broker on another machine", "Set ca_file instead."
        )
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError("feeds.mqtt", "ca_file", ca_file, "a readable PEM file", f"It says: {reason}.") from None
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _key(decoder: MqttDecoder) -> Callable[[Message], Hashable]:
    """Topics with a named level carry one symbol each, so a newer message replaces an older one. A topic for everything
    carries many: there every message counts."""
    if decoder.topic.names:
        return lambda message: message.topic.value
    return id


def _code(code: Any) -> int:
    """A granted QoS or reason code as number: an int with MQTT 3.1.1, a ReasonCode with 5."""
    return int(getattr(code, "value", code))
