"""Addresses of Redis: what is one, and what of it may be shown."""

import pytest

from monitor.bus.redis import command_client, public_address, reader_client
from monitor.errors import ConfigError


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://127.0.0.1", "redis://:hush/hush@127.0.0.1:6379/0", "redis://a:b"]
)
def test_what_is_no_address_is_refused_without_a_word_of_it(url: str) -> None:
    """Where the password holds a slash, redis-py would quote its beginning as the port."""
    for make in (command_client, reader_client):
        with pytest.raises(ConfigError, match=r"MONITOR_REDIS__URL.*unix://path") as caught:
            make(url, name="test")

        assert "hush" not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://:hush@127.0.0.1:6379/0", "rediss://:***@127.0.0.1:6379/0"),
        ("redis://me:hush@127.0.0.1", "redis://me:***@127.0.0.1"),
        ("unix:///run/redis.sock?password=hush&db=1", "unix:///run/redis.sock?password=***&db=***"),
    ],
)
def test_an_address_is_shown_without_its_secrets(url: str, shown: str) -> None:
    assert public_address(url) == shown
