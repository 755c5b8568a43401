"""Digests in words, typed by hand: what a trader reads on the phone after the close, and in the mail."""

from typing import Any

import pytest

from monitor.core.alerts.account import Account, Outage
from monitor.core.alerts.digest import Digest, Gap, Mover, Unseen
from monitor.core.alerts.episodes import Episode
from monitor.core.alerts.notification import Kind
from monitor.core.alerts.silence import Silence
from monitor.notify.bulletin_words import word_bulletin
from monitor.notify.digest_words import Delivered, word_digest
from monitor.notify.plain_text import plain_text
from tests.core.alerts.days import NEW_YORK, at

DAY = "2026-11-20"
CLOSE = at(f"{DAY} 16:10")
HEADLINE = "Hang Seng TECH +31.1 % this year, Nasdaq Composite +1.1 %: 30.0 points ahead"


def digest(**changes: Any) -> Digest:
    """A quiet day in Hong Kong, unless `changes` say otherwise."""
    facts: dict[str, Any] = {
        "calendar": "XHKG",
        "session": DAY,
        "tz": "Asia/Hong_Kong",
        "opened": at(f"{DAY} 09:30"),
        "close": CLOSE,
        "t": CLOSE,
        "since": at("2026-11-19 16:10"),
        "previous": "2026-11-19",
        "board": "hk-us",
        "gaps": (
            Gap("hstech-ixic", "HSTECH – Nasdaq Composite", 1.254, 30.021),
            Gap("hstech-ndx", "HSTECH – Nasdaq-100", -0.1, None),
        ),
        "strongest": (Mover("0700.HK", "Tencent", 3.24), Mover("1211.HK", "BYD", 2.5)),
        "weakest": (Mover("3690.HK", "Meituan", -1.96),),
    }
    return Digest(**(facts | changes))


def episode(start: str, ended: str | None, peak: float | None, **changes: Any) -> Episode:
    """An episode of the day, told in one message, unless `changes` say otherwise."""
    begun = at(f"{DAY} {start}")
    facts: dict[str, Any] = {
        "rule": "wide",
        "instance": "hstech-ndx",
        "start": begun,
        "fired": begun,
        "ended": None if ended is None else at(f"{DAY} {ended}"),
        "level": "warning",
        "peak": peak,
        "messages": ((begun, Kind.FIRING),),
    }
    return Episode(**(facts | changes))


def facts_of(changed: Digest, delivered: Delivered | None = None) -> dict[str, str]:
    """Label → text of what goes beyond the quiet day."""
    facts = dict(word_digest(changed, ("mail",), delivered=delivered).facts)
    return {label: text for label, text in facts.items() if label not in dict(word_digest(digest(), ()).facts)}


def account(**changes: Any) -> Account:
    """Of the rule "HSTECH ahead"."""
    return Account(**({"title": "HSTECH ahead", "unit": "pp"} | changes))


def test_a_quiet_day_is_one_short_message() -> None:
    """Where the market stands and that nothing fired: no empty rows, no zeros."""
    bulletin = word_digest(digest(), ("mail", "desk"), delivered=Delivered(), headline=HEADLINE)

    assert plain_text(word_bulletin(bulletin)) == (
        "[DIGEST] Hong Kong close, Fri 20 Nov 2026: HSTECH – Nasdaq Composite +1.25 pp today, +30.02 pp this year; "
        "no alerts\n"
        "\n"
        "≡ DIGEST · Hong Kong close, Fri 20 Nov 2026\n"
        "HSTECH – Nasdaq Composite +1.25 pp today, +30.02 pp this year; no alerts\n"
        "\n"
        "headline: Hang Seng TECH +31.1 % this year, Nasdaq Composite +1.1 %: 30.0 points ahead\n"
        "HSTECH – Nasdaq Composite: +1.25 pp today, +30.02 pp this year\n"
        "HSTECH – Nasdaq-100: -0.10 pp today, n/a this year\n"
        "strongest: Tencent 0700.HK +3.2 %, BYD 1211.HK +2.5 %\n"
        "weakest: Meituan 3690.HK -2.0 %\n"
        "\n"
        "Covers the time since Thu 19 Nov 16:10 HKT.\n"
        "\n"
        "board hk-us\n"
        "2026-11-20 16:10:00 HKT / 2026-11-20 03:10:00 ET · id digest:XHKG:2026-11-20\n"
    )
    assert bulletin.notify == ("mail", "desk")
    assert bulletin.chart == ("hstech-ixic.spread_pp.1d", at(f"{DAY} 09:30"))
    assert bulletin.level == "info"


