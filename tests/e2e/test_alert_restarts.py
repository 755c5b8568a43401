"""The alerting service killed, doubled, cut off from Redis, and started with a rule file that is wrong."""

import asyncio
import re
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.alert_lab import RULES, SPREAD, Desk, Hooks, Site, at, wait_until, webhooks
from tests.eventually import eventually
from tests.processes import STOP_S, fleet

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

T0 = at("2026-11-10 10:00")


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    with webhooks() as running:
        yield running


def decided(site: Site) -> bool:
    """Whether everything in the stream is part of the engine's state."""
    newest = site.redis.xrevrange(f"{site.board}:snapshots", count=1)
    position = site.redis.hget(f"{site.board}:alerts:state", "position")
    assert isinstance(newest, list)
    return bool(newest) and newest[0][0] == position


def test_a_standby_takes_over_and_a_late_start_catches_up(redis_url: str, hooks: Hooks, tmp_path: Path) -> None:
    """17, 18, 15.5: kill -9 at 40 s of PENDING with a second engine standing by: FIRING with the same T, once. Then
    nobody runs while the value clears: after the start one RESOLVED. SIGTERM ends it with exit code 0."""
    with ExitStack() as stack:
        site = Site(tmp_path, redis_url, "two", RULES, LAB_HOOK=hooks.url("hook"), MONITOR_ALERTING__LEASE_S="2")
        stack.callback(site.close)
        desk = Desk(site, hooks)
        first = site.start("first", MONITOR_INSTANCE="first")
        wait_until(lambda: (site.leader() or b"").endswith(b" first"), "the first engine's lease")
        second = site.start("second", MONITOR_INSTANCE="second")
        t = site.play(T0, 40, {SPREAD: 1.6})
        wait_until(lambda: decided(site))
        wait_until(lambda: "lease_held_elsewhere" in site.log("second"), "the second engine")
        first.send_signal(signal.SIGKILL)
        t = site.play(t, 30, {SPREAD: 1.6})
        desk.settle(t)
        wait_until(lambda: (site.leader() or b"").endswith(b" second"), "the second engine's lease")
        assert desk.told("wide", T0) == ["60 FIRING 0"]

        second.terminate()
        assert second.wait(STOP_S) == 0
        t = site.play(t, 60, {SPREAD: 1.0})
        site.start("third", MONITOR_INSTANCE="third")
        desk.settle(t)
        assert desk.told("wide", T0) == ["60 FIRING 0", "100 RESOLVED 0"]
        ids = [post.id for post in hooks.posts["hook"]]
        assert len(ids) == len(set(ids)), "nothing was sent twice"


async def test_redis_away(hooks: Hooks) -> None:
    """19: Redis is killed while an episode is PENDING: the service neither ends nor fills its log, and afterwards it
    goes on where it was: FIRING with the true start, once."""
    async with fleet(LAB_HOOK=hooks.url("hook"), MONITOR_ALERTING__LEASE_S="1") as house:
        site = Site(house.folder / "site", house.url, "monitor", RULES)
        house.env["MONITOR_CONFIG_DIR"] = str(site.config)
        house.start("alerting")
        await eventually(site.leader)
        t = site.play(T0, 40, {SPREAD: 1.6})
        await eventually(lambda: decided(site))
        before = len(house.journal("alerting").splitlines())
        server = house.processes[house.REDIS]
        server.kill()
        server.wait(STOP_S)
        await eventually(lambda: "snapshots_cannot_be_read" in house.journal("alerting"))
        await house.start_redis()
        t = site.play(t, 30, {SPREAD: 1.6})
        desk = Desk(site, hooks)
        await asyncio.to_thread(desk.settle, t)
        assert desk.told("wide", T0) == ["60 FIRING 0"]
        assert len(hooks.accepted("hook")) == 2, "one FIRING and the sentinel"
        assert len(house.journal("alerting").splitlines()) - before < 20
        assert house.processes["alerting"].poll() is None
        site.redis.close()


RULE = '[[rule]]\nid = "wide"\nmetric = "hstech-ndx.spread_pp.1d"\nunit = "pp"\nnotify = ["hook"]\n'
CHANNEL = 'version = 1\n[channel]\nhook = { kind = "slack_webhook", url_env = "LAB_HOOK" }\n'
REFUSED = {
    "clear": (
        CHANNEL + RULE + "when = { above = 1.5 }\nclear = { below = 1.6 }\n",
        r"alerts\.toml:4: rule wide: clear: .*wrong side",
    ),
    "template": (
        CHANNEL + RULE + 'when = { above = 1 }\nmessage = { summary = "{{ valeu }}" }\n',
        r"alerts\.toml:4: rule wide: message: .*valeu",
    ),
    "ring": (
        'version = 1\n[channel]\nhook = { kind = "slack_webhook", url_env = "LAB_HOOK", fallback = "other" }\n'
        'other = { kind = "console", fallback = "hook" }\n' + RULE + "when = { above = 1 }\n",
        r"alerts\.toml: channel (hook|other): fallback: .*ring",
    ),
    "sample": (CHANNEL + RULE + "when = { above = 1 }\n", r"alerts\.toml: channel.hook.url.*placeholder.*LAB_HOOK"),
}


def test_a_file_that_is_wrong(tmp_path_factory: pytest.TempPathFactory) -> None:
    """29: exit 2 at the start, with file, line of the rule, rule and key; so too for fallbacks in a ring and for a
    webhook that is still the template's. Nothing of Redis is needed to say so."""
    hook = "https://hooks.slack.com/services/T00000000/B00000000/whatever"
    sites = {
        what: Site(tmp_path_factory.mktemp(what), "unix:///tmp/nobody.sock", "x", text, LAB_HOOK=hook)
        for what, (text, _) in REFUSED.items()
    }
    started = {what: site.start() for what, site in sites.items()}
    try:
        for what, process in started.items():
            assert process.wait(STOP_S) == 2, what
            said = sites[what].log()
            assert re.search(REFUSED[what][1], said.replace("\n", " ")), said
            assert "Traceback" not in said
    finally:
        for site in sites.values():
            site.close()
