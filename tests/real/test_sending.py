"""The sender of a channel: what follows from each class of outcome (ALERTING section 15.4)."""

import asyncio
import logging

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from monitor.bus.dead_letters import dead_letters
from monitor.bus.outbox import Delivery, Status
from monitor.bus.redis import answer
from monitor.core.alerts.notification import Kind
from monitor.core.alerts.rules.service import Storm
from monitor.notify.mail.smtp import Mail, Tls
from monitor.notify.port import Accepted, Message, Outcome, Permanent, Transient, Unknown
from monitor.notify.slack.webhook import SlackWebhook
from monitor.runtime.metrics import REGISTRY
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.desk.dead_letters import dead_list, dead_retry
from tests.eventually import eventually
from tests.notify.notes import START, note
from tests.real.mail_server import mail_server
from tests.real.sender_bench import KEYS, Bench, Scripted, now_ms, one, put
from tests.real.slack_fake import Reply, slack_fake


async def test_notes_arrive_in_order(redis: Redis) -> None:
    """Whatever happens on the way, the order of the outbox is the order of acceptance."""
    notes = [note(episode=START + i) for i in range(5)]
    await put(redis, *notes)
    channel = Scripted(Transient("500"), Accepted(), Unknown("cut"), Transient("500"))
    bench = Bench(redis, one(channel))
    await bench.until_empty()

    accepted = list(dict.fromkeys(message.id for message in channel.messages))
    assert accepted == [n.id for n in notes]
    assert (await bench.delivery(notes[0].id)).attempts == 2


async def test_the_time_to_delivery_is_measured(redis: Redis) -> None:
    """From the decision to the acceptance, once, with the failures between them."""

    def measured(part: str) -> float:
        return REGISTRY.get_sample_value(f"monitor_delivery_seconds_{part}", {"channel": "desk"}) or 0.0

    count, seconds = measured("count"), measured("sum")
    await put(redis, note(), created_ms=now_ms() - 5_000)

    await Bench(redis, one(Scripted(Transient("500"), Accepted()))).until_empty()

    assert measured("count") == count + 1
    assert 5.0 <= measured("sum") - seconds < 60.0


async def test_a_rate_limit_pauses_the_channel(redis: Redis) -> None:
    """429 with Retry-After, twice: quiet for as long as asked each time, then one success, order kept; another channel
    goes on meanwhile."""
    first, second = note(), note(episode=START + 1)
    await put(redis, first, second)
    await put(redis, first, channel="mail")
    limited = Reply(429, "rate_limited", {"Retry-After": "0.4"})
    async with slack_fake(limited, limited) as fake, SlackWebhook(fake.url) as slack:
        other = Scripted()
        await Bench(redis, {"desk": Route(slack), "mail": Route(other)}).until_empty()

        assert fake.ids == [first.id, second.id]
        assert fake.times[1] - fake.times[0] >= 0.4
        assert fake.times[2] - fake.times[1] >= 0.4
        assert len(other.messages) == 1


async def test_a_pause_survives_a_restart(redis: Redis) -> None:
    """The pause that a service asked for binds the next process too."""
    await put(redis, note())
    bench = Bench(redis, one(Scripted(Transient("429", retry_after_s=3600.0))))
    await bench.senders["desk"].drain()
    channel = Scripted()
    stop = asyncio.Event()
    restarted = asyncio.create_task(Bench(redis, one(channel)).senders["desk"].run(stop))
    for _ in range(20):
        await answer(redis.ping())
        await asyncio.sleep(0)
    stop.set()
    await restarted

    assert channel.messages == []
    assert (await bench.health()).paused_until_ms is not None


async def test_permanent_goes_to_the_fallback_and_the_dead_letters(redis: Redis) -> None:
    """404 no_service: one POST, dead letter, health red, and the mail goes out saying instead of what."""
    await put(redis, note())
    async with slack_fake(Reply(404, "no_service")) as fake, SlackWebhook(fake.url) as slack:
        mail = Scripted()
        bench = Bench(redis, {"desk": Route(slack, fallback="mail"), "mail": Route(mail)})
        await bench.until_empty()

        assert len(fake.times) == 1
    (letter,) = await dead_letters(redis, KEYS, "desk")
    assert (letter.id, letter.reason) == (note().id, "404 no_service")
    assert (await bench.health()).healthy is False
    (message,) = mail.messages
    assert "Sent here because channel desk could not deliver it." in message.remarks
    assert (await bench.delivery(note().id)).status is Status.DEAD