def test_a_busy_day() -> None:
    """Every rule with its times, lengths and peaks; what was held back and by what; what was missing; what is silenced;
    what did not arrive."""
    changed = digest(
        simulated=True,
        rules={
            "wide": account(
                messages=5,
                told=2,
                told_ms=1_230_000,
                notable=(
                    episode("10:12", None, 2.613, level="critical"),
                    episode("14:05", "14:22:30", 1.75),
                ),
            ),
            "faller": account(
                title="Down more than 5 % today",
                unit="pct",
                each=True,
                messages=1,
                told=1,
                notable=(episode("11:00", "11:00", -5.12, instance="3690.HK", event=True),),
                untold=3,
                missed=(
                    episode("11:30", "11:30", -5.2, instance="9988.HK", event=True, messages=()),
                    episode("13:05", "13:05", -5.0, instance="0992.HK", event=True, messages=()),
                ),
                held_back={"silence s-7f3a": 1, "cooldown": 2},
            ),
            "feed": account(
                title="No price",
                messages=4,
                outages=2,
                outage=Outage("HSTECH", at(f"{DAY} 10:30"), at(f"{DAY} 10:42")),
            ),
        },
        unseen=(
            Unseen("dead", "Dispersion", ("china-m7",), 1),
            Unseen("partly", "Movers", ("0700.HK", "9988.HK"), 9),
            Unseen("none", "Nobody", ("AAPL", "MSFT"), 2),
        ),
        silences=(
            Silence(
                id="s-7f3a",
                starts=0,
                ends=at(f"{DAY} 18:00"),
                rule="hstech-*",
                levels=("info", "warning"),
                by="lee",
                why="index review",
            ),
            Silence(id="s-1", starts=at("2026-11-23 09:30"), ends=at("2026-11-24 09:30"), instance="0700.HK"),
        ),
    )
    bulletin = word_digest(changed, ("mail",), delivered=Delivered(late=2, folded=3, dead={"desk": 1}))

    assert plain_text(word_bulletin(bulletin)) == (
        "[DIGEST · SIMULATED] Hong Kong close, Fri 20 Nov 2026: HSTECH – Nasdaq Composite +1.25 pp today, "
        "+30.02 pp this year; 3 alerts, 3 untold, 1 rule without data for a while, 10 messages\n"
        "\n"
        "SIMULATED\n"
        "\n"
        "≡ DIGEST · Hong Kong close, Fri 20 Nov 2026\n"
        "HSTECH – Nasdaq Composite +1.25 pp today, +30.02 pp this year; "
        "3 alerts, 3 untold, 1 rule without data for a while, 10 messages\n"
        "\n"
        "HSTECH – Nasdaq Composite: +1.25 pp today, +30.02 pp this year\n"
        "HSTECH – Nasdaq-100: -0.10 pp today, n/a this year\n"
        "strongest: Tencent 0700.HK +3.2 %, BYD 1211.HK +2.5 %\n"
        "weakest: Meituan 3690.HK -2.0 %\n"
        "HSTECH ahead: 2 alerts, 5 messages: since 10:12 HKT, not over, peak +2.61 pp (critical); "
        "14:05 HKT for 17 m 30 s, peak +1.75 pp (warning)\n"
        "Down more than 5 % today: 1 alert, 1 message: 3690.HK 11:00 HKT at -5.1 % (warning)\n"
        "untold: Down more than 5 % today: 3 alerts, held back by cooldown 2 ×, silence s-7f3a 1 ×: "
        "9988.HK 11:30 HKT at -5.2 % (warning); 0992.HK 13:05 HKT at -5.0 % (warning); 1 more\n"
        "no data: No price: 10:30 HKT for 12 m, the longest of 2 outages\n"
        "never valid: dead, partly (0700.HK, 9988.HK of 9), none\n"
        "silence s-7f3a: until 18:00 HKT by lee, rule hstech-*, level info or warning: index review\n"
        "silence s-1: from Mon 23 Nov 09:30 HKT until Tue 24 Nov 09:30 HKT, instance 0700.HK\n"
        "deliveries: 2 late, 1 given up by desk, 3 folded into storms\n"
        "\n"
        "Covers the time since Thu 19 Nov 16:10 HKT.\n"
        "\n"
        "board hk-us\n"
        "2026-11-20 16:10:00 HKT / 2026-11-20 03:10:00 ET · id digest:XHKG:2026-11-20\n"
    )


