"""The alert state machine (ALERTING sections 4 to 10): a frame in, transitions and notifications out.

Pass 1 moves every instance, pass 2 (`telling`) decides what is said, so the order of rules never matters. The steps of
pass 1 are numbered as in the specification's table.
"""

from copy import copy
from typing import NamedTuple

from monitor.core.alerts.engine.hush import Hush
from monitor.core.alerts.engine.levels import relevel, set_level
from monitor.core.alerts.engine.record import Record, card_of
from monitor.core.alerts.engine.state import AlertState, Instance
from monitor.core.alerts.engine.telling import Outcome, Telling
from monitor.core.alerts.engine.window import Window
from monitor.core.alerts.notification import Kind, Notification, Transition
from monitor.core.alerts.rules.rule import Entry, Rule, RuleSet
from monitor.core.alerts.silence import Controls
from monitor.core.metrics.frame import Frame

_NO_CONTROLS = Controls()


class Step(NamedTuple):
    """What one frame did. state: the very object passed in when the frame was not new."""

    state: AlertState
    transitions: tuple[Transition, ...]
    notifications: tuple[Notification, ...]


def step(state: AlertState, rules: RuleSet, frame: Frame, controls: Controls = _NO_CONTROLS) -> Step:
    """Take one frame into account.

    A frame whose (t, seq) is not greater than the last accepted one changes nothing (`AlertState.accepts` tells them
    apart beforehand). The state passed in is never changed; the same arguments always give the same result.
    """
    if not state.accepts(frame.t, frame.seq):
        return Step(state, (), ())
    record = Record(frame, rules)
    pass_one = _PassOne(record)
    for key, instance in state.instances.items():
        if key not in rules.entries:
            reason = "rule_removed" if rules.get(key.partition(":")[0]) is None else "instance_removed"
            pass_one.leave(key, copy(instance), None, reason)

    instances: dict[str, Instance] = {}
    outcomes: list[tuple[Entry, Instance, Outcome]] = []
    firing: set[str] = set()
    for key, entry in rules.entries.items():
        known = state.instances.get(key)
        instance = copy(known) if known is not None else _fresh(entry.rule, frame.t)
        instances[key] = instance
        outcome = pass_one.move(entry, instance)
        if instance.active:
            firing.add(entry.rule.id)
        if outcome is not Outcome.NOTHING:
            outcomes.append((entry, instance, outcome))

    telling = Telling(record, Hush(frame.t, rules, controls, firing))
    for entry, instance, outcome in outcomes:
        telling.decide(entry, instance, outcome)
    return Step(
        AlertState(t=frame.t, seq=frame.seq, instances=instances),
        tuple(record.transitions),
        tuple(record.notifications),
    )


def _fresh(rule: Rule, t: int) -> Instance:
    return Instance(definition=rule.definition, session_text=rule.session_text, seen=t)


