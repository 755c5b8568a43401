"""The invariants of ALERTING section 19 for every kind of condition and every kind of hush; numbers in brackets are
theirs. `test_invariants` looks closer at one-sided thresholds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.rule import Rule
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import METRIC, Run, T, frame, rule, rule_set

steady = settings(deadline=None)
"""How long one example takes depends on what else the machine does."""

FEED = "HSTECH.age_seconds.now"
OTHER = "china-m7.spread_pp.1d"
VALUES = [-2.6, -1.6, -1.5, -1.2, 0.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.6, 2.6, 4.2, None]
STEPS = [250, 1000, 1000, 1000, 2000, 3000, 3001, 15_000]


def edge(**keys: Any) -> dict[str, Any]:
    """A rule that has no reminders to repeat."""
    return {key: value for key, value in rule(**keys).items() if key != "repeat_every"}


TIMERS: dict[str, Any] = {"for_": "2s", "clear_for": "1s", "max_gap": "3s", "cooldown": "4s", "repeat_every": "3s"}
SIDED: list[dict[str, Any]] = [
    rule(**TIMERS),
    rule(when={"below": -1.5}, clear={"above": -1.2}, **TIMERS),
    rule(when={"outside": [-1.5, 1.5]}, clear={"inside": [-1.2, 1.2]}, **TIMERS),
    rule(when={"outside": [-1.5, 1.5]}, levels={"critical": {"when": {"outside": [-2.5, 2.5]}}}, **TIMERS),
    rule(when={"inside": [-1.5, 1.5]}, clear={"outside": [-1.6, 1.6]}, **TIMERS),
]
MOVES: list[dict[str, Any]] = [
    rule(when={"moves": {"by": 1.0, "within": "4s"}}, **TIMERS),
    rule(when={"moves": {"by": 1.0, "within": "4s", "direction": "up"}}, clear={"moves": {"by": 0.5}}, **TIMERS),
    rule(when={"moves": {"by": 1.0, "within": "4s", "direction": "down"}}, **TIMERS),
]
EDGES: list[dict[str, Any]] = [
    edge(when={"crosses_up": 1.5}, cooldown="4s", max_gap="3s"),
    edge(when={"crosses_down": -1.5}, gap_counts=True, cooldown="2s"),
]
KINDS = SIDED + MOVES + EDGES

timelines = st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(VALUES)), min_size=1, max_size=60)


def frames_of(steps: Sequence[tuple[int, float | None]]) -> list[Frame]:
    """Frames from five seconds before T on."""
    t, frames = -5000, []
    for step_ms, value in steps:
        t += step_ms
        frames.append(frame(t / 1000, value))
    return frames


def run(table: dict[str, Any], frames: Sequence[Frame]) -> Run:
    """The rule over the frames."""
    return Run(rule_set(table)).take(frames)


def said(notes: Sequence[Notification]) -> list[tuple[int, int, Kind, str]]:
    """What was told, when, and about which episode."""
    return [(note.t, note.episode, note.kind, note.level) for note in notes]


def phases(run: Run, name: str = "wide") -> list[tuple[int, str, str, str | None]]:
    """What became of the states of one rule."""
    moves = [(each.t, each.before, each.after, each.level) for each in run.transitions if each.rule == name]
    return [move for move in moves if move[1] != move[2]]


def side_of(note: Notification) -> int:
    """The side that a FIRING speaks of, by its trigger; two bounds belong to a band, whose side counts as upper."""
    return 1 if len(note.evidence.trigger) == 2 or note.evidence.trigger[0][0] == ">" else -1


@steady
@given(st.sampled_from(SIDED), timelines)
def test_firing_means_a_breach_on_one_side(table: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """[5] All valid observations in [episode, episode + for] breach on the side that FIRING names, without a hole."""
    frames = frames_of(steps)
    known: Rule = rule_set(table).rules[0]
    for note in run(table, frames).notes:
        if note.kind is not Kind.FIRING:
            continue
        seen = [(each.t, value) for each in frames if (value := each.metrics[METRIC]) is not None]
        held = [(t, value) for t, value in seen if note.episode <= t <= note.episode + known.for_ms]
        assert held[0][0] == note.episode
        assert note.t - note.episode >= known.for_ms
        assert {known.base.breach(value) for _, value in held} == {side_of(note)}
        until = [t for t, _ in seen if note.episode <= t <= note.t]
        first = next(i for i, t in enumerate(until) if t - note.episode >= known.for_ms)
        assert all(later - earlier <= known.max_gap_ms for earlier, later in pairwise(until[: first + 1]))


@steady
@given(st.sampled_from(SIDED), timelines)
def test_resolved_means_a_clear_on_that_side(table: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """[6] Over the last clear_for before RESOLVED every valid observation cleared on the side of its FIRING."""
    frames = frames_of(steps)
    known: Rule = rule_set(table).rules[0]
    sides: dict[int, int] = {}
    for note in run(table, frames).notes:
        if note.kind is Kind.FIRING:
            sides[note.episode] = side_of(note)
        elif note.kind is Kind.RESOLVED:
            since = note.t - known.clear_for_ms
            values = [each.metrics[METRIC] for each in frames if since <= each.t <= note.t]
            cleared = [known.base.cleared(value, sides[note.episode]) for value in values if value is not None]
            assert cleared
            assert all(cleared)


@pytest.mark.parametrize(
    ("keys", "dead"),
    [
        ({"when": {"below": -1.5}, "clear": {"above": -1.2}}, [-1.5, -1.4, -1.2]),
        ({"when": {"outside": [-1.5, 1.5]}, "clear": {"inside": [-1.2, 1.2]}}, [1.2, 1.3, 1.5]),
        ({"when": {"inside": [-1.0, 1.0]}, "clear": {"outside": [-1.2, 1.2]}}, [1.0, 1.1, 1.2]),
    ],
)
@pytest.mark.parametrize("start", [0.0, 1.6, -1.6])
@steady
@given(data=st.data())
def test_dead_bands_do_nothing(keys: dict[str, Any], dead: list[float], start: float, data: st.DataObject) -> None:
    """[7] Values between clear and trigger alone neither start nor end anything, whatever the phase."""
    if start == -1.6 and "outside" in keys["when"]:
        start = 1.6  # the band above has nothing to say about an episode below
    result = run(rule(**keys), [frame(0, start)])
    before = len(result.transitions)
    values = data.draw(st.lists(st.sampled_from(dead), min_size=1, max_size=20))
    result.take([frame(1 + i, value) for i, value in enumerate(values)])

    assert result.transitions[before:] == []


@steady
@given(st.sampled_from(EDGES), timelines)
def test_events_keep_the_cooldown(table: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """[8] An EVENT is a closing message: the next one comes `cooldown` later at the earliest, and each one crossed."""
    cooldown = rule_set(table).rules[0].cooldown_ms
    result = run(table, frames_of(steps))

    assert all(later.t - earlier.t >= cooldown for earlier, later in pairwise(result.notes))
    crossed = {each.t for each in result.transitions if each.crossed}
    assert {note.t for note in result.notes} <= crossed


@steady
@given(st.sampled_from(KINDS), timelines, st.sampled_from(["open", "break", "clock"]))
def test_nothing_opens_in_a_mute_window(
    table: dict[str, Any], steps: list[tuple[int, float | None]], kind: str
) -> None:
    """[9] While a mute window is on nothing opens. [10] It changes no state."""
    windows: dict[str, dict[str, Any]] = {
        "open": {"calendar": "TOY", "phases": ["REGULAR"]},
        "break": {"calendar": "TOY", "phases": ["BREAK", "CLOSED"]},
        "clock": {"from": "10:00", "to": "10:01", "tz": "Asia/Hong_Kong"},
    }
    frames = frames_of(steps)
    muted = run({**table, "mute": [windows[kind]]}, frames)
    calendar = muted.rules.calendars["TOY"]

    def on(t: int) -> bool:
        if kind == "clock":
            return T <= t < T + 60_000
        return calendar.phase(t * 1_000_000).value in windows[kind]["phases"]

    assert not [note for note in muted.notes if note.kind.opening and on(note.t)]
    assert phases(muted) == phases(run(table, frames))


@steady
@given(
    st.sampled_from(KINDS),
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.sampled_from(VALUES), st.sampled_from([1.0, 25.0, None])),
        min_size=1,
        max_size=60,
    ),
)
def test_nothing_opens_while_inhibited(
    table: dict[str, Any], steps: list[tuple[int, float | None, float | None]]
) -> None:
    """[9] While a rule in inhibited_by fires, after pass 1 of the same frame, nothing opens. [10] States do not change.
    Where the inhibitor stands in the file does not matter."""
    down = rule(id="feed-down", metric=FEED, unit="seconds", when={"above": 20}, clear_for="1s")
    held = {**table, "inhibited_by": ["feed-down"]}
    t, frames = -5000, []
    for step_ms, value, age_s in steps:
        t += step_ms
        frames.append(Frame(t=T + t, seq=T + t, metrics={METRIC: value, FEED: age_s}))
    first, last = Run(rule_set(down, held)), Run(rule_set(held, down))
    for each in frames:
        before = len(first.notes)
        first.take([each])
        last.take([each])
        if first.state.instances["feed-down:HSTECH"].active:
            assert not [note for note in first.notes[before:] if note.rule == "wide" and note.kind.opening]

    assert sorted(said(first.notes)) == sorted(said(last.notes))
    assert phases(first) == phases(run(table, frames))


@steady
@given(st.sampled_from(KINDS), timelines, st.lists(st.sampled_from(VALUES), min_size=60, max_size=60))
def test_instances_are_independent(
    table: dict[str, Any], steps: list[tuple[int, float | None]], others: list[float | None]
) -> None:
    """[11] What one instance of a rule says does not depend on the others."""
    alone = run(table, frames_of(steps))
    frames = [
        Frame(t=each.t, seq=each.seq, metrics={**each.metrics, OTHER: other})
        for each, other in zip(frames_of(steps), others, strict=False)
    ]
    both = run({**table, "metric": "*.spread_pp.1d", "each": ["china-m7", "hstech-ndx"]}, frames)

    assert said([note for note in both.notes if note.instance == "hstech-ndx"]) == said(alone.notes)


MIRRORS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"when": {"outside": [-1.5, 1.6]}}, {"when": {"outside": [-1.6, 1.5]}}),
    ({"when": {"inside": [-1.2, 1.6]}}, {"when": {"inside": [-1.6, 1.2]}}),
    (
        {"when": {"moves": {"by": 1.0, "within": "4s", "direction": "up"}}},
        {"when": {"moves": {"by": 1.0, "within": "4s", "direction": "down"}}},
    ),
    ({"when": {"moves": {"by": 1.0, "within": "4s"}}},) * 2,
]


@pytest.mark.parametrize(("one", "other"), MIRRORS)
@steady
@given(timelines)
def test_mirrors(one: dict[str, Any], other: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """[12] A condition on v behaves as its mirror image on −v."""
    negated = [(step_ms, None if value is None else -value) for step_ms, value in steps]

    assert said(run(rule(**one, **TIMERS), frames_of(steps)).notes) == said(
        run(rule(**other, **TIMERS), frames_of(negated)).notes
    )


@steady
@given(timelines)
def test_crossings_mirror(steps: list[tuple[int, float | None]]) -> None:
    """[12] crosses_up x on v behaves as crosses_down −x on −v."""
    negated = [(step_ms, None if value is None else -value) for step_ms, value in steps]

    assert said(run(edge(when={"crosses_up": 1.5}), frames_of(steps)).notes) == said(
        run(edge(when={"crosses_down": -1.5}), frames_of(negated)).notes
    )


@steady
@given(st.sampled_from(KINDS), timelines, st.integers(-(10**9), 10**9))
def test_shifted_time(table: dict[str, Any], steps: list[tuple[int, float | None]], shift: int) -> None:
    """[13] Only differences of time matter to any kind of condition."""
    frames = frames_of(steps)
    later = [Frame(t=each.t + shift, seq=each.seq, metrics=each.metrics) for each in frames]
    shifted = [(t - shift, episode - shift, kind, level) for t, episode, kind, level in said(run(table, later).notes)]

    assert shifted == said(run(table, frames).notes)


@steady
@given(st.sampled_from(KINDS), timelines, st.sampled_from(["resolve", "hold"]))
def test_outside_the_gate(table: dict[str, Any], steps: list[tuple[int, float | None]], on_close: str) -> None:
    """[14] While the gate is shut nothing opens and nothing is RESOLVED without a reason, whatever the condition."""
    result = run({**table, "session": {"calendar": "TOY", "on_close": on_close}}, frames_of(steps))
    gate = result.rules.entries["wide:hstech-ndx"].gate
    assert gate is not None

    for note in result.notes:
        if gate.at(note.t) is None:
            assert note.kind is Kind.SESSION_END
            assert on_close == "resolve"


@steady
@given(st.sampled_from(KINDS), timelines, st.data())
def test_restarts_and_repeats(
    table: dict[str, Any], steps: list[tuple[int, float | None]], data: st.DataObject
) -> None:
    """[3] Stored, dropped and loaded anywhere, and [4] given old frames again, every kind says the same."""
    frames = frames_of(steps)
    cut = data.draw(st.integers(0, len(frames)))
    disturbed = run(table, frames[:cut])
    disturbed.restart()
    disturbed.take(frames[:cut])
    disturbed.take(frames[cut:])
    steady_run = run(table, frames)

    assert disturbed.notes == steady_run.notes
    assert disturbed.transitions == steady_run.transitions


@steady
@given(st.sampled_from(KINDS), timelines)
def test_ids_and_order(table: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """[1] An episode opens once and closes once, with reminders and escalations between. [2] Ids differ and are made of
    what happened. With all rules gone nothing is left open."""
    result = run(table, frames_of(steps))
    result.rules = rule_set()
    result.take([frame(2000, 1.6)])
    told: dict[str, list[Kind]] = {}
    for note in result.notes:
        told.setdefault(note.subject_key, []).append(note.kind)
        assert note.id == f"{note.subject_key}:{note.kind}" + (f":{note.n}" if note.n else "")

    assert len({note.id for note in result.notes}) == len(result.notes)
    for kinds in told.values():
        if kinds != [Kind.EVENT]:
            assert kinds[0] is Kind.FIRING
            assert [kind.opening for kind in kinds] == [True] * (len(kinds) - 1) + [False]
    assert result.state.instances == {}


@steady
@given(st.sampled_from(KINDS), timelines)
def test_states_are_not_shared(table: dict[str, Any], steps: list[tuple[int, float | None]]) -> None:
    """Two futures of one state do not meet: stepping aside from it does not change what comes of it later."""
    rules, state = rule_set(table), AlertState()
    frames = frames_of(steps)
    plain = run(table, frames)
    notes: list[Notification] = []
    for each in frames:
        step(state, rules, Frame(t=each.t, seq=each.seq, metrics={METRIC: 9.0}))
        state, _, told = step(state, rules, each)
        notes += told

    assert notes == plain.notes
