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