class _PassOne:
    """Pass 1 for one frame. Every instance it is given is its own to change."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._frame = record.frame
        self._t = record.frame.t

    def leave(self, key: str, i: Instance, entry: Entry | None, reason: str) -> None:
        """Steps 0 gone and expired: whatever is open is closed."""
        if i.phase == "PENDING":
            self._reset(key, i, reason)
        elif i.active:
            self._end(key, i, entry, Kind.RESOLVED, reason)
        if i.outage is not None or i.missing is not None:
            self._back(key, i, entry, reason)

    def move(self, entry: Entry, i: Instance) -> Outcome:
        """Steps 0 to 9 for one instance; says what pass 2 has to look at."""
        rule, key, t = entry.rule, entry.key, self._t
        if rule.valid_until is not None and t >= rule.valid_until:  # 0 expired
            self.leave(key, i, entry, "expired")
            i.seen = t
            return Outcome.NOTHING
        if i.definition != rule.definition:
            self._change(entry, i)

        if entry.gate is not None and not self._in_gate(entry, i):  # 1
            return Outcome.NOTHING

        value = self._frame.metrics.get(entry.metric)
        legs = self._legs(rule) if rule.require_live else Outcome.VALID
        if legs is not Outcome.VALID or value is None:  # 2
            if i.phase == "PENDING" and i.valid is not None and t - i.valid > rule.max_gap_ms:
                self._reset(key, i, "gap")
            if legs is Outcome.NOTHING:
                i.shut = t
                return Outcome.NOTHING
            return Outcome.FAULT

        if i.outage is not None or i.missing is not None:  # 3
            self._back(key, i, entry, None)
        before_t, before = i.valid, i.value
        if before_t is not None and t - before_t > rule.max_gap_ms:  # 4
            self._gap(key, i)
        i.valid, i.value = t, value

        if rule.crossing is not None:
            if before is None or before_t is None or not rule.crossing.crossed(before, value):
                return Outcome.NOTHING
            near = rule.crossing.gap_counts or t - before_t <= rule.max_gap_ms
            return Outcome.CROSSED if near else Outcome.NOTHING
        return self._judge(entry, i, self._measure(rule, i, value))

    def _change(self, entry: Entry, i: Instance) -> None:
        """Step 0 changed."""
        rule = entry.rule
        if i.phase == "PENDING":
            self._reset(entry.key, i, "rule_changed")
        elif i.active:
            if rule.crossing is not None:
                self._end(entry.key, i, entry, Kind.RESOLVED, "rule_changed")
            else:
                if i.phase != "FIRING":
                    self._to_firing(entry.key, i, "rule_changed")
                i.judge, i.falling = True, None
                if i.level not in [level.name for level in rule.levels]:
                    set_level(self._record, entry.key, i, rule.severity, "rule_changed")
        i.definition, i.seen = rule.definition, self._t
        if i.card is not None:
            i.card = card_of(entry)
        i.valid = i.shut = i.value = i.window = i.missing = None
        i.spent, i.spent_session = False, None
        if i.session_text != rule.session_text:
            i.session_text = rule.session_text
            i.gate_session = i.gate_t = None

    def _in_gate(self, entry: Entry, i: Instance) -> bool:
        """Step 1: False when the gate is shut."""
        gate, session = entry.gate, entry.rule.session
        assert gate is not None
        assert session is not None
        opening = gate.at(self._t)
        if opening is None or (i.gate_t is not None and i.gate_t < opening.start):
            if i.phase == "PENDING":
                self._reset(entry.key, i, "session gate shut")
            elif i.active:
                over = i.gate_session is not None and gate.over(i.gate_session, self._t)
                if over and session.on_close == "resolve":
                    self._end(entry.key, i, entry, Kind.SESSION_END, None)
                else:
                    i.falling = None
                    if i.phase != "FIRING":
                        self._to_firing(entry.key, i, "session gate shut")
        if opening is None:
            return False
        i.gate_session, i.gate_t = opening.session, self._t
        return True

    def _legs(self, rule: Rule) -> Outcome:
        """Section 8: VALID when every required leg is usable, NOTHING when one is shut, else FAULT."""
        outcome = Outcome.VALID
        for symbol in rule.require_live:
            leg = self._frame.legs.get(symbol)
            if leg is None:
                outcome = Outcome.FAULT
            elif not (leg.live and leg.age_s is not None and leg.age_s <= rule.stale_after_s):
                if leg.phase != "REGULAR":
                    return Outcome.NOTHING
                outcome = Outcome.FAULT
        return outcome

    def _gap(self, key: str, i: Instance) -> None:
        """Step 4."""
        if i.phase == "PENDING":
            self._reset(key, i, "gap")
        elif i.phase == "CLEARING":
            i.since = self._t
        i.falling = None

    def _measure(self, rule: Rule, i: Instance, value: float) -> float | None:
        """What the condition looks at: the value, or its move; None when too little of the window is covered."""
        moves = rule.moves
        if moves is None:
            return value
        window = i.window or Window([], [])
        i.window = window.push(self._t, value, moves.within_ms, rule.max_gap_ms)
        return moves.sign * i.window.move if i.window.enough(moves.within_ms) else None

    def _judge(self, entry: Entry, i: Instance, x: float | None) -> Outcome:
        """Steps 5 to 9. x: what the condition looks at, None when undefined: then there is neither breach nor clear."""
        rule, key, t, base = entry.rule, entry.key, self._t, entry.rule.base
        settled = False
        if i.judge:  # 5
            if x is None:
                return Outcome.NOTHING
            i.side = base.half(x)
            if base.cleared(x, i.side):
                self._end(key, i, entry, Kind.RESOLVED, "rule_changed")
                return Outcome.NOTHING
            i.judge, settled = False, True
            set_level(self._record, key, i, rule.highest(x, i.side) or rule.severity, "rule_changed", x)
            self._spend(i)

        side = 0 if x is None else base.breach(x)
        if i.phase == "OK":  # 6
            if side and (i.started is None or t > i.started) and not _spent(rule, i):
                i.phase, i.since, i.side, i.peak, i.peak_t = "PENDING", t, side, x, t
                self._record.moved(key, i, "OK", "breach", x)
        elif i.phase == "PENDING" and side != i.side:
            if side:
                i.since, i.side, i.peak, i.peak_t = t, side, x, t
                self._record.moved(key, i, "PENDING", "breach on the other side", x)
            else:
                self._reset(key, i, "no breach", x)
        if (
            x is not None
            and i.phase != "OK"
            and (i.peak is None or base.distance(x, i.side) > base.distance(i.peak, i.side))
        ):
            i.peak, i.peak_t = x, t

        if i.phase == "PENDING" and x is not None and i.since is not None and t - i.since >= rule.for_ms:  # 7
            i.phase, i.episode, i.started, i.since = "FIRING", i.since, i.since, None
            i.level = rule.highest(x, i.side) or rule.severity
            i.path = ((t, i.level),)
            settled = True
            self._record.moved(key, i, "PENDING", f"breach held for {rule.for_ms} ms", x)

        if i.active:  # 8
            cleared = x is not None and base.cleared(x, i.side)
            if i.phase == "FIRING" and cleared:
                i.phase, i.since = "CLEARING", t
                self._record.moved(key, i, "FIRING", "clear", x)
            elif i.phase == "CLEARING" and not cleared:
                self._to_firing(key, i, "not clear", x)
            if i.phase == "CLEARING" and i.since is not None and t - i.since >= rule.clear_for_ms:
                self._end(key, i, entry, Kind.RESOLVED, None, x)
        if i.active and not settled:  # 9
            relevel(self._record, entry, i, x)
        return Outcome.VALID if i.phase == "FIRING" else Outcome.NOTHING

    def _reset(self, key: str, i: Instance, cause: str, x: float | None = None) -> None:
        """PENDING → OK."""
        i.phase, i.since, i.side, i.peak, i.peak_t = "OK", None, 0, None, None
        self._record.moved(key, i, "PENDING", cause, x)

    def _to_firing(self, key: str, i: Instance, cause: str, x: float | None = None) -> None:
        """CLEARING → FIRING, no message."""
        i.phase, i.since = "FIRING", None
        self._record.moved(key, i, "CLEARING", cause, x)

    def _end(
        self, key: str, i: Instance, entry: Entry | None, kind: Kind, reason: str | None, x: float | None = None
    ) -> None:
        """FIRING or CLEARING → OK. What was told is closed; the episode is forgotten."""
        before, told, episode = i.phase, i.told, i.episode
        assert episode is not None
        if told is not None:
            self._record.say(key, i, entry, kind, told.highest, episode, told.channels, reason=reason)
            i.ended, i.ended_level = self._t, told.highest
            if reason != "rule_changed":
                self._spend(i)
        i.phase, i.since = "OK", None
        self._record.moved(key, i, before, reason or ("session over" if kind is Kind.SESSION_END else "clear held"), x)
        i.side, i.episode, i.level, i.judge, i.falling, i.told = 0, None, None, False, None, None
        i.peak, i.peak_t, i.path, i.held_by = None, None, (), ()
        if i.outage is None:
            i.card = None

    def _spend(self, i: Instance) -> None:
        """`once`: the told episode, if there is one, counts under the present definition."""
        if i.told is not None:
            i.spent, i.spent_session = True, i.told.session

    def _back(self, key: str, i: Instance, entry: Entry | None, reason: str | None) -> None:
        """Step 3, and the end of an outage whose rule goes."""
        outage, i.missing = i.outage, None
        if outage is not None and i.card is not None:
            severity = entry.rule.severity if entry is not None else i.card.severity
            self._record.say(key, i, entry, Kind.DATA_BACK, severity, outage.anchor, outage.channels, reason=reason)
        i.outage = None
        self._record.moved(key, i, i.phase, reason or "data back")
        if i.told is None:
            i.card = None


def _spent(rule: Rule, i: Instance) -> bool:
    """Whether `once` forbids another episode."""
    if rule.once == "never" or not i.spent:
        return False
    return rule.once == "ever" or i.spent_session == i.gate_session
