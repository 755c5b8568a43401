"""The wording of messages is product: it is tested as text."""

import msgspec
import pytest
from msgspec.structs import replace

from monitor.core.alerts.notification import Kind, Notification
from monitor.notify.plain_text import plain_text
from monitor.notify.port import Tone
from monitor.notify.render import Circumstances, word
from tests.notify.notes import HSTECH, MAG7, START, note


def test_a_firing_note_as_plain_text() -> None:
    """Everything that ALERTING section 12 asks for stands in the plain text, in the order people read it."""
    text = plain_text(word(note(), Circumstances(dashboard="http://localhost:8080/")))

    assert text == (
        "[WARNING] HSTECH ahead of Nasdaq-100: +1.62 pp, limit +1.50, for 60 s\n"
        "\n"
        "▲ WARNING · HSTECH ahead of Nasdaq-100\n"
        "+1.62 pp, limit +1.50, since 10:00:00 HKT\n"
        "\n"
        "value: +1.62 pp\n"
        "limit: > +1.50 pp (0.12 pp beyond)\n"
        "clear: < +1.20 pp\n"
        "held: 60 s since 10:00:00 HKT\n"
        "peak: +1.75 pp at 10:00:30 HKT\n"
        "HSTECH: 6,301.4 HKD +1.9 % live 0.4 s yahoo · Hang Seng TECH\n"
        "NDX: 25,059.8 USD +0.3 % closed 5 h 1 m yahoo · Nasdaq-100\n"
        "\n"
        "NDX = close of 05:00 HKT, 5 h 1 m old, market shut\n"
        "Announced 1 × today, 4 × in the last 30 sessions.\n"
        "\n"
        "Dashboard: http://localhost:8080/?at=1794276060000\n"
        "\n"
        "hstech-ndx-wide · a41c09d2 · hstech-ndx.spread_pp.1d · snapshot 1794276060000 seq 42\n"
        "2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:FIRING\n"
    )


@pytest.mark.parametrize(
    ("kind", "changes", "summary"),
    [
        (
            Kind.ESCALATED,
            {"level": "critical", "n": 1, "value": 2.61, "limit": 2.5},
            "[ESCALATED TO CRITICAL] HSTECH ahead of Nasdaq-100: +2.61 pp, limit +2.50, for 60 s",
        ),
        (
            Kind.REMINDER,
            {"n": 2, "held_s": 3600},
            "[WARNING REMINDER] HSTECH ahead of Nasdaq-100: +1.62 pp, limit +1.50, for 1 h, reminder 2",
        ),
        (
            Kind.RESOLVED,
            {"value": 1.19, "held_s": 1230, "peak": 2.31},
            "[RESOLVED] HSTECH ahead of Nasdaq-100: +1.19 pp, lasted 20 m 30 s from 10:00:00 HKT, peak +2.31 pp",
        ),
        (
            Kind.RESOLVED,
            {"value": None, "reason": "rule_removed"},
            "[RESOLVED] HSTECH ahead of Nasdaq-100: lasted 60 s from 10:00:00 HKT, peak +1.75 pp, closed because "
            "the rule was removed",
        ),
        (
            Kind.SESSION_END,
            {"held_s": 7200},
            "[SESSION END] HSTECH ahead of Nasdaq-100: +1.62 pp, lasted 2 h from 10:00:00 HKT, peak +1.75 pp",
        ),
        (Kind.EVENT, {"held_s": 0}, "[WARNING EVENT] HSTECH ahead of Nasdaq-100: +1.62 pp, crossed +1.50"),
        (Kind.NO_DATA, {"value": None, "held_s": 30}, "[NO DATA] HSTECH ahead of Nasdaq-100: no valid value for 30 s"),
        (Kind.DATA_BACK, {"held_s": 95}, "[DATA BACK] HSTECH ahead of Nasdaq-100: +1.62 pp, valid again after 95 s"),
    ],
)
def test_one_line_for_every_kind(kind: Kind, changes: dict[str, object], summary: str) -> None:
    """A phone shows one line; it says what happened, to what, and how far."""
    assert word(note(kind, **changes)).summary == summary  # type: ignore[arg-type]


def test_value_and_limit_never_look_the_same() -> None:
    """1.5004 against 1.5 is shown with the digits that tell them apart."""
    assert word(note(value=1.5004)).lead == "+1.5004 pp, limit +1.5000, since 10:00:00 HKT"


