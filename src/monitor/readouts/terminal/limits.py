"""The limits that rules set for a pair, a basket and what they are made of, and how each stands."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from monitor.core.metrics.catalogue import parse_metric
from monitor.readouts import words
from monitor.readouts.desk import RuleView
from monitor.readouts.quantities import condition, quantity
from monitor.readouts.terminal import cell
from monitor.readouts.terminal.rows import packed

_COLUMNS = 100
"""In fewer columns a table would break names within a word."""
_LIVELY = {"FIRING": cell.ALARM, "CLEARING": cell.CAUTION, "PENDING": cell.NOTE}


def limits(rules: Sequence[RuleView], subject: str, width: int) -> list[RenderableType]:
    """One row for each rule of the view's subject, and for each of what it is made of that is not OK. width: narrow
    ones have them below each other, without the title."""
    rules = [rule for rule in rules if rule.instance == subject or rule.phase != "OK"]
    if not rules:
        return []
    if width < _COLUMNS:
        return [Group(Text("LIMITS", style=cell.HEADING), *(_paragraph(rule, subject, width) for rule in rules))]
    table = cell.table("LIMITS")
    table.add_column("rule", overflow="fold", max_width=26)
    table.add_column("of", overflow="fold", max_width=20)
    table.add_column("limit", overflow="fold", ratio=1)
    table.add_column("seen", justify="right", no_wrap=True)
    table.add_column("state", overflow="fold")
    table.add_column("title", overflow="fold")
    for rule in rules:
        row = [
            cell.text(rule.rule, cell.BOLD),
            cell.text(_measured(rule, subject)),
            cell.text(condition(rule.condition)),
            cell.text(quantity(rule.value, rule.unit, rule.measure)),
            _state(rule),
            cell.text(rule.title, cell.DIM),
        ]
        table.add_row(*row)
    return [table]


def _paragraph(rule: RuleView, subject: str, width: int) -> RenderableType:
    name = cell.text(rule.rule, cell.BOLD).append("  ").append_text(_state(rule))
    limit = cell.text(f"{_measured(rule, subject)} {condition(rule.condition)}")
    return Group(name, packed([limit, cell.text(f"seen {quantity(rule.value, rule.unit, rule.measure)}")], width))


def _measured(rule: RuleView, subject: str) -> str:
    """What is looked at; without its subject where that is the view's own."""
    metric = parse_metric(rule.metric)
    measured = f"{metric.measure} {metric.window}"
    return measured if metric.subject == subject else f"{metric.subject} {measured}"


def _state(rule: RuleView) -> Text:
    state = cell.text(rule.phase, _LIVELY.get(rule.phase, cell.DIM))
    if rule.level:
        state.append(f" {words.clean(rule.level)}")
    if rule.silenced_by:
        state.append(f" silenced by {words.clean(rule.silenced_by)}", cell.NOTE)
    return state
