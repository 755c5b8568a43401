"""The news of one board for all who read its streams: one task looks, each reader goes at its own pace."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Literal

import msgspec
from redis.exceptions import RedisError

from monitor.readouts.desk import Desk
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.web.api.frames import Frame, Gap, State
from monitor.readouts.web.api.refusal import RefusedError

Content = Literal["snapshot", "metrics", "alerts"]
"""What a stream brings of the board: whole snapshots, the numbers that changed, or neither. Active alerts and the
alert history come with each."""

_LOOK_S = 1.0
_PORTION = 100
_POSITION = re.compile(r"\d{1,15}-\d{1,15}")


class Broadcast:
    """What is newest. `run` must be running. max_streams: readers at once."""

    def __init__(self, live: LiveBoard, desk: Desk, max_streams: int) -> None:
        self.position: str | None = None
        """Of the newest entry of the alert history; None until it could be read."""
        self.version = 0
        """Counts what is new since the start of this process."""
        self.open = 0
        """Streams that are open."""
        self.max_streams = max_streams
        self.desk = desk
        self._live = live
        self._state: State | None = None
        self._news = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Streams end: the process is about to."""
        return self._live.closed

    @property
    def state(self) -> State | None:
        """The newest state; None before the first snapshot."""
        newest = self._live.newest
        return None if newest is None else self.state_of(newest)

    def state_of(self, observation: Observation) -> State:
        """Its events, made once."""
        if self._state is None or self._state.observation.version != observation.version:
            self._state = State(observation)
        return self._state

    async def run(self) -> None:
        """Look for news until cancelled; tell the readers when the board is closed."""
        version = 0
        while not self.closed:
            found = await self._live.after(version, _LOOK_S)
            version = version if found is None else found.version
            if await self._history_moved() or found is not None:
                self._announce()
        self._announce()

    async def after(self, version: int, timeout_s: float) -> bool:
        """Wait until something is newer than `version`. False: nothing came within `timeout_s`."""
        try:
            async with asyncio.timeout(timeout_s):
                while self.version <= version and not self.closed:
                    await self._news.wait()
        except TimeoutError:
            return False
        return True

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among the readers for as long as the block. Raises RefusedError when all are taken."""
        if self.open >= self.max_streams:
            hint = "Close one, wait, or raise dashboard.max_streams"
            raise RefusedError(503, "too many streams", reason=f"{self.open} are open, as many as may be", hint=hint)
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    async def _history_moved(self) -> bool:
        before = self.position
        try:
            while events := await self.desk.events(self.position, _PORTION):
                first, self.position = self.position is None, events[-1].position
                if first or len(events) < _PORTION:
                    break
            self.position = self.position or "0-0"
        except (RedisError, OSError):
            return False  # the live board tells of it
        return before != self.position

    def _announce(self) -> None:
        self.version += 1
        news, self._news = self._news, asyncio.Event()
        news.set()


class Reader:
    """One client's place in the news.

    after: id of the last event that the client has, as browsers send it when they come back; None, or what is no id of
    ours: it begins with the newest. An id is `<tag of the last whole snapshot sent>~<position in the alert history>`.
    """

    def __init__(self, broadcast: Broadcast, content: Content, after: str | None) -> None:
        self._broadcast = broadcast
        self._content = content
        self._tag, self._position = _parts(after)
        self._sent: State | None = None

    @property
    def id(self) -> str:
        """Names what has been read so far."""
        return f"{self._tag}~{self._position or ''}"

    async def news(self, quiet_s: float) -> AsyncIterator[Frame | None]:
        """Events as they come until the board is closed; None whenever there was none for `quiet_s`. After each, `id`
        is its id.

        What is newest is looked up only when the one before was taken: who reads slowly gets fewer snapshots, always
        the newest, and every alert entry.
        """
        broadcast = self._broadcast
        while not broadcast.closed:
            version = broadcast.version
            async for frame in self._now():
                yield frame
            if not await broadcast.after(version, quiet_s):
                yield None

    async def _now(self) -> AsyncIterator[Frame]:
        state = self._broadcast.state
        if state is not None and state is not self._sent:
            for frame in self._of_board(state):
                yield frame
        async for frame in self._of_history():
            yield frame

    def _of_board(self, state: State) -> Iterator[Frame]:
        before, self._sent = self._sent, state
        tag = state.observation.tag
        if self._content == "snapshot" and self._tag != tag:
            self._tag = tag
            yield state.snapshot
        if self._content == "metrics" and (before is None or before.observation.tag != tag):
            yield state.changes(before)
        if before is None or before.observation.alerts != state.observation.alerts:
            yield state.alerts

    async def _of_history(self) -> AsyncIterator[Frame]:
        newest = self._broadcast.position
        if newest is None:
            return
        if self._position is None or _order(self._position) > _order(newest):
            self._position = newest
        while _order(self._position) < _order(newest):
            try:
                events = await self._broadcast.desk.events(self._position, _PORTION)
            except (RedisError, OSError):
                return  # asked again with the next news
            if not events:
                return
            for event in events:
                after, self._position = self._position, event.position
                if event.gap:
                    yield Frame("gap", msgspec.json.encode(Gap(after=after)))
                yield Frame("alert", event.document)


def _parts(identifier: str | None) -> tuple[str, str | None]:
    """Tag of the snapshot and position in the history that an id names."""
    tag, _, position = (identifier or "").partition("~")
    return tag, position if _POSITION.fullmatch(position) else None


def _order(position: str) -> tuple[int, int]:
    milliseconds, _, count = position.partition("-")
    return int(milliseconds), int(count)
