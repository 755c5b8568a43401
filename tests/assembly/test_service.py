"""What every service does with its secrets before it says anything."""

import io
import logging
from pathlib import Path

import pytest

from monitor.assembly.service import configure_logs
from monitor.assembly.site import Site

SHIPPED = Path(__file__).parents[2] / "config"
SECRET = 'open "sesame" /+ö'


@pytest.mark.parametrize(
    "said", [SECRET, "open%20%22sesame%22%20%2F%2B%C3%B6", r"open \"sesame\" /+ö", r"open \"sesame\" /+\u00f6"]
)
@pytest.mark.usefixtures("own_logs")
def test_a_secret_is_hidden_in_every_writing(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, in an address, and with the escapes of either kind of JSON."""
    monkeypatch.setenv("MONITOR_FEEDS__MQTT__PASSWORD", SECRET)
    stream = io.StringIO()

    configure_logs(Site(SHIPPED, None), "test", stream)
    logging.getLogger("any").warning("it said: %s", said)

    assert "it said: ***" in stream.getvalue()
