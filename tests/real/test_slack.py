"""The Slack webhook against a server that does what Slack has been seen to do (ALERTING section 16)."""

import logging
import ssl
from pathlib import Path

import pytest
from aiohttp import web

from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.notify.render import word
from monitor.notify.slack.webhook import SlackWebhook
from tests.notify.notes import note
from tests.real.certificates import server_certificate
from tests.real.slack_fake import PATH, Reply, slack_fake


async def outcome_of(*script: Reply, timeout_s: float = 5.0) -> tuple[Outcome, int]:
    """Outcome of one send, and how many requests the server saw."""
    async with slack_fake(*script) as fake, SlackWebhook(fake.url, timeout_s=timeout_s) as channel:
        return await channel.send(word(note())), len(fake.times)


async def test_ok_is_success_after_one_post() -> None:
    """200 with exactly `ok` is one accepted POST with our id in it."""
    async with slack_fake() as fake, SlackWebhook(fake.url) as channel:
        assert await channel.send(word(note())) == Accepted()

        assert fake.paths == [f"POST {PATH}"]
        assert fake.ids == ["hstech-ndx-wide:hstech-ndx:1794276000000:FIRING"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(200, "<html>Sign in to Slack</html>"), Transient("200 <html>Sign in to Slack</html>")),
        (Reply(200, "ok\n"), Transient("200 ok")),
        (Reply(200, ""), Transient("200")),
        (Reply(302, "", {"Location": "/login"}), Transient("302")),
        (Reply(404, "no_service"), Permanent("404 no_service")),
        (Reply(403, "<html>invalid_token</html>"), Permanent("403 <html>invalid_token</html>")),
        (Reply(400, "invalid_token"), Permanent("400 invalid_token")),
        (Reply(410, "channel_is_archived"), Permanent("410 channel_is_archived")),
        (Reply(403, "action_prohibited"), Permanent("403 action_prohibited")),
        (Reply(400, "invalid_blocks"), PayloadRefused("400 invalid_blocks")),
        (Reply(400, "invalid_payload"), PayloadRefused("400 invalid_payload")),
        (Reply(500, "rollup_error"), Transient("500 rollup_error")),
        (Reply(503, "upstream connect error"), Transient("503 upstream connect error")),
        (Reply(429, "rate_limited"), Transient("429 rate_limited", None)),
        (Reply(429, "rate_limited", {"Retry-After": "3"}), Transient("429 rate_limited", 3.0)),
        (Reply(429, "rate_limited", {"Retry-After": "9" * 400}), Transient("429 rate_limited", 86_400.0)),
    ],
)
async def test_every_answer_has_its_class(reply: Reply, expected: Outcome) -> None:
    """The body decides before the status, nothing but `ok` is success, no redirect is followed, one request each."""
    assert await outcome_of(reply) == (expected, 1)


async def test_the_longer_pause_counts() -> None:
    """Header and body may disagree about the pause."""
    reply = Reply(429, '{"ok":false,"error":"rate_limited","retry_after":7}', {"Retry-After": "3"})
    outcome, _ = await outcome_of(reply)

    assert isinstance(outcome, Transient)
    assert outcome.retry_after_s == 7.0


@pytest.mark.parametrize("act", ["cut_before", "cut_after", "hang"])
async def test_no_answer_is_an_unknown_outcome_and_one_request(act: str) -> None:
    """Nothing repeats a POST behind our back, and silence is not taken for failure or success."""
    outcome, requests = await outcome_of(Reply(act=act), timeout_s=0.3)  # type: ignore[arg-type]

    assert isinstance(outcome, Unknown)
    assert requests == 1


async def test_no_server_is_transient(free_port: int) -> None:
    """A refused connection cannot have delivered anything."""
    async with SlackWebhook(f"http://127.0.0.1:{free_port}{PATH}") as channel:
        outcome = await channel.send(word(note()))

    assert isinstance(outcome, Transient)


async def test_an_untrusted_certificate_is_permanent(tmp_path: Path) -> None:
    """Repeating does not make a certificate trusted, and nothing is sent over it."""
    certificate, key = server_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    runner = web.AppRunner(web.Application(), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    try:
        async with SlackWebhook(f"https://127.0.0.1:{runner.addresses[0][1]}{PATH}") as channel:
            outcome = await channel.send(word(note()))
    finally:
        await runner.cleanup()

    assert isinstance(outcome, Permanent)


@pytest.mark.parametrize(
    "reply",
    [Reply(404, f"no such hook {PATH}"), Reply(500, f"{PATH[10:]}"), Reply(302, "", {"Location": PATH}), Reply()],
)
async def test_the_address_is_a_secret(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    """Neither logs at DEBUG, nor reasons, nor repr hold the address or its token, even if the server returns it."""
    caplog.set_level(logging.DEBUG)
    async with slack_fake(reply) as fake, SlackWebhook(fake.url) as channel:
        outcome = await channel.send(word(note()))

        for text in (caplog.text, repr(outcome), repr(channel)):
            assert "verysecretwebhooktoken" not in text
            assert "B0BBBBBBB" not in text


@pytest.mark.parametrize(
    "url",
    ["", "hooks.slack.com/services/x", "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"],
)
def test_placeholders_are_refused(url: str) -> None:
    """What is no address, or still the documentation's, is refused at the start with what to do, not at the alert."""
    with pytest.raises(ValueError, match=r"webhook"):
        SlackWebhook(url)
