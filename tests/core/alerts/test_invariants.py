"""The invariants of ALERTING section 19 on random rules and random timelines; numbers in brackets are theirs."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.shelf import restored
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.rule import RANK, RuleSet
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import CALENDARS, METRIC, Run, T, frame, rule, rule_set

steady = settings(deadline=None)
"""How long one example takes depends on what else the machine does."""

CLOSINGS = (Kind.RESOLVED, Kind.SESSION_END)

# Values on, just beside and between the thresholds 1.2, 1.5 and 2.5: random reals would never meet them.
VALUES = st.sampled_from([0.5, 1.1, 1.2, 1.3, 1.5, 1.6, 1.6, 1.6, 2.5, 2.6, 2.6, None])
STEPS = st.sampled_from([0, 250, 1000, 1000, 1000, 2000, 3000, 3001, 15_000])

seconds = st.sampled_from(["0s", "1s", "2s", "5s"])

tables = st.fixed_dictionaries(
    {
        "for_": seconds,
        "clear_for": seconds,
        "cooldown": st.sampled_from(["0s", "5s", "20s"]),
        "repeat_every": st.sampled_from(["never", "3s"]),
        "max_gap": st.just("3s"),
        "no_data": st.sampled_from([{"do": "ignore"}, {"after": "2s"}, {"after": "2s", "do": "hold"}]),
    },
    optional={
        "clear": st.just({"below": 1.2}),
        "levels": st.just({"critical": {"when": {"above": 2.5}}}),
        "session": st.sampled_from(
            [{"calendar": "TOY"}, {"calendar": "TOY", "on_close": "hold", "skip_after_open": "3s"}]
        ),
    },
).map(lambda keys: rule(**keys))


@st.composite
def timelines(draw: st.DrawFn) -> list[Frame]:
    t, frames = -5000, []
    for seq, (step_ms, value) in enumerate(draw(st.lists(st.tuples(STEPS, VALUES), min_size=1, max_size=60))):
        t += step_ms
        frames.append(frame(t / 1000, value, seq=seq))
    return frames


def run(table: dict[str, Any], frames: Sequence[Frame], controls: Controls | None = None) -> Run:
    return Run(rule_set(table), controls).take(frames)


def told(notes: Sequence[Notification]) -> list[tuple[int, str]]:
    return [(note.t, note.id) for note in notes]


def phases(run: Run) -> list[tuple[int, str, str]]:
    return [(each.t, each.before, each.after) for each in run.transitions if each.before != each.after]


@steady
@given(tables, timelines())
def test_every_episode_opens_once_and_is_closed_once(table: dict[str, Any], frames: list[Frame]) -> None:
    """[1] FIRING (REMINDER | ESCALATED)* closing; with all rules gone, everything told is closed. [2] Ids differ."""
    result = run(table, frames)
    result.rules = RuleSet((), CALENDARS)
    result.take([frame(1000, 1.6)])

    episodes: dict[int, list[Kind]] = defaultdict(list)
    for note in result.notes:
        if note.kind not in (Kind.NO_DATA, Kind.DATA_BACK):
            episodes[note.episode].append(note.kind)
    for kinds in episodes.values():
        assert kinds[0] is Kind.FIRING
        assert kinds[-1] in CLOSINGS
        assert set(kinds[1:-1]) <= {Kind.REMINDER, Kind.ESCALATED}
    assert len({note.id for note in result.notes}) == len(result.notes)
    assert result.state.instances == {}


@steady
@given(tables, timelines(), st.data())
def test_restart_anywhere_changes_nothing(table: dict[str, Any], frames: list[Frame], data: st.DataObject) -> None:
    """[3] Serialise, drop and load between any two frames: the same outputs, and an equal state."""
    cut = data.draw(st.integers(0, len(frames)))
    restarted = run(table, frames[:cut])
    restarted.restart()
    restarted.take(frames[cut:])

    undisturbed = run(table, frames)
    assert restarted.notes == undisturbed.notes
    assert restarted.transitions == undisturbed.transitions
    assert restarted.state == undisturbed.state


@steady
@given(tables, timelines(), st.data())
def test_old_frames_change_nothing(table: dict[str, Any], frames: list[Frame], data: st.DataObject) -> None:
    """[4] A span delivered again is dropped, and the state handed back is the very same."""
    start = data.draw(st.integers(0, len(frames) - 1))
    end = data.draw(st.integers(start, len(frames) - 1))
    result = run(table, frames[: end + 1])
    for old in frames[start : end + 1]:
        again = step(result.state, result.rules, old)
        assert again == (result.state, (), ())
        assert again.state is result.state


@steady
@given(tables, timelines())
def test_firing_means_the_breach_held(table: dict[str, Any], frames: list[Frame]) -> None:
    """[5] FIRING: every valid observation in [episode, episode + for] breaches, in one opening of the gate, without a
    hole longer than max_gap, and at least `for` has passed."""
    rules = rule_set(table)
    entry = next(iter(rules.entries.values()))
    for note in run(table, frames).notes:
        if note.kind is not Kind.FIRING:
            continue
        end = note.episode + entry.rule.for_ms
        assert note.t >= end
        gated = [each for each in frames if note.episode <= each.t and (entry.gate is None or entry.gate.at(each.t))]
        valid = [each for each in gated if each.metrics[METRIC] is not None]
        start = next(i for i, each in enumerate(valid) if each.t == note.episode and (each.metrics[METRIC] or 0) > 1.5)
        held = [each for each in valid[start:] if each.t <= end] or [valid[start]]
        # An observation at the very end of `for` may already be a clear, when another at the same time came first.
        assert all((each.metrics[METRIC] or 0) > 1.5 for each in held if each.t < end)
        following = [each.t for each in valid[start:]]
        reached = next(i for i, t in enumerate(following) if t >= end)
        assert all(b - a <= 3000 for a, b in pairwise(following[: reached + 1]))
        if entry.gate is not None:
            assert entry.gate.at(note.episode) == entry.gate.at(following[reached])


@steady
@given(tables, timelines())
def test_resolved_without_reason_means_the_clear_held(table: dict[str, Any], frames: list[Frame]) -> None:
    """[6] Over the last clear_for before RESOLVED no valid observation missed the clear."""
    rules = rule_set(table)
    entry = next(iter(rules.entries.values()))
    base = entry.rule.base
    for note in run(table, frames).notes:
        if note.kind is Kind.RESOLVED and note.reason is None:
            since = note.t - entry.rule.clear_for_ms
            values = [each.metrics[METRIC] for each in frames if since < each.t < note.t]
            assert all(base.cleared(value, 1) for value in values if value is not None)


@steady
@given(tables, st.lists(st.sampled_from([1.2, 1.3, 1.5]), min_size=1, max_size=40), st.booleans())
def test_dead_band_neither_starts_nor_ends(table: dict[str, Any], values: list[float], firing: bool) -> None:
    """[7] Between clear and trigger nothing happens, whatever the phase."""
    table = {**table, "clear": {"below": 1.2}, "for": "0s", "repeat_every": "never"} | {"session": None}
    result = Run(rule_set({key: value for key, value in table.items() if value is not None}))
    result.take([frame(0, 1.6 if firing else 1.3)])
    before = len(result.transitions)
    result.take([frame(1 + i, value) for i, value in enumerate(values)])

    assert [each for each in result.transitions[before:] if each.before != each.after] == []


@steady
@given(tables, timelines())
def test_firing_keeps_the_cooldown(table: dict[str, Any], frames: list[Frame]) -> None:
    """[8] FIRING comes at least `cooldown` after the last closing, or on a level above that episode's highest."""
    closed: Notification | None = None
    cooldown = next(iter(rule_set(table).rules)).cooldown_ms
    for note in run(table, frames).notes:
        if note.kind in CLOSINGS:
            closed = note
        elif note.kind is Kind.FIRING and closed is not None:
            assert note.t - closed.t >= cooldown or RANK[note.level] > RANK[closed.level]


