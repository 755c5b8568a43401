"""The webhook channel against a server that answers as told."""

import hashlib
import hmac
import json
import logging
import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from monitor.notify.port import Accepted, Message, Outcome, PayloadRefused, Permanent, Tone, Transient, Unknown
from monitor.notify.webhook import Webhook
from tests.real.certificates import server_certificate
from tests.real.hook_fake import Reply, hook_fake
from tests.real.set_clock import SetClock

KEY = "a key that signs"
NOTE = b'{"id":"wide:hstech-ndx:1794276000000:FIRING","evidence":{"value":0.1234567890123456}}'
MESSAGE = Message(
    id="wide:hstech-ndx:1794276000000:FIRING",
    kind="FIRING",
    episode="wide:hstech-ndx:1794276000000",
    subject="wide: HSTECH ahead",
    badge="WARNING",
    tone=Tone.WARNING,
    summary="[WARNING] 恒生科技 ahead: +1.62 pp",
    title='恒生科技 <!channel> "ahead"',
    lead="+1.62 pp, limit +1.50",
    level="warning",
    marks=("SIMULATED",),
    document=NOTE,
)


async def send(*script: Reply, message: Message = MESSAGE, timeout_s: float = 5.0) -> Outcome:
    async with hook_fake(*script) as fake:
        hook = Webhook(fake.url, timeout_s=timeout_s)
        outcome = await hook.send(message)
        await hook.close()
        assert len(fake.requests) == 1
        return outcome


async def test_the_exact_note_travels_in_an_envelope() -> None:
    """The receiver finds id, kind, level, marks and words beside the note, whose numbers are the exact ones."""
    async with hook_fake() as fake:
        hook = Webhook(fake.url)
        assert await hook.send(MESSAGE) == Accepted()
        await hook.close()

    [request] = fake.requests
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Idempotency-Key"] == MESSAGE.id
    assert "X-Monitor-Signature" not in request.headers
    document = json.loads(request.body)
    assert document["version"] == 1
    assert (document["id"], document["kind"], document["level"]) == (MESSAGE.id, "FIRING", "warning")
    assert document["episode"] == MESSAGE.episode
    assert document["marks"] == ["SIMULATED"]
    assert document["title"] == MESSAGE.title
    assert document["summary"] == MESSAGE.summary
    assert MESSAGE.lead in document["text"]
    assert NOTE in request.body


