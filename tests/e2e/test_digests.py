"""The digest of a session through the real service: once at each close, whatever is killed and whenever.

Event times, so a day takes milliseconds; what arrives at the webhook is looked at.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e import alert_lab
from tests.e2e.alert_lab import NEW_YORK, SPREAD, Desk, Hooks, Post, Site, at, webhooks
from tests.processes import STOP_S

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

DIGEST = 'digest = { closes = ["XHKG", "XNYS"], notify = ["hook"] }'
RULES = alert_lab.RULES.replace("version = 1", f"version = 1\n{DIGEST}")
YEAR = "hstech-ixic.spread_pp.ytd"
DAY = "hstech-ixic.spread_pp.1d"


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with webhooks() as running:
        yield running


@pytest.fixture
def site(redis_url: str, hooks: Hooks, tmp_path: Path) -> Iterator[Site]:
    """The shipped board with a digest at the closes of Hong Kong and New York; nothing runs yet."""
    variables = {"LAB_HOOK": hooks.url("hook"), "MONITOR_ALERTING__LEASE_S": "0.5"}
    found = Site(tmp_path, redis_url, tmp_path.name, RULES, **variables)
    yield found
    found.close()


def digests(hooks: Hooks) -> list[str]:
    """Ids of the digests that arrived, in order."""
    return [post.id for post in hooks.accepted("hook") if post.id.startswith("digest:")]


def digest(hooks: Hooks, session: str) -> Post:
    """The one digest of that id."""
    (found,) = [post for post in hooks.accepted("hook") if post.id == f"digest:{session}"]
    return found


def kill(site: Site) -> None:
    """kill -9."""
    process = site.processes[-1]
    process.kill()
    process.wait(STOP_S)


def test_both_closes_with_a_restart_between_and_after(site: Site, hooks: Hooks) -> None:
    """One digest at Hong Kong's close and one at New York's, though the service is killed before each close and after
    it; Hong Kong's tells what the morning's alert did, New York's that of the night."""
    desk = Desk(site, hooks)
    site.start()
    t = site.play(at("2026-11-10 11:30"), 120, {SPREAD: 1.6}, step=5)
    t = site.play(t, 60, {SPREAD: 1.0}, step=5)
    values = {DAY: 1.254, YEAR: 30.02, SPREAD: 1.0}
    close = at("2026-11-10 16:10")
    site.write(site.frame(close - 2000, values))
    desk.settle(close - 500)
    assert digests(hooks) == []

    kill(site)
    site.write(site.frame(close, values, simulated=True))
    site.start("second")
    desk.settle(close + 60_000)
    assert digests(hooks) == ["digest:XHKG:2026-11-10"]
    kill(site)
    site.start("third")
    site.play(close + 120_000, 600, values, step=60)
    night = at("2026-11-10 10:00", NEW_YORK)
    t = site.play(night, 120, {SPREAD: 1.8}, step=5)
    site.play(t, 60, {SPREAD: 1.0}, step=5)
    american = at("2026-11-10 16:00", NEW_YORK)
    desk.settle(american - 1)
    assert digests(hooks) == ["digest:XHKG:2026-11-10"]
    site.write(site.frame(american, values))
    desk.settle(american + 60_000)

    assert digests(hooks) == ["digest:XHKG:2026-11-10", "digest:XNYS:2026-11-10"]
    words = digest(hooks, "XHKG:2026-11-10").words
    assert "[DIGEST · SIMULATED] Hong Kong close, Tue 10 Nov 2026" in words
    assert "HSTECH – Nasdaq Composite +1.25 pp today, +30.02 pp this year; " in words
    assert "wide* 1 alert, 2 messages: 11:30 HKT for 2 m 30 s, peak +1.60 pp (warning)" in words
    words = digest(hooks, "XNYS:2026-11-10").words
    assert "[DIGEST] New York close, Tue 10 Nov 2026" in words
    assert "10:00 ET for 2 m 30 s, peak +1.80 pp (warning)" in words


def test_a_close_passed_while_down(site: Site, hooks: Hooks) -> None:
    """Up to six hours after a close that nobody saw, the first snapshot brings the digest, which says that it is late;
    beyond there is none, and the next one tells of that day too."""
    desk = Desk(site, hooks)
    site.start()
    desk.settle(at("2026-11-10 15:00"))
    kill(site)
    site.write(site.frame(at("2026-11-10 22:10"), {SPREAD: 1.0}))
    site.start("second")
    desk.settle(at("2026-11-10 22:11"))
    assert digests(hooks) == ["digest:XHKG:2026-11-10"]
    assert "Made 6 h after the close" in digest(hooks, "XHKG:2026-11-10").words

    t = site.play(at("2026-11-12 11:30"), 120, {SPREAD: 1.6}, step=5)
    site.play(t, 60, {SPREAD: 1.0}, step=5)
    desk.settle(at("2026-11-12 15:00"))
    kill(site)
    site.write(site.frame(at("2026-11-12 22:10") + 1, {SPREAD: 1.0}))
    site.start("third")
    desk.settle(at("2026-11-12 22:11"))
    assert digests(hooks) == ["digest:XHKG:2026-11-10"]
    desk.settle(at("2026-11-13 16:11"))
    assert digests(hooks) == ["digest:XHKG:2026-11-10", "digest:XHKG:2026-11-13"]
    words = digest(hooks, "XHKG:2026-11-13").words
    assert "Thu 12 Nov 11:30 HKT for 2 m 30 s" in words
    assert "Covers the time since Tue 10 Nov 22:10 HKT." in words


def test_half_day_and_holiday(site: Site, hooks: Hooks) -> None:
    """Hong Kong's half day ends at 12:10, its holidays have no digest; New York's early close is at 13:00."""
    desk = Desk(site, hooks)
    site.start()
    desk.settle(at("2026-11-27 12:59:59", NEW_YORK))
    before = digests(hooks)
    desk.settle(at("2026-11-27 13:00:01", NEW_YORK))
    assert digests(hooks) == [*before, "digest:XNYS:2026-11-27"]

    desk.settle(at("2026-12-24 12:09:59"))
    before = digests(hooks)
    desk.settle(at("2026-12-24 12:10:01"))
    assert digests(hooks) == [*before, "digest:XHKG:2026-12-24"]
    before = digests(hooks)
    for hour in range(9, 23):
        desk.settle(at(f"2026-12-25 {hour:02}:10"))
    assert [found for found in digests(hooks) if found not in before and "XHKG" in found] == []
