import pytest

from monitor.core.loopback import is_loopback


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "[::1]"]
)
def test_this_machine_is_known_by_name_and_number(host: str) -> None:
    """The whole of 127.0.0.0/8 is this machine."""
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.test", "127.0.0.999", "localhost.evil.test", "127.1"]
)
def test_everything_else_is_elsewhere(host: str) -> None:
    """Neither every address (0.0.0.0), nor a name that only begins like this machine's, nor what is no address."""
    assert not is_loopback(host)
