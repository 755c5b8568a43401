"""The Slack bot against a workspace that keeps what it is told (ALERTING sections 13 and 16)."""

import json
import logging
import random
import traceback
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.core.alerts.notification import Kind
from monitor.notify.port import Accepted, Charting, Message, PayloadRefused, Permanent, Tone, Transient, Unknown
from monitor.notify.render import Circumstances, word
from monitor.notify.slack.blocks import id_in
from monitor.notify.slack.bot import EDIT, SlackBot
from monitor.notify.slack.place import Place
from tests.notify.notes import note
from tests.real.slack_fake import Reply, SlackFake, refusal, slack_fake
from tests.real.slack_workspace import CHANNEL, NAME, TOKEN

FIRING = word(note())
CLOSINGS = [Kind.RESOLVED, Kind.SESSION_END]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
CUT = Reply(act="cut_after")
DONE_THEN_CUT = Reply(act="cut_when_done")


def bot(fake: SlackFake, **options: Any) -> SlackBot:
    """The bot of the fake's workspace."""
    return SlackBot(CHANNEL, TOKEN, base_url=fake.base_url, **{"timeout_s": 2.0, **options})


def words(kind: Kind, parent: str | None, circumstances: Circumstances | None = None, **more: Any) -> Message:
    """A message of the episode that FIRING opened."""
    settled = more.pop("settled", ())
    message = word(note(kind, held_s=300, **more), circumstances or Circumstances())
    return replace(message, parent=parent, settled=settled)


def again(message: Message) -> Message:
    """The same message after an attempt that nobody knows the outcome of."""
    return replace(message, may_repeat=True, marks=(*message.marks, "MAY REPEAT"))


def storm(number: int, parent: str | None = None) -> Message:
    """A STORM message about many alerts."""
    return Message(
        id=f"storm:desk:{number}",
        kind="STORM",
        episode="storm:desk:1",
        subject="many alerts",
        badge="STORM",
        tone=Tone.WARNING,
        summary=f"[STORM] {number} alerts",
        title=f"{number} alerts at once",
        lead=f"{number} alerts in a minute",
        parent=parent,
    )


async def opened(channel: SlackBot) -> str:
    """The reference of a FIRING that was accepted."""
    outcome = await channel.send(FIRING)
    assert isinstance(outcome, Accepted)
    assert outcome.reference is not None
    return outcome.reference


async def test_firing_is_one_message_whose_place_is_the_reference() -> None:
    """One chat.postMessage, in the form of ALERTING section 13; the reference names channel and ts."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)

        (post,) = fake.workspace.posts
        assert fake.methods == ["chat.postMessage"]
        assert reference == f"{CHANNEL}:{post.ts}"
        assert post.payload["channel"] == CHANNEL
        assert post.payload["metadata"] == {
            "event_type": "monitor_alert",
            "event_payload": {"id": FIRING.id, "kind": "FIRING"},
        }
        assert post.text == FIRING.summary
        assert post.colour == "#E8A33D"


@pytest.mark.parametrize("kind", CLOSINGS)
async def test_a_closing_edits_the_message_and_answers_it(kind: Kind) -> None:
    """RESOLVED and SESSION_END turn the message green, with length and peak, and a reply notifies (scenario 24)."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)

        outcome = await channel.send(words(kind, reference))

        (parent,) = fake.workspace.channel
        (reply,) = fake.workspace.thread(parent)
        assert outcome == Accepted(reference=reference)
        assert fake.methods == ["chat.postMessage", "chat.update", "chat.postMessage"]
        assert parent.colour == reply.colour == "#2E9E5B"
        assert parent.id == reply.id == words(kind, reference).id
        assert "lasted 5 m" in parent.text
        assert "peak +1.75 pp" in parent.text
        assert not reply.broadcast


async def test_an_edit_replaces_every_block() -> None:
    """The fake refuses an edit that knows a block id of the message before: Slack would keep that block."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        for n in (1, 2):
            await channel.send(words(Kind.ESCALATED, reference, n=n, level="critical"))

        (parent,) = fake.workspace.channel
        shown = [frozenset(b["block_id"] for b in v["attachments"][0]["blocks"]) for v in parent.versions]
        assert len(shown) == 3
        assert len(frozenset.union(*shown)) == sum(map(len, shown))


async def test_an_escalation_edits_and_answers_for_all_to_see() -> None:
    """The message turns red, and the reply is shown in the channel too."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)

        await channel.send(words(Kind.ESCALATED, reference, n=1, level="critical"))

        (parent,) = fake.workspace.channel
        (reply,) = fake.workspace.thread(parent)
        assert parent.colour == "#D0342C"
        assert reply.broadcast


