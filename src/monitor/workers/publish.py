"""The publisher: the newest state of a board, said on a broker whenever it says something new."""

import asyncio
from collections.abc import Iterable

from monitor.readouts.live import LiveBoard
from monitor.readouts.mqtt.messages import BoardMessages, Message
from monitor.readouts.mqtt.outlet import MqttOutlet, Send
from monitor.runtime import metrics
from monitor.runtime.ending import end

_WAIT_S = 1.0
_FAREWELL_S = 5.0


async def publish(
    live: LiveBoard,
    messages: BoardMessages,
    outlet: MqttOutlet,
    *,
    stop: asyncio.Event,
    board_every_s: float = 1.0,
) -> None:
    """Publish until `stop` is set.

    Only what changed is said; with each new connection, everything. When the broker is slow, states of the board are
    left out, never delayed: what is said is always of the newest one. board_every_s: shortest time between two messages
    of one pair or basket.
    Raises UnreachableError when the broker refuses this client for good.
    """
    following = asyncio.create_task(live.run(), name="live board")
    publishing = asyncio.create_task(
        outlet.run(lambda send: _say(live, messages, send, stop, board_every_s)), name="publishing"
    )
    stopping = asyncio.create_task(stop.wait(), name="stop")
    try:
        await asyncio.wait({following, publishing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            live.close()
            if outlet.connected:
                await asyncio.wait({publishing}, timeout=_FAREWELL_S)
        for task in (following, publishing):
            if task.done():
                task.result()
    finally:
        await end(following, publishing, stopping)


async def _say(live: LiveBoard, messages: BoardMessages, send: Send, stop: asyncio.Event, board_every_s: float) -> None:
    """Publish over one connection until `stop` is set."""
    loop = asyncio.get_running_loop()
    said: dict[str, bytes] = {}
    version, due = 0, loop.time()
    while not stop.is_set():
        seen = await live.after(version, _WAIT_S)
        if seen is None:
            continue
        version = seen.version
        await _send(_news(messages.prices(seen.snapshot), said), said, send)
        if loop.time() >= due:
            due = loop.time() + board_every_s
            await _send(_news(messages.numbers(seen.snapshot), said), said, send)


def _news(messages: Iterable[Message], said: dict[str, bytes]) -> list[Message]:
    return [message for message in messages if said.get(message.topic) != message.body]


async def _send(news: list[Message], said: dict[str, bytes], send: Send) -> None:
    await send([(message.topic, message.payload) for message in news])
    for message in news:
        said[message.topic] = message.body
        metrics.PUBLISHED.labels(message.kind).inc()