async def test_health_turns_green_again(redis: Redis) -> None:
    """The next acceptance ends the red state."""
    await put(redis, note(), note(episode=START + 1))
    bench = Bench(redis, one(Scripted(Permanent("gone"))))
    await bench.until_empty()

    health = await bench.health()
    assert health.healthy is True
    assert health.accepted_ms is not None


async def test_a_fallback_that_was_notified_anyway_gets_it_once(redis: Redis) -> None:
    """A note for desk and mail: when desk fails, mail does not get a second copy."""
    await put(redis, note())
    await put(redis, note(), channel="mail")
    mail = Scripted()
    await Bench(redis, {"desk": Route(Scripted(Permanent("gone")), fallback="mail"), "mail": Route(mail)}).until_empty()

    assert len(mail.messages) == 1


@pytest.mark.parametrize("reply", [Reply(200, "<html>login</html>"), Reply(302, "", {"Location": "/login"})])
async def test_a_login_page_is_retried_and_then_told_elsewhere(redis: Redis, reply: Reply) -> None:
    """200 with HTML, or 302, is no success: retried, after a while also given to the fallback, dead in the end."""
    await put(redis, note())
    timings = Timings(retry_first_s=0.001, retry_cap_s=0.01, fallback_after_s=0.05, dead_after_s=600.0, idle_s=0.01)
    async with slack_fake(*[reply] * 10_000) as fake, SlackWebhook(fake.url) as slack:
        mail = Scripted()
        routes = {"desk": Route(slack, fallback="mail"), "mail": Route(mail)}
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for sender in Bench(redis, routes, timings).senders.values():
                group.create_task(sender.run(stop))
            await eventually(lambda: len(fake.times) > 1 and mail.messages)
            stop.set()
        assert await dead_letters(redis, KEYS, "desk") == []

        await Bench(redis, routes, replace(timings, dead_after_s=0.05)).until_empty()
        assert fake.accepted == []
    assert len(mail.messages) == 1
    assert [letter.id for letter in await dead_letters(redis, KEYS, "desk")] == [note().id]


async def test_waiting_notes_reach_the_fallback_too(redis: Redis) -> None:
    """While the first note blocks its channel, the ones behind it are told elsewhere as well, each once."""
    notes = [note(episode=START + i) for i in range(3)]
    await put(redis, *notes, created_ms=now_ms() - 100_000)
    desk = Scripted(*[Transient("500")] * 3)
    mail = Scripted()
    await Bench(redis, {"desk": Route(desk, fallback="mail"), "mail": Route(mail)}).until_empty()

    assert [message.id for message in mail.messages] == [n.id for n in notes]
    assert [message.id for message in desk.messages][-3:] == [n.id for n in notes]


TAKEN = Reply(headers={"X-Kind": "words"})
"""Accepted, though the fake cannot note the id of a message that is words alone."""


async def test_a_refused_payload_is_sent_as_plain_text(redis: Redis) -> None:
    """invalid_blocks: the words alone go out next."""
    await put(redis, note())
    async with slack_fake(Reply(400, "invalid_blocks"), TAKEN) as fake, SlackWebhook(fake.url) as slack:
        await Bench(redis, one(slack)).until_empty()

        rich, plain = fake.payloads
        assert "attachments" in rich
        assert "attachments" not in plain
        assert note().id in plain["text"]


async def test_a_plain_text_refused_too_is_permanent(redis: Redis) -> None:
    """Twice is enough."""
    await put(redis, note())
    refused = Reply(400, "invalid_payload")
    async with slack_fake(refused, refused) as fake, SlackWebhook(fake.url) as slack:
        await Bench(redis, one(slack)).until_empty()

        assert len(fake.times) == 2
    assert len(await dead_letters(redis, KEYS, "desk")) == 1


@pytest.mark.parametrize("act", ["cut_before", "cut_after", "cut_when_done", "hang"])
async def test_unknown_outcomes_are_repeated_three_times_with_a_mark(redis: Redis, act: str) -> None:
    """At most four POSTs with the same id, the repeats marked, then the fallback and the dead letters."""
    await put(redis, note())
    async with slack_fake(*[Reply(act=act)] * 10) as fake:  # type: ignore[arg-type]
        mail = Scripted()
        async with SlackWebhook(fake.url, timeout_s=0.15 if act == "hang" else 60.0) as slack:
            await Bench(redis, {"desk": Route(slack, fallback="mail"), "mail": Route(mail)}).until_empty()

        assert len(fake.times) == 4
        if act == "cut_when_done":
            marked = ["MAY REPEAT" in payload["text"] for payload in fake.payloads]
            assert marked == [False, True, True, True]
            assert {p["metadata"]["event_payload"]["id"] for p in fake.payloads} == {note().id}
    assert len(mail.messages) == 1
    assert len(await dead_letters(redis, KEYS, "desk")) == 1


