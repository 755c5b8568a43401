"""What other channels hear of a channel that fails: its notes, their ends, and that it is red (ALERTING 15 and 17)."""

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.dead_letters import dead_letters
from monitor.bus.outbox import Status
from monitor.bus.redis import answer
from monitor.core.alerts.notification import Kind
from monitor.notify.port import Accepted, Permanent, Transient
from monitor.runtime import metrics
from monitor.workers.alerts.route import Route
from monitor.workers.desk.dead_letters import dead_retry
from tests.notify.notes import START, note
from tests.real.sender_bench import FAST, KEYS, Bench, Keeping, Scripted, now_ms, one, put

GONE = Permanent("404 no_service")
CLOSED = note(Kind.RESOLVED, held_s=300)


def routes(desk: Scripted, mail: Scripted, **options: object) -> dict[str, Route]:
    """`desk` with the fallback `mail`; both tell the other that they are red."""
    notices = ("desk", "mail", "nobody")
    return {"desk": Route(desk, "mail", notices=notices, **options), "mail": Route(mail, notices=notices)}  # type: ignore[arg-type]


async def test_others_hear_that_a_channel_is_red_and_well_again(redis: Redis) -> None:
    """One NOTICE for the fall, with the reason, and one for the recovery, in one thread; none to the channel itself."""
    notes = [note(episode=START + n) for n in range(3)]
    desk, mail = Scripted(GONE, GONE), Scripted()
    await put(redis, *notes)
    await Bench(redis, routes(desk, mail)).until_empty()

    red, green = (message for message in mail.messages if message.kind == "NOTICE")
    assert red.summary == "[NOTICE] Channel desk does not deliver: 404 no_service"
    assert green.summary.startswith("[NOTICE] Channel desk delivers again: ")
    assert (red.episode, red.level, green.level) == (green.episode, "critical", "info")
    assert [message.kind for message in desk.messages] == ["FIRING"] * 3


async def test_a_channel_that_flaps_is_not_told_of_each_time(redis: Redis) -> None:
    """Within the pause only the first fall and its recovery are told; what is still red after it is made up for."""
    desk, mail = Scripted(GONE, Accepted(), GONE, Accepted(), GONE), Scripted()
    await put(redis, *(note(episode=START + n) for n in range(5)))
    await Bench(redis, routes(desk, mail)).until_empty()

    def told() -> list[str]:
        return [message.title for message in mail.messages if message.kind == "NOTICE"]

    fall, recovery = "Channel desk does not deliver", "Channel desk delivers again"
    assert told() == [fall, recovery]
    bench = Bench(redis, routes(desk, mail), msgspec.structs.replace(FAST, notice_again_s=0.0))
    await bench.senders["desk"].drain()
    await bench.until_empty()
    assert told() == [fall, recovery, fall]
    assert (await bench.health()).healthy is False


async def test_whoever_heard_the_beginning_hears_the_end(redis: Redis) -> None:
    """The fallback got the FIRING after a while; the channel recovers and takes both: the fallback gets the RESOLVED
    too, without the sentence that the channel could not deliver it."""
    desk, mail = Scripted(Transient("500")), Scripted()
    timings = msgspec.structs.replace(FAST, fallback_after_s=0.0)
    bench = Bench(redis, routes(desk, mail), timings)
    await put(redis, note())
    await bench.until_empty()
    await put(redis, CLOSED)
    await bench.until_empty()

    assert [message.kind for message in mail.messages] == ["FIRING", "RESOLVED"]
    assert any("could not deliver" in remark for remark in mail.messages[0].remarks)
    assert not any("could not deliver" in remark for remark in mail.messages[1].remarks)
    assert [message.kind for message in desk.accepted] == ["FIRING", "RESOLVED"]


async def test_nothing_is_closed_that_was_never_opened(redis: Redis) -> None:
    """The FIRING is a dead letter when the channel works again: the RESOLVED tells both, and the letter is gone."""
    desk, mail = Scripted(GONE), Scripted()
    bench = Bench(redis, routes(desk, mail))
    await put(redis, note())
    await bench.until_empty()
    await put(redis, CLOSED)
    await bench.until_empty()

    (message,) = desk.accepted
    assert (message.id, message.merged) == (CLOSED.id, (note().id,))
    assert "firing 10:01:00 HKT" in message.lead
    assert await dead_letters(redis, KEYS, "desk") == []
    record = await bench.delivery(note().id)
    assert (record.status, record.told_by) == (Status.MERGED, CLOSED.id)
    assert [m.kind for m in mail.messages if m.kind != "NOTICE"] == ["FIRING", "RESOLVED"]


