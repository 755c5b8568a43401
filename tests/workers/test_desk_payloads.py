"""What a preview shows of each kind of channel is what the channel's adapter would send."""

from typing import Any

import msgspec
import pytest

from monitor.core.alerts.channels.kinds import (
    Apprise,
    Channel,
    Console,
    Mqtt,
    Secret,
    SlackBot,
    SlackWebhook,
    Smtp,
    Webhook,
)
from monitor.core.alerts.notification import Kind
from monitor.core.alerts.trial.made_up import made_up
from monitor.notify.envelope import envelope
from monitor.notify.plain_text import plain_text
from monitor.notify.render import word
from monitor.notify.slack.blocks import slack_payload
from monitor.workers.desk.payloads import payload_of
from tests.core.alerts.bench import T, rule, rule_set

HIDDEN = Secret(value="verysecret")
(ENTRY,) = rule_set(rule(title="恒生科技 <!channel>")).entries.values()
MESSAGE = word(made_up(ENTRY, Kind.FIRING, T))
SLACK: dict[str, Any] = slack_payload(MESSAGE)


@pytest.mark.parametrize(
    ("channel", "document"),
    [
        (Console(name="x"), None),
        (SlackWebhook(name="x", url=HIDDEN), SLACK),
        (SlackBot(name="x", channel="C0123ABC", token=HIDDEN), {"channel": "C0123ABC", **SLACK}),
        (Webhook(name="x", url=HIDDEN, secret=HIDDEN), msgspec.json.decode(envelope(MESSAGE))),
        (Mqtt(name="x", host="h", topic="t", password=HIDDEN), msgspec.json.decode(envelope(MESSAGE))),
        (Apprise(name="x", url=HIDDEN), {"title": MESSAGE.summary, "body": plain_text(MESSAGE)}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Channel) else "",
)
def test_the_document_is_what_goes_out(channel: Channel, document: Any) -> None:
    """The payload of each kind, and the same message in words; no secret is in either."""
    payload = payload_of(channel, MESSAGE)

    assert payload.document == document
    assert "恒生科技" in payload.text
    assert payload.html is None
    assert b"verysecret" not in msgspec.json.encode(payload)


def test_a_mail_has_headers_words_and_html() -> None:
    """Headers as the document, the text part as the words, and the HTML part with all data escaped."""
    server = Smtp(name="x", host="h", sender="alerts@firm.test", to=("a@firm.test", "b@firm.test"), password=HIDDEN)
    payload = payload_of(server, MESSAGE)

    assert payload.document["Subject"].startswith("[WARNING] wide: 恒生科技 <!channel>")
    assert payload.document["To"] == "a@firm.test, b@firm.test"
    assert payload.document["X-Alert-Id"] == MESSAGE.id
    assert payload.text.replace("\r\n", "\n") == plain_text(MESSAGE)
    assert payload.html is not None
    assert "&lt;!channel&gt;" in payload.html
    assert b"verysecret" not in msgspec.json.encode(payload)
