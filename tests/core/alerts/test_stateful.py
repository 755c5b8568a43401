"""Snapshots, restarts, reloads and silences in any order: a disturbed engine says what an undisturbed one says."""

from collections import defaultdict
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from hypothesis.stateful import rule as action

from monitor.core.alerts.notification import Kind
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import METRIC, Run, T, leg, rule, rule_set

OTHER = "china-m7.spread_pp.1d"
EACH = {"metric": "*.spread_pp.1d", "each": ["hstech-ndx", "china-m7"]}

# Every kind of rule, and for each of them something that changes its definition, its subjects or only its words.
VARIANTS: list[dict[str, Any]] = [
    rule(),
    rule(title="other words", cooldown="9s", repeat_every="4s"),
    rule(for_="2s", clear={"below": 1.2}, clear_for="2s", no_data={"after": "3s"}),
    rule(severity="info", levels={"warning": {"when": {"above": 2.0}}, "critical": {"when": {"above": 2.5}}}),
    rule(when={"outside": [-1.5, 1.5]}, clear={"inside": [-1.0, 1.2]}, clear_for="1s"),
    rule(when={"inside": [-1.0, 1.2]}, once=True),
    rule(when={"moves": {"by": 1.0, "within": "4s"}}, max_gap="3s"),
    rule(when={"moves": {"by": 1.0, "within": "4s", "direction": "down"}}, clear={"moves": {"by": 0.5}}),
    rule(when={"below": -1.5}, session={"calendar": "TOY", "on_close": "hold"}, no_data={"after": "2s"}),
    rule(session={"calendar": "TOY", "skip_after_open": "3s"}, once="per_session", require_live=["HSTECH"]),
    rule(session={"calendar": "TOY"}, for_="1s", cooldown="5s"),
    rule(inhibited_by=["cross"], **EACH),
    rule(valid_until="2026-11-10T02:01:00Z"),
]
CROSS: dict[str, Any] = {
    key: value for key, value in rule(id="cross", when={"crosses_up": 1.5}).items() if key != "repeat_every"
}

values = st.sampled_from([-2.6, -1.6, -1.5, 0.0, 1.1, 1.3, 1.5, 1.6, 2.1, 2.6, None])


class Engines(RuleBasedStateMachine):
    """One engine that is left in peace and one that is restarted, given old frames and silenced."""

    def __init__(self) -> None:
        super().__init__()
        self.t, self.seq = T - 3000, 0
        self.plain, self.disturbed = Run(rule_set(CROSS, VARIANTS[0])), Run(rule_set(CROSS, VARIANTS[0]))
        self.frames: list[Frame] = []

    @initialize(variant=st.sampled_from(VARIANTS))
    def start(self, variant: dict[str, Any]) -> None:
        """Both engines begin with the same rules."""
        self.reload(variant, True)

    @action(step=st.sampled_from([0, 500, 1000, 2000, 11_000]), first=values, second=values, live=st.booleans())
    def one_frame(self, step: int, first: float | None, second: float | None, live: bool) -> None:
        """A new frame for both; the disturbed engine gets it twice."""
        self._feed(step, first, second, live)

    @action(count=st.integers(2, 12), first=values, second=values)
    def steady_frames(self, count: int, first: float | None, second: float | None) -> None:
        """The same values for a while, one frame a second: timers run out, outages are told."""
        for _ in range(count):
            self._feed(1000, first, second, True)

    def _feed(self, step: int, first: float | None, second: float | None, live: bool) -> None:
        self.t, self.seq = self.t + step, self.seq + 1
        frame = Frame(t=self.t, seq=self.seq, metrics={METRIC: first, OTHER: second}, legs={"HSTECH": leg(live=live)})
        self.frames.append(frame)
        self.plain.take([frame])
        self.disturbed.take([frame, frame])

    @action()
    def restart(self) -> None:
        """The disturbed engine goes on from its stored state."""
        self.disturbed.restart()

    @action()
    def old_frames(self) -> None:
        """The disturbed engine is given everything again."""
        self.disturbed.take(self.frames)

    @action(variant=st.sampled_from(VARIANTS), with_cross=st.booleans())
    def reload(self, variant: dict[str, Any], with_cross: bool) -> None:
        """New rules for both."""
        for run in (self.plain, self.disturbed):
            run.rules = rule_set(variant, CROSS) if with_cross or "inhibited_by" in variant else rule_set(variant)

    @action()
    def remove_all(self) -> None:
        """No rules for both."""
        for run in (self.plain, self.disturbed):
            run.rules = rule_set()

    @action(length=st.integers(0, 5000))
    def silence(self, length: int) -> None:
        """A silence for both, from now on."""
        silence = Silence(id="s", starts=self.t, ends=self.t + length, instance="hstech*")
        self.plain.controls = self.disturbed.controls = Controls((silence,))

    @invariant()
    def same_outputs(self) -> None:
        """Restarts and old frames change nothing."""
        assert self.disturbed.notes == self.plain.notes
        assert self.disturbed.transitions == self.plain.transitions

    @invariant()
    def ids_are_unique(self) -> None:
        """No two notifications share an id."""
        ids = [note.id for note in self.plain.notes]
        assert len(set(ids)) == len(ids)

    def teardown(self) -> None:
        """With all rules gone, every episode and outage that was told has exactly one closing, which comes last."""
        self.remove_all()
        self.t += 1
        self.plain.take([Frame(t=self.t, seq=self.seq)])
        told: dict[str, list[Kind]] = defaultdict(list)
        for note in self.plain.notes:
            if note.kind not in (Kind.EVENT, Kind.NO_DATA, Kind.DATA_BACK):
                told[note.subject_key].append(note.kind)
        for kinds in told.values():
            assert kinds[0] is Kind.FIRING
            assert [kind for kind in kinds if not kind.opening] == kinds[-1:]
        assert self.plain.state.instances == {}
        outages = [note.kind for note in self.plain.notes if note.kind in (Kind.NO_DATA, Kind.DATA_BACK)]
        assert outages.count(Kind.DATA_BACK) <= outages.count(Kind.NO_DATA)


Engines.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestEngines = Engines.TestCase