def test_new_york_in_its_own_time() -> None:
    """A digest of New York tells its times in New York, whatever day it is in Hong Kong."""
    close = at(f"{DAY} 16:00", NEW_YORK)
    told = Episode(rule="wide", instance="hstech-ndx", start=close - 22_500_000, fired=close, ended=close, further=1)
    changed = digest(
        calendar="XNYS",
        tz="America/New_York",
        opened=at(f"{DAY} 09:30", NEW_YORK),
        close=close,
        t=close + 500,
        since=at("2026-11-19 16:00", NEW_YORK),
        rules={
            "wide": account(messages=1, told=1, notable=(told,)),
        },
    )
    bulletin = word_digest(changed, ("mail",))

    assert bulletin.title == "New York close, Fri 20 Nov 2026"
    assert dict(bulletin.facts)["HSTECH ahead"] == "1 alert, 1 message: 09:45 ET for 6 h 15 m"
    assert bulletin.remarks == ("Covers the time since Thu 19 Nov 16:00 ET.",)


def test_more_than_is_listed() -> None:
    """A rule that fired all day is a count, its worst episodes and how far the others went."""
    found = account(
        messages=40,
        told=17,
        notable=(episode("10:12", "10:20", 2.6), episode("11:00", "11:05", 1.7)),
        peaks=(1.52, 2.6),
    )

    assert facts_of(digest(rules={"wide": found})) == {
        "HSTECH ahead": "17 alerts, 40 messages: 10:12 HKT for 8 m, peak +2.60 pp (warning); "
        "11:00 HKT for 5 m, peak +1.70 pp (warning); 15 more, peaks +1.52 pp to +2.60 pp"
    }


def test_peaks_are_those_of_what_was_told() -> None:
    """How far told alerts went is not said of the untold ones beside them."""
    missed = (episode("11:00", "11:05", 1.7, messages=()),)
    found = account(
        messages=2, told=1, notable=(episode("10:12", "10:20", 2.6),), peaks=(2.6, 2.6), untold=4, missed=missed
    )

    assert facts_of(digest(rules={"wide": found}))["untold: HSTECH ahead"] == (
        "4 alerts: 11:00 HKT for 5 m, peak +1.70 pp (warning); 3 more"
    )


def test_a_hundred_rules_stay_readable() -> None:
    """Ten rules are told one by one; of the others the names."""
    told = {
        f"r{i:02}": account(title=f"rule {i}", messages=1, told=1, notable=(episode("10:12", "10:20", 1.6),))
        for i in range(25)
    }
    found = facts_of(digest(rules=told))

    assert len(found) == 11
    assert found["15 more"] == (
        "rule 10, rule 11, rule 12, rule 13, rule 14, rule 15, rule 16, rule 17, rule 18, rule 19 and 5 more"
    )


def test_an_outage_that_goes_on() -> None:
    """Data that are still missing at the close are said to be missing."""
    found = account(each=True, messages=1, outages=1, outage=Outage("0700.HK", at(f"{DAY} 15:02")))

    assert facts_of(digest(rules={"wide": found})) == {
        "no data: HSTECH ahead": "since 15:02 HKT, not back yet, 0700.HK"
    }
    assert word_digest(digest(rules={"wide": found}), ()).lead.endswith(
        "; no alerts, 1 rule without data for a while, 1 message"
    )