async def test_repeats_are_counted_for_what_is_told(redis: Redis) -> None:
    """A closing that joins an opening whose outcome nobody knows does not begin to count anew."""

    class Interrupted(Scripted):
        async def send(self, message: Message) -> Outcome:
            if not self.messages:
                await put(redis, note(Kind.RESOLVED, held_s=300))
            return await super().send(message)

    await put(redis, note())
    channel = Interrupted(*[Unknown("cut")] * 10)
    await Bench(redis, one(channel)).until_empty()

    assert [message.kind for message in channel.messages] == ["FIRING"] + ["RESOLVED"] * 3
    assert [message.may_repeat for message in channel.messages] == [False, True, True, True]
    assert len(await dead_letters(redis, KEYS, "desk")) == 2


async def test_an_attempt_without_a_result_may_have_arrived(redis: Redis) -> None:
    """After a crash between POST and record, every repeat says that it may be one, until one is accepted."""
    await put(redis, note())
    begun = Delivery(created_ms=now_ms(), status=Status.SENDING, attempts=1, begun_ms=now_ms())
    await answer(redis.hset(KEYS.jobs("desk"), note().id, begun.to_json()))
    channel = Scripted(Transient("503"))
    await Bench(redis, one(channel)).until_empty()

    assert [message.marks for message in channel.messages] == [("MAY REPEAT",)] * 2


async def test_a_closed_episode_that_still_waits_is_told_in_one_message(redis: Redis) -> None:
    """FIRING and RESOLVED of one episode: one message with both times; notes of others are not touched."""
    firing, other, resolved = note(), note(episode=START + 7), note(Kind.RESOLVED, held_s=300)
    await put(redis, firing, other, resolved, created_ms=now_ms() - 2000)
    channel = Scripted()
    bench = Bench(redis, one(channel))
    await bench.until_empty()

    assert [message.id for message in channel.messages] == [resolved.id, other.id]
    assert channel.messages[0].merged == (firing.id,)
    assert "firing 10:01:00 HKT" in channel.messages[0].lead
    told = await bench.delivery(firing.id)
    assert (told.status, told.told_by) == (Status.MERGED, resolved.id)


async def test_a_closing_waits_behind_a_failed_opening(redis: Redis) -> None:
    """While the service refuses, FIRING and RESOLVED come together; what arrives tells both."""
    firing, resolved = note(), note(Kind.RESOLVED, held_s=300)
    await put(redis, firing, resolved)
    channel = Scripted(Transient("500"))
    await Bench(redis, one(channel)).until_empty()

    assert [message.id for message in channel.messages] == [firing.id, resolved.id]
    assert channel.messages[1].merged == (firing.id,)


async def test_notes_that_need_not_wait_are_not_merged(redis: Redis) -> None:
    """A whole episode in one batch of snapshots is told note by note."""
    firing, resolved = note(), note(Kind.RESOLVED, held_s=300)
    await put(redis, firing, resolved)
    channel = Scripted()
    await Bench(redis, one(channel), Timings(merge_after_s=60.0, idle_s=0.05)).until_empty()

    assert [(message.id, message.merged) for message in channel.messages] == [(firing.id, ()), (resolved.id, ())]


async def test_late_notes_say_so(redis: Redis) -> None:
    """From a minute on, a message states how late it is."""
    await put(redis, note(), created_ms=now_ms() - 200_000)
    channel = Scripted()
    await Bench(redis, one(channel)).until_empty()

    (mark,) = channel.messages[0].marks
    assert mark.startswith("DELAYED 3 m 2")


async def test_the_rate_of_a_channel_is_kept(redis: Redis) -> None:
    """Thirty notes at once leave one by one, no faster than the channel may."""
    await put(redis, *(note(episode=START + i) for i in range(30)))
    async with slack_fake() as fake, SlackWebhook(fake.url) as slack:
        await Bench(redis, one(slack, rate_s=0.02, storm=Storm(most=100)), Timings(idle_s=0.01)).until_empty()

        assert len(fake.ids) == 30
        assert fake.times[-1] - fake.times[0] >= 29 * 0.02


