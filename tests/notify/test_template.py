"""The rule's own sentence: what may be written, and what happens when it cannot be."""

import pytest

from monitor.notify.template import check_template, render_template
from tests.notify.notes import note


def test_the_example_of_the_specification() -> None:
    """`{{ value|pp }}` is the number as messages show it."""
    source = "{{ title }}: {{ value|pp }} (limit {{ threshold|pp }})"
    check_template(source)

    assert render_template(source, note()) == "HSTECH ahead of Nasdaq-100: +1.62 pp (limit +1.50 pp)"


def test_times_and_durations() -> None:
    """Filters turn milliseconds into labelled times and seconds into words."""
    source = "since {{ start|hkt }} / {{ start|et }}, {{ held_s|duration }}"

    assert render_template(source, note()) == "since 10:00:00 HKT / 21:00:00 ET, 60 s"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{{ valeu|pp }}", "undefined variable 'valeu'"),
        ("{{ value|furlongs }}", "furlongs"),
        ("{{ value", "template cannot be read"),
    ],
)
def test_faults_are_found_at_load(source: str, reason: str) -> None:
    """A template that can never work is refused before it is needed, with the reason."""
    with pytest.raises(ValueError, match=reason):
        check_template(source)


@pytest.mark.parametrize("source", ["{{ 1 / 0 }}", "{{ title.__class__.__mro__ }}", "{{ value.nothing }}"])
def test_faults_at_run_time_are_one_kind_of_error(source: str) -> None:
    """Whatever goes wrong inside, the caller gets a ValueError and sends the built-in text; the sandbox holds."""
    with pytest.raises(ValueError, match="Error"):
        render_template(source, note())


def test_a_sentence_of_ten_thousand_letters_is_cut() -> None:
    """2,000 characters at most, without control characters; and building a huge one is refused by the sandbox."""
    written = render_template("{{ title }}", note(title="x\x1b[2J" * 5_000))

    assert len(written) == 2000
    assert written.isprintable()
    with pytest.raises(ValueError, match="OverflowError"):
        render_template("{% for i in range(10000000) %}{{ title }}{% endfor %}", note())


def test_regimes_have_a_filter() -> None:
    """A rule on the regime can say it in words."""
    assert render_template("HSTECH is now a {{ value|regime }}", note(value=-1.0)) == "HSTECH is now a bear"


def test_the_sentence_is_one_line() -> None:
    """Line breaks cannot smuggle a header or a second message in."""
    assert render_template("{{ title }}\r\nBcc: x", note(title="a\nb")) == "a b Bcc: x"
