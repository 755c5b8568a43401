"""Mail against a real SMTP server (ALERTING sections 14 and 16)."""

import socket
import threading
from base64 import b64encode
from pathlib import Path

import pytest
from msgspec.structs import replace

from monitor.core.alerts.notification import Kind
from monitor.notify.mail.smtp import Mail, Tls
from monitor.notify.port import Accepted, Charting, Outcome, Permanent, Transient, Unknown
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


async def test_mails_do_not_wait_for_the_name_service(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine is called is asked once; without an answer mails leave under the name it has for itself."""
    asked, end = [], threading.Event()
    monkeypatch.setattr("socket.getfqdn", lambda: (asked.append(1), end.wait(60))[0])
    try:
        with mail_server(free_port) as mailbox:
            mail = channel(free_port)
            assert await send(mail) == TAKEN
            assert await send(mail) == TAKEN
    finally:
        end.set()
    assert mailbox.names == [socket.gethostname()] * 2
    assert len(asked) == 1


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


@pytest.mark.parametrize("farewell", ["hang", "cut"])
async def test_what_comes_of_quit_does_not_matter(free_port: int, farewell: str) -> None:
    """The server took the mail before: a bad farewell repeats nothing, even one that takes too long."""
    with mail_server(free_port) as mailbox:
        mailbox.farewell = farewell

        assert await send(channel(free_port, timeout_s=0.5)) == TAKEN
        assert mailbox.ids == [FIRING]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("530 5.7.0 Authentication required", Permanent), ("451 4.3.0 not now", Transient), ("550 no", Permanent)],
)
async def test_a_sender_that_is_refused(free_port: int, answer: str, kind: type[Outcome]) -> None:
    """530 and other 5xx at MAIL are a broken channel, 4xx is not; nothing was sent in either case."""
    with mail_server(free_port) as mailbox:
        mailbox.sender = answer
        outcome = await send(channel(free_port))

        assert isinstance(outcome, kind)
        assert answer[:3] in outcome.reason
        assert mailbox.attempts == 0


async def test_a_login_that_fails_for_now_is_transient(free_port: int, tmp_path: Path) -> None:
    """454 is the server's trouble, not a wrong password."""
    files = server_certificate(tmp_path)
    with mail_server(free_port, tls=files, demand_auth=True) as mailbox:
        mailbox.login = "454 4.7.0 Temporary authentication failure"
        mail = channel(free_port, tls=Tls.STARTTLS, ca_file=files[0], user="monitor", password="wrong")

        assert isinstance(await send(mail), Transient)


async def test_a_server_that_quotes_the_password(free_port: int, tmp_path: Path) -> None:
    """Neither the password nor what was sent for it gets into the reason, which is kept and shown."""
    files = server_certificate(tmp_path)
    sent = b64encode(b"\0monitor\0correct-horse").decode()
    with mail_server(free_port, tls=files, demand_auth=True) as mailbox:
        mailbox.login = f"535 no: correct-horse {sent} {b64encode(b'correct-horse').decode()}"
        mail = channel(free_port, tls=Tls.STARTTLS, ca_file=files[0], user="monitor", password="correct-horse")
        outcome = await send(mail)

    assert outcome == Permanent("SMTPAuthenticationError: (535, 'no: *** *** ***')")
    assert "correct-horse" not in repr(mail)


async def test_a_server_without_login_where_one_is_set(free_port: int) -> None:
    """The server is not what the configuration says: a person has to look, and the password stays here."""
    with mail_server(free_port) as mailbox:
        outcome = await send(channel(free_port, user="monitor", password="right"))

        assert isinstance(outcome, Permanent)
        assert mailbox.logins == []


async def test_the_chart_arrives_inside_the_mail(free_port: int) -> None:
    """One related part, found by its Content-ID; the text part comes first and is whole."""
    with mail_server(free_port) as mailbox:
        message = replace(word(note()), chart=b"\x89PNG\r\n.\r\n..\x00")
        await channel(free_port).send(message)

    ((_, mail),) = mailbox.mails
    text, related = mail.iter_parts()
    page, picture = related.iter_parts()
    assert [part.get_content_type() for part in (mail, text, related, page, picture)] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert picture.get_content() == message.chart
    assert f'src="cid:{picture["Content-ID"][1:-1]}"' in page.get_content()
    assert picture.get_content_disposition() == "inline"


def test_a_channel_without_charts_says_so() -> None:
    """Then nobody draws one for it."""
    assert channel(25).charting is Charting.INLINE
    assert channel(25, chart=False).charting is Charting.NONE


async def test_a_title_that_changed_does_not_change_the_subject(free_port: int) -> None:
    """What the first mail's reference handed back is what later ones say, so programs that thread by subject do."""
    with mail_server(free_port) as mailbox:
        first = await send(channel(free_port))
        assert isinstance(first, Accepted)
        closing = word(note(Kind.RESOLVED, title="Another title"))
        second = await channel(free_port).send(replace(closing, parent=first.reference))

    assert [mail["Subject"] for _, mail in mailbox.mails] == [
        "[WARNING] hstech-ndx-wide: HSTECH ahead of Nasdaq-100",
        "[RESOLVED] hstech-ndx-wide: HSTECH ahead of Nasdaq-100",
    ]
    assert second == first


async def test_the_closing_of_a_note_that_a_storm_told_has_its_own_subject(free_port: int) -> None:
    """Its first mail was about many alerts; "many alerts at once" resolved would be wrong."""
    with mail_server(free_port) as mailbox:
        closing = replace(word(note(Kind.RESOLVED)), parent="hk-us: many alerts at once (storm:mail:1)")

        assert await channel(free_port).send(closing) == TAKEN
    ((_, mail),) = mailbox.mails
    assert mail["Subject"] == "[RESOLVED] hstech-ndx-wide: HSTECH ahead of Nasdaq-100"


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