@steady
@given(tables, timelines(), st.integers(-5, 60), st.integers(0, 60))
def test_a_silence_opens_nothing_and_changes_no_state(
    table: dict[str, Any], frames: list[Frame], start_s: int, length_s: int
) -> None:
    """[9] Nothing opens while hushed. [10] Phases and levels are those of an undisturbed run."""
    starts, ends = T + 1000 * start_s, T + 1000 * (start_s + length_s)
    hushed = run(table, frames, Controls((Silence(id="s", starts=starts, ends=ends, rule="w*"),)))

    assert not [note for note in hushed.notes if note.kind.opening and starts <= note.t < ends]
    assert phases(hushed) == phases(run(table, frames))


@steady
@given(tables, tables, timelines())
def test_rules_are_independent(first: dict[str, Any], second: dict[str, Any], frames: list[Frame]) -> None:
    """[11] Two rules together say what each says alone, in either order."""
    second = {**second, "id": "other"}
    alone = sorted(told(run(first, frames).notes) + told(run(second, frames).notes))

    assert sorted(told(Run(rule_set(first, second)).take(frames).notes)) == alone
    assert sorted(told(Run(rule_set(second, first)).take(frames).notes)) == alone


@steady
@given(tables, timelines())
def test_below_mirrors_above(table: dict[str, Any], frames: list[Frame]) -> None:
    """[12] `above x` on v behaves as `below −x` on −v."""
    mirrored = {**table, "when": {"below": -1.5}}
    if "clear" in table:
        mirrored["clear"] = {"above": -1.2}
    if "levels" in table:
        mirrored["levels"] = {"critical": {"when": {"below": -2.5}}}
    negated = [
        Frame(t=each.t, seq=each.seq, metrics={name: None if v is None else -v for name, v in each.metrics.items()})
        for each in frames
    ]

    assert told(run(mirrored, negated).notes) == told(run(table, frames).notes)


