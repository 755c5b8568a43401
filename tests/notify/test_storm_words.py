"""A STORM message as text: rule, value and limit of each alert that it tells."""

from monitor.core.alerts.notification import Kind
from monitor.notify.bulletin_words import word_bulletin
from monitor.notify.plain_text import plain_text
from monitor.notify.storm_words import storm_bulletin, storm_line
from tests.notify.notes import START, note

NOTES = [
    note(rule="wide", level="info"),
    note(rule="wider", episode=START + 1000, value=2.31),
    note(Kind.NO_DATA, rule="feed", held_s=30, value=None, trigger=(), clear=(), limit=None, peak=None),
]


def text(total: int = 3, earlier: int = 0) -> str:
    """The whole message, in plain words. earlier: lines that an edit repeats."""
    lines = [("old hstech-ndx", "WARNING: earlier")] * earlier + [storm_line(made) for made in NOTES]
    bulletin = storm_bulletin(
        NOTES, lines, identifier="storm:desk:1", thread="storm:desk:1", channel="desk", total=total
    )
    return plain_text(word_bulletin(bulletin))


def test_a_storm_as_text() -> None:
    """Level and rule of each on one line for a phone, and below it each with value, limit and start."""
    assert text() == (
        "[STORM] 3 more alerts: 2 warning, 1 info: wide hstech-ndx, wider hstech-ndx, feed hstech-ndx\n"
        "\n"
        "≋ STORM · 3 more alerts\n"
        "2 warning, 1 info: wide hstech-ndx, wider hstech-ndx, feed hstech-ndx\n"
        "\n"
        "wide hstech-ndx: INFO: +1.62 pp, limit +1.50, since 10:00:00 HKT\n"
        "wider hstech-ndx: WARNING: +2.31 pp, limit +1.50, since 10:00:01 HKT\n"
        "feed hstech-ndx: NO DATA: no valid value for 30 s, since 10:00:00 HKT\n"
        "\n"
        "Told here together because too many came at once; the end of each is told by itself.\n"
        "\n"
        "board hk-us\n"
        "2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET · id storm:desk:1\n"
    )


def test_a_storm_that_goes_on() -> None:
    """It says how many it told so far; an edit repeats the lines of before."""
    words = text(total=9, earlier=6)

    assert words.count("old hstech-ndx: WARNING: earlier") == 6
    assert "\n9 alerts in this storm so far.\n" in words


def test_a_storm_of_many() -> None:
    """The line for a phone names five; one alone is no plural."""
    notes = [note(rule=f"rule-{n}") for n in range(12)]
    many = storm_bulletin(notes, [], identifier="s", thread="s", channel="desk", total=12)
    single = storm_bulletin(notes[:1], [], identifier="s", thread="s", channel="desk", total=1)

    assert many.lead.endswith("rule-4 hstech-ndx and 7 more")
    assert len(many.about) == 12
    assert (single.title, single.lead) == ("1 more alert", "1 warning: rule-0 hstech-ndx")


def test_a_storm_of_invented_numbers_says_so() -> None:
    """One simulated note marks the message."""
    notes = [note(), note(rule="sim", simulated=True)]
    bulletin = storm_bulletin(notes, [], identifier="s", thread="s", channel="desk", total=2)

    assert word_bulletin(bulletin).marks == ("SIMULATED",)
