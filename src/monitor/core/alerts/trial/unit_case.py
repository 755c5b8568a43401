"""One unit test of a rule file: its timeline through the engine, and what differs from what was expected."""

from collections.abc import Iterator, Sequence

from monitor.core.alerts.duration import parse_duration
from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.refusal import AlertFileError
from monitor.core.alerts.rules.rule import Rule, RuleSet
from monitor.core.alerts.trial.outcome import CaseOutcome, differences
from monitor.core.alerts.trial.run import Run
from monitor.core.alerts.trial.series import Silent
from monitor.core.alerts.trial.unit_file import ExpectedMessage, ExpectedPhase, UnitCase
from monitor.core.metrics.frame import Frame
from monitor.core.suggestion import did_you_mean


def frames_of(case: UnitCase) -> Iterator[Frame]:
    """The snapshots of a case. A series or leg that has ended is missing from then on; one `_` is enough for a step
    without a snapshot."""
    for number in range(case.steps):
        values = {name: series[number] for name, series in case.series.items() if number < len(series)}
        metrics = {name: value for name, value in values.items() if not isinstance(value, Silent)}
        if len(metrics) < len(values):
            continue
        legs = {symbol: states[number] for symbol, states in case.legs.items() if number < len(states)}
        yield Frame(
            t=case.start_ms + number * case.step_ms,
            seq=number,
            metrics=metrics,
            legs={symbol: leg for symbol, leg in legs.items() if leg is not None},
        )


def chosen_rules(case: UnitCase, rules: RuleSet, where: str) -> RuleSet:
    """The rules that a case loads. Raises AlertFileError when it names one, in any of its parts, that is not there."""
    ids = [rule.id for rule in rules.rules]
    _check_rules(case, "only", case.only or (), ids, where)
    loaded = RuleSet([rule for rule in rules.rules if case.only is None or rule.id in case.only], rules.calendars)
    ids = [rule.id for rule in loaded.rules]
    _check_rules(case, "expect", [message.rule for message in case.expect], ids, where)
    _check_rules(case, "phases", [check.rule for check in case.phases], ids, where)
    for key, rule, instance in (
        *(("expect", message.rule, message.instance) for message in case.expect),
        *(("phases", check.rule, check.instance) for check in case.phases),
    ):
        subjects = _subjects(loaded, rule)
        if instance is None and key == "phases" and len(subjects) > 1:
            raise _refused(case, where, key, f"{rule} has several instances: write {rule}:{subjects[0]}")
        if instance is not None and instance not in subjects:
            reason = f"rule {rule} has no instance {instance!r}; it has: {', '.join(subjects)}"
            raise _refused(case, where, key, reason)
    return loaded


def judge(case: UnitCase, rules: RuleSet, where: str) -> CaseOutcome:
    """Run one case on the rules of its file and compare. where: the test file, for messages.

    Raises AlertFileError when the case speaks of a rule that is not there.
    """
    loaded = chosen_rules(case, rules, where)
    run = _beginning(case, loaded)
    checks = sorted(case.phases, key=lambda check: check.at_ms)
    found: list[str] = []
    for frame in frames_of(case):
        while checks and case.start_ms + checks[0].at_ms < frame.t:
            found += _difference(checks.pop(0), run, loaded)
        run.take(frame)
    for check in checks:
        found += _difference(check, run, loaded)
    found = [*_messages(case, run.notifications, loaded), *found]
    if found:
        found += _hints(case, loaded.rules)
    return CaseOutcome(case.title, tuple(found), case.line)


def run_of(case: UnitCase, rules: RuleSet, where: str) -> Run:
    """The case run to its end, without any judgement. Raises as `judge`."""
    run = _beginning(case, chosen_rules(case, rules, where))
    for frame in frames_of(case):
        run.take(frame)
    return run


def _beginning(case: UnitCase, rules: RuleSet) -> Run:
    run = Run(rules)
    for silence in case.silences:
        run.silence(silence)
    return run


