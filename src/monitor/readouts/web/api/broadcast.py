"""The news of one board for all who read its streams: one task looks, each reader goes at its own pace."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import takewhile
from typing import Literal, NamedTuple

import msgspec
import structlog
from redis.exceptions import RedisError

from monitor.readouts.desk import AlertEvent, Desk
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.web.api.refusal import RefusedError
from monitor.readouts.web.api.stream_events import BoardEvents, Gap, StreamEvent

Content = Literal["snapshot", "metrics", "alerts"]
"""What a stream brings of the board: whole snapshots, the numbers that changed, or neither. Active alerts and the
alert history come with each."""

_LOOK_S = 0.25
"""How often the alert history is looked at when no snapshot comes."""
_BEGIN_S = 1.0
_PORTION = 100
_KEPT = 1000
_TAG = re.compile(r"[0-9A-Z:.+/-]{0,80}", re.ASCII)
_POSITION = re.compile(r"\d{1,15}-\d{1,15}", re.ASCII)

log = structlog.get_logger(__name__)


class Entry(NamedTuple):
    """One entry of the alert history, made ready for all. order: of its position. gap: the event that has to come
    before it, because something may be missing."""

    order: tuple[int, int]
    position: str
    event: StreamEvent
    gap: StreamEvent | None


def _entry(event: AlertEvent, after: str) -> Entry:
    gap = StreamEvent("gap", msgspec.json.encode(Gap(after=after))) if event.gap else None
    return Entry(_order(event.position), event.position, StreamEvent("alert", event.document), gap)


class Broadcast:
    """What is newest. `run` must be running. max_streams: readers at once."""

    def __init__(self, live: LiveBoard, desk: Desk, max_streams: int) -> None:
        self.position: str | None = None
        """Of the newest entry of the alert history, "0-0" in an empty one; None until it could be read."""
        self.version = 0
        """Counts what is new since the start of this process."""
        self.open = 0
        """Streams that are open."""
        self.max_streams = max_streams
        self._desk = desk
        self._entries: deque[Entry] = deque()
        self._complete_after = (0, 0)
        """`_entries` has all that came after it."""
        self._live = live
        self._newest: BoardEvents | None = None
        self._news = asyncio.Event()
        self._told = ""

    @property
    def closed(self) -> bool:
        """Streams end: the process is about to."""
        return self._live.closed

    @property
    def newest(self) -> BoardEvents | None:
        """The events of the newest snapshot; None before the first snapshot."""
        newest = self._live.newest
        return None if newest is None else self.events_of(newest)

    def events_of(self, observation: Observation) -> BoardEvents:
        """Its events, made once."""
        if self._newest is None or self._newest.observation.version != observation.version:
            self._newest = BoardEvents(observation)
        return self._newest

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

    async def entries_after(self, position: str) -> list[Entry]:
        """Entries of the alert history after a position, oldest first; none when there are none, and while Redis does
        not answer for older ones."""
        order = _order(position)
        if order >= self._complete_after:
            return list(takewhile(lambda entry: entry.order > order, reversed(self._entries)))[::-1]
        try:
            events = await self._desk.events(position, _PORTION)
        except (RedisError, OSError):
            return []
        return [_entry(event, position) for event in events]

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
            if self.position is None:
                newest = await self._desk.events(None, 1)
                self.position = newest[-1].position if newest else "0-0"
                self._complete_after = _order(self.position)
            while events := await self._desk.events(self.position, _PORTION):
                for event in events:
                    self._keep(_entry(event, self.position))
                    self.position = event.position
        except (RedisError, OSError):
            pass  # the live board tells of it
        except Exception as failed:  # a mistake of ours must not keep the snapshots from those who read them
            self._complain(failed)
        return before != self.position

    def _complain(self, failed: Exception) -> None:
        """Once for each mistake, not four times a second."""
        if repr(failed) != self._told:
            self._told = repr(failed)
            log.error("alert_history_not_followed", exc_info=failed)

    def _keep(self, entry: Entry) -> None:
        if entry.gap is not None:  # perhaps of another history, whose positions are no longer comparable
            self._entries.clear()
            self._complete_after = entry.order
        self._entries.append(entry)
        if len(self._entries) > _KEPT:
            self._complete_after = self._entries.popleft().order

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
        self._tag, position = _parts(after)
        self._position = position or broadcast.position
        self._sent: BoardEvents | None = None

    @property
    def id(self) -> str:
        """Names what has been read so far."""
        return f"{self._tag}~{self._position or ''}"

    async def news(self, quiet_s: float) -> AsyncIterator[StreamEvent | None]:
        """Events as they come until the board is closed; None whenever there was none for `quiet_s`. After each, `id`
        is its id.

        What is newest is looked up only when the one before was taken: who reads slowly gets fewer snapshots, always
        the newest, and every alert entry.
        """
        broadcast = self._broadcast
        if self._position is None:  # who has heard the first event misses no entry from then on
            await broadcast.after(0, _BEGIN_S)
            self._position = broadcast.position
        clock = asyncio.get_running_loop().time
        heard = clock()
        while not broadcast.closed:
            version = broadcast.version
            async for event in self._now():
                yield event
                heard = clock()
            # What is news to others may be none to this reader: it is quiet by what it was given itself.
            if not await broadcast.after(version, heard + quiet_s - clock()):
                yield None
                heard = clock()

    async def _now(self) -> AsyncIterator[StreamEvent]:
        board = self._broadcast.newest
        if board is not None and board is not self._sent:
            for event in self._of_board(board):
                yield event
        async for event in self._of_history():
            yield event

    def _of_board(self, board: BoardEvents) -> Iterator[StreamEvent]:
        before, self._sent = self._sent, board
        tag = board.observation.tag
        if self._content == "snapshot" and self._tag != tag:
            self._tag = tag
            yield board.snapshot
        if self._content == "metrics" and (before is None or before.observation.tag != tag):
            yield board.changes(before)
        if before is None or before.observation.alerts != board.observation.alerts:
            yield board.alerts

    async def _of_history(self) -> AsyncIterator[StreamEvent]:
        newest = self._broadcast.position
        if newest is None:
            return
        if self._position is None or _order(self._position) > _order(newest):
            self._position = newest
        while entries := await self._broadcast.entries_after(self._position):
            for entry in entries:
                if entry.gap is not None:
                    yield entry.gap
                self._position = entry.position
                yield entry.event


def _parts(identifier: str | None) -> tuple[str, str | None]:
    """Tag of the snapshot and position in the history that an id names; what can be none of ours is left out, because
    both are sent back in the ids of the events that follow."""
    tag, _, position = (identifier or "").partition("~")
    return tag if _TAG.fullmatch(tag) else "", position if _POSITION.fullmatch(position) else None


def _order(position: str) -> tuple[int, int]:
    milliseconds, _, count = position.partition("-")
    return int(milliseconds), int(count)
