"""Storms on a real outbox: what is told singly, what together, and that nothing is lost whatever happens in between."""

from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.dead_letters import dead_letters
from monitor.bus.outbox import Status
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.service import Storm
from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.notify.slack.bot import SlackBot
from monitor.workers.alerts.route import Route, Timings
from tests.notify.notes import START, note
from tests.real.sender_bench import FAST, KEYS, Bench, Keeping, Scripted, one, put
from tests.real.slack_fake import slack_fake
from tests.real.slack_workspace import CHANNEL, TOKEN

STORM = Storm(most=3, window_ms=60_000, group_wait_ms=0)
LEVELS = ["info", "warning", "info", "warning", "warning", "info", "warning", "info"]


def crowd(first: int = 0) -> list[Notification]:
    """Eight openings of as many rules, beyond their limits by more and more."""
    return [
        note(rule=f"rule-{first + n}", episode=START + first + n, level=level, value=1.6 + n, distance=0.1 + n)
        for n, level in enumerate(LEVELS)
    ]


def closing(opened: Notification) -> Notification:
    """The RESOLVED of an episode."""
    return note(Kind.RESOLVED, rule=opened.rule, episode=opened.episode, held_s=300, level=opened.level)


async def drained(redis: Redis, channel: Scripted, storm: Storm = STORM, timings: Timings = FAST) -> Bench:
    """Everything that may leave now has left."""
    bench = Bench(redis, one(channel, storm=storm), timings)
    await bench.senders["desk"].drain()
    return bench


async def test_the_worst_leave_singly_and_one_message_names_the_rest(redis: Redis) -> None:
    """14: eight at once with three places: the three worst, in order, then one STORM with rule, value and limit of the
    other five; each of these counts as delivered once it is accepted."""
    notes = crowd()
    await put(redis, *notes)
    channel = Scripted()
    bench = await drained(redis, channel)

    *singles, storm = channel.messages
    assert [message.id for message in singles] == [notes[n].id for n in (6, 4, 3)]
    assert (storm.kind, storm.id, storm.level) == ("STORM", f"storm:desk:{notes[0].t}", "warning")
    assert [(fact.label, fact.value.partition(", since")[0]) for fact in storm.facts] == [
        ("rule-0 hstech-ndx", "INFO: +1.60 pp, limit +1.50"),
        ("rule-1 hstech-ndx", "WARNING: +2.60 pp, limit +1.50"),
        ("rule-2 hstech-ndx", "INFO: +3.60 pp, limit +1.50"),
        ("rule-5 hstech-ndx", "INFO: +6.60 pp, limit +1.50"),
        ("rule-7 hstech-ndx", "INFO: +8.60 pp, limit +1.50"),
    ]
    assert storm.summary.startswith("[STORM] 5 more alerts: 1 warning, 4 info: rule-0 hstech-ndx, rule-1 hstech-ndx")
    for folded in storm.merged:
        record = await bench.delivery(folded)
        assert (record.status, record.told_by) == (Status.FOLDED, storm.id)
    assert await bench.outboxes["desk"].depth() == 0


async def test_a_channel_that_cannot_edit_gets_few_more(redis: Redis) -> None:
    """Within the window, later ones wait until the next STORM may be made; it names them alone and says how many."""
    await put(redis, *crowd())
    channel = Scripted()
    await drained(redis, channel)
    await put(redis, *crowd(10))
    bench = await drained(redis, channel)
    assert len(channel.messages) == 4

    timings = msgspec.structs.replace(FAST, storm_again_s=0.05)
    bench = Bench(redis, one(channel, storm=STORM), timings)
    await bench.until_empty()
    first, later = (message for message in channel.messages if message.kind == "STORM")
    assert (later.id, later.episode, later.parent) == (f"{first.id}:1", first.id, None)
    assert [fact.label.split()[0] for fact in later.facts] == [f"rule-{n}" for n in range(10, 18)]
    assert "13 alerts in this storm so far." in later.remarks


async def test_a_channel_that_can_edit_gets_one_message(redis: Redis) -> None:
    """Later ones of the window edit the STORM, which then names all; an episode that it told is closed in its thread,
    one that was told singly in its own, whatever was folded of it since."""
    notes, later = crowd(), crowd(10)
    await put(redis, *notes)
    channel = Keeping()
    await drained(redis, channel)
    await put(redis, *later, note(Kind.REMINDER, rule="rule-6", episode=START + 6, n=1))
    await drained(redis, channel)
    await put(redis, closing(notes[0]), closing(notes[6]), closing(later[0]))
    await drained(redis, channel)

    first, edit = (message for message in channel.messages if message.kind == "STORM")
    assert (first.parent, edit.parent) == (None, f"place of {first.id}")
    assert len(edit.facts) == 14
    closings = [message for message in channel.messages if message.kind == "RESOLVED"]
    assert [message.parent for message in closings] == [
        f"place of {first.id}",
        f"place of {notes[6].id}",
        f"place of {first.id}",
    ]


async def test_what_is_never_folded(redis: Redis) -> None:
    """In the middle of a storm closings, ESCALATED and critical leave by themselves and at once."""
    told = crowd()
    await put(redis, *told)
    channel = Scripted()
    await drained(redis, channel)
    await put(
        redis,
        note(Kind.ESCALATED, rule="rule-0", episode=START, n=1, level="warning"),
        note(rule="awful", level="critical", episode=START + 50),
        closing(told[1]),
        *crowd(20),
    )
    await drained(redis, channel)

    after = [f"{message.kind} {message.level}" for message in channel.messages[4:]]
    assert after == ["ESCALATED warning", "FIRING critical", "RESOLVED warning"]