@pytest.mark.parametrize(
    ("metric", "unit", "value", "limit", "lead"),
    [
        ("HSTECH.return_pct.1d", "pct", 0.31, 0.25, "+0.31 %, limit +0.25, "),
        ("hstech-ndx.z.1d", "z", -2.5, -2.0, "-2.50 σ, limit -2.00, "),
        ("hstech-ndx.corr.1d", "ratio", 0.04, 0.1, "0.04, limit 0.10, "),
        ("HSTECH.price.now", "price", 6301.43, 6300.0, "6,301.4, limit 6,300.0, "),
        ("USDHKD.price.now", "price", 7.8512, 7.85, "7.8512, limit 7.8500, "),
        ("china-m7.value_added_usd_bn.1d", "usd_bn", 12.34, 10.0, "+12.3 USD bn, limit +10.0, "),
        ("HSTECH.age_seconds.now", "seconds", 22.4, 20.0, "22.4 s, limit 20.0, "),
        ("HSTECH.age_seconds.now", "seconds", 4000.7, 1200.0, "1 h 6 m, limit 20 m, "),
        ("HSTECH.sessions_since_high.now", "count", 252.0, 251.5, "252 sessions, limit 251.5, "),
        ("HSTECH.data_alerts.now", "count", 1.0, 0.0, "1 data alert, limit 0, "),
        ("HSTECH.regime.now", "count", -1.0, -0.5, "bear, "),
    ],
)
def test_numbers_of_every_unit(metric: str, unit: str, value: float, limit: float, lead: str) -> None:
    """Value and limit have the digits that both need, counts say of what, long times are in hours, regimes in words."""
    message = word(note(metric=metric, unit=unit, value=value, limit=limit, trigger=((">", limit),)))

    assert message.lead == f"{lead}since 10:00:00 HKT"


@pytest.mark.parametrize(
    ("value", "limit", "beyond"),
    [(1.62, 1.5, "0.12 pp"), (1.5004, 1.5, "0.0004 pp"), (1.50509, 1.50491, "0.00018 pp"), (1.5, 1.5, None)],
)
def test_the_distance_is_never_shown_as_zero(value: float, limit: float, beyond: str | None) -> None:
    """However little it is beyond, the message says how much; at the limit it says nothing."""
    facts = {
        fact.label: fact.value
        for fact in word(note(value=value, limit=limit, trigger=((">", limit),), distance=value - limit)).facts
    }

    assert ("beyond" in facts["limit"]) == (beyond is not None)
    assert beyond is None or facts["limit"].endswith(f"({beyond} beyond)")


def test_the_first_ten_facts_are_those_a_field_is_for() -> None:
    """Slack shows ten: value, limit, clear, held, peak, each leg, z, coverage (ALERTING section 13)."""
    facts = word(note(z=2.1, baskets=(MAG7,), path=((START, "info"), (START, "warning")))).facts

    assert [fact.label for fact in facts] == [
        *("value", "limit", "clear", "held", "peak", "HSTECH", "NDX", "z", "coverage"),
        *("level", "mag7"),
    ]


def test_programs_get_the_exact_note() -> None:
    """The document is the notification with every digit, and the level stands in the message."""
    told = note(value=1.6249999999999998, z=0.1 + 0.2)
    message = word(told)

    assert msgspec.json.decode(message.document, type=Notification) == told
    assert message.level == "warning"


@pytest.mark.parametrize("title", ["<!channel> & <b>", "a\x00b\x1b[31mc\r\nBcc: x", "恒" * 10_000])
def test_a_title_is_data(title: str) -> None:
    """Nothing in a title breaks a line or fills a screen."""
    message = word(note(title=title))

    assert all(text.isprintable() for text in (message.title, message.subject, message.summary, message.lead))
    assert len(message.title) <= 300
    assert "<!channel>" not in title or message.title == "<!channel> & <b>"


def test_a_rule_over_several_pairs_says_which() -> None:
    """The title of a rule with `each` is that of all its instances: the one it is about is added, once."""
    assert word(note(title="Spread is wide", each=True)).title == "Spread is wide · hstech-ndx"
    assert word(note(title="hstech-ndx is wide", each=True)).title == "hstech-ndx is wide"
    assert word(note(title="Spread is wide")).title == "Spread is wide"


