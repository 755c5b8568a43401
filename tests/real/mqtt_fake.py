"""An MQTT 3.1.1 broker that does what mosquitto does not: odd CONNACK codes, refused filters, unasked-for messages."""

import asyncio
from collections.abc import Sequence

_CONNECT, _SUBSCRIBE, _PINGREQ, _DISCONNECT = 1, 8, 12, 14


class FakeBroker:
    """On 127.0.0.1. connack: return code of every CONNECT. granted: code of each SUBSCRIBE, in turn; the last one for
    the rest. pushed: (topic, payload) that a client is sent as soon as it is connected."""

    def __init__(
        self, *, connack: int = 0, granted: Sequence[int] = (1,), pushed: Sequence[tuple[str, bytes]] = ()
    ) -> None:
        self.port = 0
        self.packets: list[int] = []
        """Types of the packets that clients have sent."""
        self._connack = connack
        self._granted = list(granted)
        self._pushed = pushed
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "FakeBroker":
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            while True:
                kind, body = await _packet(reader)
                self.packets.append(kind)
                if kind == _CONNECT:
                    writer.write(bytes([0x20, 2, 0, self._connack]))
                    if self._connack:
                        break
                    for topic, payload in self._pushed:
                        writer.write(_publish(topic, payload))
                elif kind == _SUBSCRIBE:
                    code = self._granted.pop(0) if len(self._granted) > 1 else self._granted[0]
                    writer.write(bytes([0x90, 3, body[0], body[1], code]))
                elif kind == _PINGREQ:
                    writer.write(bytes([0xD0, 0]))
                elif kind == _DISCONNECT:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first >> 4, await reader.readexactly(length)


def _publish(topic: str, payload: bytes) -> bytes:
    name = topic.encode()
    body = len(name).to_bytes(2, "big") + name + payload
    head, length = bytearray([0x30]), len(body)
    while True:
        head.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            return bytes(head) + body
