"""Replay into a log and recording from it: nothing is lost, nothing reordered, whatever is asked of the speed."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.log import LogReader, LogWriter
from monitor.bus.redis import reader_client
from monitor.core.event import Beat, Event, Quote
from monitor.core.instant import MILLISECOND, SECOND
from monitor.feeds.recordings.recording import JsonLinesWriter, recording_writer
from monitor.feeds.recordings.replay import Replay, with_beats
from monitor.workers.recordings import record, replay
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, INSTRUMENTS, at

START = at("06-10T14:00")


def quotes(count: int, gap_ns: int) -> list[Event]:
    return [
        Quote("NVDA", "yahoo", START + number * gap_ns, START + number * gap_ns, 140.0 + number / 100)
        for number in range(count)
    ]


@pytest.mark.parametrize("name", ["out.jsonl", "out.parquet"])
async def test_what_is_replayed_can_be_recorded_and_replayed_again(
    redis: Redis, redis_url: str, tmp_path: Path, name: str
) -> None:
    """Through a real log and back into a file: the same events in the same order, beats included."""
    events = quotes(5_000, 30 * MILLISECOND)
    source, out = tmp_path / "in.jsonl", tmp_path / name
    with JsonLinesWriter(source) as writer:
        for event in events:
            writer.write(event)
    log = LogWriter(redis, "log", producer="replay")
    writing = asyncio.create_task(log.run())
    progress: list[tuple[int, int]] = []
    published = await replay(
        with_beats(Replay(INSTRUMENTS, CALENDARS).events([source])),
        log,
        None,
        flush=lambda: log.drain(60),
        progress=lambda count, log_ns: progress.append((count, log_ns)),
    )
    counts: list[int] = []
    client = reader_client(redis_url, name="record")
    reader = LogReader(client, "log", block_s=0.05)
    recording = asyncio.create_task(
        record(reader, recording_writer(out), progress=lambda count, _: counts.append(count))
    )
    await eventually(lambda: counts and counts[-1] == published)
    for task in (recording, writing):
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    await client.aclose()
    again = list(Replay(INSTRUMENTS, CALENDARS).events([out]))

    assert progress[-1] == (published, events[-1].recv_ns)
    assert [event for event in again if not isinstance(event, Beat)] == events
    assert len(again) == published > len(events)
    assert log.conflated == 0


class Log(list[Event]):
    """A log that remembers, and its events as one batch."""

    def offer(self, event: Event) -> None:
        self.append(event)


async def test_a_paced_replay_takes_its_time() -> None:
    """At twice the speed, two tenths of a recorded second take one tenth at least."""
    log = Log()
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def flush() -> bool:
        return True

    await replay(quotes(3, SECOND // 10), log, 2.0, flush=flush)

    assert loop.time() - began >= 0.09
    assert len(log) == 3


class Batch(msgspec.Struct):
    events: Sequence[Event]


class OnceThenNothing:
    """A log reader whose events were received out of order."""

    def __init__(self, events: Sequence[Event]) -> None:
        self._events = events

    async def read(self) -> list[Batch]:
        if not self._events:
            await asyncio.Event().wait()
        batch, self._events = Batch(self._events), ()
        return [batch]


async def test_a_recording_keeps_the_order_of_the_log(tmp_path: Path) -> None:
    """Two workers' clocks differ by a little: what the log had first is first again."""
    events = [Beat(START), Beat(START - SECOND), Beat(START + SECOND), Beat(START)]
    done: list[int] = []
    work = asyncio.create_task(
        record(
            OnceThenNothing(events),
            recording_writer(tmp_path / "a.jsonl"),
            progress=lambda count, _: done.append(count),
        )
    )
    await eventually(lambda: done == [4])
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work

    assert list(Replay(INSTRUMENTS, CALENDARS).events([tmp_path / "a.jsonl"])) == events
