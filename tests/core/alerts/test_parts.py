"""The small parts of the alert engine: durations, gates, mute windows, silences, move windows, the stored state."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.duration import parse_duration, spell_duration
from monitor.core.alerts.engine.window import Window
from monitor.core.alerts.rules.gate import Gate, Opening
from monitor.core.alerts.rules.mute import ClockMute
from monitor.core.alerts.silence import Silence, matches, silence_from
from monitor.core.instant import parse_instant, to_milliseconds
from tests.core.alerts.bench import CALENDARS, T

TOY = CALENDARS["TOY"]


def ms(text: str) -> int:
    return to_milliseconds(parse_instant(text))


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("0s", 0), ("1ms", 1), ("60s", 60_000), ("5m", 300_000), ("2h", 7_200_000), ("1d", 86_400_000)],
)
def test_durations(text: str, milliseconds: int) -> None:
    """A whole number and a unit."""
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize("text", ["", "60", "1.5m", "-1s", "01s", "1 s", "1S", "1s ", "1w", "٣s", "1" * 5000 + "s"])
def test_what_is_no_duration(text: str) -> None:
    """Everything else is refused, other scripts' digits and absurd lengths included."""
    with pytest.raises(ValueError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (400, "0.4 s"),
        (59_949, "59.9 s"),
        (59_950, "1 m"),
        (75_000, "1 m 15 s"),
        (3_600_000, "1 h"),
        (1e300, "1157407 d 9 h"),
    ],
)
def test_durations_in_words(milliseconds: float, words: str) -> None:
    """The two largest units, whatever the length."""
    assert spell_duration(milliseconds) == words


def test_gate_opens_by_phase_without_its_first_moments() -> None:
    """The skip belongs to the day's opening and does not repeat after the break; label and bounds come with it."""
    gate = Gate(TOY, ("REGULAR",), 5000)

    assert gate.at(T + 4999) is None
    assert gate.at(T + 5000) == Opening(T + 5000, T + 30_000, "2026-11-10")
    assert gate.at(T + 30_000) is None
    assert gate.at(T + 40_000) == Opening(T + 40_000, T + 80_000, "2026-11-10")
    assert gate.at(T + 80_000) is None
    assert gate.at(T - 10**9) is None
    assert gate.at(T + 10**9) is None


def test_openings_that_touch_are_one() -> None:
    """REGULAR and BREAK together are open without a seam; PRE before a skip is not lengthened by it."""
    assert Gate(TOY, ("REGULAR", "BREAK"), 0).openings("2026-11-10") == (Opening(T, T + 80_000, "2026-11-10"),)
    assert Gate(TOY, ("PRE", "REGULAR", "AUCTION"), 0).openings("2026-11-11") == (
        Opening(T + 114_000, T + 150_000, "2026-11-11"),
        Opening(T + 160_000, T + 206_000, "2026-11-11"),
    )
    assert Gate(TOY, ("PRE", "REGULAR"), 35_000).openings("2026-11-10") == (
        Opening(T - 6000, T, "2026-11-10"),
        Opening(T + 40_000, T + 80_000, "2026-11-10"),
    )


def test_a_session_is_over_with_its_last_opening() -> None:
    """Lunch is a pause; the close is the end; a session the table does not know is over."""
    gate = Gate(TOY, ("REGULAR",), 0)

    assert not gate.over("2026-11-10", T + 35_000)
    assert not gate.over("2026-11-10", T + 79_999)
    assert gate.over("2026-11-10", T + 80_000)
    assert gate.over("1999-12-31", T)


@pytest.mark.parametrize(
    ("at", "on"),
    [
        ("2026-11-09T13:59:59Z", False),  # Monday 21:59:59 HKT
        ("2026-11-09T14:00:00Z", True),
        ("2026-11-09T17:59:59Z", True),  # Tuesday 01:59:59, of the window that began on Monday
        ("2026-11-09T18:00:00Z", False),
        ("2026-11-10T14:00:00Z", False),  # Tuesday evening
    ],
)
def test_a_mute_window_over_midnight_belongs_to_its_starting_day(at: str, on: bool) -> None:
    """`days` names the day on which the window begins, in local time."""
    assert ClockMute(22 * 60, 2 * 60, "Asia/Hong_Kong", (0,)).on(ms(at)) is on


def test_a_mute_window_follows_the_clock_change() -> None:
    """09:30 in New York is 14:30 UTC in winter and 13:30 in summer."""
    window = ClockMute(9 * 60 + 30, 10 * 60, "America/New_York")

    assert window.on(ms("2026-11-10T14:30:00Z"))
    assert not window.on(ms("2026-11-10T13:30:00Z"))
    assert window.on(ms("2026-07-10T13:30:00Z"))


@pytest.mark.parametrize(
    ("pattern", "rule_id", "found"),
    [
        ("hstech-*", "hstech-ndx", True),
        ("*", "x", True),
        ("hstech", "hstech-ndx", False),
        ("*ndx*", "hstech-ndx-wide", True),
        ("h?tech", "hstech", False),
        ("[h]stech", "hstech", False),
        ("0700.HK", "0700xHK", False),
    ],
)
def test_only_the_star_is_a_wildcard(pattern: str, rule_id: str, found: bool) -> None:
    """Every other character stands for itself, and the whole name must match."""
    assert matches(Silence(id="s", starts=0, ends=1, rule=pattern), rule_id, "i", "info") is found


def test_every_key_of_a_silence_must_match() -> None:
    """A level that is not listed is not silenced."""
    silence = silence_from(
        {
            "id": "s",
            "match": {"rule": "a*", "level": ["info"]},
            "starts": "2026-11-10T02:00:00Z",
            "ends": "2026-11-10T10:00:00.500+08:00",
        }
    )

    assert (silence.starts, silence.ends) == (T, T + 500)
    assert matches(silence, "ab", "i", "info")
    assert not matches(silence, "ab", "i", "critical")
    assert not matches(silence, "b", "i", "info")


@pytest.mark.parametrize("match", [{}, {"severity": "info"}, {"level": "info"}, None])
def test_a_silence_that_matches_nothing_in_particular_is_refused(match: object) -> None:
    """At least one known key is needed, and levels are a list."""
    with pytest.raises(ValueError):
        silence_from({"id": "s", "match": match, "starts": "2026-11-10T02:00:00Z", "ends": "2026-11-10T02:00:01Z"})


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(-9, 9)), min_size=1, max_size=400),
    st.integers(1000, 20_000),
    st.integers(500, 3000),
)
def test_move_window_agrees_with_looking_back(steps: list[tuple[int, int]], within: int, max_gap: int) -> None:
    """Pushing one observation at a time gives the move and the coverage of the plain definition."""
    t, seen, window = 0, [], Window([], [])
    for step, value in steps:
        t += step
        seen.append((t, float(value)))
        window = window.push(t, float(value), within, max_gap)
        inside = [(at, v) for at, v in seen if at >= t - within]
        gaps = [b[0] - a[0] for a, b in pairwise(inside)]
        assert window.move == inside[-1][1] - inside[0][1]
        assert window.covered == sum(gap for gap in gaps if gap <= max_gap)
        assert window.times[window.start : window.end] == [at for at, _ in inside]


def test_a_window_pushed_twice_keeps_both_apart() -> None:
    """Two successors of one window do not see each other's observations."""
    first = Window([], []).push(0, 1.0, 1000, 1000)
    left, right = first.push(10, 2.0, 1000, 1000), first.push(20, 5.0, 1000, 1000)

    assert (left.move, right.move, first.move) == (1.0, 4.0, 0.0)
    assert right.times[right.start : right.end] == [0, 20]
