"""Settings of broker accounts: logins stay on this machine unless encrypted, and are never shown."""

from pathlib import Path

import pytest

from monitor.errors import ConfigError
from monitor.settings import load
from monitor.settings.show import show

CONFIG = Path(__file__).parents[2] / "config"
LOGIN = {
    "MONITOR_FEEDS__LONGBRIDGE__APP_KEY": "the-app-key-1",
    "MONITOR_FEEDS__LONGBRIDGE__APP_SECRET": "the-app-secret-2",
    "MONITOR_FEEDS__LONGBRIDGE__ACCESS_TOKEN": "the-access-token-3",
}


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("HTTP_URL", "http://quotes.firm.example"),
        ("HTTP_URL", "https://user:word@quotes.firm.example"),
        ("QUOTE_WS_URL", "ws://quotes.firm.example/v2"),
        ("QUOTE_WS_URL", "https://quotes.firm.example"),
        ("QUOTE_WS_URL", "wss://:1"),
    ],
)
def test_a_login_does_not_leave_the_machine_in_clear(name: str, address: str) -> None:
    """An address without TLS, or of another protocol, is refused by the variable that holds it."""
    with pytest.raises(ConfigError) as refused:
        load(CONFIG, LOGIN | {f"MONITOR_FEEDS__LONGBRIDGE__{name}": address})
    assert name in str(refused.value)
    assert not any(secret in str(refused.value) for secret in LOGIN.values())


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("HTTP_URL", "http://127.0.0.1:1"),
        ("QUOTE_WS_URL", "ws://localhost:1/v2"),
        ("QUOTE_WS_URL", "wss://a.example/v2"),
    ],
)
def test_every_endpoint_can_be_elsewhere(name: str, address: str) -> None:
    """On this machine in clear, elsewhere with TLS."""
    settings = load(CONFIG, {f"MONITOR_FEEDS__LONGBRIDGE__{name}": address})
    assert getattr(settings.feeds.longbridge, name.lower()) == address


def test_a_token_in_an_address_is_not_shown() -> None:
    """`config show` blanks out what stands in the query, or before the host, of an address that is no secret itself."""
    url = "ws://user:recognisable-1@127.0.0.1:1/?version=2&token=recognisable-2"
    shown = show(load(CONFIG, {"MONITOR_FEEDS__YAHOO__URL": url}))
    assert "version=2" in shown
    assert "recognisable" not in shown


def test_a_login_is_not_shown() -> None:
    """`config show` prints stars."""
    shown = show(load(CONFIG, LOGIN))
    assert "longbridge" in shown
    assert not any(secret in shown for secret in LOGIN.values())
