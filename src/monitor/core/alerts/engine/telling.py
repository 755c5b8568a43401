"""Pass 2 of the state machine: what is said, and what is held back (ALERTING sections 8 and 9)."""

from enum import Enum, auto

from msgspec.structs import replace

from monitor.core.alerts.engine.hush import Hush
from monitor.core.alerts.engine.record import Record, card_of
from monitor.core.alerts.engine.state import Instance, Outage, Told
from monitor.core.alerts.engine.tally import counted
from monitor.core.alerts.notification import Kind
from monitor.core.alerts.rules.rule import RANK, Entry


class Outcome(Enum):
    """What pass 1 found. NOTHING: no message can come of it. FAULT: no valid data. VALID: FIRING on a valid frame.
    CROSSED: the edge was passed."""

    NOTHING = auto()
    FAULT = auto()
    VALID = auto()
    CROSSED = auto()


class Telling:
    """Pass 2 for one frame."""

    def __init__(self, record: Record, hush: Hush) -> None:
        self._record = record
        self._hush = hush
        self._t = record.frame.t

    def decide(self, entry: Entry, i: Instance, outcome: Outcome) -> None:
        """Say what is due of one instance. i: the copy that pass 1 moved, changed in place."""
        if outcome is Outcome.FAULT:
            self._missing(entry, i)
        elif outcome is Outcome.CROSSED:
            self._event(entry, i)
        elif i.told is None:
            self._announce(entry, i)
        else:
            self._repeat(entry, i, i.told)

    def _missing(self, entry: Entry, i: Instance) -> None:
        """The data watch: NO_DATA once an outage has lasted, once per outage and session."""
        rule, t = entry.rule, self._t
        if rule.no_data.do == "ignore":
            return
        opening = None if entry.gate is None else entry.gate.at(t)
        anchors = (i.seen, i.valid, i.shut, None if opening is None else opening.start)
        anchor = max(at for at in anchors if at is not None)
        if t - anchor < rule.no_data.after_ms:
            return
        session = None if opening is None else opening.session
        if rule.no_data.do == "hold":
            if i.missing is None:
                i.missing = anchor
                self._record.moved(entry.key, i, i.phase, "no data")
            return
        told = i.outage
        if told is not None and told.session == session:
            return
        if self._hush.reason(rule, entry.subject, rule.severity) is not None:
            return
        channels = _union(() if told is None else told.channels, rule.notify)
        i.outage = Outage(anchor, session, channels)
        i.card = card_of(entry)
        self._record.moved(entry.key, i, i.phase, "no data")
        self._record.say(entry.key, i, entry, Kind.NO_DATA, rule.severity, anchor, rule.notify)

    def _event(self, entry: Entry, i: Instance) -> None:
        """An edge was passed: told now or never."""
        rule, t = entry.rule, self._t
        if i.started is not None and t <= i.started:
            return
        if rule.once != "never" and i.spent and (rule.once == "ever" or i.spent_session == i.gate_session):
            against: str | None = "once"
        elif i.ended is not None and t - i.ended < rule.cooldown_ms:
            against = "cooldown"
        else:
            against = self._hush.reason(rule, entry.subject, rule.severity)
        cause = "crossed" if against is None else f"crossed, held back by {against}"
        self._record.crossed(entry.key, i, cause, () if against is None else (against,))
        if against is not None:
            return
        i.started = i.ended = t
        i.ended_level = rule.severity
        i.spent, i.spent_session = True, i.gate_session
        i.tally = counted(i.tally, entry, t)
        self._record.say(entry.key, i, entry, Kind.EVENT, rule.severity, t, rule.notify)

    def _announce(self, entry: Entry, i: Instance) -> None:
        """Row 1 of section 9: FIRING, as soon as cooldown and hush allow."""
        rule, t, level, episode = entry.rule, self._t, i.level, i.episode
        assert level is not None
        assert episode is not None
        cooling = (
            i.ended is not None
            and i.ended_level is not None
            and t - i.ended < rule.cooldown_ms
            and RANK[level] <= RANK[i.ended_level]
        )
        hushed = self._hush.reason(rule, entry.subject, level)
        if cooling or hushed is not None:
            reasons = (*(("cooldown",) if cooling else ()), *(() if hushed is None else (hushed,)))
            if not set(reasons) <= set(i.held_by):
                i.held_by = _union(i.held_by, reasons)
            return
        i.told = Told(level, level, t, t, i.gate_session if entry.gate is not None else None, rule.notify)
        i.spent, i.spent_session = True, i.told.session
        i.card = card_of(entry)
        i.tally = counted(i.tally, entry, t)
        self._record.say(entry.key, i, entry, Kind.FIRING, level, episode, rule.notify)

    def _repeat(self, entry: Entry, i: Instance, told: Told) -> None:
        """Rows 2 and 3 of section 9: ESCALATED when the level is above the told one, REMINDER when one is due."""
        rule, t, level, episode = entry.rule, self._t, i.level, i.episode
        assert level is not None
        assert episode is not None
        higher = RANK[level] > RANK[told.level]
        due = rule.repeat_ms is not None and t - told.last >= rule.repeat_ms
        if not (higher or due) or self._hush.reason(rule, entry.subject, level) is not None:
            return
        channels = _union(told.channels, rule.notify)
        if higher:
            n = told.escalations + 1
            highest = max(level, told.highest, key=RANK.__getitem__)
            i.told = replace(told, level=level, highest=highest, last=t, escalations=n, channels=channels)
        else:
            n = told.reminders + 1
            i.told = replace(told, last=t, reminders=n, channels=channels)
        i.card = card_of(entry)
        kind = Kind.ESCALATED if higher else Kind.REMINDER
        self._record.say(entry.key, i, entry, kind, level, episode, rule.notify, n)


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *(name for name in second if name not in first))