async def test_a_reminder_is_a_reply_and_nothing_else() -> None:
    """REMINDER leaves the message as it is."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)

        assert await channel.send(words(Kind.REMINDER, reference, n=1)) == Accepted(reference=reference)

        (parent,) = fake.workspace.channel
        assert len(parent.versions) == 1
        assert [reply.broadcast for reply in fake.workspace.thread(parent)] == [False]


async def test_data_back_closes_what_no_data_opened() -> None:
    """NO_DATA is a grey message; DATA_BACK makes it green and answers it."""
    async with slack_fake() as fake, bot(fake) as channel:
        outcome = await channel.send(word(note(Kind.NO_DATA)))
        assert isinstance(outcome, Accepted)
        (parent,) = fake.workspace.channel
        assert parent.colour == "#8A8F98"

        await channel.send(words(Kind.DATA_BACK, outcome.reference))

        assert parent.colour == "#2E9E5B"
        assert len(fake.workspace.thread(parent)) == 1


@pytest.mark.parametrize("parent", [None, "", "mail:7", "C0123ABC", f"{CHANNEL}:17942760:x"])
@pytest.mark.parametrize("kind", [Kind.RESOLVED, Kind.ESCALATED, Kind.REMINDER])
async def test_without_a_parent_a_note_is_a_message_of_its_own(kind: Kind, parent: str | None) -> None:
    """A reference that is missing, or another channel's, holds nothing back, and the message can be a parent then."""
    async with slack_fake() as fake, bot(fake) as channel:
        outcome = await channel.send(words(kind, parent, n=1))

        (post,) = fake.workspace.channel
        assert outcome == Accepted(reference=f"{CHANNEL}:{post.ts}")


@pytest.mark.parametrize("error", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_what_cannot_be_edited_is_said_anew(error: str) -> None:
    """A new message takes the place of the edit, once, and is the parent from then on (scenario 24)."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.update"] = [refusal(error)]
        escalated = await channel.send(words(Kind.ESCALATED, reference, n=1))
        assert isinstance(escalated, Accepted)

        outcome = await channel.send(words(Kind.RESOLVED, escalated.reference))

        old, new = fake.workspace.channel
        assert escalated.reference == f"{CHANNEL}:{new.ts}" != reference
        assert outcome == Accepted(reference=escalated.reference)
        assert (len(old.versions), old.colour) == (1, "#E8A33D")
        assert new.colour == "#2E9E5B"
        assert [reply.id for reply in fake.workspace.thread(new)] == [words(Kind.RESOLVED, None).id]


async def test_a_rate_limited_reminder_has_settled_nothing() -> None:
    """A reply alone has no first part that could be done."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.postMessage"] = [refusal("ratelimited", 429, {"Retry-After": "3"})]

        outcome = await channel.send(words(Kind.REMINDER, reference, n=1))

        assert isinstance(outcome, Transient)
        assert (outcome.retry_after_s, outcome.settled) == (3.0, ())


async def test_an_edit_leaves_plain_words_plain() -> None:
    """chat.update makes links and names of plain words unless told not to (its argument `parse`)."""
    async with slack_fake() as fake, bot(fake) as channel:
        await channel.send(words(Kind.RESOLVED, await opened(channel)))

        (parent,) = fake.workspace.channel
        assert parent.payload["parse"] == "none"


