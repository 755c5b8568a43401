"""What goes to Slack stays inside the limits of Block Kit and cannot ping anybody."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.notification import Kind, LegEvidence
from monitor.notify.port import Fact, Link, Message, Tone
from monitor.notify.render import Circumstances, word
from monitor.notify.slack.blocks import escape, id_in, slack_metadata, slack_payload
from monitor.notify.wording import one_line
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
    assert payload["metadata"]["event_type"] == "monitor_alert"
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
    """10 kB of text and 80 legs: nothing that Slack would refuse, and no entity cut."""
    long = "&<>恒生科技 " * 1100
    legs = tuple(LegEvidence(symbol=f"{i:04}.HK", price=1.0, words=long) for i in range(80))
    payload = slack_payload(word(note(title=long, summary=long, legs=legs, runbook="https://example.org/r/1")))

    assert refused(payload) is None
    assert harmless(payload)
    assert "0002.HK" in json.dumps(payload["attachments"])


def refused(payload: Any) -> str | None:
    """Why Slack would not take it, by the limits of ALERTING section 13; None when it would."""
    limits = {"header": 150, "section": 3000}
    if not 1 <= len(payload["text"]) <= 3000:
        return "text"
    for attachment in payload.get("attachments", []):
        blocks = attachment["blocks"]
        if not 1 <= len(blocks) <= 50:
            return "blocks"
        if len({block["block_id"] for block in blocks}) < len(blocks):
            return "block_id twice"
        for block in blocks:
            if not 1 <= len(block["block_id"]) <= 255:
                return "block_id"
            if "text" in block and not 1 <= len(block["text"]["text"]) <= limits[block["type"]]:
                return block["type"]
            if not all(1 <= len(field["text"]) <= 2000 for field in block.get("fields", [])):
                return "field"
            if not all(1 <= len(element["text"]) <= 2000 for element in block.get("elements", [])):
                return "element"
            if len(block.get("fields", [])) > 10 or len(block.get("elements", [])) > 10:
                return "too many"
            if block["type"] == "section" and not (block.get("text") or block.get("fields")):
                return "empty section"
    return None


def harmless(payload: Any) -> bool:
    """Nothing in it is markup but our own links, no entity is cut, no control character is left, and it is UTF-8."""
    json.dumps(payload, ensure_ascii=False).encode()
    for text in texts(payload):
        bare = re.sub(r"<https?://[^<>|\s]+\|[^<>|]*>", "", text)
        if "<" in bare or ">" in bare or re.search(r"&(?!amp;|lt;|gt;)", text):
            return False
        if any(not c.isprintable() and c != "\n" for c in text):
            return False
    return True


NASTY = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="&<>|*_~`@#!\n\r\t\x00\x1b\u202e\ud800恒A …", max_size=60),
    st.sampled_from(["", " ", "<!channel>", "<!here|x>", "<@U1>", "<#C1>", "&amp;", "a, b", "*, x", "\n, x"]),
    st.sampled_from(["&", "<", "科", "x", "*", "\n", "😀"]).map(lambda c: c * 4000),
)
NAMED = st.builds(Fact, NASTY, NASTY)
LINKED = st.builds(Link, NASTY, st.one_of(NASTY, NASTY.map("https://example.org/{}".format)))
MESSAGES = st.builds(
    Message,
    id=NASTY,
    kind=st.sampled_from(["FIRING", "RESOLVED", "STORM"]),
    episode=NASTY,
    subject=NASTY,
    badge=NASTY,
    tone=st.sampled_from(Tone),
    summary=st.one_of(NASTY, NASTY).map("[WARNING] {}".format),
    title=NASTY,
    lead=NASTY,
    glyph=st.sampled_from(["", "▲"]),
    marks=st.lists(NASTY, max_size=3).map(tuple),
    facts=st.lists(NAMED, max_size=13).map(tuple),
    remarks=st.lists(NASTY, max_size=3).map(tuple),
    footer=st.lists(NASTY, max_size=12).map(tuple),
    links=st.lists(LINKED, max_size=4).map(tuple),
    merged=st.lists(NASTY, max_size=3).map(tuple),
    plain=st.booleans(),
)


@given(MESSAGES)
@settings(max_examples=60, deadline=None)
def test_whatever_the_words_slack_takes_them_and_nothing_comes_to_life(message: Message) -> None:
    """Any text at any length anywhere in a message: within every limit, escaped, printable, and the id is kept."""
    payload = slack_payload(message)

    assert refused(payload) is None
    assert harmless({**payload, "metadata": slack_metadata(message)})
    assert next(iter(payload)) == "text"
    assert id_in(slack_metadata(message)) == one_line(message.id)


def test_block_ids_depend_on_what_is_shown() -> None:
    """A repeat has the same ones; another note, or other words, have none in common with it."""
    first = block_ids(word(note()))

    assert block_ids(word(note())) == first
    assert not block_ids(word(note(Kind.ESCALATED, n=1))) & first
    assert not block_ids(word(note(), Circumstances(may_repeat=True))) >= first


def block_ids(message: Message) -> set[str]:
    """Of all blocks of a message."""
    return {block["block_id"] for block in slack_payload(message)["attachments"][0]["blocks"]}


def test_a_link_that_is_too_long_is_left_out_and_not_cut() -> None:
    """Half of an address leads elsewhere: its words stay, without the link."""
    short, long = (Link("Runbook", f"https://example.org/{'r' * length}") for length in (10, 3000))
    payload = slack_payload(msgspec.structs.replace(word(note()), links=(short, long)))

    elements = [element["text"] for element in payload["attachments"][0]["blocks"][-1]["elements"]]
    assert elements[:2] == ["<https://example.org/rrrrrrrrrr|Runbook>", "Runbook"]


def test_the_id_is_shown_however_many_links_there_are() -> None:
    """The last line of the footer names the note; ten links do not push it out."""
    links = tuple(Link(f"link {i}", f"https://example.org/{i}") for i in range(12))
    payload = slack_payload(msgspec.structs.replace(word(note()), links=links))

    assert note().id in payload["attachments"][0]["blocks"][-1]["elements"][-1]["text"]


@pytest.mark.parametrize("metadata", [None, 7, {}, {"event_type": "task"}, {"event_type": "monitor_alert"}])
def test_the_metadata_of_others_holds_no_id_of_ours(metadata: object) -> None:
    """Other apps write into the same channel."""
    assert id_in(metadata) is None
    assert id_in({"event_type": "monitor_alert", "event_payload": {"id": 7}}) is None


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
