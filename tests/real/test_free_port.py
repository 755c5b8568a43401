"""The ports that servers of tests listen on."""

from pathlib import Path

import pytest

from tests.processes import free_tcp_port

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.mark.skipif(not RANGE.exists(), reason="needs Linux")
def test_no_outgoing_connection_takes_the_port_before_the_server_has_it() -> None:
    """A port of those that connections get by themselves is taken now and then while a broker starts."""
    first = int(RANGE.read_text().split()[0])
    if first < 32_000:
        pytest.skip("needs the usual range of ports")
    assert all(free_tcp_port() < first for _ in range(100))
