"""Addresses that a browser can open."""

from socket import gethostname

import pytest

from monitor.runtime.web_address import web_address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8080"),
        ("board.firm.example", "http://board.firm.example:8080"),
        ("::1", "http://[::1]:8080"),
        ("[fd00::7]", "http://[fd00::7]:8080"),
        ("0.0.0.0", f"http://{gethostname()}:8080"),
        ("::", f"http://{gethostname()}:8080"),
        ("[::]", f"http://{gethostname()}:8080"),
        ("", f"http://{gethostname()}:8080"),
    ],
)
def test_addresses(host: str, address: str) -> None:
    """A host as it was set, an IPv6 address in brackets; all addresses of this machine have its name."""
    assert web_address(host, 8080) == address
