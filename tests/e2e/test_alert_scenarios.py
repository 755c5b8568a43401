"""What the alerting service decides, seen from outside: snapshots go in as docs/redis.md says, messages come out.

Times are event times, so an hour takes milliseconds. All scenarios run through one process, each on a day or on a
metric of its own, in the order of the days: event time only goes forward.
"""

import json
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from tests.e2e import alert_lab
from tests.e2e.alert_lab import NEW_YORK, SPREAD, Desk, Site, at, leg, webhooks

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

UTC = ZoneInfo("UTC")
RULES = f"""{alert_lab.RULES}
title = "HSTECH ahead of Nasdaq-100"
session = {{ calendar = "XHKG" }}

[[rule]]
id = "watched"
metric = "hstech-ndx.spread_pp.wtd"
unit = "pp"
when = {{ above = 1.5 }}
for = "60s"
no_data = {{ after = "30s", do = "alert" }}
session = {{ calendar = "XHKG" }}

[[rule]]
id = "levels"
metric = "hstech-ndx.spread_pp.mtd"
unit = "pp"
severity = "info"
when = {{ above = 60 }}
clear = {{ below = 50 }}
levels.warning = {{ when = {{ above = 70 }}, clear = {{ below = 60 }} }}
levels.critical = {{ when = {{ above = 80 }}, clear = {{ below = 70 }} }}

[[rule]]
id = "edge"
metric = "hstech-ndx.spread_pp.qtd"
unit = "pp"
when = {{ crosses_up = 1.5 }}
cooldown = "10s"

[[rule]]
id = "one-leg"
title = "HSTECH against NDX"
metric = "hstech-ndx.spread_pp.ytd"
unit = "pp"
when = {{ above = 1.5 }}
for = "2s"
session = {{ calendar = "XHKG" }}
require_live = ["HSTECH"]
no_data = {{ do = "alert" }}

[[rule]]
id = "both-legs"
metric = "hstech-ndx.spread_pp.ytd"
unit = "pp"
when = {{ above = 1.5 }}
session = {{ calendar = "XHKG" }}
require_live = ["HSTECH", "NDX"]
no_data = {{ do = "alert" }}

[[rule]]
id = "skips"
metric = "*.return_pct.1d"
each = ["0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK", "9618.HK"]
unit = "pct"
when = {{ above = 2 }}
session = {{ calendar = "XHKG", skip_after_open = "5m" }}

[[rule]]
id = "inhibited"
metric = "hstech-ixic.spread_pp.1d"
unit = "pp"
when = {{ above = 1.5 }}
session = {{ calendar = "XHKG" }}
inhibited_by = ["feed-down"]
cooldown = "0s"

[[rule]]
id = "feed-down"
metric = "HSTECH.age_seconds.now"
unit = "seconds"
when = {{ above = 20 }}
for = "10s"
session = {{ calendar = "XHKG" }}

[[rule]]
id = "new-york"
metric = "NDX.return_pct.1d"
unit = "pct"
when = {{ above = 1 }}
cooldown = "0s"
session = {{ calendar = "XNYS" }}

[[rule]]
id = "held"
metric = "hstech-ixic.spread_pp.ytd"
unit = "pp"
when = {{ above = 20 }}
session = {{ calendar = "XHKG", on_close = "hold" }}
repeat_every = "1h"

[[rule]]
id = "until"
metric = "hstech-ixic.spread_pp.mtd"
unit = "pp"
when = {{ above = 1 }}
cooldown = "0s"
session = {{ calendar = "XHKG" }}
valid_until = 2026-12-08

[[rule]]
id = "once-a-day"
metric = "hstech-ixic.spread_pp.wtd"
unit = "pp"
when = {{ above = 1 }}
cooldown = "0s"
once = "per_session"
session = {{ calendar = "XHKG" }}

[[rule]]
id = "muted"
metric = "hstech-ixic.spread_pp.1w"
unit = "pp"
when = {{ above = 1 }}
mute = [{{ from = "10:00", to = "10:05", tz = "Asia/Hong_Kong" }}]

[[rule]]
id = "outside"
metric = "titans_mag7.spread_pp.1d"
unit = "pp"
when = {{ outside = [-1.5, 1.5] }}
clear = {{ inside = [-1.2, 1.2] }}
for = "10s"
clear_for = "10s"
cooldown = "0s"

[[rule]]
id = "falling"
metric = "hstech-ixic.spread_pp.qtd"
unit = "pp"
when = {{ below = -1.5 }}
for = "3s"

[[rule]]
id = "moving"
metric = "9988.HK.return_pct.ytd"
unit = "pct"
when = {{ moves = {{ by = 2.0, within = "1m", direction = "down" }} }}

[[rule]]
id = "strange"
title = "<!channel> & <b> 恒生科技 {"x" * 400}"
metric = "china-m7_mag7.spread_pp.1d"
unit = "pp"
when = {{ above = 1 }}
message = {{ summary = "{{{{ title }}}} {"long words " * 900}", runbook = "https://wiki.desk.test/<a>?b=1&c=2" }}
"""


