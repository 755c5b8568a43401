"""The Apprise channel, by the real library, against a local endpoint of its `json://` service."""

import json
import logging

import pytest
from msgspec.structs import replace

from monitor.notify.apprise import Apprise
from monitor.notify.port import Accepted, Tone, Transient, Unknown
from tests.real.hook_fake import PATH, HookFake, Reply, hook_fake
from tests.real.test_webhook import MESSAGE


def address(fake: HookFake, more: str = "") -> str:
    return fake.url.replace("http://", "json://monitor:verysecretpassword@") + more


@pytest.mark.parametrize(
    ("tone", "type_"),
    [(Tone.WARNING, "warning"), (Tone.CRITICAL, "failure"), (Tone.RESOLVED, "success"), (Tone.INFO, "info")],
)
async def test_the_service_gets_title_and_words(tone: Tone, type_: str) -> None:
    """Summary and full text arrive, in any script, and the tone in Apprise's words."""
    async with hook_fake(Reply(200)) as fake:
        channel = Apprise(address(fake))
        assert await channel.send(replace(MESSAGE, tone=tone)) == Accepted()
        await channel.close()

    [request] = fake.requests
    document = json.loads(request.body)
    assert document["title"] == MESSAGE.summary
    assert MESSAGE.lead in document["message"]
    assert document["type"] == type_
    assert request.path == PATH


async def test_nobody_is_pinged_by_a_title() -> None:
    """What services read as a mention of everybody is broken apart; addresses and numbers stay as they read."""
    async with hook_fake(Reply(200)) as fake:
        channel = Apprise(address(fake))
        await channel.send(replace(MESSAGE, summary="<!channel> @everyone <@U1> at a < b"))
        await channel.close()

    title = json.loads(fake.requests[0].body)["title"]
    assert not any(ping in title for ping in ("<!", "@everyone", "<@"))
    assert title.replace("\u2060", "") == "<!channel> @everyone <@U1> at a < b"


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_a_no_may_mean_anything(status: int) -> None:
    """Apprise does not say why: some targets may have it, so the outcome is unknown and one request was made."""
    async with hook_fake(Reply(status)) as fake:
        channel = Apprise(address(fake))
        outcome = await channel.send(MESSAGE)
        await channel.close()

    assert outcome == Unknown("JSON said no, and not why")
    assert len(fake.requests) == 1


async def test_a_service_that_hangs_holds_nobody_up() -> None:
    """The wait ends with the timeout; until the request has ended no other is begun."""
    async with hook_fake(Reply(act="hang")) as fake:
        channel = Apprise(address(fake, "?rto=1.5"), timeout_s=0.2)
        first = await channel.send(MESSAGE)
        second = await channel.send(MESSAGE)
        await channel.close()

    assert isinstance(first, Unknown)
    assert isinstance(second, Transient)
    assert len(fake.requests) == 1


async def test_the_address_is_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither password nor path stands in reasons, `repr` or the most talkative log."""
    caplog.set_level(logging.DEBUG)
    async with hook_fake(Reply(500, "verysecretpassword")) as fake:
        channel = Apprise(address(fake))
        outcome = await channel.send(MESSAGE)
        await channel.close()

    assert isinstance(outcome, Unknown)
    for text in (outcome.reason, repr(channel), caplog.text):
        assert "verysecret" not in text


@pytest.mark.parametrize("url", ["", "nonsense", "verysecret://x/y", "json://"])
def test_what_apprise_cannot_read_is_refused_unseen(url: str) -> None:
    """The refusal does not repeat the address."""
    with pytest.raises(ValueError, match="Apprise cannot read this address") as refused:
        Apprise(url)
    assert "verysecret" not in str(refused.value)
