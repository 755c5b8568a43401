"""Alert rules as the engine uses them: checked, with every default filled in, durations in milliseconds.

Made from `config/alerts.toml` by `monitor.core.alerts.rules.rule_file`; nothing else builds them.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec

from monitor.core.alerts.rules.gate import Gate
from monitor.core.alerts.rules.mute import Mute
from monitor.core.alerts.rules.predicate import Condition, Crossing, Moves
from monitor.core.session import Calendar

SEVERITIES = ("info", "warning", "critical")
RANK = {severity: rank for rank, severity in enumerate(SEVERITIES)}

Once: TypeAlias = Literal["never", "ever", "per_session"]


class Level(msgspec.Struct, frozen=True):
    """One level of a rule: its severity and what takes the alert there."""

    name: str
    condition: Condition


class NoData(msgspec.Struct, frozen=True):
    """The data watch. after_ms: how long a fault lasts before it is told. do: alert, hold (record only) or ignore."""

    after_ms: int = 30_000
    do: Literal["alert", "hold", "ignore"] = "alert"


class Session(msgspec.Struct, frozen=True):
    """When a rule looks at all. phases: TIM-1. skip_ms: not in the first so many milliseconds after the day's opening.
    on_close: whether an open episode ends with the session (resolve) or waits for the next (hold)."""

    calendar: str
    phases: tuple[str, ...] = ("REGULAR",)
    skip_ms: int = 0
    on_close: Literal["resolve", "hold"] = "resolve"


class Message(msgspec.Struct, frozen=True):
    """The rule's own words. summary: Jinja2 template of one sentence, None for the built-in text. runbook: link."""

    summary: str | None = None
    runbook: str | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One alert rule. Field meanings are those of ALERTING section 3.

    metric: as written, with `*` for the subject in a rule with `each`. subjects: the instances, by subject.
    levels: base level first, ascending. crossing: set for edge rules, which have no condition in their base level.
    stale_after_s: seconds, as legs state their age. repeat_ms: None for never. valid_until: exclusive instant in
    milliseconds UTC, None for ever. definition: SHA-256 hex of what makes up the rule's meaning (ALERTING section 10).
    legs: subject → the instruments it is made of; baskets: subject → its baskets; both for the evidence.
    line: of the rule's `[[rule]]`, None when the rules did not come from a file.
    """

    id: str
    title: str
    metric: str
    measure: str
    metric_window: str
    unit: str
    subjects: tuple[str, ...]
    severity: str
    levels: tuple[Level, ...]
    definition: str
    moves: Moves | None = None
    crossing: Crossing | None = None
    for_ms: int = 0
    clear_for_ms: int = 0
    max_gap_ms: int = 10_000
    session: Session | None = None
    require_live: tuple[str, ...] = ()
    stale_after_s: float = 15.0
    no_data: NoData = NoData()
    repeat_ms: int | None = 1_800_000
    cooldown_ms: int = 300_000
    once: Once = "never"
    valid_until: int | None = None
    inhibited_by: tuple[str, ...] = ()
    mute: tuple[Mute, ...] = ()
    notify: tuple[str, ...] = ()
    message: Message = Message()
    legs: dict[str, tuple[str, ...]] = {}
    baskets: dict[str, tuple[str, ...]] = {}
    line: int | None = None

    @property
    def base(self) -> Condition:
        """The condition of the base level."""
        return self.levels[0].condition

    def level(self, name: str | None) -> Level:
        """The level of that name; the base level when there is none."""
        return next((level for level in self.levels if level.name == name), self.levels[0])

    def highest(self, value: float, side: int) -> str | None:
        """Name of the highest level whose trigger holds on `side`; None when not even the base level's does."""
        for level in reversed(self.levels):
            if level.condition.breach(value) == side:
                return level.name
        return None

    @property
    def session_text(self) -> str:
        """The session in one line: two rules look at the same times and close alike exactly when it is equal."""
        session = self.session
        if session is None:
            return ""
        return f"{session.calendar} {','.join(session.phases)} {session.skip_ms} {session.on_close}"

    def metric_of(self, subject: str) -> str:
        """Name of the metric that the instance `subject` looks at."""
        return f"{subject}.{self.measure}.{self.metric_window}"


class Entry(msgspec.Struct, frozen=True):
    """One instance of one rule, ready to be evaluated. gate: None when the rule has no session."""

    key: str
    rule: Rule
    subject: str
    metric: str
    gate: Gate | None


class RuleSet:
    """A loaded set of rules with its calendars: what `step` takes as `rules`.

    rules: the enabled ones, in file order. calendars: by name. entries: every instance, by `rule:instance`.
    """

    def __init__(self, rules: Iterable[Rule] = (), calendars: Mapping[str, Calendar] | None = None) -> None:
        self.rules = tuple(rules)
        self.calendars = dict(calendars or {})
        self._by_id = {rule.id: rule for rule in self.rules}
        gates: dict[Session, Gate] = {}
        self.entries: dict[str, Entry] = {}
        for rule in self.rules:
            gate = None
            if rule.session is not None:
                session = rule.session
                gate = gates.get(session)
                if gate is None:
                    gate = Gate(self.calendars[session.calendar], session.phases, session.skip_ms)
                    gates[session] = gate
            for subject in rule.subjects:
                key = f"{rule.id}:{subject}"
                self.entries[key] = Entry(key, rule, subject, rule.metric_of(subject), gate)

    def __len__(self) -> int:
        """How many rules are enabled."""
        return len(self.rules)

    def get(self, rule: str) -> Rule | None:
        """The rule with that id; None when there is none, or it is not enabled."""
        return self._by_id.get(rule)