@pytest.fixture(scope="module")
def desk(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with webhooks() as hooks:
        folder = tmp_path_factory.mktemp("lab")
        site = Site(folder, redis_url, "lab", RULES, LAB_HOOK=hooks.url("hook"))
        try:
            site.start()
            yield Desk(site, hooks)
            assert site.processes[0].poll() is None, site.log()[-3000:]
        finally:
            site.close()


def test_fires_at_exactly_the_sixtieth_second(desk: Desk) -> None:
    """1 of §21: nothing at T+59; at T+60 one FIRING that states T. Written and read as docs/redis.md says."""
    desk.morning("2026-11-10")
    t0 = at("2026-11-10 10:00")
    t = desk.site.play(t0, 60, {SPREAD: 1.6})
    desk.settle(t)
    assert desk.told("wide", t0) == []
    t = desk.site.play(t, 5, {SPREAD: 1.6})
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0"]
    (post,) = desk.posts("wide", t0)
    assert post.payload["text"].startswith("[WARNING] HSTECH ahead of Nasdaq-100: +1.60 pp, limit +1.50, for 60 s")
    assert "since 10:00:00 HKT" in post.words


def test_one_value_at_the_threshold_resets_the_timer(desk: Desk) -> None:
    """2: 59 s of PENDING, one snapshot of exactly 1.5: only 60 s after the next breach."""
    desk.morning("2026-11-11")
    t0 = at("2026-11-11 10:00")
    t = desk.site.play(t0, 59, {SPREAD: 1.6})
    t = desk.site.play(t, 1, {SPREAD: 1.5})
    t = desk.site.play(t, 65, {SPREAD: 1.5000000000000002})
    desk.settle(t)
    assert desk.told("wide", t0) == ["120 FIRING 60"]


def test_the_dead_band_neither_ends_nor_restarts(desk: Desk) -> None:
    """3: an hour between 1.2 and 1.9: no RESOLVED, no second FIRING, a REMINDER each 30 minutes."""
    desk.morning("2026-11-12")
    t0 = at("2026-11-12 10:00")
    t = desk.site.play(t0, 65, {SPREAD: 1.6})
    for value in (1.21, 1.9, 1.2, 1.3, 1.21, 1.5) * 6:
        t = desk.site.play(t, 100, {SPREAD: value}, step=5)
    t = desk.site.play(t, 60, {SPREAD: 1.3}, step=5)
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "1860 REMINDER:1 0", "3660 REMINDER:2 0"]


def test_the_clear_must_hold(desk: Desk) -> None:
    """4: 1.19 for 29 s, then 1.3: nothing; for 30 s: one RESOLVED with length and peak."""
    desk.morning("2026-11-13")
    t0 = at("2026-11-13 10:00")
    t = desk.site.play(t0, 61, {SPREAD: 1.6})
    t = desk.site.play(t, 1, {SPREAD: 2.31})
    t = desk.site.play(t, 30, {SPREAD: 1.19})
    t = desk.site.play(t, 10, {SPREAD: 1.3})
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0"]
    t = desk.site.play(t, 31, {SPREAD: 1.19})
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "132 RESOLVED 0"]
    words = desk.posts("wide", t0)[-1].words
    assert "lasted 2 m 12 s from 10:00:00 HKT, peak +2.31 pp" in words