async def test_the_signature_covers_time_and_body() -> None:
    """What a receiver computes from key, timestamp and the bytes it got is what the header says."""
    async with hook_fake() as fake:
        hook = Webhook(fake.url, secret=KEY, clock=SetClock(1_794_276_000_900_000_000))
        await hook.send(MESSAGE)
        await hook.close()

    [request] = fake.requests
    stamp = request.headers["X-Monitor-Timestamp"]
    assert stamp == "1794276000"
    expected = hmac.new(KEY.encode(), stamp.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Monitor-Signature"] == f"sha256={expected}"


async def test_a_receiver_written_from_the_documentation_believes_it() -> None:
    """The check in docs/configure.md accepts what is sent, and nothing that was changed on the way."""
    page = (Path(__file__).parents[2] / "docs" / "configure.md").read_text("utf-8")
    [code] = re.findall(r"```python\n(.*?is_genuine.*?)```", page, re.DOTALL)
    receiver: dict[str, Any] = {}
    exec(code, receiver)
    async with hook_fake() as fake:
        hook = Webhook(fake.url, secret=KEY)
        await hook.send(MESSAGE)
        await hook.close()

    [request] = fake.requests
    stamp, signed = request.headers["X-Monitor-Timestamp"], request.headers["X-Monitor-Signature"]
    assert receiver["is_genuine"](KEY.encode(), stamp, request.body, signed)
    assert not receiver["is_genuine"](KEY.encode(), stamp, request.body + b" ", signed)
    assert not receiver["is_genuine"](KEY.encode(), str(int(stamp) + 1), request.body, signed)


async def test_a_title_cannot_leave_its_header() -> None:
    """An id with a line break in it stays one header value."""
    async with hook_fake() as fake:
        hook = Webhook(fake.url)
        assert await hook.send(replace(MESSAGE, id="x\r\nX-Evil: 1 恒")) == Accepted()
        await hook.close()

    assert "X-Evil" not in fake.requests[0].headers
    assert fake.requests[0].headers["Idempotency-Key"] == "x%0D%0AX-Evil:%201%20%E6%81%92"


async def test_the_plain_form_has_no_note() -> None:
    """After a refused payload the words go alone."""
    async with hook_fake() as fake:
        hook = Webhook(fake.url)
        await hook.send(replace(MESSAGE, plain=True))
        await hook.close()

    document = json.loads(fake.requests[0].body)
    assert document["note"] is None
    assert document["summary"] == MESSAGE.summary


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_every_2xx_is_a_success(status: int) -> None:
    """The receiver's body does not matter then."""
    assert await send(Reply(status)) == Accepted()


@pytest.mark.parametrize("status", [302, 307, 408, 409, 425, 429, 500, 502, 503, 504])
async def test_what_may_pass_is_transient(status: int) -> None:
    """A redirect is not followed: one request arrives, and the message is tried again later."""
    assert await send(Reply(status, headers={"Location": "/login"})) == Transient(f"{status}")


@pytest.mark.parametrize("status", [429, 503])
async def test_the_pause_that_is_asked_for_is_kept(status: int) -> None:
    """Retry-After reaches the outbox."""
    assert await send(Reply(status, headers={"Retry-After": "3"})) == Transient(f"{status}", retry_after_s=3.0)


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_refused_payload_is_told_apart(status: int) -> None:
    """The channel works; this body did not please."""
    assert await send(Reply(status, "no such field")) == PayloadRefused(f"{status} no such field")


@pytest.mark.parametrize("status", [401, 403, 404, 405, 410, 415])
async def test_what_a_person_must_change_is_permanent(status: int) -> None:
    """Repeating would not help."""
    assert await send(Reply(status)) == Permanent(f"{status}")


@pytest.mark.parametrize("reply", [Reply(act="cut"), Reply(act="hang")])
async def test_no_answer_is_unknown(reply: Reply) -> None:
    """The request went out: it may have been acted on."""
    assert isinstance(await send(reply, timeout_s=0.3), Unknown)


async def test_nobody_there_is_transient(free_port: int) -> None:
    """Nothing was sent."""
    hook = Webhook(f"http://127.0.0.1:{free_port}/x")
    outcome = await hook.send(MESSAGE)
    await hook.close()

    assert isinstance(outcome, Transient)


async def test_certificates_are_checked(tmp_path: Path) -> None:
    """An authority of one's own is trusted when it is named, and only then."""
    certificate, key = server_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with hook_fake(tls=context) as fake:
        for ca_file, kind in ((None, Permanent), (certificate, Accepted)):
            hook = Webhook(fake.url, ca_file=ca_file)
            assert isinstance(await hook.send(MESSAGE), kind)
            await hook.close()

    assert len(fake.requests) == 1


async def test_address_and_key_are_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """Neither stands in reasons, `repr` or the most talkative log, even when the receiver repeats them."""
    caplog.set_level(logging.DEBUG)
    async with hook_fake() as fake:
        fake.script.append(Reply(403, f"{fake.url} {KEY} /hooks/verysecretpathofthehook"))
        hook = Webhook(fake.url, secret=KEY)
        outcome = await hook.send(MESSAGE)
        await hook.close()

    assert isinstance(outcome, Permanent)
    for text in (outcome.reason, repr(hook), caplog.text):
        assert "verysecretpath" not in text
        assert KEY not in text


@pytest.mark.parametrize("url", ["", "hook.firm.test/x", "ftp://hook.firm.test/x", "https://verysecret:x/"])
def test_what_is_no_address_is_refused_unseen(url: str) -> None:
    """The refusal does not repeat it."""
    with pytest.raises(ValueError) as refused:
        Webhook(url)
    assert "verysecret" not in str(refused.value)
    assert not url or url not in str(refused.value)
