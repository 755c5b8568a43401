"""Acceptance scenario 14, second half, and 26, with real processes: many alerts at once on channels that may not be
flooded."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.alert_lab import Hooks, Post, Site, at, wait_until, webhooks

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

T0 = at("2026-11-10 09:30")
NAMES = ["0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK", "9618.HK"]
OTHERS = ["9888.HK", "9999.HK", "AAPL", "AMZN", "META", "MSFT"]
RULES = f"""
version = 1
storm = {{ max = 5, window = "60s", group_wait = "100ms" }}
[defaults]
cooldown = "0s"
session = {{ calendar = "XHKG" }}
no_data = {{ do = "ignore" }}
[channel]
gale = {{ kind = "slack_webhook", url_env = "LAB_GALE", rate = "0s" }}
slow = {{ kind = "slack_webhook", url_env = "LAB_SLOW", rate = "150ms" }}

[[rule]]
id = "faller"
title = "A large name falls"
metric = "*.return_pct.1d"
each = {json.dumps(NAMES)}
unit = "pct"
when = {{ below = -2.0 }}
notify = ["gale"]

[[rule]]
id = "riser"
title = "A name rises"
metric = "*.return_pct.1d"
each = {json.dumps(OTHERS)}
unit = "pct"
severity = "info"
when = {{ above = 2.0 }}
levels.critical = {{ when = {{ above = 9.0 }} }}
notify = ["gale"]

[[rule]]
id = "news"
metric = "*.return_pct.1w"
each = {json.dumps(NAMES + OTHERS)}
unit = "pct"
when = {{ above = 2.0 }}
repeat_every = "10s"
notify = ["slow"]
"""


def folded(site: Site, channel: str, storm: Post) -> list[str]:
    """Ids of the notes that a STORM message told."""
    records = wait_until(
        lambda: site.jobs(channel).get(storm.id, {}).get("status") == "accepted" and site.jobs(channel)
    )
    assert {r["status"] for r in records.values() if r["told_by"] == storm.id} == {"folded"}
    return sorted(identifier for identifier, record in records.items() if record["told_by"] == storm.id)


def kinds(posts: list[Post]) -> list[str]:
    """FIRING, RESOLVED, STORM …, in order."""
    return [post.payload["metadata"]["event_payload"]["kind"] for post in posts]


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with webhooks() as running:
        yield running


@pytest.fixture
def site(redis_url: str, hooks: Hooks, tmp_path: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        links = {"LAB_GALE": hooks.url("gale"), "LAB_SLOW": hooks.url("slow")}
        # What a storm holds back is told with what follows it, here as soon as anywhere.
        site = Site(tmp_path, redis_url, "storm", RULES, MONITOR_ALERTING__MERGE_AFTER_S="1", **links)
        site.redis.flushall()
        stack.callback(site.close)
        site.start()
        wait_until(site.leader, "the lease")
        yield site


def test_eight_at_the_open(site: Site, hooks: Hooks) -> None:
    """14: eight names breach at 09:30:00: five messages, the furthest beyond first, and one STORM that names rule,
    value and limit of the other three. A critical alert and every RESOLVED come by themselves all the same; and a
    service that is killed does not begin to flood anew."""
    site.write(site.frame(T0, {f"{name}.return_pct.1d": -3.0 - n for n, name in enumerate(NAMES)}))
    posts = wait_until(lambda: len(hooks.accepted("gale")) == 6 and hooks.accepted("gale"))
    assert [post.id.split(":")[1] for post in posts[:5]] == NAMES[:2:-1]
    storm = posts[5]
    assert storm.id == f"storm:gale:{T0}"
    assert folded(site, "gale", storm) == sorted(f"faller:{name}:{T0}:FIRING" for name in NAMES[:3])
    for n, name in enumerate(NAMES[:3]):
        line = f"*faller {name}* WARNING: -{3 + n}.0 %, limit -2.0"
        assert any(line in text for text in storm.words.splitlines()), storm.words

    site.processes[-1].kill()
    site.processes[-1].wait(60)
    site.start()
    rising = {f"{name}.return_pct.1d": 3.0 for name in OTHERS}
    falling = {f"{name}.return_pct.1d": -5.0 for name in NAMES}
    site.write(site.frame(T0 + 1000, falling | rising))
    site.write(site.frame(T0 + 2000, falling | rising | {f"{OTHERS[0]}.return_pct.1d": 10.0}))
    site.write(site.frame(T0 + 3000, dict.fromkeys(falling, 0.0) | rising))
    later = wait_until(lambda: len(hooks.accepted("gale")) == 15 and hooks.accepted("gale")[6:])
    assert sorted(kinds(later)) == ["ESCALATED"] + ["RESOLVED"] * 8


def test_thirty_at_once_keep_the_rate(site: Site, hooks: Hooks) -> None:
    """26: a burst of reminders and announcements together: the channel's rate between each two messages, all are told,
    no FIRING after a REMINDER."""
    names = NAMES + OTHERS
    first, second = names[:4], names[4:]
    site.write(site.frame(T0, {f"{name}.return_pct.1w": 3.0 for name in first}))
    wait_until(lambda: len(hooks.accepted("slow")) == 4)
    t = T0 + 10_000
    site.write(site.frame(t, {f"{name}.return_pct.1w": 3.0 for name in names}))
    posts = wait_until(lambda: kinds(hooks.accepted("slow")).count("STORM") == 1 and hooks.accepted("slow"))

    assert kinds(posts) == ["FIRING"] * 5 + ["STORM"]
    assert all(later.at - earlier.at >= 0.14 for earlier, later in pairwise(posts))
    told = {post.id for post in posts} | {*folded(site, "slow", posts[-1])}
    assert {f"news:{name}:{T0}:REMINDER:1" for name in first} <= told
    assert {f"news:{name}:{t}:FIRING" for name in second} <= told