async def test_a_thread_that_is_gone_does_not_swallow_a_reminder() -> None:
    """Somebody deleted the message: the reminder stands in the channel."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.workspace.posts.clear()

        outcome = await channel.send(words(Kind.REMINDER, reference, n=1))

        (post,) = fake.workspace.channel
        assert outcome == Accepted(reference=f"{CHANNEL}:{post.ts}")


@pytest.mark.parametrize("kind", [Kind.RESOLVED, Kind.REMINDER])
async def test_a_channel_that_was_pointed_elsewhere_says_it_there(kind: Kind) -> None:
    """The parent stands in a channel that the token of today does not reach: the note is a message where it does."""
    async with slack_fake() as fake, bot(fake) as channel:
        outcome = await channel.send(words(kind, "C0OLD:1794276000.000001", n=1))

        (post,) = fake.workspace.channel
        assert outcome == Accepted(reference=f"{CHANNEL}:{post.ts}")


@pytest.mark.parametrize("kind", [Kind.RESOLVED, Kind.REMINDER])
async def test_a_channel_that_is_archived_is_asked_once(kind: Kind) -> None:
    """What the channel refuses for good in its thread it refuses outside of it too: no second request."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.script = [refusal("is_archived")]

        assert isinstance(await channel.send(words(kind, reference, n=1)), Permanent)
        assert len(fake.methods) == 2


async def test_a_channel_known_by_name_is_edited_by_its_id() -> None:
    """chat.postMessage takes a name and says the id; chat.update takes the id alone."""
    async with slack_fake() as fake, SlackBot(NAME, TOKEN, base_url=fake.base_url) as channel:
        reference = await opened(channel)

        assert await channel.send(words(Kind.RESOLVED, reference)) == Accepted(reference=reference)
        assert reference.startswith(f"{CHANNEL}:")


async def test_a_storm_edits_itself() -> None:
    """Later alerts of the same storm change its message and notify nobody again."""
    async with slack_fake() as fake, bot(fake) as channel:
        first = await channel.send(storm(8))
        assert isinstance(first, Accepted)

        assert await channel.send(storm(12, first.reference)) == first

        (post,) = fake.workspace.posts
        assert len(post.versions) == 2
        assert post.text == "[STORM] 12 alerts"


async def test_a_storm_is_answered_but_not_edited_by_what_it_tells_of() -> None:
    """One of many episodes is over: the message about all of them does not turn green."""
    async with slack_fake() as fake, bot(fake) as channel:
        outcome = await channel.send(storm(8))
        assert isinstance(outcome, Accepted)

        assert await channel.send(words(Kind.RESOLVED, outcome.reference)) == outcome

        (post,) = fake.workspace.channel
        assert len(post.versions) == 1
        assert len(fake.workspace.thread(post)) == 1


async def test_a_rate_limited_reply_does_not_repeat_the_edit() -> None:
    """429 on the second request: the attempt after the pause makes the reply alone."""
    limited = refusal("ratelimited", 429, {"Retry-After": "3"})
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.postMessage"] = [limited]

        first = await channel.send(words(Kind.RESOLVED, reference))
        second = await channel.send(words(Kind.RESOLVED, reference, settled=(EDIT,)))

        assert isinstance(first, Transient)
        assert (first.retry_after_s, first.settled) == (3.0, (EDIT,))
        assert second == Accepted(reference=reference)
        assert fake.methods.count("chat.update") == 1
        assert len(fake.workspace.thread(fake.workspace.channel[0])) == 1


@pytest.mark.parametrize("reply", [CUT, DONE_THEN_CUT, Reply(act="hang"), refusal("fatal_error")])
async def test_a_lost_edit_is_simply_repeated(reply: Reply) -> None:
    """An edit can be made twice without anybody noticing, so its loss is transient, and nothing was said yet."""
    async with slack_fake() as fake, bot(fake, timeout_s=0.2) as channel:
        reference = await opened(channel)
        fake.scripts["chat.update"] = [reply]

        assert isinstance(await channel.send(words(Kind.RESOLVED, reference)), Transient)
        assert await channel.send(words(Kind.RESOLVED, reference)) == Accepted(reference=reference)

        (parent,) = fake.workspace.channel
        assert len(fake.workspace.thread(parent)) == 1


async def test_a_message_that_arrived_after_all_is_not_sent_again() -> None:
    """The answer to chat.postMessage got lost; our id stands in the channel, and so does the parent's place."""
    async with slack_fake(DONE_THEN_CUT) as fake, bot(fake) as channel:
        assert isinstance(await channel.send(FIRING), Unknown)

        outcome = await channel.send(again(FIRING))

        (post,) = fake.workspace.posts
        assert outcome == Accepted(reference=f"{CHANNEL}:{post.ts}")
        assert fake.methods == ["chat.postMessage", "conversations.history"]