def test_what_snapshots_say_is_data() -> None:
    """A producer's names and sources cannot forge a line of a message, or fill it."""
    forged = replace(HSTECH, name="x\nlimit: none", source="s\r\n\x1b[2J" * 5000, currency="\u202eDKH")
    message = word(note(legs=(forged,), quality=("a\nb" * 5000,)))

    for text in (*(part for fact in message.facts for part in (fact.label, fact.value)), *message.remarks):
        assert text.isprintable()
        assert len(text) <= 2000


def test_every_mark_is_in_the_first_line() -> None:
    """Simulated, late and possibly repeated messages say so where nobody can miss it."""
    message = word(note(simulated=True), Circumstances(delayed_s=200.0, may_repeat=True, test=True))

    assert message.summary.startswith("[WARNING · TEST · SIMULATED · DELAYED 3 m 20 s · MAY REPEAT] HSTECH")
    assert message.bracket == "[WARNING · TEST · SIMULATED · DELAYED 3 m 20 s · MAY REPEAT]"


def test_a_merged_closing_gives_both_times() -> None:
    """FIRING and RESOLVED in one message: when it began, when it was noticed, how long it lasted, both ids."""
    firing = note()
    message = word(note(Kind.RESOLVED, value=1.19, held_s=300), Circumstances(merged=(firing,)))

    assert message.lead == "+1.19 pp, lasted 5 m from 10:00:00 HKT, peak +1.75 pp, firing 10:01:00 HKT"
    assert message.merged == (firing.id,)
    assert f"Also delivers {firing.id}." in message.remarks


def test_what_held_it_back_is_named() -> None:
    """An announcement that comes late because of a silence says until when and because of what."""
    remarks = word(note(held_back=("cooldown", "silence s-7f3a"))).remarks

    assert "Held back until 10:01:00 HKT by cooldown, silence s-7f3a." in remarks


def test_a_basket_shows_coverage_and_contributors() -> None:
    """Coverage of all baskets in one line, the contributors each way in one line a basket."""
    facts = {fact.label: fact.value for fact in word(note(baskets=(MAG7,))).facts}

    assert facts["coverage"] == "mag7 86 % DEGRADED"
    assert facts["mag7"] == "TSLA +0.52 pp, NVDA +0.31 pp; AAPL -0.12 pp"


def test_the_subject_is_the_same_for_a_whole_episode() -> None:
    """Mail programs thread by it."""
    subjects = {word(note(kind)).subject for kind in Kind}

    assert subjects == {"hstech-ndx-wide: HSTECH ahead of Nasdaq-100"}


def test_tone_follows_level_and_kind() -> None:
    """Critical is red, closings are green, missing data is grey, whatever the level."""
    assert word(note(level="critical")).tone is Tone.CRITICAL
    assert word(note(Kind.RESOLVED, level="critical")).tone is Tone.RESOLVED
    assert word(note(Kind.NO_DATA)).tone is Tone.NO_DATA


def test_a_fall_points_down() -> None:
    """A breach below has the glyph that points down."""
    assert word(note(trigger=(("<", -1.5),), limit=-1.5, value=-1.62)).glyph == "▼"


def test_the_own_sentence_replaces_the_built_in_one() -> None:
    """With a summary of the rule's own, badge and marks still come first."""
    message = word(note(summary="HSTECH 恒生科技 runs away", simulated=True))

    assert message.summary == "[WARNING · SIMULATED] HSTECH 恒生科技 runs away"


def test_a_failed_sentence_leaves_the_built_in_text_and_the_error() -> None:
    """The alert goes out with the reason why the rule's own words did not."""
    message = word(note(summary_error="ZeroDivisionError: division by zero"))

    assert message.summary == "[WARNING] HSTECH ahead of Nasdaq-100: +1.62 pp, limit +1.50, for 60 s"
    assert message.remarks[-1] == "The rule's own sentence could not be written: ZeroDivisionError: division by zero"


def test_dates_are_named_when_the_start_was_another_day() -> None:
    """An episode held over night says which day it began on."""
    message = word(note(held_s=86_400))

    assert message.lead == "+1.62 pp, limit +1.50, since 2026-11-10 10:00:00 HKT"
    assert START == 1_794_276_000_000
