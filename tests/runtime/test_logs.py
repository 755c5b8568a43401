"""What a log line shows, and what it never shows."""

import io
import json
import logging
import warnings

import pytest
import structlog

from monitor.runtime.logs import configure, hide, redact

pytestmark = pytest.mark.usefixtures("own_logs")


def lines(stream: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_where_no_terminal_is() -> None:
    """A line is one JSON object with event, level, logger, service, UTC time and the given values."""
    stream = io.StringIO()
    configure("ingest", stream=stream)

    structlog.get_logger("some.module").info("connected", source="yahoo", attempts=3)

    (line,) = lines(stream)
    assert line["event"] == "connected"
    assert line["level"] == "info"
    assert line["logger"] == "some.module"
    assert line["service"] == "ingest"
    assert line["timestamp"].endswith("Z")
    assert (line["source"], line["attempts"]) == ("yahoo", 3)


def test_console_on_demand() -> None:
    """The console form is for eyes: no JSON."""
    stream = io.StringIO()
    configure("ingest", format="console", stream=stream)

    structlog.get_logger("m").info("connected", source="yahoo")

    assert "connected" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_other_loggers_and_warnings_take_the_same_way() -> None:
    """Lines of libraries and Python warnings arrive as JSON too, once."""
    stream = io.StringIO()
    configure("ingest", stream=stream)
    configure("ingest", stream=stream)

    logging.getLogger("aiomqtt").warning("lost %s", "broker")
    warnings.warn("old", stacklevel=1)

    first, second = lines(stream)
    assert first["event"] == "lost broker"
    assert "old" in second["event"]


def test_level_is_respected() -> None:
    """Lines below the level are not written, from any logger."""
    stream = io.StringIO()
    configure("ingest", level="WARNING", stream=stream)

    structlog.get_logger("m").info("quiet")
    logging.getLogger("n").info("quiet")

    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("redis://user:geheim@host:6379/0", "redis://user:***@host:6379/0"),
        ("redis://:geheim@host", "redis://:***@host"),
        ("https://hooks.slack.com/services/T0/B0/abc failed", "https://hooks.slack.com/services/*** failed"),
        ("token xoxb-123-abc", "token ***"),
        ("Authorization: Bearer abcdefgh.ijk", "Authorization: Bearer ***"),
        ("wss://feed.example?token=abc&x=1", "wss://feed.example?token=***&x=1"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_are_recognised_by_shape(text: str, expected: str) -> None:
    """Passwords in addresses, Slack hooks and tokens, bearer tokens and signed queries are blanked, the rest kept."""
    assert redact(text) == expected


def test_secrets_do_not_reach_a_line() -> None:
    """Registered secrets and values under telling keys are blanked in events, values, nested values and tracebacks."""
    stream = io.StringIO()
    configure("ingest", stream=stream)
    hide(["hunter2secret", "abc"])
    secret = "hunter2secret"
    nested = {"api_key": "y", "list": [secret]}

    try:
        raise RuntimeError(f"login with {secret} failed")
    except RuntimeError:
        structlog.get_logger("m").exception(
            f"said {secret}",
            smtp_password="x",
            nested=nested,
            other=ValueError(secret),
            n=1,
        )

    (line,) = lines(stream)
    assert secret not in stream.getvalue()
    assert line["smtp_password"] == "***"
    assert line["nested"] == {"api_key": "***", "list": ["***"]}
    assert "login with *** failed" in line["exception"]
    assert line["n"] == 1
    assert redact("abc") == "abc"  # too short to be told from a word


def test_frames_of_connections_are_not_logged() -> None:
    """At DEBUG too: websockets cuts frames and headers in the middle, and half a token is found by no search."""
    stream = io.StringIO()
    configure("ingest", level="DEBUG", stream=stream)
    hide(["recognisable-token"])

    logging.getLogger("websockets.client").debug('> TEXT \'{"op": "login", "key": "recogn...oken"}\'')

    assert stream.getvalue() == ""