async def test_a_message_that_did_not_arrive_is_sent_again() -> None:
    """The connection broke before Slack did anything: the repeat arrives, marked."""
    async with slack_fake(CUT) as fake, bot(fake) as channel:
        assert isinstance(await channel.send(FIRING), Unknown)

        assert isinstance(await channel.send(again(FIRING)), Accepted)

        (post,) = fake.workspace.posts
        assert "MAY REPEAT" in post.payload["attachments"][0]["blocks"][0]["text"]["text"]


async def test_a_reply_that_arrived_after_all_is_not_sent_again() -> None:
    """The answer to the reply got lost; nothing is edited or said a second time."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.postMessage"] = [DONE_THEN_CUT]
        resolved = words(Kind.RESOLVED, reference)
        assert isinstance(await channel.send(resolved), Unknown)

        assert await channel.send(again(resolved)) == Accepted(reference=reference)

        (parent,) = fake.workspace.channel
        assert len(parent.versions) == 2
        assert len(fake.workspace.thread(parent)) == 1


async def test_a_reply_that_did_not_arrive_is_made_without_a_second_edit() -> None:
    """The thread shows that the edit was made and the reply was not."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.postMessage"] = [CUT]
        resolved = words(Kind.RESOLVED, reference)
        assert isinstance(await channel.send(resolved), Unknown)

        assert await channel.send(again(resolved)) == Accepted(reference=reference)

        (parent,) = fake.workspace.channel
        assert len(parent.versions) == 2
        assert len(fake.workspace.thread(parent)) == 1


async def test_without_leave_to_read_it_goes_out_again() -> None:
    """The scope channels:history is optional: without it the note comes twice rather than never."""
    async with slack_fake(DONE_THEN_CUT) as fake, bot(fake) as channel:
        fake.workspace.scopes.discard("channels:history")
        await channel.send(FIRING)

        assert isinstance(await channel.send(again(FIRING)), Accepted)
        assert fake.workspace.count(FIRING.id) == 2


@pytest.mark.parametrize("reply", [Reply(200, "<html>"), Reply(404, "nothing"), Reply(500, ""), CUT, Reply(act="hang")])
async def test_a_look_that_fails_holds_nothing_up(reply: Reply) -> None:
    """Whatever becomes of the question whether it arrived, the note is sent."""
    async with slack_fake() as fake, bot(fake, timeout_s=0.4) as channel:
        fake.scripts["conversations.history"] = [reply]

        assert isinstance(await channel.send(again(FIRING)), Accepted)


async def test_a_pause_asked_of_the_look_holds_for_the_note() -> None:
    """Slack asked for quiet: nothing is posted in spite of it."""
    async with slack_fake(refusal("ratelimited", 429, {"Retry-After": "7"})) as fake, bot(fake) as channel:
        outcome = await channel.send(again(FIRING))

        assert isinstance(outcome, Transient)
        assert outcome.retry_after_s == 7.0
        assert fake.workspace.posts == []


async def test_a_merged_closing_finds_the_opening_that_did_arrive() -> None:
    """FIRING's answer got lost and RESOLVED tells both: the red message is edited, not left standing."""
    async with slack_fake(DONE_THEN_CUT) as fake, bot(fake) as channel:
        await channel.send(FIRING)
        merged = words(Kind.RESOLVED, None, Circumstances(merged=(note(),), may_repeat=True))

        outcome = await channel.send(merged)

        (parent,) = fake.workspace.channel
        assert outcome == Accepted(reference=f"{CHANNEL}:{parent.ts}")
        assert parent.colour == "#2E9E5B"
        assert len(fake.workspace.thread(parent)) == 1