@steady
@given(tables, timelines(), st.integers(-(10**9), 10**9))
def test_shifting_time_shifts_everything(table: dict[str, Any], frames: list[Frame], shift: int) -> None:
    """[13] Without session and mute only differences of time matter."""
    table = {key: value for key, value in table.items() if key != "session"}
    later = [Frame(t=each.t + shift, seq=each.seq, metrics=each.metrics) for each in frames]

    shifted = [(note.t - shift, note.episode - shift, note.kind, note.level) for note in run(table, later).notes]
    assert shifted == [(note.t, note.episode, note.kind, note.level) for note in run(table, frames).notes]


@steady
@given(tables, timelines())
def test_outside_the_gate_nothing_opens(table: dict[str, Any], frames: list[Frame]) -> None:
    """[14] While the gate is shut there is no opening message and no RESOLVED without a reason."""
    rules = rule_set(table)
    gate = next(iter(rules.entries.values())).gate
    for note in run(table, frames).notes:
        if gate is not None and gate.at(note.t) is None:
            assert not note.kind.opening
            assert note.kind is not Kind.RESOLVED or note.reason is not None


@steady
@given(tables, timelines())
def test_no_data_and_data_back_alternate(table: dict[str, Any], frames: list[Frame]) -> None:
    """[15] NO_DATA, DATA_BACK, NO_DATA, …; a new session may tell again, and DATA_BACK closes the latest."""
    open_anchor: int | None = None
    gate = next(iter(rule_set(table).entries.values())).gate
    for note in run(table, frames).notes:
        if note.kind is Kind.NO_DATA:
            if open_anchor is not None:
                assert gate is not None
                before, now = gate.at(open_anchor), gate.at(note.t)
                assert now is not None
                assert before is None or before.session != now.session
            open_anchor = note.episode
        elif note.kind is Kind.DATA_BACK:
            assert note.episode == open_anchor
            open_anchor = None


@steady
@given(tables, timelines())
def test_step_leaves_its_arguments_alone(table: dict[str, Any], frames: list[Frame]) -> None:
    """The state passed in is the same before and after, and stepping from it twice gives the same twice."""
    rules, state = rule_set(table), AlertState()
    for each in frames:
        before = restored(state)
        first, second = step(state, rules, each), step(state, rules, each)
        assert restored(state) == before
        assert first == second
        state = first.state