def test_the_cooldown_holds_back_and_lets_go(desk: Desk) -> None:
    """5: RESOLVED at T; a breach complete at T+2m that stays is told at T+5m with its true start; one that ends at
    T+4m never. The message says what held it back; its closing does not say so again."""
    desk.morning("2026-11-16")
    t0 = at("2026-11-16 10:00")
    t = desk.site.play(t0, 61, {SPREAD: 1.6})
    t = desk.site.play(t, 90, {SPREAD: 1.1})
    t = desk.site.play(t, 245, {SPREAD: 1.7})
    t = desk.site.play(t, 35, {SPREAD: 1.1})
    begin = t = t + 60_000
    t = desk.site.play(t, 120, {SPREAD: 1.7})
    t = desk.site.play(t, 300, {SPREAD: 1.1})
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "91 RESOLVED 0", "391 FIRING 151", "426 RESOLVED 151"]
    assert begin > t0
    held, closing = desk.posts("wide", t0)[2:]
    assert "Held back until 10:06:31 HKT by cooldown." in held.words
    assert "Held back" not in closing.words


def test_a_hole_of_ten_seconds_is_survived_and_eleven_restart(desk: Desk) -> None:
    """6: `max_gap` is exceeded only by more; a frame without the value bridges no hole."""
    desk.morning("2026-11-17")
    t0 = at("2026-11-17 10:00")
    t = desk.site.play(t0, 51, {SPREAD: 1.6})
    t = desk.site.play(t + 9_000, 5, {SPREAD: 1.6})
    t = desk.site.play(t, 31, {SPREAD: 1.0})
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "95 RESOLVED 0"]
    t0 = at("2026-11-17 11:00")
    t = desk.site.play(t0, 51, {SPREAD: 1.6})
    t = desk.site.play(t, 10, {SPREAD: None})
    t = desk.site.play(t, 65, {SPREAD: 1.6})
    desk.settle(t)
    assert desk.told("wide", t0) == ["121 FIRING 61"]


def test_what_is_no_number_is_an_outage(desk: Desk) -> None:
    """7: null, missing, "inf", true and NaN fire nothing and clear nothing: one NO_DATA after 30 s, one DATA_BACK. An
    entry that cannot be read is skipped."""
    metric, t0 = "hstech-ndx.spread_pp.wtd", at("2026-11-18 10:00")
    t = desk.site.play(t0, 71, {metric: 1.6})
    for value in (None, "inf", True, float("nan"), float("inf")):
        t = desk.site.play(t, 8, {metric: value})
    t = desk.site.play(t, 8, {})
    desk.site.write("no json", "[1]", '{"t": 1}', '{"seq": 1, "t": "yesterday"}')
    desk.site.redis.xadd(f"{desk.site.board}:snapshots", {"v": "1"})
    t = desk.site.play(t, 5, {metric: 1.6})
    desk.settle(t)
    assert desk.told("watched", t0) == ["60 FIRING 0", "100 NO_DATA 70", "119 DATA_BACK 70"]


def test_frames_twice_and_old_ones_again(desk: Desk) -> None:
    """20: every snapshot three times, and an old stretch once more: the same messages as once."""
    desk.morning("2026-11-19")
    t0 = at("2026-11-19 10:00")
    t = desk.site.play(t0, 62, {SPREAD: 1.6}, times=3)
    desk.site.play(t0, 61, {SPREAD: 0.0})
    t = desk.site.play(t, 31, {SPREAD: 1.0}, times=2)
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "92 RESOLVED 0"]


def test_lunch_is_no_time(desk: Desk) -> None:
    """10: breach 11:59:30 to 12:00 and 13:00 to 13:00:30: no FIRING; a minute after lunch by itself fires."""
    desk.morning("2026-11-20")
    t0 = at("2026-11-20 11:59:30")
    desk.site.play(t0, 1840, {SPREAD: 1.6}, step=10)
    t = desk.site.play(at("2026-11-20 13:00"), 31, {SPREAD: 1.6})
    desk.settle(t)
    assert desk.told("wide", t0) == []
    t = desk.site.play(t, 35, {SPREAD: 1.6})
    desk.settle(t)
    assert desk.told("wide", t0) == ["3690 FIRING 3630"]


