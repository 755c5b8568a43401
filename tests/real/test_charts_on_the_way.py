"""Charts of messages on their way: inside, or after, and never in the way of words (ALERTING 13 and 14)."""

import asyncio

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.outbox import Outbox
from monitor.core.alerts.rules.service import Storm
from monitor.notify.bulletin import Note
from monitor.notify.port import Accepted, Charting, Message, Outcome, PayloadRefused, Transient
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.route import Route
from monitor.workers.alerts.sending import Sender
from tests.eventually import eventually
from tests.notify.notes import START, note
from tests.real.sender_bench import FAST, KEYS, Bench, Keeping, Scripted, one, put


class Pictures:
    """Draws a few bytes for each note, once it is allowed to. asked: ids, in order."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.asked: list[str] = []
        self.allowed = asyncio.Event()
        if at_once:
            self.allowed.set()

    async def chart(self, note: Note) -> bytes | None:
        self.asked.append(note.id)
        await self.allowed.wait()
        return f"PNG of {note.id}".encode()

    async def close(self) -> None:
        """Nothing to end."""


class Inline(Scripted):
    """Wants the chart inside."""

    @property
    def charting(self) -> Charting:
        return Charting.INLINE


class After(Keeping):
    """Wants the chart afterwards. attached: id, reference and bytes of each."""

    def __init__(self, *answers: Outcome | Exception) -> None:
        super().__init__()
        self.answers = list(answers)
        self.attached: list[tuple[str, str, bytes | None]] = []

    @property
    def charting(self) -> Charting:
        return Charting.AFTER

    async def attach(self, message: Message, reference: str) -> Outcome:
        self.attached.append((message.id, reference, message.chart))
        answer = self.answers.pop(0) if self.answers else PayloadRefused("nobody looks at this")
        if isinstance(answer, Exception):
            raise answer
        return answer


NOTES = [note(episode=START + n) for n in range(3)]


async def test_a_chart_inside(redis: Redis) -> None:
    """The message has it; a repeat has the same, drawn once."""
    await put(redis, NOTES[0])
    channel, pictures = Inline(Transient("500")), Pictures()
    await Bench(redis, one(channel), charts=pictures).until_empty()

    assert [message.chart for message in channel.messages] == [f"PNG of {NOTES[0].id}".encode()] * 2
    assert pictures.asked == [NOTES[0].id]


async def test_a_chart_inside_is_left_out_when_it_takes_too_long(redis: Redis) -> None:
    """The words go out without it."""
    await put(redis, NOTES[0])
    channel = Inline()
    timings = msgspec.structs.replace(FAST, chart_s=0.05)
    await Bench(redis, one(channel), timings, Pictures(at_once=False)).until_empty()

    assert [message.chart for message in channel.messages] == [None]


async def test_a_channel_without_charts_asks_for_none(redis: Redis) -> None:
    """Nothing is drawn for nobody."""
    await put(redis, NOTES[0])
    pictures = Pictures()
    await Bench(redis, one(Scripted()), charts=pictures).until_empty()

    assert pictures.asked == []


async def test_words_do_not_wait_for_pictures(redis: Redis) -> None:
    """All three messages are accepted while the first chart is still being drawn; then each chart follows, one at a
    time, to the place of its message."""
    await put(redis, *NOTES)
    channel, pictures = After(), Pictures(at_once=False)
    bench = Bench(redis, one(channel, storm=Storm(most=100)), msgspec.structs.replace(FAST, chart_s=30.0), pictures)
    stop = asyncio.Event()
    running = asyncio.create_task(bench.senders["desk"].run(stop))
    await eventually(lambda: len(channel.accepted) == 3)
    assert channel.attached == []
    assert pictures.asked == [NOTES[0].id]
    pictures.allowed.set()
    await eventually(lambda: len(channel.attached) == 3)
    stop.set()
    await running

    assert channel.attached == [(n.id, f"place of {n.id}", f"PNG of {n.id}".encode()) for n in NOTES]


@pytest.mark.parametrize("answer", [PayloadRefused("missing_scope"), Transient("429", 0.1), RuntimeError("a bug")])
async def test_a_chart_that_does_not_arrive_changes_nothing(redis: Redis, answer: Outcome | Exception) -> None:
    """The words are not sent again, and the next message goes out."""
    await put(redis, NOTES[0])
    channel = After(answer)
    bench = Bench(redis, one(channel), charts=Pictures())
    await bench.until_empty()
    await put(redis, NOTES[1])
    await bench.until_empty()

    assert [message.id for message in channel.messages] == [NOTES[0].id, NOTES[1].id]
    assert len(channel.attached) == 2
    assert (await bench.health()).healthy


async def test_a_pause_asked_of_a_chart_binds_the_words(redis: Redis) -> None:
    """429 for the picture: no message before the pause is over; and no picture while the channel fails."""
    channel = After(Transient("429", 3600.0))
    bench = Bench(redis, one(channel, storm=Storm(most=100)), charts=Pictures())
    await put(redis, NOTES[0])
    await bench.senders["desk"].drain()
    await eventually(lambda: channel.attached)
    await put(redis, NOTES[1])
    await bench.senders["desk"].drain()
    assert [message.id for message in channel.messages] == [NOTES[0].id]

    channel, pictures = After(), Pictures(at_once=False)
    channel.outcomes = [Accepted(), Transient("500", 3600.0)]
    bench = Bench(redis, one(channel, storm=Storm(most=100)), charts=pictures)
    await put(redis, NOTES[2])
    await bench.senders["desk"].drain()
    pictures.allowed.set()
    await asyncio.sleep(0)
    assert (len(channel.messages), channel.attached) == (2, [])


async def test_a_stop_ends_pictures_too(redis: Redis) -> None:
    """A chart that is never drawn delays the end no longer than charts may take, and leaves no task behind."""
    await put(redis, NOTES[0])
    before = asyncio.all_tasks()
    wakes = {"desk": asyncio.Event()}
    timings = msgspec.structs.replace(FAST, chart_s=0.1)
    channel, pictures = After(), Pictures(at_once=False)
    sender = Sender(
        Route(channel), Outbox(redis, KEYS, "desk"), wakes, clock=SystemClock(), timings=timings, charts=pictures
    )
    stop = asyncio.Event()
    running = asyncio.create_task(sender.run(stop))
    await eventually(lambda: pictures.asked)
    stop.set()
    await running

    assert asyncio.all_tasks() - {running} == before
    assert channel.attached == []
