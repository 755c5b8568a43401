"""What goes to Slack stays inside the limits of Block Kit and cannot ping anybody."""

import json
import re
from typing import Any

import pytest

from monitor.core.alerts.notification import Kind, LegEvidence
from monitor.notify.render import Circumstances, word
from monitor.notify.slack.blocks import escape, slack_payload
from tests.notify.notes import note


def texts(payload: Any) -> list[str]:
    """Every string that Slack would show."""
    if isinstance(payload, dict):
        return [t for key, value in payload.items() if key != "metadata" for t in texts(value)]
    if isinstance(payload, list):
        return [t for value in payload for t in texts(value)]
    return [payload] if isinstance(payload, str) else []


def test_the_payload_of_a_firing_note() -> None:
    """Words first, then a coloured attachment with header, lead, evidence and context."""
    payload = slack_payload(word(note()))

    assert payload["text"] == "[WARNING] HSTECH ahead of Nasdaq-100: +1.62 pp, limit +1.50, for 60 s"
    assert payload["unfurl_links"] is False
    assert payload["metadata"]["event_payload"] == {
        "id": "hstech-ndx-wide:hstech-ndx:1794276000000:FIRING",
        "kind": "FIRING",
    }
    (attachment,) = payload["attachments"]
    assert attachment["color"] == "#E8A33D"
    header, lead, fields, remarks, context = attachment["blocks"]
    assert header["text"]["text"] == "▲ WARNING · HSTECH ahead of Nasdaq-100"
    assert lead["text"]["text"] == "*+1.62 pp*, limit +1.50, since 10:00:00 HKT"
    assert fields["fields"][1]["text"] == "*limit* &gt; +1.50 pp (0.12 pp beyond)"
    assert fields["fields"][5]["text"] == "*HSTECH* 6,301.4 HKD +1.9 % live 0.4 s yahoo · Hang Seng TECH"
    assert remarks["text"]["text"].startswith("NDX = close of 05:00 HKT, 5 h 1 m old, market shut\n")
    assert context["elements"][-1]["text"].endswith("id hstech-ndx-wide:hstech-ndx:1794276000000:FIRING")


@pytest.mark.parametrize(("kind", "colour"), [(Kind.RESOLVED, "#2E9E5B"), (Kind.NO_DATA, "#8A8F98")])
def test_colours(kind: Kind, colour: str) -> None:
    """Green when it is over, grey when nothing can be said."""
    assert slack_payload(word(note(kind)))["attachments"][0]["color"] == colour


def test_marks_are_in_text_and_header() -> None:
    """SIMULATED shows on the phone and above the numbers."""
    payload = slack_payload(word(note(simulated=True)))

    assert "SIMULATED" in payload["text"]
    assert "SIMULATED" in payload["attachments"][0]["blocks"][0]["text"]["text"]


def test_nothing_in_the_data_can_ping_or_link() -> None:
    """Titles, names and sentences are data: `<!channel>` arrives as the characters it consists of."""
    hostile = "<!channel> & <b> <https://evil.example|click> 恒生科技"
    leg = LegEvidence(symbol="<!here>", name=hostile, source=hostile, words=hostile)
    payload = slack_payload(word(note(title=hostile, legs=(leg,), quality=(hostile,), summary=hostile)))

    for text in texts(payload):
        assert "<" not in text
        assert ">" not in text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    assert "恒生科技" in payload["attachments"][0]["blocks"][0]["text"]["text"]


def test_large_evidence_stays_within_the_limits() -> None:
    """10 kB of text and 80 legs: every text within its limit, no entity cut, at most 10 fields and 50 blocks."""
    long = "&<>恒生科技 " * 1100
    legs = tuple(LegEvidence(symbol=f"{i:04}.HK", price=1.0, words=long) for i in range(80))
    payload = slack_payload(word(note(title=long, summary=long, legs=legs, runbook="https://example.org/r/1")))

    assert len(payload["text"]) <= 3000
    blocks = payload["attachments"][0]["blocks"]
    assert len(blocks) <= 50
    limits = {"header": 150, "section": 3000}
    for block in blocks:
        if "text" in block:
            assert len(block["text"]["text"]) <= limits[block["type"]]
        assert len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert len(block.get("elements", [])) <= 10
    for text in texts(payload):
        assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    assert "0002.HK" in json.dumps(blocks)


def test_legs_beyond_the_tenth_field_are_not_lost() -> None:
    """What does not fit into fields follows as lines."""
    legs = tuple(LegEvidence(symbol=f"{i:04}.HK", price=1.0) for i in range(14))
    shown = "\n".join(texts(slack_payload(word(note(legs=legs)))))

    assert all(f"{i:04}.HK" in shown for i in range(14))


@pytest.mark.parametrize("limit", range(1, 12))
def test_cutting_never_splits_an_entity(limit: int) -> None:
    """Whatever the limit, what is left is whole entities, at most one ellipsis, within the limit."""
    text = escape("a&b<c", limit)

    assert len(text) <= limit
    assert re.fullmatch(r"(?:[abc]|&amp;|&lt;)*…?", text)


def test_a_plain_message_has_words_only() -> None:
    """After a refused payload nothing is left that could be refused again, and nothing is left out."""
    payload = slack_payload(word(note(simulated=True), Circumstances(plain=True)))

    assert "attachments" not in payload
    assert "metadata" not in payload
    assert "HSTECH: 6,301.4 HKD" in payload["text"]
    assert "SIMULATED" in payload["text"]
