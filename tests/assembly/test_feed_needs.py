"""What a feed still needs: told before anything is started, and no more than that."""

from pathlib import Path

import pytest

from monitor.assembly import feed_needs
from monitor.assembly.feed_needs import check_feeds, needs
from monitor.assembly.site import Site
from monitor.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "config"


@pytest.fixture
def site() -> Site:
    """The shipped configuration, in which nothing is filled in."""
    return Site(SHIPPED)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("sim", []),
        ("yahoo", []),
        ("mqtt", []),
        ("futu", []),
        ("longbridge", ["APP_KEY", "APP_SECRET", "ACCESS_TOKEN"]),
        ("alpaca", ["KEY", "SECRET"]),
    ],
)
def test_a_feed_needs_what_has_no_default(site: Site, name: str, short: list[str]) -> None:
    """Variables by name, those of the user's placeholders and of a broker's login."""
    assert [need.short for need in needs(site, name)] == [f"MONITOR_FEEDS__{name.upper()}__{key}" for key in short]


def test_a_feed_without_its_extra_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it; nothing is imported to find out."""
    monkeypatch.setattr(feed_needs, "EXTRAS", {"futu": "a_package_that_nobody_installed"})

    with pytest.raises(ConfigError, match=r"feed futu: .*extra futu.*pip install -e '\.\[futu\]'"):
        check_feeds(site, ["sim", "futu"])


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("localhost:99/sekret", "begins with wss:// or ws://"),
        ("ws://127.0.0.1:99999/sekret", "a port from 1 to 65535"),
        ("ws:///sekret", "with a host"),
        (
            "wss://desk.example.test/{tokn}?sekret",
            "found '{tokn}'; allowed: the placeholders of the feed's file: token",
        ),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_at_the_start(
    address: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its variable and without the address itself, which may hold a secret; not as a feed that stops while the
    others run."""
    monkeypatch.setenv("MONITOR_FEEDS__FINNHUB__TOKEN", "recognisable")
    monkeypatch.setenv("MONITOR_FEEDS__FINNHUB__URL", address)

    with pytest.raises(ConfigError) as refused:
        check_feeds(Site(SHIPPED), ["finnhub"])

    assert str(refused.value).startswith("MONITOR_FEEDS__FINNHUB__URL: feeds.finnhub.url: ")
    assert says in str(refused.value)
    assert "sekret" not in str(refused.value)


def test_an_address_of_ones_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """With and without a port, and with the placeholders of the file."""
    monkeypatch.setenv("MONITOR_FEEDS__FINNHUB__TOKEN", "recognisable")
    for address in ("ws://127.0.0.1:1234", "wss://desk.example.test/live?token={token}", "ws://[::1]:80/"):
        monkeypatch.setenv("MONITOR_FEEDS__FINNHUB__URL", address)
        check_feeds(Site(SHIPPED), ["finnhub"])