async def test_a_faulty_channel_is_an_unknown_outcome(redis: Redis) -> None:
    """An exception from an adapter stops neither this sender nor the others."""

    class Faulty(Scripted):
        async def send(self, message: Message) -> Outcome:
            raise RuntimeError("a bug")

    await put(redis, note())
    mail = Scripted()
    await Bench(redis, {"desk": Route(Faulty(), fallback="mail"), "mail": Route(mail)}).until_empty()

    assert len(mail.messages) == 1


async def test_rubbish_in_the_outbox_is_put_aside(redis: Redis) -> None:
    """An entry that is no notification becomes a dead letter, whatever it lacks; the next note goes out."""
    await answer(redis.xadd(KEYS.outbox("desk"), {"id": "x", "note": "rubbish"}))
    await answer(redis.xadd(KEYS.outbox("desk"), {"id": "nested", "note": "[" * 100_000}))
    await answer(redis.xadd(KEYS.outbox("desk"), {"id": b"\xff"}))
    nameless = (await answer(redis.xadd(KEYS.outbox("desk"), {"note": "rubbish"}))).decode()
    await put(redis, note())
    channel = Scripted()
    await Bench(redis, one(channel)).until_empty()

    assert [message.id for message in channel.messages] == [note().id]
    assert [letter.id for letter in await dead_letters(redis, KEYS, "desk")] == ["x", "nested", "\ufffd", nameless]


async def test_dead_letters_are_listed_and_sent_again(redis: Redis) -> None:
    """`dead list` and `dead retry`."""
    await put(redis, note())
    channel = Scripted(Permanent("gone"))
    bench = Bench(redis, one(channel))
    await bench.until_empty()

    assert [letter.id for letter in await dead_list(redis, KEYS, ["desk", "mail"])] == [note().id]
    assert len(await dead_retry(redis, KEYS, ["desk"], now_ms())) == 1
    await bench.until_empty()
    assert (await bench.delivery(note().id)).status is Status.ACCEPTED
    assert await dead_list(redis, KEYS, ["desk"]) == []


async def test_mail_451_then_550_for_one(redis: Redis, free_port: int) -> None:
    """451 is retried until accepted once; a recipient refused for good does not make the other get two mails."""
    await put(redis, note())
    with mail_server(free_port) as mailbox:
        mailbox.data = ["451 later"]
        mailbox.rcpt = {"b@example.org": "550 no such user"}
        mail = Mail(
            "127.0.0.1",
            free_port,
            sender="alerts@example.org",
            recipients=["a@example.org", "b@example.org"],
            tls=Tls.NONE,
        )
        bench = Bench(redis, one(mail))
        await bench.until_empty()

        assert [recipients for recipients, _ in mailbox.mails] == [("a@example.org",)]
        assert mailbox.attempts == 2
    delivery = await bench.delivery(note().id)
    assert delivery.status is Status.ACCEPTED
    assert "550 no such user" in delivery.reason


async def test_a_mail_server_without_starttls_turns_the_channel_red(redis: Redis, free_port: int) -> None:
    """Demanded encryption that is not offered: nothing in clear, a dead letter, the fallback, health red."""
    await put(redis, note())
    fallback = Scripted()
    with mail_server(free_port) as mailbox:
        mail = Mail("127.0.0.1", free_port, sender="alerts@example.org", recipients=["a@example.org"])
        bench = Bench(redis, {"desk": Route(mail, fallback="other"), "other": Route(fallback)})
        await bench.until_empty()

        assert mailbox.commands_in_clear == 0
        assert mailbox.mails == []
    health = await bench.health()
    assert health.healthy is False
    assert "STARTTLS" in health.reason
    assert len(fallback.messages) == 1
    assert len(await dead_letters(redis, KEYS, "desk")) == 1


async def test_the_address_is_in_no_log_even_of_the_whole_path(
    redis: Redis, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A refused webhook leaves its class in the logs, and nothing of its address."""
    caplog.set_level(logging.DEBUG)
    await put(redis, note())
    async with slack_fake(Reply(404, "no_service"), Reply(act="cut_after")) as fake, SlackWebhook(fake.url) as slack:
        await Bench(redis, one(slack)).until_empty()

    written = capsys.readouterr()
    for text in (written.out, written.err, caplog.text):
        assert "verysecretwebhooktoken" not in text
    assert "no_service" in written.out + written.err + caplog.text
