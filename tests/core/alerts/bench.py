"""A workbench for the alert engine: a toy exchange, short ways to write rules and frames, a run that keeps score."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.shelf import Changes, Shelf
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Notification, Transition
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_reading import read_rules
from monitor.core.alerts.silence import Controls
from monitor.core.instant import SECOND
from monitor.core.metrics.frame import Frame, FrameLeg
from monitor.core.session import Calendar
from tests.vectors.alerts import universe_of

T = 1_794_276_000_000
"""2026-11-10T02:00:00Z in milliseconds."""

METRIC = "hstech-ndx.spread_pp.1d"


def toy_calendar() -> Calendar:
    """Three sessions of 80 seconds, 120 seconds apart, the first at T: open 0, break 30 to 40, close 80, auction 6."""
    start = T * 1_000_000
    rows = [
        [f"2026-11-{10 + i}", *(start + (120 * i + offset) * SECOND for offset in (0, 30, 40, 80))] for i in range(3)
    ]
    return Calendar.from_rows("TOY", "Asia/Hong_Kong", rows, 0.1, 0.1, 0.0)


CALENDARS = {"TOY": toy_calendar()}


def rule(**keys: Any) -> dict[str, Any]:
    """A rule table: above 1.5, no timers, no cooldown, no reminders, unless said otherwise. `for_` is `for`."""
    table = {
        "id": "wide",
        "metric": METRIC,
        "unit": "pp",
        "when": {"above": 1.5},
        "cooldown": "0s",
        "repeat_every": "never",
        "no_data": {"do": "ignore"},
        "notify": ["desk"],
        **keys,
    }
    return {("for" if key == "for_" else key): value for key, value in table.items()}


def rule_set(*tables: Mapping[str, Any], calendars: Mapping[str, Calendar] = CALENDARS) -> RuleSet:
    """The tables as rules of a universe that knows every name."""
    return RuleSet(read_rules(tables, universe_of(calendars)), calendars)


def frame(at_s: float, value: float | None, seq: int | None = None, **parts: Any) -> Frame:
    """A frame `at_s` seconds after T with one value; parts: other fields of the frame."""
    t = T + round(at_s * 1000)
    return Frame(t=t, seq=t if seq is None else seq, metrics={METRIC: value}, **parts)


def leg(age_s: float | None = 0.5, phase: str = "REGULAR", live: bool = True, **parts: Any) -> FrameLeg:
    """A leg that trades, unless said otherwise."""
    return FrameLeg(phase=phase, live=live, age_s=age_s, **parts)


class Hash:
    """A hash of Redis: what commits have left in it."""

    def __init__(self) -> None:
        self.fields: dict[str, bytes] = {}

    def change(self, changes: Changes) -> None:
        """Do what a commit does."""
        if changes.anew:
            self.fields.clear()
        self.fields.update(changes.put)
        for name in changes.gone:
            del self.fields[name]


class Run:
    """The engine over a timeline. Attributes keep everything it said."""

    def __init__(self, rules: RuleSet, controls: Controls | None = None) -> None:
        self.rules = rules
        self.controls = controls or Controls()
        self.state = AlertState()
        self._shelf = Shelf()
        self._head, self._instances, self._windows = b"", Hash(), Hash()
        self.transitions: list[Transition] = []
        self.notes: list[Notification] = []

    def take(self, frames: Iterable[Frame]) -> "Run":
        """Step through the frames."""
        for each in frames:
            self.state, transitions, notes = step(self.state, self.rules, each, self.controls)
            self.transitions.extend(transitions)
            self.notes.extend(notes)
            pieces = self._shelf.store(self.state)
            self._head = pieces.head
            self._instances.change(pieces.instances)
            self._windows.change(pieces.windows)
        return self

    def restart(self) -> None:
        """Drop the state and load what was stored of it, bit by bit."""
        if self._head:
            self.state, self._shelf = Shelf.load(self._head, self._instances.fields, self._windows.fields)

    def kinds(self) -> list[tuple[float, str]]:
        """(seconds after T, kind) of every notification."""
        return [((note.t - T) / 1000, note.kind.value) for note in self.notes]

    def phase(self, key: str = f"wide:{METRIC.split('.')[0]}") -> str:
        """Phase of one instance now."""
        return self.state.instances[key].phase


def series(values: Sequence[float | None], step_s: float = 1.0, start_s: float = 0.0) -> list[Frame]:
    """Frames at a steady pace."""
    return [frame(start_s + i * step_s, value) for i, value in enumerate(values)]
