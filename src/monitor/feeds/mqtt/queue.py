"""What waits to be read of an MQTT connection: the newest message per key, never more than a bound."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable

from aiomqtt import Message

QUEUE_LIMIT = 10_000
"""Messages waiting to be read; beyond it the oldest goes."""
QUEUE_BYTES = 64_000_000
"""Their topics and payloads together; beyond it the oldest go too."""


class ConflatingQueue(asyncio.Queue[Message]):
    """A queue that keeps the newest message per key, in the place of the one it replaces, and drops from the front when
    it is full. aiomqtt's own bounded queue drops the newest message: the wrong end for quotes.

    place: is called with every message as it arrives, and gives its key; messages with the same key replace each other.
    None: it is not worth a place. lost: is called for every message that went unread. limit, most_bytes: what may wait.
    """

    def __init__(
        self,
        place: Callable[[Message], Hashable | None],
        lost: Callable[[], None],
        limit: int = QUEUE_LIMIT,
        most_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._place = place
        self._lost = lost
        self._limit = limit
        self._most_bytes = most_bytes
        self._bytes = 0
        super().__init__()

    def _init(self, maxsize: int) -> None:
        self._queue: OrderedDict[Hashable, Message] = OrderedDict()

    def _put(self, item: Message) -> None:
        key = self._place(item)
        if key is None:
            return
        replaced = self._queue.get(key)
        if replaced is not None:
            self._bytes -= _size(replaced)
            self._lost()
        self._queue[key] = item
        self._bytes += _size(item)
        while len(self._queue) > self._limit or self._bytes > self._most_bytes:
            self._get()
            self._lost()

    def _get(self) -> Message:
        item = self._queue.popitem(last=False)[1]
        self._bytes -= _size(item)
        return item


def _size(message: Message) -> int:
    payload = message.payload
    return len(message.topic.value) + (len(payload) if isinstance(payload, bytes) else 0)