def test_levels_rise_at_once_and_fall_silently(desk: Desk) -> None:
    """8: the reference vector; a rise above the last told level goes out although in cooldown."""
    metric, t0 = "hstech-ndx.spread_pp.mtd", at("2026-11-23 10:00")
    t = t0
    for value in (61, 73, 64, 85, 62, 56, 47):
        t = desk.site.play(t, 1, {metric: value})
    desk.settle(t)
    assert desk.told("levels", t0) == ["0 FIRING 0", "1 ESCALATED:1 0", "3 ESCALATED:2 0", "6 RESOLVED 0"]
    escalated, closing = desk.posts("levels", t0)[2:]
    assert escalated.payload["text"].startswith("[ESCALATED TO CRITICAL]")
    assert "info 10:00:00 HKT → warning 10:00:01 HKT → critical 10:00:03 HKT" in closing.words.replace("  ", " ")

    t0 = at("2026-11-23 11:00")
    t = t0
    for value in (61, 47, 61, 62, 47, 61, 73, 47):
        t = desk.site.play(t, 1, {metric: value})
    desk.settle(t)
    assert desk.told("levels", t0) == ["0 FIRING 0", "1 RESOLVED 0", "6 FIRING 5", "7 RESOLVED 5"]
    assert desk.posts("levels", t0)[2].payload["text"].startswith("[WARNING]")


def test_an_edge_is_told_once(desk: Desk) -> None:
    """9: the first snapshot is already above: nothing; 1.4 → 1.6: one EVENT; within the cooldown, or over a hole longer
    than max_gap: nothing, for good."""
    metric, t0 = "hstech-ndx.spread_pp.qtd", at("2026-11-24 10:00")
    t = t0
    for value in (1.6, 1.4, 1.5, 1.6, 1.4, 1.6, 1.4):
        t = desk.site.play(t, 1, {metric: value})
    t = desk.site.play(t, 5, {metric: 1.4})
    t = desk.site.play(t + 10_000, 1, {metric: 1.6})
    t = desk.site.play(t, 6, {metric: 1.4})
    t = desk.site.play(t, 1, {metric: 1.6})
    desk.settle(t)
    assert desk.told("edge", t0) == ["3 EVENT 3", "29 EVENT 29"]


def test_a_shut_leg_is_expected_and_told_in_words(desk: Desk) -> None:
    """12: in Hong Kong hours with New York shut, the rule that requires HSTECH works and its message states the close
    of NDX and its age; the one that requires both never fires and raises no NO_DATA."""
    metric, t0 = "hstech-ndx.spread_pp.ytd", at("2026-11-25 11:12")
    close = at("2026-11-24 16:00", NEW_YORK)
    legs = {
        "HSTECH": leg(price=6301.4, return_1d_pct=1.9, source="yahoo", status="LIVE", currency="HKD", name="恒生科技"),
        "NDX": leg("CLOSED", False, (t0 - close) / 1000, price=25000.5, status="CLOSED", event_ms=close),
    }
    t = desk.site.play(t0, 60, {metric: 1.6}, legs=legs, simulated=True, baskets={})
    desk.settle(t)
    assert desk.told("one-leg", t0) == ["2 FIRING 0"]
    assert desk.told("both-legs", t0) == []
    (post,) = desk.posts("one-leg", t0)
    assert "NDX = close of 05:00 HKT, 6 h 12 m old, market shut" in post.words
    assert "6,301.4 HKD +1.9 % live 0.4 s yahoo" in post.words
    assert post.payload["text"].startswith("[WARNING · SIMULATED]")


