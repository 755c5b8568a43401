"""Mail against a real SMTP server (ALERTING sections 14 and 16)."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.notify.mail.smtp import Mail, Tls
from monitor.notify.port import Accepted, Outcome, Permanent, Transient, Unknown
from monitor.notify.render import Circumstances, word
from tests.notify.notes import note
from tests.real.certificates import server_certificate
from tests.real.mail_server import mail_server

A, B = "a@example.org", "b@example.org"
TAKEN = Accepted(reference="hstech-ndx-wide: HSTECH ahead of Nasdaq-100")
FIRING = "hstech-ndx-wide:hstech-ndx:1794276000000:FIRING"


def channel(port: int, **options: object) -> Mail:
    """A channel to a local server, in clear unless told otherwise."""
    settings: dict[str, object] = {
        "sender": "alerts@example.org",
        "recipients": [A, B],
        "tls": Tls.NONE,
        "step_timeout_s": 5.0,
        "timeout_s": 10.0,
    }
    settings.update(options)
    return Mail("127.0.0.1", port, **settings)  # type: ignore[arg-type]


async def send(mail: Mail, *settled: str) -> Outcome:
    """One attempt with a firing note."""
    return await mail.send(word(note(), Circumstances(settled=settled)))


async def test_one_transaction_for_all_recipients(free_port: int) -> None:
    """Both recipients, one mail, with the ids in its headers."""
    with mail_server(free_port) as mailbox:
        assert await send(channel(free_port)) == TAKEN

    ((recipients, mail),) = mailbox.mails
    assert recipients == (A, B)
    assert mail["X-Alert-Id"] == FIRING
    assert mail["Subject"] == "[WARNING] hstech-ndx-wide: HSTECH ahead of Nasdaq-100"


async def test_starttls_with_login(free_port: int, tmp_path: Path) -> None:
    """With the server's certificate trusted, the login happens after STARTTLS and the mail arrives."""
    files = server_certificate(tmp_path)
    with mail_server(free_port, tls=files, demand_auth=True) as mailbox:
        mail = channel(free_port, tls=Tls.STARTTLS, ca_file=files[0], user="monitor", password="right")

        assert await send(mail) == TAKEN
        assert mailbox.ids == [FIRING]
        assert mailbox.commands_in_clear == 0


async def test_implicit_tls(free_port: int, tmp_path: Path) -> None:
    """TLS from the first byte."""
    files = server_certificate(tmp_path)
    with mail_server(free_port, tls=files, implicit=True) as mailbox:
        assert await send(channel(free_port, tls=Tls.IMPLICIT, ca_file=files[0])) == TAKEN
        assert mailbox.ids == [FIRING]


async def test_a_wrong_password_is_permanent(free_port: int, tmp_path: Path) -> None:
    """535 is a broken channel: nobody tries passwords in a loop."""
    files = server_certificate(tmp_path)
    with mail_server(free_port, tls=files, demand_auth=True) as mailbox:
        mail = channel(free_port, tls=Tls.STARTTLS, ca_file=files[0], user="monitor", password="verywrongpassword")
        outcome = await send(mail)

        assert isinstance(outcome, Permanent)
        assert "535" in outcome.reason or "Authentication" in outcome.reason
        assert "verywrongpassword" not in outcome.reason
        assert mailbox.mails == []


async def test_starttls_not_offered(free_port: int) -> None:
    """Demanded means demanded: nothing goes out in clear."""
    with mail_server(free_port) as mailbox:
        outcome = await send(channel(free_port, tls=Tls.STARTTLS))

        assert isinstance(outcome, Permanent)
        assert mailbox.commands_in_clear == 0
        assert mailbox.mails == []


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
async def test_an_untrusted_certificate(free_port: int, tmp_path: Path, tls: Tls) -> None:
    """A certificate that nobody vouches for ends it, before any mail command."""
    files = server_certificate(tmp_path)
    with mail_server(free_port, tls=files, implicit=tls is Tls.IMPLICIT) as mailbox:
        outcome = await send(channel(free_port, tls=tls))

        assert isinstance(outcome, Permanent)
        assert mailbox.commands_in_clear == 0
        assert mailbox.mails == []