async def test_a_merged_closing_finds_what_took_the_parent_s_place() -> None:
    """ESCALATED could not edit, its own message's answer got lost, and RESOLVED tells both: that message is edited."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.update"] = [refusal("edit_window_closed")] * 2
        fake.scripts["chat.postMessage"] = [DONE_THEN_CUT]
        assert isinstance(await channel.send(words(Kind.ESCALATED, reference, n=1)), Unknown)

        circumstances = Circumstances(merged=(note(Kind.ESCALATED, held_s=300, n=1),), may_repeat=True)
        outcome = await channel.send(words(Kind.RESOLVED, reference, circumstances))

        old, new = fake.workspace.channel
        assert outcome == Accepted(reference=f"{CHANNEL}:{new.ts}")
        assert (old.colour, new.colour) == ("#E8A33D", "#2E9E5B")
        assert len(fake.workspace.thread(new)) == 1


async def test_a_reply_shown_in_the_channel_is_nobody_s_parent() -> None:
    """ESCALATED's broadcast reply stands in the channel's history; a closing that finds its parent unwilling and looks
    there does not take the reply for one."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.postMessage"] = [DONE_THEN_CUT]
        assert isinstance(await channel.send(words(Kind.ESCALATED, reference, n=1)), Unknown)
        fake.scripts["chat.update"] = [refusal("edit_window_closed")]

        circumstances = Circumstances(merged=(note(Kind.ESCALATED, held_s=300, n=1),), may_repeat=True)
        assert await channel.send(words(Kind.RESOLVED, reference, circumstances)) == Accepted(reference=reference)

        (parent,) = fake.workspace.channel
        escalated, resolved = fake.workspace.thread(parent)
        assert (len(escalated.versions), fake.workspace.thread(escalated)) == (1, [])
        assert resolved.id == parent.id == words(Kind.RESOLVED, None).id


async def test_a_merged_closing_whose_opening_cannot_be_edited_is_sent_once() -> None:
    """Finding the opening and not being allowed to edit it ends in one new message, not in a circle."""
    async with slack_fake(DONE_THEN_CUT) as fake, bot(fake) as channel:
        await channel.send(FIRING)
        fake.scripts["chat.update"] = [refusal("edit_window_closed")] * 3

        outcome = await channel.send(words(Kind.RESOLVED, None, Circumstances(merged=(note(),), may_repeat=True)))

        assert isinstance(outcome, Accepted)
        assert fake.workspace.count(words(Kind.RESOLVED, None).id) == 1
        assert fake.methods.count("chat.update") == 1


FAULTS = [
    Reply(act="cut_before"),
    CUT,
    DONE_THEN_CUT,
    Reply(503, "upstream"),
    Reply(200, "<html>"),
    refusal("fatal_error"),
    refusal("ratelimited", 429, {"Retry-After": "0"}),
]


async def until_accepted(channel: SlackBot, message: Message, parent: str | None) -> str | None:
    """What the sender does: the same message until it is taken, remembering what an outcome left open or settled."""
    message = replace(message, parent=parent)
    while True:
        match await channel.send(message):
            case Accepted(reference=reference):
                return reference
            case Transient(settled=settled):
                message = replace(message, settled=(*message.settled, *settled))
            case Unknown():
                message = again(message)
            case other:
                raise AssertionError(other)


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_on_the_way_people_see_each_note_once(seed: int) -> None:
    """An episode through cuts, lost answers, pauses and pages: one message, green in the end, each note once, in
    order."""
    chance = random.Random(seed)
    story = [note(), note(Kind.ESCALATED, n=1, level="critical"), note(Kind.REMINDER, n=1), note(Kind.RESOLVED)]
    async with slack_fake() as fake, bot(fake) as channel:
        for method in ("chat.postMessage", "chat.update"):
            fake.scripts[method] = chance.choices([Reply(), *FAULTS], k=15)
        reference = None
        for one in story:
            reference = await until_accepted(channel, word(one), reference)

        (parent,) = fake.workspace.channel
        assert [reply.id for reply in fake.workspace.thread(parent)] == [one.id for one in story[1:]]
        assert (parent.id, parent.colour) == (story[-1].id, "#2E9E5B")


@pytest.mark.parametrize("seed", range(20))
async def test_when_reading_fails_too_each_repeat_is_marked(seed: int) -> None:
    """Nothing is lost, and what comes twice says so."""
    chance = random.Random(seed)
    story = [note(), note(Kind.REMINDER, n=1), note(Kind.RESOLVED)]
    async with slack_fake(*chance.choices([Reply(), *FAULTS], k=25)) as fake, bot(fake) as channel:
        reference = None
        for one in story:
            reference = await until_accepted(channel, word(one), reference)

        for one in story:
            made = [post.versions[0] for post in fake.workspace.posts if id_in(post.versions[0]["metadata"]) == one.id]
            assert made
            assert all("MAY REPEAT" in str(payload["attachments"]) for payload in made[1:])