async def test_a_closing_that_fails_leaves_the_letters_alone(redis: Redis) -> None:
    """While the channel refuses, opening and closing are two dead letters; both can be sent again, in order."""
    desk = Scripted(GONE, GONE)
    bench = Bench(redis, one(desk))
    await put(redis, note())
    await bench.until_empty()
    await put(redis, CLOSED)
    await bench.until_empty()
    assert [letter.id for letter in await dead_letters(redis, KEYS, "desk")] == [note().id, CLOSED.id]

    await dead_retry(redis, KEYS, ["desk"], now_ms() - 5000)
    await bench.until_empty()
    assert [(message.id, message.merged) for message in desk.accepted] == [(CLOSED.id, (note().id,))]


async def test_later_messages_know_where_the_first_is(redis: Redis) -> None:
    """24: what the channel said about the first message of an episode is handed to the next process with the later
    ones; another episode, and an outage of the same instance, have places of their own."""
    channel = Keeping()
    await put(redis, note(), note(Kind.NO_DATA))
    await Bench(redis, one(channel)).until_empty()
    await put(redis, note(Kind.ESCALATED, n=1), CLOSED, note(Kind.DATA_BACK), note(episode=START + 1))
    await Bench(redis, one(channel)).until_empty()

    parents = {message.id: message.parent for message in channel.messages}
    firing, outage = note().id, note(Kind.NO_DATA).id
    assert parents == {
        firing: None,
        outage: None,
        note(Kind.ESCALATED, n=1).id: f"place of {firing}",
        CLOSED.id: f"place of {firing}",
        note(Kind.DATA_BACK).id: f"place of {outage}",
        note(episode=START + 1).id: None,
    }


async def test_a_place_that_moved_is_the_place_from_then_on(redis: Redis) -> None:
    """A channel that had to write anew says where, and the next message gets that."""

    class Moving(Keeping):
        async def send(self, message):  # type: ignore[no-untyped-def]
            await super().send(message)
            return Accepted(reference=f"place {len(self.messages)}")

    channel = Moving()
    await put(redis, note(), note(Kind.ESCALATED, n=1), CLOSED)
    await Bench(redis, one(channel), msgspec.structs.replace(FAST, merge_after_s=60.0)).until_empty()

    assert [message.parent for message in channel.messages] == [None, "place 1", "place 2"]


async def test_threads_are_forgotten_in_the_end(redis: Redis) -> None:
    """A thread that nobody used for so long leaves no field behind."""
    channel = Keeping()
    await put(redis, note())
    bench = Bench(redis, one(channel), msgspec.structs.replace(FAST, keep_threads_s=-1.0))
    await bench.until_empty()
    await bench.senders["desk"].drain()

    assert await answer(redis.hlen(KEYS.threads("desk"))) == 0


async def test_dead_letters_make_room_but_not_in_silence(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    """The oldest go when there are too many: counted, and named in the log."""
    counter = metrics.DEAD_LETTERS_DROPPED.labels("desk")._value
    before = counter.get()
    notes = [note(episode=START + n) for n in range(3)]
    await put(redis, *notes)
    bench = Bench(redis, one(Scripted(GONE, GONE, GONE)), letters_kept=2)
    await bench.until_empty()

    assert [letter.id for letter in await dead_letters(redis, KEYS, "desk")] == [n.id for n in notes[1:]]
    assert counter.get() == before + 1
    assert f"dead_letters_dropped           channel=desk ids=['{notes[0].id}']" in capsys.readouterr().out


async def test_late_messages_are_marked_and_counted(redis: Redis) -> None:
    """The record says how late it was, the counter how often."""
    counter = metrics.LATE.labels("desk")._value
    before = counter.get()
    await put(redis, note(), created_ms=now_ms() - 200_000)
    await put(redis, note(episode=START + 1))
    bench = Bench(redis, one(Scripted()))
    await bench.until_empty()

    late = (await bench.delivery(note().id)).late_ms
    assert late is not None
    assert late >= 200_000
    assert (await bench.delivery(note(episode=START + 1).id)).late_ms is None
    assert counter.get() == before + 1