def _check_rules(case: UnitCase, key: str, named: Sequence[str], ids: Sequence[str], where: str) -> None:
    for rule in named:
        if rule not in ids:
            meant = did_you_mean(rule, ids)
            reason = f"no rule {rule!r} is loaded; there are: {', '.join(ids) or 'none'}"
            raise _refused(case, where, key, f"{reason}. {meant}" if meant else reason)


def _refused(case: UnitCase, where: str, key: str, reason: str) -> AlertFileError:
    return AlertFileError(where, key, reason, part=f"case {case.title}", line=case.line)


def _subjects(rules: RuleSet, rule: str) -> tuple[str, ...]:
    found = rules.get(rule)
    return () if found is None else found.subjects


def _messages(case: UnitCase, notes: Sequence[Notification], rules: RuleSet) -> list[str]:
    """Differences between the expected messages and those that came. What a test does not say is taken from the
    message that fits."""
    left = [_message_of(note, case.start_ms) for note in notes]
    came = [_line(message, rules) for message in left]
    wanted = []
    for message in sorted(case.expect, key=lambda message: (message.instance is None, message.reason is None)):
        fitting = next((other for other in left if _fits(message, other)), None)
        if fitting is not None:
            left.remove(fitting)
        wanted.append(_line(fitting or message, rules))
    return differences(wanted, came, key=lambda line: parse_duration(line.partition(" ")[0]))


def _message_of(note: Notification, start_ms: int) -> ExpectedMessage:
    return ExpectedMessage(
        at_ms=note.t - start_ms,
        kind=note.kind.value,
        rule=note.rule,
        instance=note.instance,
        level=note.level,
        reason=note.reason,
    )


def _fits(expected: ExpectedMessage, came: ExpectedMessage) -> bool:
    return (
        (expected.at_ms, expected.kind, expected.rule, expected.level) == (came.at_ms, came.kind, came.rule, came.level)
        and expected.instance in (None, came.instance)
        and expected.reason in (None, came.reason)
    )


def _line(message: ExpectedMessage, rules: RuleSet) -> str:
    """As it would stand in the file; the instance only where the rule has several."""
    name = message.rule
    if message.instance is not None and len(_subjects(rules, message.rule)) > 1:
        name = f"{message.rule}:{message.instance}"
    return " ".join(filter(None, (_spelled(message.at_ms), message.kind, name, message.level, message.reason)))


def _difference(expected: ExpectedPhase, run: Run, rules: RuleSet) -> list[str]:
    instance = expected.instance or _subjects(rules, expected.rule)[0]
    phase, level = run.phases().get(f"{expected.rule}:{instance}", ("OK", None))
    if phase == expected.phase and expected.level in (None, level):
        return []
    name = expected.rule if expected.instance is None else f"{expected.rule}:{expected.instance}"
    place = f"{_spelled(expected.at_ms)} {name}"
    wanted = " ".join(filter(None, (expected.phase, expected.level)))
    return [f"- phase {place} {wanted}", f"+ phase {place} {' '.join(filter(None, (phase, level)))}"]


def _spelled(milliseconds: int) -> str:
    """As in the file: whole seconds, or milliseconds."""
    return f"{milliseconds}ms" if milliseconds % 1000 else f"{milliseconds // 1000}s"


def _hints(case: UnitCase, rules: Sequence[Rule]) -> list[str]:
    """What a failing case may have forgotten."""
    wanted = {symbol: rule.id for rule in rules for symbol in rule.require_live}
    looked_at = {rule.metric_of(subject): rule.id for rule in rules for subject in rule.subjects}
    return [
        *(f"  no leg {name}, which rule {rule} requires" for name, rule in wanted.items() if name not in case.legs),
        *(f"  no series {name} for rule {rule}" for name, rule in looked_at.items() if name not in case.series),
        *(f"  no rule of this case looks at {name}" for name in case.series if name not in looked_at),
    ]