async def test_refused_blocks_leave_words_and_the_id() -> None:
    """The plain form has nothing that can be refused as a block, removes the old blocks, and keeps our id."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["chat.update"] = [refusal("invalid_blocks")]
        assert isinstance(await channel.send(words(Kind.RESOLVED, reference)), PayloadRefused)

        await channel.send(words(Kind.RESOLVED, reference, Circumstances(plain=True)))

        (parent,) = fake.workspace.channel
        assert parent.colour is None
        assert parent.id == words(Kind.RESOLVED, reference).id
        assert "lasted 5 m" in parent.text


async def test_the_chart_goes_into_the_thread() -> None:
    """The PNG arrives as it is, under the alert's message, and its address is used as Slack wrote it."""
    async with slack_fake() as fake, bot(fake) as channel:
        assert channel.charting is Charting.AFTER
        reference = await opened(channel)

        outcome = await channel.attach(replace(FIRING, chart=PNG), reference)

        (parent,) = fake.workspace.posts
        assert outcome == Accepted(reference=reference)
        assert parent.files == [("HSTECH ahead of Nasdaq-100", PNG)]
        assert fake.methods[1:] == ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"]


async def test_the_upload_does_not_carry_the_token() -> None:
    """The address of the upload is its own permission; the token stays with the API."""
    async with slack_fake() as fake, bot(fake) as channel:
        await channel.attach(replace(FIRING, chart=PNG), await opened(channel))

        assert len(fake.authorized) == 3
        assert all(path.startswith("/api/") for path in fake.authorized)


@pytest.mark.parametrize(
    "url",
    [
        "http://files.example.org/upload/v1/F1",
        "ftp://127.0.0.1/F1",
        "/upload/v1/F1",
        "http://127.0.0.1:x/",
        "http://[::1",
        "https:///upload",
        "http://127.0.0.1/a\r\nX-Evil: 1",
        "",
        None,
        7,
    ],
)
async def test_a_file_goes_to_no_strange_address(url: object) -> None:
    """Only TLS, or the API's own host: an answer that names another place sends nothing anywhere."""
    ticket = Reply(200, f'{{"ok": true, "file_id": "F1", "upload_url": {json.dumps(url)}}}')
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        fake.scripts["files.getUploadURLExternal"] = [ticket]

        assert isinstance(await channel.attach(replace(FIRING, chart=PNG), reference), Permanent)
        assert fake.methods[1:] == ["files.getUploadURLExternal"]


@pytest.mark.parametrize(
    ("method", "reply", "expected"),
    [
        ("files.getUploadURLExternal", refusal("missing_scope"), Permanent),
        ("files.getUploadURLExternal", refusal("ratelimited", 429, {"Retry-After": "9"}), Transient),
        ("upload", Reply(500, "no"), Transient),
        ("upload", Reply(302, "", {"Location": "https://example.org/"}), Transient),
        ("upload", CUT, Unknown),
        ("files.completeUploadExternal", refusal("file_not_found"), PayloadRefused),
        ("files.completeUploadExternal", CUT, Unknown),
    ],
)
async def test_a_chart_that_fails_says_so_and_is_not_repeated(method: str, reply: Reply, expected: type) -> None:
    """Each step once; the words are out and stay as they are."""
    async with slack_fake() as fake, bot(fake) as channel:
        reference = await opened(channel)
        script = [reply]
        if method == "upload":
            fake.scripts["files.getUploadURLExternal"] = [Reply()]
            fake.script = script
        else:
            fake.scripts[method] = script

        assert isinstance(await channel.attach(replace(FIRING, chart=PNG), reference), expected)
        assert fake.methods.count(method) == 1
        assert fake.workspace.posts[0].files == []