def test_a_stale_leg_is_an_outage_only_in_its_session(desk: Desk) -> None:
    """13: dead since before the open: NO_DATA at 09:30:30, none after 16:00; stale_after itself is still usable."""
    metric, t0 = "hstech-ndx.spread_pp.ytd", at("2026-11-26 09:25")
    legs = {"HSTECH": leg("PRE", False, 3600.0)}
    t = desk.site.play(t0, 300, {metric: 1.6}, step=5, legs=legs)
    legs = {"HSTECH": leg("REGULAR", True, 15.001)}
    t = desk.site.play(t, 60, {metric: 1.6}, legs=legs)
    legs = {"HSTECH": leg("REGULAR", True, 15)}
    t = desk.site.play(t, 10, {metric: 1.0}, legs=legs)
    desk.settle(t)
    assert desk.told("one-leg", t0) == ["330 NO_DATA 300", "360 DATA_BACK 300"]
    begin = at("2026-11-26 15:59:50")
    desk.site.play(begin, 10, {metric: 1.0}, legs=legs)
    legs = {"HSTECH": leg("AUCTION", False, 3600.0)}
    t = desk.site.play(begin + 10_000, 900, {metric: 1.6}, step=10, legs=legs)
    desk.settle(t)
    assert desk.told("one-leg", begin) == []


def test_early_close_in_new_york(desk: Desk) -> None:
    """11: FIRING on the day after Thanksgiving ends at 13:00 ET, and nothing until the next session."""
    t0 = at("2026-11-27 12:59:55", NEW_YORK)
    t = desk.site.play(t0, 600, {"NDX.return_pct.1d": 1.5}, step=5)
    desk.settle(t)
    assert desk.told("new-york", t0) == ["0 FIRING 0", "5 SESSION_END 0"]
    t0 = at("2026-11-30 09:29:59", NEW_YORK)
    t = desk.site.play(t0, 3, {"NDX.return_pct.1d": 1.5})
    desk.settle(t)
    assert desk.told("new-york", t0) == ["1 FIRING 1"]


def test_a_close_that_no_snapshot_saw(desk: Desk) -> None:
    """7: SESSION_END carries the time of the first snapshot after it, even when that is in the next session."""
    desk.morning("2026-12-01")
    t0 = at("2026-12-01 15:00")
    desk.site.play(t0, 61, {SPREAD: 1.6})
    t = desk.site.play(at("2026-12-02 10:00"), 5, {SPREAD: 1.6})
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "68400 SESSION_END 0"]


def test_nothing_is_said_in_the_first_minutes(desk: Desk) -> None:
    """14: eight names beyond the limit from the open on: nothing before 09:35:00, then all; each names its stock."""
    t0 = at("2026-12-03 09:30")
    moved = {
        f"{name}.return_pct.1d": 3.0
        for name in ["0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK"]
    }
    t = desk.site.play(t0, 299, moved)
    desk.settle(t)
    assert desk.told("skips", t0) == []
    t = desk.site.play(t, 10, moved)
    desk.settle(t)
    assert desk.told("skips", t0) == ["300 FIRING 300"] * 7
    assert len({post.id for post in desk.posts("skips", t0)}) == 7
    assert any("0700.HK" in post.payload["text"] for post in desk.posts("skips", t0))


def test_a_feed_that_is_down_silences_others(desk: Desk) -> None:
    """16: while feed-down is FIRING nothing opens; the RESOLVED of a told episode goes out; what stays due is told when
    the feed is back, and says what held it back."""
    spread, age, t0 = "hstech-ixic.spread_pp.1d", "HSTECH.age_seconds.now", at("2026-12-03 10:00")
    t = desk.site.play(t0, 2, {spread: 1.6, age: 1})
    t = desk.site.play(t, 11, {spread: 1.6, age: 21})
    t = desk.site.play(t, 2, {spread: 1.0, age: 30})
    t = desk.site.play(t, 5, {spread: 1.6, age: 35})
    t = desk.site.play(t, 2, {spread: 1.6, age: 20})
    desk.settle(t)
    assert desk.told("feed-down", t0) == ["12 FIRING 2", "20 RESOLVED 2"]
    assert desk.told("inhibited", t0) == ["0 FIRING 0", "13 RESOLVED 0", "20 FIRING 15"]
    assert "by feed-down" in desk.posts("inhibited", t0)[-1].words