async def test_a_certificate_for_another_host(free_port: int, tmp_path: Path) -> None:
    """Trusted, but not for this host: not good enough."""
    files = server_certificate(tmp_path, "mail.example.org")
    with mail_server(free_port, tls=files) as mailbox:
        assert isinstance(await send(channel(free_port, tls=Tls.STARTTLS, ca_file=files[0])), Permanent)
        assert mailbox.mails == []


async def test_451_at_data_is_transient(free_port: int) -> None:
    """Later it is taken, once."""
    with mail_server(free_port) as mailbox:
        mailbox.data = ["451 try again"]
        first, second = await send(channel(free_port)), await send(channel(free_port))

        assert isinstance(first, Transient)
        assert second == TAKEN
        assert mailbox.ids == [FIRING]


async def test_554_at_data_is_permanent(free_port: int) -> None:
    """The server will never take it."""
    with mail_server(free_port) as mailbox:
        mailbox.data = ["554 looks like spam"]
        outcome = await send(channel(free_port))

    assert isinstance(outcome, Permanent)
    assert "554" in outcome.reason


async def test_one_recipient_refused_for_good(free_port: int) -> None:
    """The other one gets exactly one mail, and the refusal is named."""
    with mail_server(free_port) as mailbox:
        mailbox.rcpt = {B: "550 no such user"}
        outcome = await send(channel(free_port))

        assert outcome == replace(TAKEN, refused={B: "550 no such user"})
        assert [recipients for recipients, _ in mailbox.mails] == [(A,)]


async def test_one_recipient_deferred(free_port: int) -> None:
    """Who has it is left out of the next attempt; who was deferred gets it then."""
    with mail_server(free_port) as mailbox:
        mailbox.rcpt = {B: "450 mailbox busy"}
        first = await send(channel(free_port))
        mailbox.rcpt = {}

        assert first == Transient(f"{B}: 450 mailbox busy", settled=(A,))
        assert await send(channel(free_port), A) == TAKEN
        assert [recipients for recipients, _ in mailbox.mails] == [(A,), (B,)]


@pytest.mark.parametrize(("code", "kind"), [("550 no", Permanent), ("450 busy", Transient)])
async def test_all_recipients_refused(free_port: int, code: str, kind: type[Outcome]) -> None:
    """5xx for all is permanent, 4xx for all is not; no DATA in either case."""
    with mail_server(free_port) as mailbox:
        mailbox.rcpt = {A: code, B: code}

        assert isinstance(await send(channel(free_port)), kind)
        assert mailbox.attempts == 0


@pytest.mark.parametrize("answer", ["hang", "cut"])
async def test_no_reply_after_data_is_unknown(free_port: int, answer: str) -> None:
    """Whether it was taken, nobody can say."""
    with mail_server(free_port) as mailbox:
        mailbox.data = [answer]
        outcome = await send(channel(free_port, step_timeout_s=0.3))

    assert isinstance(outcome, Unknown)


async def test_no_server_is_transient(free_port: int) -> None:
    """A refused connection cannot have delivered anything."""
    assert isinstance(await send(channel(free_port)), Transient)


@pytest.mark.parametrize("host", ["smtp.example.org", "10.0.0.1", "0.0.0.0"])
def test_clear_text_stays_on_this_machine(host: str) -> None:
    """tls = none is refused for every address but loopback ones."""
    with pytest.raises(ValueError, match="loopback"):
        Mail(host, 25, sender="a@example.org", recipients=[A], tls=Tls.NONE)


def test_an_unreadable_ca_file_is_refused_at_the_start(tmp_path: Path) -> None:
    """The name of the file is in the error."""
    with pytest.raises(ValueError, match=r"missing\.pem"):
        Mail("127.0.0.1", 25, sender="a@example.org", recipients=[A], ca_file=tmp_path / "missing.pem")