async def test_no_chart_no_request() -> None:
    """Without a picture, without a thread, or switched off, nothing is asked of Slack."""
    async with slack_fake() as fake, bot(fake, chart=False) as channel:
        assert channel.charting is Charting.NONE
        assert isinstance(await channel.attach(FIRING, f"{CHANNEL}:1.1"), PayloadRefused)
        assert isinstance(await channel.attach(replace(FIRING, chart=PNG), "elsewhere"), PayloadRefused)
        assert fake.paths == []


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, "<html>Sign in to Slack</html>"),
        Reply(200, "ok "),
        Reply(200, "{"),
        Reply(302, "", {"Location": "/api/chat.postMessage"}),
        Reply(307, "", {"Location": "/api/chat.postMessage"}),
    ],
)
async def test_a_page_or_a_redirect_is_no_success(reply: Reply) -> None:
    """Scenario 21 for the bot: only `ok: true` counts, and nothing is followed or sent twice."""
    async with slack_fake(reply) as fake, bot(fake) as channel:
        assert isinstance(await channel.send(FIRING), Transient)
        assert fake.methods == ["chat.postMessage"]


@pytest.mark.parametrize("act", ["cut_before", "cut_after", "cut_when_done", "hang"])
async def test_no_answer_is_an_unknown_outcome_and_one_request(act: str) -> None:
    """Nothing repeats a message behind our back."""
    async with slack_fake(Reply(act=act)) as fake, bot(fake, timeout_s=0.3) as channel:  # type: ignore[arg-type]
        assert isinstance(await channel.send(FIRING), Unknown)
        assert fake.methods == ["chat.postMessage"]


async def test_an_answer_that_is_slow_is_waited_for() -> None:
    """Slow within the time allowed is success."""
    async with slack_fake(Reply(delay_s=0.2)) as fake, bot(fake) as channel:
        assert isinstance(await channel.send(FIRING), Accepted)


async def test_ok_without_a_place_is_still_accepted() -> None:
    """Slack took it; that nothing can be threaded to it is no reason to send it again."""
    async with slack_fake(Reply(200, '{"ok": true}')) as fake, bot(fake) as channel:
        assert await channel.send(FIRING) == Accepted()


SECRET = "verysecretbottoken"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(),
        refusal("invalid_auth", needed=TOKEN),
        Reply(500, f"bad token {TOKEN}"),
        Reply(200, "x" * 4000 + TOKEN),
        Reply(302, "", {"Location": f"/?token={TOKEN}"}),
        refusal("ratelimited", 429, {"Retry-After": TOKEN}),
        CUT,
    ],
)
async def test_the_token_is_a_secret(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs at DEBUG, nor reasons, nor repr hold the token, even if the server returns it."""
    caplog.set_level(logging.DEBUG)
    async with slack_fake(*[reply] * 4) as fake, bot(fake) as channel:
        outcomes = [
            await channel.send(FIRING),
            await channel.send(again(FIRING)),
            await channel.attach(replace(FIRING, chart=PNG), f"{CHANNEL}:1.1"),
        ]

        for text in (caplog.text, repr(outcomes), repr(channel), repr(channel.__dict__)):
            assert SECRET not in text


@pytest.mark.parametrize("token", ["", " ", f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN} x", "xoxb-密码", "xoxb-your-token"])
def test_tokens_that_are_none_are_refused(token: str) -> None:
    """A header cannot be smuggled in by a token, and the refusal does not repeat it."""
    with pytest.raises(ValueError, match="bot token") as refused:
        SlackBot(CHANNEL, token)

    assert SECRET not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    "base_url", ["", "slack.com/api", "ftp://slack.com/api/", "https://slack .com/api/", "https://"]
)
def test_addresses_that_are_none_are_refused(base_url: str) -> None:
    """The mistake is told at the start, not at the alert."""
    with pytest.raises(ValueError, match="base_url"):
        SlackBot(CHANNEL, TOKEN, base_url=base_url)


async def test_the_slash_behind_the_base_url_may_be_missing() -> None:
    """https://slack.com/api is as good as https://slack.com/api/."""
    async with slack_fake() as fake, SlackBot(CHANNEL, TOKEN, base_url=fake.base_url.rstrip("/")) as channel:
        assert isinstance(await channel.send(FIRING), Accepted)


def test_a_place_reads_what_it_writes() -> None:
    """A reference survives being stored as text, its storm included."""
    for place in (Place("C0123ABC", "1794276000.000100"), Place("G1", "1.2", storm=True)):
        assert Place.read(str(place)) == place
