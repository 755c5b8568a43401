"""Mails: headers that cannot be forged from data, a text part that is enough, an HTML part that is harmless."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
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


def test_lines_are_as_short_as_servers_and_readers_expect() -> None:
    """No line above 78 characters but identifiers, encoded words of 75 at most (RFC 2047), and nothing but 7 bits."""
    rule = "a" * 64
    message = word(note(title="恒生科技跑赢纳指" * 10, rule=rule))
    sent = mail(message, sender="alerts@example.org", recipients=["a@example.org"], at=AT).as_bytes()
    lines = sent.decode("ascii").split("\r\n")

    assert {line.partition(":")[0] for line in lines if len(line) > 78} == {
        "Message-ID",
        "References",
        "In-Reply-To",
        "X-Alert-Id",
    }
    assert max(len(word) for line in lines for word in line.split() if word.startswith("=?")) <= 75
    assert message_from_bytes(sent, policy=policy.default)["X-Alert-Id"] == message.id


def page(**evidence: object) -> str:
    """The HTML part."""
    body = letter(**evidence).get_body(("html",))  # type: ignore[arg-type]
    assert body is not None
    return str(body.get_content())


def test_html_is_escaped_and_loads_nothing() -> None:
    """Markup in data stays text; there are no scripts, remote images, styles or fonts."""
    html = page(title="<script>alert(1)</script> & <b>", simulated=True, runbook='https://example.org/"onload="x')

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in html
    assert 'href="https://example.org/&#34;onload=&#34;x"' in html
    assert "SIMULATED" in html
    assert not re.search(r"<img|src=|url\(|@import|<link|<iframe|javascript:", html)


def test_html_says_what_the_text_says() -> None:
    """Read aloud, in order: badge, headline, lead, evidence, remarks, links, footer."""
    html = page(runbook="https://example.org/r/1")
    body = html[html.index("</div>", html.index("<body")) :]
    words = [unescape(part).strip() for part in re.split(r"<[^>]+>", body)]

    assert [part for part in words if part] == [
        "▲ WARNING",
        "HSTECH ahead of Nasdaq-100",
        "+1.62 pp",
        ", limit +1.50, since 10:00:00 HKT",
        *("value", "+1.62 pp"),
        *("limit", "> +1.50 pp (0.12 pp beyond)"),
        *("clear", "< +1.20 pp"),
        *("held", "60 s since 10:00:00 HKT"),
        *("peak", "+1.75 pp at 10:00:30 HKT"),
        *("HSTECH", "6,301.4 HKD +1.9 % live 0.4 s yahoo · Hang Seng TECH"),
        *("NDX", "25,059.8 USD +0.3 % closed 5 h 1 m yahoo · Nasdaq-100"),
        "NDX = close of 05:00 HKT, 5 h 1 m old, market shut",
        "Announced 1 × today, 4 × in the last 30 sessions.",
        "Runbook",
        "hstech-ndx-wide · a41c09d2 · hstech-ndx.spread_pp.1d · snapshot 1794276060000 seq 42",
        "2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:FIRING",
    ]


def test_html_shows_the_rules_own_sentence() -> None:
    """Words that a person wrote stand below the headline; a sentence that only repeats it does not."""
    assert ">Call the desk<" in page(summary="Call the desk")
    assert page(summary="HSTECH ahead of Nasdaq-100: +1.62 pp (limit +1.50 pp)").count("(limit +1.50 pp)") == 1


def test_html_is_made_for_phones_and_for_the_dark() -> None:
    """It is as wide as the screen, and brings colours for a dark one."""
    html = page()

    assert '<meta name="viewport" content="width=device-width,initial-scale=1">' in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html


def test_a_plain_mail_is_words_alone() -> None:
    """When the rich form was refused, what goes out has one part."""
    received = letter(circumstances=Circumstances(plain=True))

    assert received.get_content_type() == "text/plain"


def test_merged_ids_are_named_in_a_header() -> None:
    """A mail that tells two notes names both, so that each can be accounted for."""
    received = letter(Kind.RESOLVED, Circumstances(merged=(note(),)))

    assert received["X-Alert-Merged"] == "hstech-ndx-wide:hstech-ndx:1794276000000:FIRING"