def test_an_episode_is_held_over_night(desk: Desk) -> None:
    """§7: with on_close = hold lunch and night are a pause; what is due goes out with the next frame in session."""
    metric, t0 = "hstech-ixic.spread_pp.ytd", at("2026-12-04 15:59:50")
    t = desk.site.play(t0, 600, {metric: 25}, step=10)
    t = desk.site.play(at("2026-12-07 09:00"), 1800, {metric: 25}, step=10)
    t = desk.site.play(t, 5, {metric: 25})
    t = desk.site.play(t, 2, {metric: 20})
    desk.settle(t)
    night = (at("2026-12-07 09:30") - t0) / 1000
    assert desk.told("held", t0) == ["0 FIRING 0", f"{night:g} REMINDER:1 0", f"{night + 5:g} RESOLVED 0"]


def test_a_date_is_valid_through_its_end(desk: Desk) -> None:
    """§3: valid_until = 2026-12-08 holds until midnight in Hong Kong; FIRING then is closed as expired, at once."""
    metric, t0 = "hstech-ixic.spread_pp.mtd", at("2026-12-08 14:00")
    t = desk.site.play(t0, 3, {metric: 2})
    t = desk.site.play(at("2026-12-09 00:00"), 3, {metric: 2})
    t = desk.site.play(at("2026-12-09 10:00"), 3, {metric: 2})
    desk.settle(t)
    assert desk.told("until", t0) == ["0 FIRING 0", "36000 RESOLVED 0"]
    assert "closed because the rule expired" in desk.posts("until", t0)[-1].words


def test_once_per_session(desk: Desk) -> None:
    """§10: after a told episode no new one starts until the session label differs."""
    metric, t0 = "hstech-ixic.spread_pp.wtd", at("2026-12-10 10:00")
    t = t0
    for value in (2, 0, 2, 0):
        t = desk.site.play(t, 1, {metric: value})
    t = desk.site.play(at("2026-12-10 14:00"), 2, {metric: 2})
    t = desk.site.play(t, 1, {metric: 0})
    t = desk.site.play(at("2026-12-11 10:00"), 1, {metric: 2})
    desk.settle(t)
    assert desk.told("once-a-day", t0) == ["0 FIRING 0", "1 RESOLVED 0", "86400 FIRING 86400"]


def test_a_mute_window_holds_back(desk: Desk) -> None:
    """§9: half-open in local time; afterwards the message goes out with its true start and names the window."""
    metric, t0 = "hstech-ixic.spread_pp.1w", at("2026-12-14 10:00")
    t = desk.site.play(t0, 305, {metric: 2}, step=5)
    desk.settle(t)
    assert desk.told("muted", t0) == ["300 FIRING 0"]
    assert "Held back until 10:05:00 HKT by mute window." in desk.posts("muted", t0)[0].words


def test_sides_are_kept_apart(desk: Desk) -> None:
    """§5: while firing on the upper side a jump below the lower bound is clear, and the lower side starts its own
    episode with the following snapshot."""
    metric, t0 = "titans_mag7.spread_pp.1d", at("2026-12-15 10:00")
    t = desk.site.play(t0, 11, {metric: 2})
    t = desk.site.play(t, 25, {metric: -2})
    t = desk.site.play(t, 12, {metric: -1.2})
    t = desk.site.play(t, 12, {metric: -1.19})
    desk.settle(t)
    assert desk.told("outside", t0) == ["10 FIRING 0", "21 RESOLVED 0", "32 FIRING 22", "58 RESOLVED 22"]


def test_a_rule_below_points_down(desk: Desk) -> None:
    """§5, §13: `below` mirrors `above`; the message points the other way and states the limit with its sign."""
    metric, t0 = "hstech-ixic.spread_pp.qtd", at("2026-12-16 10:00")
    t = desk.site.play(t0, 4, {metric: -1.62})
    t = desk.site.play(t, 1, {metric: -1.5})
    desk.settle(t)
    assert desk.told("falling", t0) == ["3 FIRING 0", "4 RESOLVED 0"]
    firing = desk.posts("falling", t0)[0]
    assert "-1.62 pp, limit -1.50" in firing.payload["text"]
    assert "▼" in firing.words


