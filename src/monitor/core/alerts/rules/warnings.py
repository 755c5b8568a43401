"""What the alert file may say and probably does not mean (ALERTING section 3)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations

import msgspec

from monitor.core.alerts.rules.gate import Gate
from monitor.core.alerts.rules.rule import Rule
from monitor.core.instant import MILLISECOND
from monitor.core.session import Calendar

_SHORT_GAP_MS = 2000


class RuleWarning(msgspec.Struct, frozen=True):
    """One of them. where: the file. line: of the rule's `[[rule]]`, None when unknown. text: a phrase."""

    where: str
    line: int | None
    rule: str
    text: str

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        return f"{place}: rule {self.rule}: {self.text}"


def find_warnings(
    rules: Sequence[Rule], calendars: Mapping[str, Calendar], listings: Mapping[str, str], where: str
) -> tuple[RuleWarning, ...]:
    """What can be seen from the rules and the session tables alone. listings: instrument → name of its calendar."""
    return tuple(
        RuleWarning(where, rule.line, rule.id, text) for rule in rules for text in _texts(rule, calendars, listings)
    )


def unfilled_metrics(rules: Sequence[Rule], filled: Collection[str], where: str) -> tuple[RuleWarning, ...]:
    """Rules that look at a metric which is in no snapshot of the board. filled: the names that are."""
    found = []
    for rule in rules:
        names = [name for name in map(rule.metric_of, rule.subjects) if name not in filled]
        if names:
            more = f" and {len(names) - 1} more of its metrics" if len(names) > 1 else ""
            text = f"this board never fills {names[0]}{more}, so the rule never fires there"
            found.append(RuleWarning(where, rule.line, rule.id, text))
    return tuple(found)


def expired_rules(rules: Sequence[Rule], now_ms: int, where: str) -> tuple[RuleWarning, ...]:
    """Rules whose `valid_until` has passed. now_ms: epoch milliseconds UTC."""
    return tuple(
        RuleWarning(where, rule.line, rule.id, "valid_until has passed, the rule does nothing any more")
        for rule in rules
        if rule.valid_until is not None and rule.valid_until <= now_ms
    )


def _texts(rule: Rule, calendars: Mapping[str, Calendar], listings: Mapping[str, str]) -> Iterator[str]:
    if rule.session is not None and not rule.require_live:
        yield "session set but require_live is empty"
    if rule.max_gap_ms < _SHORT_GAP_MS:
        yield "max_gap is under 2 s, less than two beats of the calculator"
    if not rule.notify:
        yield "notify is empty, nobody is told"
    homes = {symbol: calendars[listings[symbol]] for symbol in rule.require_live if listings.get(symbol) in calendars}
    if rule.session is not None:
        session = rule.session
        gate = Gate(calendars[session.calendar], session.phases, session.skip_ms)
        for symbol, home in homes.items():
            if not _overlap(gate, home):
                hours = f"the rule's hours in {session.calendar}"
                yield f"{symbol} trades in {home.name}, whose sessions never overlap {hours}"
        return
    for (symbol, home), (other, away) in combinations(homes.items(), 2):
        if home is not away and not _overlap(Gate(home, ("REGULAR",), 0), away):
            places = f"in {home.name} and {away.name}"
            yield f"{symbol} and {other} trade {places}, whose sessions never overlap, so both are never live together"


def _overlap(gate: Gate, other: Calendar) -> bool:
    """Whether `other` has regular hours in any opening of the gate."""
    return any(
        other.active_seconds(opening.start * MILLISECOND, opening.end * MILLISECOND) > 0
        for session in gate.calendar.sessions
        for opening in gate.openings(session)
    )
