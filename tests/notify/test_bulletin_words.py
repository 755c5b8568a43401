"""Bulletins in words: what people see of a storm, a digest, blindness and notices. The wording is tested as text."""

from typing import Any

import msgspec
import pytest

from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.notify.bulletin_words import word_bulletin, word_note
from monitor.notify.plain_text import plain_text
from monitor.notify.port import Tone
from monitor.notify.render import Circumstances, word
from tests.notify.notes import START, note


def bulletin(kind: BulletinKind = BulletinKind.STORM, **changes: Any) -> Bulletin:
    """A storm on channel desk, unless `changes` say otherwise."""
    facts: dict[str, Any] = {
        "id": f"storm:desk:{START}",
        "thread": f"storm:desk:{START}",
        "level": "warning",
        "t": START,
        "notify": ("desk",),
        "title": "3 more alerts within 60 s",
        "lead": "more than 5 alerts came at once, these were put together",
        "facts": (("big-faller 0700.HK", "-2.1 %, limit -2.0"), ("big-faller 9988.HK", "-2.4 %, limit -2.0")),
        "about": ("big-faller:0700.HK:1:FIRING", "big-faller:9988.HK:1:FIRING"),
        "board": "asia-tech",
    }
    return Bulletin(kind=kind, **(facts | changes))


def test_a_storm_as_plain_text() -> None:
    """A bulletin has summary, headline, facts and a footer with both times and its id, as every message has."""
    text = plain_text(word_bulletin(bulletin(simulated=True), Circumstances(dashboard="http://localhost:8080")))

    assert text == (
        "[STORM · SIMULATED] 3 more alerts within 60 s: more than 5 alerts came at once, these were put together\n"
        "\n"
        "SIMULATED\n"
        "\n"
        "≋ STORM · 3 more alerts within 60 s\n"
        "more than 5 alerts came at once, these were put together\n"
        "\n"
        "big-faller 0700.HK: -2.1 %, limit -2.0\n"
        "big-faller 9988.HK: -2.4 %, limit -2.0\n"
        "\n"
        "Dashboard: http://localhost:8080/?at=1794276000000\n"
        "\n"
        "board asia-tech\n"
        "2026-11-10 10:00:00 HKT / 2026-11-09 21:00:00 ET · id storm:desk:1794276000000\n"
    )


@pytest.mark.parametrize(
    ("kind", "level", "tone", "glyph"),
    [
        (BulletinKind.STORM, "critical", Tone.CRITICAL, "≋"),
        (BulletinKind.DIGEST, "info", Tone.INFO, "≡"),
        (BulletinKind.BLIND, "critical", Tone.CRITICAL, "⊘"),
        (BulletinKind.SIGHT, "critical", Tone.RESOLVED, "✔"),
        (BulletinKind.NOTICE, "warning", Tone.WARNING, "•"),
    ],
)
def test_look_of_every_kind(kind: BulletinKind, level: str, tone: Tone, glyph: str) -> None:
    """Colour follows the level, except that the end of blindness is green; kind, level and thread are handed on."""
    message = word_bulletin(bulletin(kind, level=level))

    assert (message.kind, message.badge, message.tone, message.glyph) == (kind.value, kind.value, tone, glyph)
    assert (message.level, message.episode) == (level, f"storm:desk:{START}")


@pytest.mark.parametrize("kind", [kind for kind in BulletinKind if kind is not BulletinKind.DIGEST])
def test_subject_is_the_same_for_all_of_a_thread(kind: BulletinKind) -> None:
    """Title, time and id of a later bulletin on the same matter do not split the mail thread."""
    first = word_bulletin(bulletin(kind))
    later = word_bulletin(bulletin(kind, id="storm:desk:2", t=START + 30_000, title="9 more alerts", lead="still more"))

    assert first.subject == later.subject


def test_blindness_and_its_end_share_a_subject() -> None:
    """SIGHT answers the very mail that said BLIND."""
    about: dict[str, Any] = {"thread": "blind:redis", "level": "critical"}
    blind = word_bulletin(bulletin(BulletinKind.BLIND, **about))
    sight = word_bulletin(bulletin(BulletinKind.SIGHT, **about))

    assert blind.subject == sight.subject == "asia-tech: alerting is blind (blind:redis)"


def test_a_digest_is_called_by_its_title() -> None:
    """The subject of a digest says which day it is about."""
    message = word_bulletin(bulletin(BulletinKind.DIGEST, title="Hong Kong close of Tue 10 Nov 2026"))

    assert message.subject == "asia-tech: Hong Kong close of Tue 10 Nov 2026"


def test_circumstances_of_the_delivery_are_shown() -> None:
    """Lateness, a possible repeat and a failed channel are marked on bulletins just as on notifications."""
    circumstances = Circumstances(
        delayed_s=180, may_repeat=True, instead_of="desk", plain=True, settled=("a@example.org",)
    )
    message = word_bulletin(bulletin(), circumstances)

    assert message.marks == ("DELAYED 3 m", "MAY REPEAT")
    assert message.summary.startswith("[STORM · DELAYED 3 m · MAY REPEAT] 3 more alerts")
    assert message.remarks == (
        "Sent here because channel desk could not deliver it.",
        "An earlier attempt may have arrived: same id, same event.",
    )
    assert message.plain
    assert message.settled == ("a@example.org",)


def test_whatever_it_stands_for_is_named() -> None:
    """Notes that a storm tells, and older bulletins told with it, are listed by id for those who count by id."""
    message = word_bulletin(bulletin(), Circumstances(merged=(note(),)))

    assert message.merged == (
        "big-faller:0700.HK:1:FIRING",
        "big-faller:9988.HK:1:FIRING",
        f"hstech-ndx-wide:hstech-ndx:{START}:FIRING",
    )


def test_the_document_is_the_bulletin_itself() -> None:
    """A program gets every text and number of the bulletin back from the JSON."""
    sent = bulletin()

    assert msgspec.json.decode(word_bulletin(sent).document, type=Bulletin) == sent


def test_hostile_text_stays_on_its_line() -> None:
    """Line breaks and control characters in titles and facts cannot forge headers or lines."""
    nasty = "a\r\nBcc: x@example.org\x1b[31m\u202e"
    message = word_bulletin(
        bulletin(title=nasty, lead=nasty, facts=((nasty, nasty),), remarks=(nasty,), board=nasty, thread=nasty)
    )

    texts = [message.subject, message.summary, message.title, message.lead, *message.remarks, *message.footer]
    texts += [part for fact in message.facts for part in (fact.label, fact.value)]
    assert all(text.isprintable() for text in texts)


def test_notes_are_worded_by_what_they_are() -> None:
    """An outbox holds notifications and bulletins; each gets its own words."""
    assert word_note(note()) == word(note())
    assert word_note(bulletin()) == word_bulletin(bulletin())