def test_a_move_needs_its_window(desk: Desk) -> None:
    """§5: with less than eight tenths covered there is no move; then it counts from the oldest in the window."""
    metric, t0 = "9988.HK.return_pct.ytd", at("2026-12-17 10:00")
    t = desk.site.play(t0, 47, {metric: 5.0})
    t = desk.site.play(t, 5, {metric: 2.9})
    desk.settle(t)
    assert desk.told("moving", t0) == ["48 FIRING 48"]
    assert "moved -2.1 % within 60 s" in desk.posts("moving", t0)[0].words


def test_data_cannot_ping_or_overflow(desk: Desk) -> None:
    """25: a title with `<!channel>`, ten kilobytes of text, Chinese, eighty contributors: escaped, inside Slack's
    limits, the title in the header."""
    metric, t0 = "china-m7_mag7.spread_pp.1d", at("2026-12-18 10:00")
    many = {
        "status": "OK",
        "coverage_fresh": 0.5,
        "excluded": {f"<@U{n}>": "HALTED" for n in range(80)},
        "carried": {f"恒生{n}": "STALE" for n in range(80)},
        "top": [[f"<!here> {n}", 1.0] for n in range(80)],
        "bottom": [["9988.HK", -0.5]],
    }
    t = desk.site.play(t0, 1, {metric: 1.6}, baskets={"china-m7": {"1d": many}, "mag7": {"1d": many}})
    desk.settle(t)
    assert desk.told("strange", t0) == ["0 FIRING 0"]
    (post,) = desk.posts("strange", t0)
    text = post.words
    assert "<!" not in text
    assert "<@" not in text
    assert "&lt;!channel&gt; &amp; &lt;b&gt; 恒生科技" in text
    assert len(post.payload["text"]) <= 3000
    blocks = post.payload["attachments"][0]["blocks"]
    assert len(blocks) <= 50
    for block in blocks:
        if block["type"] == "header":
            assert len(block["text"]["text"]) <= 150
        if block["type"] == "section" and "text" in block:
            assert len(block["text"]["text"]) <= 3000
        assert all(len(item["text"]) <= 2000 for item in block.get("fields", []))
        assert len(block.get("fields", [])) <= 10
        assert len(block.get("elements", [])) <= 10
    # Within the limits nothing may end inside an entity.
    assert not [
        line for line in text.splitlines() if line.endswith(("&", "&a", "&am", "&amp", "&l", "&lt", "&g", "&gt"))
    ]


def test_half_day_in_hong_kong(desk: Desk) -> None:
    """11: FIRING at 11:58 on Christmas Eve is over at 12:00, when the half day closes; nothing until 15:00."""
    desk.morning("2026-12-24")
    t0 = at("2026-12-24 11:57")
    t = desk.site.play(t0, 181, {SPREAD: 1.6})
    t = desk.site.play(t, 3 * 3600, {SPREAD: 1.6}, step=10)
    desk.settle(t)
    assert desk.told("wide", t0) == ["60 FIRING 0", "180 SESSION_END 0"]


def test_new_york_opens_an_hour_earlier_in_summer(desk: Desk) -> None:
    """§7: the clocks change on 14 March 2027: the session opens at 14:30 UTC on Friday, at 13:30 UTC on Monday."""
    for open_utc in ("2027-03-12 14:30", "2027-03-15 13:30"):
        t0 = at(open_utc, UTC) - 2000
        t = desk.site.play(t0, 4, {"NDX.return_pct.1d": 1.5})
        t = desk.site.play(t, 1, {"NDX.return_pct.1d": 0.5})
        desk.settle(t)
        assert desk.told("new-york", t0) == ["2 FIRING 2", "4 RESOLVED 2"]


def test_what_is_open_can_be_read(desk: Desk) -> None:
    """docs/redis.md: `alerts:active` holds every instance that is not OK, and when its breach began."""
    t0 = at("2027-03-16 10:00")
    t = desk.site.play(t0, 5, {SPREAD: 1.6})
    desk.settle(t)
    found = desk.site.redis.hget(f"{desk.site.board}:alerts:active", "wide:hstech-ndx")
    assert isinstance(found, bytes)
    view = json.loads(found)
    assert (view["phase"], view["since_ms"], view["level"], view["told_ms"]) == ("PENDING", t0, "", None)
