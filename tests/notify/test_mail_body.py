"""Mails: headers that cannot be forged from data, a text part that is enough, an HTML part that is harmless."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from monitor.core.alerts.notification import Kind
from monitor.notify.mail.body import mail
from monitor.notify.render import Circumstances, word
from tests.notify.notes import note

AT = datetime(2026, 11, 10, 2, 1, 2, tzinfo=UTC)


def letter(
    message_kind: Kind = Kind.FIRING, circumstances: Circumstances | None = None, **evidence: object
) -> EmailMessage:
    """The mail as it comes out at the other end."""
    message = word(note(message_kind, **evidence), circumstances or Circumstances())  # type: ignore[arg-type]
    sent = mail(message, sender="alerts@example.org", recipients=["a@example.org", "b@example.org"], at=AT)
    return cast(EmailMessage, message_from_bytes(sent.as_bytes(), policy=policy.default))


def test_headers() -> None:
    """Subject, ids and thread are those of ALERTING section 14."""
    received = letter()

    assert received["Subject"] == "[WARNING] hstech-ndx-wide: HSTECH ahead of Nasdaq-100"
    assert received["From"] == "alerts@example.org"
    assert received["To"] == "a@example.org, b@example.org"
    assert received["Message-ID"] == "<hstech-ndx-wide%3Ahstech-ndx%3A1794276000000%3AFIRING@example.org>"
    assert received["References"] == "<hstech-ndx-wide%3Ahstech-ndx%3A1794276000000@example.org>"
    assert received["In-Reply-To"] == received["References"]
    assert received["X-Alert-Id"] == "hstech-ndx-wide:hstech-ndx:1794276000000:FIRING"
    assert received["X-Alert-Kind"] == "FIRING"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["Date"] == "Tue, 10 Nov 2026 02:01:02 +0000"


def test_a_repeat_is_the_same_mail() -> None:
    """The Message-ID does not depend on when or how often it is sent."""
    assert letter()["Message-ID"] == letter(circumstances=Circumstances(may_repeat=True))["Message-ID"]


def test_the_text_part_is_sufficient_alone() -> None:
    """Numbers, legs, times and marks are in the text part too."""
    body = letter(simulated=True).get_body(("plain",))

    assert body is not None
    text = body.get_content()
    assert "[WARNING · SIMULATED] HSTECH ahead of Nasdaq-100: +1.62 pp, limit +1.50, for 60 s" in text
    assert "HSTECH: 6,301.4 HKD +1.9 % live 0.4 s yahoo" in text
    assert "2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET" in text


def test_header_values_cannot_break_out() -> None:
    """CR and LF in a title do not begin a new header."""
    received = letter(title="x\r\nBcc: victim@example.org\r\n\r\nbody")

    assert received["Bcc"] is None
    assert received["Subject"] == "[WARNING] hstech-ndx-wide: x Bcc: victim@example.org body"


def test_long_and_chinese_titles() -> None:
    """A title of 10 kB is cut, Chinese survives the encoding."""
    assert letter(title="恒生科技跑赢纳指")["Subject"] == "[WARNING] hstech-ndx-wide: 恒生科技跑赢纳指"
    assert len(letter(title="恒" * 10_000)["Subject"]) <= 200


def test_html_is_escaped_and_loads_nothing() -> None:
    """Markup in data stays text; there are no scripts, images or remote styles."""
    body = letter(title="<script>alert(1)</script> & <b>", simulated=True).get_body(("html",))

    assert body is not None
    html = body.get_content()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in html
    assert "SIMULATED" in html
    assert "<img" not in html
    assert "src=" not in html


def test_merged_ids_are_named_in_a_header() -> None:
    """A mail that tells two notes names both, so that each can be accounted for."""
    received = letter(Kind.RESOLVED, Circumstances(merged=(note(),)))

    assert received["X-Alert-Merged"] == "hstech-ndx-wide:hstech-ndx:1794276000000:FIRING"
