"""What people do to a running alerting service: silences, new rules, a stop."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.e2e.alert_lab import RULES, SPREAD, Answer, Desk, Hooks, Site, at, wait_until, webhooks

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

T0 = at("2026-11-10 10:00")
NOTICED = RULES.replace("[defaults]", 'blind = { notify = ["hook"] }\n[defaults]')


@contextmanager
def lab(redis_url: str, folder: Path, prefix: str, rules: str = RULES, **variables: str) -> Iterator[Desk]:
    """A running service with one webhook."""
    with ExitStack() as stack:
        hooks: Hooks = stack.enter_context(webhooks())
        site = Site(folder, redis_url, prefix, rules, LAB_HOOK=hooks.url("hook"), **variables)
        stack.callback(site.close)
        site.start()
        wait_until(site.leader, "the lease")
        yield Desk(site, hooks)


def test_a_silence_holds_back_and_then_lets_go(redis_url: str, tmp_path: Path) -> None:
    """15: a silence from before the breach ends while FIRING: FIRING with the true start in the first snapshot after
    it, saying what held it back. One that is expired lets go at once."""
    with lab(redis_url, tmp_path, "hushed") as desk:
        site = desk.site
        silence = {"id": "s-7f3a", "match": {"rule": "wi*"}, "by": "lee", "why": "index review"}
        times = {"starts": "2026-11-10T01:00:00Z", "ends": "2026-11-10T02:02:30+00:00"}
        site.redis.hset(f"{site.board}:alerts:silences", "s-7f3a", json.dumps(silence | times))
        t = site.play(T0, 150, {SPREAD: 1.6})
        desk.settle(t)
        assert desk.told("wide", T0) == []
        t = site.play(t, 2, {SPREAD: 1.6})
        desk.settle(t)
        assert desk.told("wide", T0) == ["150 FIRING 0"]
        assert "by silence s-7f3a" in desk.posts("wide", T0)[0].words

        t = site.play(t, 31, {SPREAD: 1.0})
        later = at("2026-11-10 10:30")
        site.redis.hset(f"{site.board}:alerts:silences", "s-2", json.dumps({**silence, "id": "s-2", **_day()}))
        t = site.play(later, 65, {SPREAD: 1.6})
        desk.settle(t)
        assert desk.told("wide", later) == []
        site.redis.hset(f"{site.board}:alerts:silences", "s-2", json.dumps({**silence, "id": "s-2", **_day(over=t)}))
        desk.settle(site.play(t, 2, {SPREAD: 1.6}))
        assert desk.told("wide", later) == ["65 FIRING 0"]


def _day(over: int | None = None) -> dict[str, str]:
    ends = "2026-11-11T00:00:00Z" if over is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(over / 1000))
    return {"starts": "2026-11-10T02:00:00Z", "ends": ends}


def test_new_rules_while_it_runs(redis_url: str, tmp_path: Path) -> None:
    """29: a bad file, then SIGHUP with it still there: the old rules stay and one NOTICE names file, line, rule and
    key. A good one is in force with the next snapshot, no timer disturbed."""
    with lab(redis_url, tmp_path, "anew", NOTICED) as desk:
        site, file = desk.site, desk.site.config / "alerts.toml"
        t = site.play(T0, 40, {SPREAD: 1.6})
        file.write_text(NOTICED.replace("clear = { below = 1.2 }", "clear = { below = 1.9 }"), "utf-8")

        def notices() -> list[str]:
            return [post.words for post in desk.hooks.accepted("hook") if post.id.startswith("notice:")]

        wait_until(notices, "the NOTICE")
        site.processes[0].send_signal(signal.SIGHUP)
        wait_until(lambda: site.log().count("alert_rules_refused") == 2, "the second refusal")
        desk.settle(site.play(t, 25, {SPREAD: 1.6}))
        (words,) = notices()
        assert "alerts.toml:" in words
        assert "rule wide: clear" in words
        assert desk.told("wide", T0) == ["60 FIRING 0"]

        file.write_text(NOTICED.replace('id = "wide"', 'id = "wide"\ntitle = "Another title"'), "utf-8")
        wait_until(lambda: "alert_rules_accepted" in site.log(), "the new rules")
        t = at("2026-11-10 10:02")
        desk.settle(site.play(t, 31, {SPREAD: 1.0}))
        assert desk.told("wide", T0) == ["60 FIRING 0", "150 RESOLVED 0"]
        assert "Another title" in desk.posts("wide", T0)[1].words


def test_it_stops_in_time_with_a_message_in_flight(redis_url: str, tmp_path: Path) -> None:
    """15.5: SIGTERM while the webhook does not answer: it ends by itself, with 0, within the time it has, and the next
    start sends the message again, marked. Of that time a second is left when it gives the message up: a machine that
    stands still for so long is asked again."""
    for attempt in range(4):
        own = {"MONITOR_ALERTING__DRAIN_S": "2", "MONITOR_ALERTING__LEASE_S": "0.5"}
        with lab(redis_url, tmp_path / f"{attempt}", f"term{attempt}", **own) as desk:
            desk.hooks.scripts["hook"] = [Answer(hang=600.0)]
            desk.site.play(T0, 61, {SPREAD: 1.6})
            wait_until(lambda desk=desk: desk.hooks.posts["hook"], "the attempt")
            process = desk.site.processes[0]
            process.terminate()
            code = process.wait(60)
            if "drain_deadline_passed" in desk.site.log():
                continue
            assert code == 0
            desk.site.start("second")
            wait_until(lambda desk=desk: desk.hooks.accepted("hook"), "the second attempt")
            (post,) = desk.hooks.accepted("hook")
            assert post.id == f"wide:hstech-ndx:{T0}:FIRING"
            assert "MAY REPEAT" in post.words
            return
    pytest.fail("it never ended by itself")