async def test_a_restart_gives_no_fresh_start(redis: Redis) -> None:
    """The places that are used stay used, and the storm goes on, in the next process."""
    await put(redis, *crowd()[:3])
    channel = Keeping()
    await drained(redis, channel)
    await put(redis, *crowd(10))
    await drained(redis, channel)
    await put(redis, *crowd(20))
    await drained(redis, channel)

    assert [message.kind for message in channel.messages] == ["FIRING"] * 3 + ["STORM"] * 2
    assert channel.messages[4].parent == f"place of {channel.messages[3].id}"


async def test_openings_wait_for_company(redis: Redis) -> None:
    """A crowd is ranked when its first has waited as long as it may, so a worse one that comes meanwhile goes first."""
    storm = Storm(most=1, window_ms=60_000, group_wait_ms=150)
    channel = Scripted()
    bench = Bench(redis, one(channel, storm=storm))
    mild, worse = note(rule="mild", level="info"), note(rule="worse", episode=START + 1)
    await put(redis, mild)
    await bench.senders["desk"].drain()
    assert channel.messages == []
    await put(redis, worse)
    await bench.until_empty()

    assert [message.kind for message in channel.messages] == ["FIRING", "STORM"]
    assert channel.messages[0].id == worse.id


@pytest.mark.parametrize(
    "outcomes", [[Permanent("404 no_service")], [PayloadRefused("400"), PayloadRefused("400")], [Unknown("cut")] * 4]
)
async def test_a_storm_message_that_is_given_up_loses_nothing(redis: Redis, outcomes: list[Outcome]) -> None:
    """Its notes become dead letters and go to the fallback, each by itself."""
    notes = crowd()[:5]
    await put(redis, *notes)
    mail = Scripted()
    desk = Scripted(Accepted(), *outcomes)
    bench = Bench(
        redis,
        {
            "desk": Route(desk, fallback="mail", storm=Storm(most=1, group_wait_ms=0)),
            "mail": Route(mail, storm=Storm(most=100)),
        },
    )
    await bench.until_empty()

    single = desk.messages[0].id
    folded = [made.id for made in notes if made.id != single]
    assert sorted(letter.id for letter in await dead_letters(redis, KEYS, "desk")) == sorted(folded)
    assert sorted(message.id for message in mail.messages) == sorted(folded)
    storm = await bench.delivery(f"storm:desk:{notes[0].t}")
    assert storm.status is Status.DEAD


async def test_a_storm_in_slack(redis: Redis) -> None:
    """17 and 24 with the app: one STORM in the channel, edited when more is folded; what it told ends in its thread and
    leaves it standing; what was told singly ends green."""
    notes, later = crowd(), crowd(10)
    async with slack_fake() as fake, SlackBot(CHANNEL, TOKEN, base_url=fake.base_url, chart=False) as slack:
        for batch in (notes, later, [closing(notes[0]), closing(notes[6])]):
            await put(redis, *batch)
            bench = Bench(redis, one(slack, storm=STORM))
            await bench.senders["desk"].drain()

        first, *_, storm = fake.workspace.channel
        assert len(fake.workspace.channel) == 4
        assert (storm.id, len(storm.versions)) == (f"storm:desk:{notes[0].t}:1", 2)
        assert [reply.id for reply in fake.workspace.thread(storm)] == [closing(notes[0]).id]
        assert first.id == closing(notes[6]).id
        assert "13 alerts in this storm so far." in str(storm.payload)
        for made in (notes[0], later[0], later[7]):
            assert f"{made.rule} {made.instance}" in str(storm.payload)


async def test_a_write_without_an_answer(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fold is written and Redis goes away before it says so: the sender asks what it remembers, and each note is
    told once."""
    notes = crowd()
    await put(redis, *notes)
    channel = Scripted()
    bench = Bench(redis, one(channel, storm=STORM))
    outbox = bench.outboxes["desk"]
    write, lost = outbox.fold, [True]

    async def fold(*arguments: Any) -> None:
        await write(*arguments)
        if lost:
            lost.pop()
            raise ConnectionError

    monkeypatch.setattr(outbox, "fold", fold)
    await bench.until_empty()

    assert len(channel.messages) == 4
    told = [identifier for message in channel.messages for identifier in (*message.merged, message.id)]
    assert sorted(told) == sorted([*(n.id for n in notes), f"storm:desk:{notes[0].t}"])


async def test_a_storm_whose_notes_were_taken_out(redis: Redis) -> None:
    """Entries deleted by hand while their STORM could not be delivered: it is given up, and the next note goes out."""
    await put(redis, *crowd()[:5])
    channel = Scripted(Accepted(), Accepted(), Accepted(), Transient("429", 0.3))
    bench = await drained(redis, channel)
    assert channel.messages[-1].kind == "STORM"
    await redis.delete(KEYS.outbox("desk"))
    await put(redis, note(Kind.RESOLVED, rule="rule-6", episode=START + 6))
    await bench.until_empty()

    assert [message.kind for message in channel.messages[4:]] == ["RESOLVED"]
    assert (await bench.delivery(channel.messages[3].id)).status is Status.DEAD
