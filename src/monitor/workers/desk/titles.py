"""Titles of rules about one of their subjects."""

from collections.abc import Mapping

from monitor.core.alerts.rules.rule import Rule
from monitor.notify.render import titled


def title_of(rule: Rule, instance: str, names: Mapping[str, str]) -> str:
    """As messages have it (`notify.render.headline`): with the subject where the title alone does not say which one it
    is. names: of the board's subjects, by id."""
    parts = (*rule.legs.get(instance, ()), *rule.baskets.get(instance, ()))
    several = rule.metric.startswith("*") or instance in parts
    return titled(rule.title, instance, names.get(instance), several=several)
