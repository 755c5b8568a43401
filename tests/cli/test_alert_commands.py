"""`monitor alerts …` beside a running service: what is going on, what happened, silences, dead letters, previews.

One story is played before the first test: an episode at nine that came and went, one at ten that goes on, a feed that
begins to lag, and a webhook that no longer exists.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Commands, Done
from tests.e2e.alert_lab import SENTINEL, SPREAD, Answer, Desk, Site, at, wait_until, webhooks

RULES = f"""
version = 1
storm = {{ max = 100, group_wait = "0s" }}
[defaults]
notify = ["hook"]
no_data = {{ do = "ignore" }}
[channel]
hook = {{ kind = "slack_webhook", url_env = "LAB_HOOK", rate = "0s" }}
gone = {{ kind = "slack_webhook", url_env = "LAB_GONE", rate = "0s" }}
mail = {{ kind = "smtp", host = "127.0.0.1", tls = "none", from = "alerts@firm.test", to = ["desk@firm.test"] }}
bot = {{ kind = "slack_bot", channel = "C0123ABC", token_env = "LAB_TOKEN" }}
any = {{ kind = "webhook", url_env = "LAB_HOOK" }}
{SENTINEL}
[[rule]]
id = "hstech-ndx-wide"
title = "HSTECH ahead of Nasdaq-100 恒生科技"
metric = "{SPREAD}"
unit = "pp"
when = {{ above = 1.5 }}
clear = {{ below = 1.2 }}
for = "60s"
clear_for = "30s"
[rule.levels.critical]
when = {{ above = 2.5 }}
[[rule]]
id = "feed-down"
metric = "HSTECH.age_seconds.now"
unit = "seconds"
when = {{ above = 20 }}
for = "10s"
notify = ["gone"]
[[rule]]
id = "gap"
metric = "NDX.return_pct.1d"
unit = "pct"
when = {{ above = 5 }}
no_data = {{ after = "30s", do = "alert" }}
[[rule]]
id = "quiet"
metric = "NDX.price.now"
unit = "price"
when = {{ above = 20000 }}
[[rule]]
id = "down"
metric = "NDX.price.now"
unit = "price"
when = {{ crosses_down = 50 }}
gap_counts = true
notify = ["gone"]
"""
NINE, TEN = at("2026-11-10 09:00"), at("2026-11-10 10:00")
NOW = at("2026-11-10 10:04:16")
FIRST = f"hstech-ndx-wide:hstech-ndx:{NINE}"
DEAD = f"down:NDX:{NINE + 1000}:EVENT"


@pytest.fixture(scope="module")
def commands() -> Iterator[Commands]:
    with Commands() as running:
        yield running


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Site]:
    """The story, decided and sent."""
    with webhooks() as hooks:
        hooks.always["gone"] = Answer(status=404, body="no_service")
        urls = {"LAB_HOOK": hooks.url("hook"), "LAB_GONE": hooks.url("gone"), "LAB_TOKEN": "xoxb-verysecrettoken"}
        site = Site(tmp_path_factory.mktemp("site"), redis_url, "commands", RULES, **urls)
        desk = Desk(site, hooks)
        try:
            site.start()
            price = {"NDX.price.now": 100}
            site.write(site.frame(NINE, {SPREAD: 1.62, **price}))
            t = site.play(NINE + 1000, 69, {SPREAD: 1.62, "NDX.price.now": 40})
            desk.settle(site.play(t, 31, {SPREAD: 1.1}))
            t = site.play(TEN, 61, {SPREAD: 1.62, "HSTECH.age_seconds.now": 1, "NDX.return_pct.1d": 1})
            desk.settle(at("2026-11-10 10:04:11"))
            site.play(at("2026-11-10 10:04:12"), 4, {SPREAD: 1.62, "HSTECH.age_seconds.now": 21})
            site.write(site.frame(NOW - 1, {"HSI.price.now": 50}))
            site.write(site.frame(NOW, {SPREAD: 1.6204, "HSTECH.age_seconds.now": 22.4, "HSI.price.now": 150}))
            wanted = f"sentinel:HSI:{NOW}:EVENT"
            wait_until(lambda: any(post.id == wanted for post in hooks.accepted("hook")), wanted)
            wait_until(lambda: site.dead("gone"), "a dead letter")
            yield site
        finally:
            site.close()


class Alerts:
    """`monitor alerts …` on the site."""

    def __init__(self, commands: Commands, site: Site) -> None:
        self._commands = commands
        self.site = site

    def __call__(self, *words: str | Path) -> Done:
        return self._commands.run("alerts", *words, env=self.site.env)

    def text(self, *words: str | Path) -> str:
        done = self(*words)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def rows(self, *words: str | Path) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text(*words, "--json").splitlines()]

    def refused(self, *words: str | Path) -> str:
        done = self(*words)
        assert (done.code, done.out) == (2, ""), done
        assert "Traceback" not in done.err
        return done.err


@pytest.fixture
def alerts(commands: Commands, site: Site) -> Alerts:
    return Alerts(commands, site)


def test_list_shows_what_is_going_on(alerts: Alerts) -> None:
    """Phase, level, true start, value with its limit, how far a breach has come, and when people were told."""
    assert alerts.text("list").splitlines() == [
        "hstech-ndx-wide  hstech-ndx  FIRING   warning  since 10:00:00 HKT  +1.62 pp (limit +1.50)  told 10:01:00",
        "gap              NDX         NO_DATA           since 10:01:00 HKT  n/a (limit +5.0)",
        "feed-down        HSTECH      PENDING           since 10:04:12 HKT  22.4 s (limit 20)       4 s of 10 s",
    ]


def test_list_shows_all_rules_when_asked(alerts: Alerts) -> None:
    """Those on which nothing goes on follow in the order of the file, with what is known of them."""
    lines = alerts.text("list", "--all").splitlines()

    assert [line.split()[:3] for line in lines] == [
        ["hstech-ndx-wide", "hstech-ndx", "FIRING"],
        ["gap", "NDX", "NO_DATA"],
        ["feed-down", "HSTECH", "PENDING"],
        ["sentinel", "HSI", "OK"],
        ["quiet", "NDX", "OK"],
        ["down", "NDX", "OK"],
    ]


def test_list_as_json_has_exact_numbers(alerts: Alerts) -> None:
    """One document an instance: nothing is rounded, times are epoch milliseconds."""
    wide, gap, feed = alerts.rows("list")

    assert (wide["value"], wide["limit"], wide["since_ms"], wide["told_ms"]) == (1.6204, 1.5, TEN, TEN + 60_000)
    assert (gap["phase"], gap["value"], gap["since_ms"]) == ("NO_DATA", None, TEN + 60_000)
    assert (feed["phase"], feed["for_ms"], feed["t_ms"] - feed["since_ms"]) == ("PENDING", 10_000, 4000)
    assert {line["phase"] for line in alerts.rows("list", "--all")} == {"FIRING", "NO_DATA", "PENDING", "OK"}


def test_explain_tells_the_story_of_an_episode(alerts: Alerts) -> None:
    """Each step with its value and cause, each message with the channels it reached and when."""
    headline, *lines = alerts.text("explain", FIRST).splitlines()

    assert headline == f"{FIRST}  HSTECH ahead of Nasdaq-100 恒生科技  2026-11-10 HKT"
    told, closed = lines[1].partition(" hook ")[0], lines[3].partition(" hook ")[0]
    assert [lines[0], told, lines[2], closed] == [
        "09:00:00.000     +1.62  B  OK -> PENDING",
        "09:01:00.000     +1.62  B  PENDING -> FIRING (60.0 s >= 60 s)  cooldown free, not hushed: FIRING ->",
        "09:01:10.000     +1.10  C  FIRING -> CLEARING (+1.10 < +1.20)",
        "09:01:40.000     +1.10  C  CLEARING -> OK (clear for 30.0 s)  RESOLVED ->",
    ]
    assert lines[1].partition(" hook ")[2].count(":") == 2


def test_explain_takes_the_id_of_a_message(alerts: Alerts) -> None:
    """Any message of an episode leads to all of it; as JSON with every delivery."""
    (story,) = alerts.rows("explain", f"{FIRST}:RESOLVED")

    assert (story["id"], story["start_ms"]) == (FIRST, NINE)
    assert [moved["after"] for moved in story["transitions"]] == ["PENDING", "FIRING", "CLEARING", "OK"]
    assert [told["notification"]["id"] for told in story["told"]] == [f"{FIRST}:FIRING", f"{FIRST}:RESOLVED"]
    assert all(told["deliveries"]["hook"]["status"] == "accepted" for told in story["told"])


def test_explain_tells_of_an_outage(alerts: Alerts) -> None:
    """Lack of data and its end, under the time from which there was none."""
    _, *lines = alerts.text("explain", f"gap:NDX:{NINE}:NO_DATA").splitlines()

    assert [line.partition(" hook ")[0] for line in lines] == [
        "09:00:30.000       n/a  -  OK (no data)  NO_DATA ->",
        "10:00:00.000       n/a  -  OK (data back)  DATA_BACK ->",
    ]


def test_explain_tells_of_an_event_that_nobody_got(alerts: Alerts) -> None:
    """What a channel gave up is said with its reason, and without its secret."""
    text = alerts.text("explain", DEAD)

    assert "09:00:01.000" in text
    assert "crossed" in text
    assert "EVENT -> gone " in text
    assert "given up: " in text
    assert "no_service" in text
    assert "verysecret" not in text


@pytest.mark.parametrize(
    ("identifier", "says"),
    [
        (f"hstech-ndx-wide:hstech-ndx:{NINE + 1}", ["newest first: hstech-ndx-wide:hstech-ndx:", FIRST]),
        ("hstech-ndx-wide", [FIRST, "<rule>:<instance>:<milliseconds>"]),
        (f"{FIRST}:REMINDER:1", ["was never said", f"{FIRST}:FIRING, {FIRST}:RESOLVED"]),
        ("nothing", ["nothing is on file about 'nothing'"]),
        ("\x1b[2J:a:1", ["nothing is on file about '\\x1b[2J:a:1'"]),
    ],
)
def test_explain_names_what_it_could_tell_of(alerts: Alerts, identifier: str, says: list[str]) -> None:
    """An id that is not on file is refused with the nearest that are."""
    said = alerts.refused("explain", identifier)

    for part in says:
        assert part in said


def test_preview_takes_the_last_message_of_the_kind(alerts: Alerts) -> None:
    """The payload holds the numbers that were sent, and says where they are from."""
    text = alerts.text("preview", "hstech-ndx-wide", "--channel", "hook")
    headline, rest = text.split("\n", 1)
    payload, words = rest.split("# as plain text\n")

    assert headline == (
        f"# hstech-ndx-wide:hstech-ndx:{TEN}:FIRING on hook (SlackWebhook), "
        "from the message of 2026-11-10 10:01:00 HKT; nothing is sent"
    )
    assert json.loads(payload)["text"].startswith("[WARNING] HSTECH ahead of Nasdaq-100 恒生科技")
    assert "limit: > +1.50 pp" in words


def test_preview_makes_up_what_never_happened(alerts: Alerts, tmp_path: Path) -> None:
    """A kind without any message on file is shown with invented numbers, and says so; a mail has its HTML."""
    page = tmp_path / "mail.html"
    (shown,) = alerts.rows("preview", "hstech-ndx-wide", "--kind", "escalated", "--channel", "mail", "--html", page)

    assert shown["source"] == "from made-up data (no such message is on file)"
    assert shown["payload"]["Subject"].startswith("[ESCALATED TO CRITICAL")
    assert shown["payload"]["To"] == "desk@firm.test"
    assert page.read_text("utf-8") == shown["html"]
    assert "<html" in shown["html"]
    (bot,) = alerts.rows("preview", "hstech-ndx-wide", "--channel", "bot")
    assert bot["payload"]["channel"] == "C0123ABC"
    (hook,) = alerts.rows("preview", "hstech-ndx-wide", "--channel", "any")
    assert hook["payload"]["note"]["evidence"]["value"] == 1.62


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["hstech-ndx-wid"], "unknown rule 'hstech-ndx-wid'; allowed: down, feed-down, gap, hstech-ndx-wide"),
        (["hstech-ndx-wide", "--kind", "EVENT"], "can cause FIRING, RESOLVED, ESCALATED, REMINDER"),
        (
            ["hstech-ndx-wide", "--channel", "hok"],
            "unknown channel 'hok'; allowed: any, bot, gone, hook, mail. Did you",
        ),
        (["hstech-ndx-wide", "--instance", "x"], "--instance: unknown instance 'x'; allowed: hstech-ndx"),
        (["hstech-ndx-wide", "--html", "x.html"], "--html x.html: none of these channels sends mail"),
    ],
)
def test_preview_refuses_what_does_not_exist(alerts: Alerts, words: list[str], says: str) -> None:
    """Rules, kinds, channels and instances are checked, with what there is."""
    assert says in alerts.refused("preview", *words)


def test_a_silence_begins_now_on_the_clock_of_the_board(alerts: Alerts) -> None:
    """Id and end are printed in Hong Kong time; the list shows it until it is expired, and then only when asked."""
    words = ["--rule", "hstech-*", "--level", "info,warning", "--for", "2h", "--by", "lee", "--why", "index\nreview"]
    said = alerts.text("silence", "add", *words)
    identifier, _, end = said.partition(" ")

    assert identifier.startswith("s-")
    assert end == "until 12:04 HKT\n"
    assert alerts.text("silence", "list") == (
        f"{identifier}  rule hstech-* level info,warning  until 12:04 HKT  by lee (index review)\n"
    )
    assert alerts.text("silence", "expire", identifier).startswith(f"{identifier} expired 10:04:16 HKT")
    nobody = alerts("silence", "list")
    assert (nobody.code, nobody.out, nobody.err) == (0, "", "no silences\n")
    (over,) = alerts.rows("silence", "list", "--all")
    assert over["match"] == {"rule": "hstech-*", "level": ["info", "warning"]}
    assert (over["state"], over["by"], over["why"]) == ("over", "lee", "index review")
    assert over["ends"] == "2026-11-10T02:04:16.000Z"
    assert f"{identifier} had ended 10:04:16 HKT" in alerts.text("silence", "expire", identifier)


def test_a_silence_may_end_at_a_time_of_day(alerts: Alerts) -> None:
    """HH:MM is Hong Kong time today; another day needs its date and offset."""
    (today,) = alerts.rows("silence", "add", "--instance", "HSTECH", "--until", "14:30")
    (later,) = alerts.rows("silence", "add", "--instance", "HSTECH", "--until", "2026-11-11T09:00:00+08:00")

    assert (today["ends"], today["state"]) == ("2026-11-10T06:30:00.000Z", "on")
    assert later["ends"] == "2026-11-11T01:00:00.000Z"
    listed = alerts.text("silence", "list")
    assert "until 14:30 HKT" in listed
    assert "until 2026-11-11 09:00 HKT" in listed
    for silence in (today, later):
        alerts.text("silence", "expire", silence["id"])


def test_a_silence_that_fits_no_rule_together_is_warned_about(alerts: Alerts) -> None:
    """Each part fits something, all of them together nothing: it is added, and said."""
    done = alerts("silence", "add", "--rule", "feed-down", "--instance", "hstech-ndx", "--for", "1m")

    assert done.code == 0
    assert done.err == "warning: no rule of the file is silenced by it at any of its levels\n"
    alerts.text("silence", "expire", done.out.split()[0])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["add", "--for", "2h"], "needs at least one of --rule, --instance and --level"),
        (["add", "--rule", "feed-down"], "give either --for"),
        (["add", "--rule", "feed-down", "--for", "1h", "--until", "14:00"], "give either --for"),
        (["add", "--rule", "feed-don", "--for", "1h"], "--rule feed-don fits nothing in the rule file"),
        (["add", "--rule", "feed-don", "--for", "1h"], "Did you mean feed-down?"),
        (["add", "--instance", "hst*y", "--for", "1h"], "--instance hst*y fits nothing"),
        (["add", "--level", "warn", "--for", "1h"], "--level: unknown level 'warn'; allowed: critical, info, warning"),
        (["add", "--rule", "feed-down", "--for", "2 hours"], "--for '2 hours' is not a duration"),
        (["add", "--rule", "feed-down", "--for", "0s"], "--for must be more than 0"),
        (["add", "--rule", "feed-down", "--until", "10:00"], "--until 10:00: is over; on the board it is 10:04:16 HKT"),
        (["add", "--rule", "feed-down", "--until", "soon"], "--until 'soon': allowed: a time today in Hong Kong"),
        (["add", "--rule", "feed-down", "--until", "2026-11-11T09:00:00"], "--until '2026-11-11T09:00:00': allowed"),
        (["add", "--rule", "feed-down", "--for", "999999d"], "--for 999999d: a silence lasts at most 366 days"),
        (["add", "--rule", "feed-down", "--until", "2099-01-01T00:00Z"], "Z: a silence lasts at most 366 days"),
        (["expire", "s-none"], "unknown silence 's-none'"),
    ],
)
def test_a_silence_that_cannot_be_meant_is_refused(alerts: Alerts, words: list[str], says: str) -> None:
    """Exit code 2, nothing is added, and what would be right."""
    before = alerts.rows("silence", "list", "--all")

    assert says in alerts.refused("silence", *words)
    assert alerts.rows("silence", "list", "--all") == before


def test_dead_letters_are_listed_and_sent_again(alerts: Alerts) -> None:
    """A letter has its channel, time, id and reason; one that is retried fails again and lies there again."""
    assert DEAD in alerts.text("dead", "list")
    none = alerts("dead", "list", "--channel", "hook")
    assert (none.code, none.out, none.err) == (0, "", "no dead letters\n")
    (letter,) = [letter for letter in alerts.rows("dead", "list") if letter["id"] == DEAD]
    assert (letter["channel"], letter["note"]["kind"]) == ("gone", "EVENT")

    assert [again["id"] for again in alerts.rows("dead", "retry", "--id", DEAD)] == [DEAD]
    assert alerts.text("dead", "retry", "--channel", "hook") == "0 put back into the outbox of hook\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["retry"], "--channel, --id, or both"),
        (["retry", "--id", "x"], "--id: unknown dead letter 'x'"),
        (
            ["retry", "--channel", "gon"],
            "--channel: unknown channel 'gon'; allowed: any, bot, gone, hook, mail. Did you",
        ),
        (["list", "--channel", "gon"], "Did you mean gone?"),
    ],
)
def test_dead_letters_that_do_not_exist(alerts: Alerts, words: list[str], says: str) -> None:
    """Exit code 2 and what there is."""
    assert says in alerts.refused("dead", *words)