def test_a_feed_that_goes_takes_one_row() -> None:
    """All rules that lost their data at the same time share a row, or a bad day would bury the rest of the digest."""
    gone = {f"rule-{i:02}": account(outages=1 + i, outage=Outage("HSTECH", at(f"{DAY} 10:30") + i)) for i in range(14)}
    found = facts_of(digest(rules=gone, unseen=tuple(Unseen(rule, "", ("x",), 1) for rule in gone)))
    ten = ", ".join(f"rule-{i:02}" for i in range(10))

    assert found == {
        "no data": f"14 rules since 10:30 HKT, not back yet: {ten} and 4 more",
        "never valid": f"{ten} and 4 more",
    }


@pytest.mark.parametrize(
    ("changes", "remarks"),
    [
        (
            {"t": CLOSE + 7_920_000},
            (
                "Made 2 h 12 m after the close: no snapshot was seen earlier.",
                "Covers the time since Thu 19 Nov 16:10 HKT.",
            ),
        ),
        ({"since": at(f"{DAY} 13:00"), "previous": None}, ("Watched only since 13:00 HKT.",)),
        ({"since": at(f"{DAY} 09:30"), "previous": None}, ("Covers the time since 09:30 HKT.",)),
        ({"since": at(f"{DAY} 09:00"), "previous": None}, ("Covers the time since 09:00 HKT.",)),
    ],
)
def test_what_time_it_covers(changes: dict[str, Any], remarks: tuple[str, ...]) -> None:
    """A digest that is late, or that did not see the whole session, says so."""
    assert word_digest(digest(**changes), ()).remarks == remarks


def test_a_session_that_nobody_watched_is_not_called_quiet() -> None:
    """An engine that starts after the close does not claim that there were no alerts."""
    lead = word_digest(digest(since=CLOSE + 1, t=CLOSE + 1, previous=None, rules={}), ()).lead

    assert lead.endswith("; not watched")
    assert "no alerts" not in lead


def test_a_rule_without_title_or_unit() -> None:
    """A rule that is gone and told nobody is called by its id, without numbers that nobody can read any more."""
    found = Account(untold=1, missed=(episode("10:12", "10:13", 1.6, messages=()),), held_back={"cooldown": 1})

    assert facts_of(digest(rules={"wide": found})) == {
        "untold: wide": "1 alert, held back by cooldown: 10:12 HKT for 60 s (warning)"
    }


def test_a_board_without_pairs() -> None:
    """Without pairs there is no spread, no chart, and still a digest."""
    bulletin = word_digest(digest(gaps=(), strongest=(), weakest=()), ("mail",))

    assert (bulletin.lead, bulletin.facts, bulletin.chart) == ("no alerts", (), None)


def test_the_year_is_left_out_where_the_board_has_none() -> None:
    """A board without YTD says nothing about the year."""
    assert (
        word_digest(digest(gaps=(Gap("p", "Pair", 1.0, None, absent=True),)), ()).lead
        == "Pair +1.00 pp today; no alerts"
    )


def test_an_exchange_nobody_named() -> None:
    """A calendar without a place of its own is called by its name."""
    assert word_digest(digest(calendar="XTKS", tz="Asia/Tokyo"), ()).title == "XTKS close, Fri 20 Nov 2026"


def test_a_silence_for_ever() -> None:
    """A silence until the last moment that can be written does not break the digest."""
    forever = Silence(id="s", starts=0, ends=253_402_300_799_999, rule="*")

    assert facts_of(digest(silences=(forever,))) == {"silence s": "until Fri 1 Jan 9999 08:00 HKT, rule *"}


def test_titles_are_data() -> None:
    """Whatever stands in a title or a silence cannot break a line or forge another."""
    nasty = "a\r\nno alerts\x1b[2J<!channel>"
    changed = digest(
        rules={"wide": account(title=nasty, messages=1, told=1, notable=(episode("10:12", "10:13", 1.6),))},
        silences=(Silence(id="s", starts=0, ends=CLOSE + 1, rule=nasty, by=nasty, why=nasty),),
        strongest=(Mover("0700.HK", nasty, 1.0),),
    )
    message = word_bulletin(word_digest(changed, ("mail",), headline=nasty))

    assert all(fact.label.isprintable() and fact.value.isprintable() for fact in message.facts)
