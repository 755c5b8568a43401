"""The limits that rules set for a pair, a basket and what they are made of, and how each stands."""

from collections.abc import Sequence

from rich.console import RenderableType

from monitor.core.metrics.catalogue import parse_metric
from monitor.readouts import words
from monitor.readouts.desk import RuleView
from monitor.readouts.quantities import condition, quantity
from monitor.readouts.terminal import cell

_LIVELY = {"FIRING": cell.ALARM, "CLEARING": cell.CAUTION, "PENDING": cell.NOTE}


def limits(rules: Sequence[RuleView], subject: str, width: int) -> list[RenderableType]:
    """One row for each rule of the view's subject, and for each of what it is made of that is not OK. width: narrow
    ones go without the title."""
    rules = [rule for rule in rules if rule.instance == subject or rule.phase != "OK"]
    if not rules:
        return []
    wide = width >= 100
    table = cell.table("LIMITS")
    table.add_column("rule", overflow="fold", max_width=26)
    table.add_column("of", overflow="fold", max_width=20)
    table.add_column("limit", overflow="fold", ratio=1)
    table.add_column("seen", justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    if wide:
        table.add_column("title", overflow="fold")
    for rule in rules:
        metric = parse_metric(rule.metric)
        measured = f"{metric.measure} {metric.window}"
        state = cell.text(rule.phase, _LIVELY.get(rule.phase, cell.DIM))
        if rule.level:
            state.append(f" {words.clean(rule.level)}")
        if rule.silenced_by:
            state.append(f" silenced by {words.clean(rule.silenced_by)}", cell.NOTE)
        row = [
            cell.text(rule.rule, cell.BOLD),
            cell.text(measured if metric.subject == subject else f"{metric.subject} {measured}"),
            cell.text(condition(rule.condition)),
            cell.text(quantity(rule.value, rule.unit, rule.measure)),
            state,
        ]
        table.add_row(*row, *([cell.text(rule.title, cell.DIM)] if wide else []))
    return [table]
