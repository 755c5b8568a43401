"""Triggers of rules in words: one a form of condition, as a message would put it."""

from typing import Any

import pytest

from monitor.workers.desk.rules import condition_words
from tests.core.alerts.bench import rule, rule_set


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"when": {"above": 1.5}}, "> +1.50 pp"),
        ({"when": {"below": -1.255}}, "< -1.255 pp"),
        ({"when": {"outside": [-2.0, 1.0]}}, "> +1.00 pp or < -2.00 pp"),
        ({"when": {"inside": [-2.0, 1.0]}}, "> -2.00 pp and < +1.00 pp"),
        ({"when": {"above": 1.5}, "levels": {"critical": {"when": {"above": 3}}}}, "> +1.50 pp, critical > +3.00 pp"),
        ({"when": {"moves": {"by": 2.0, "within": "10m"}}}, "a move > +2.00 pp or < -2.00 pp within 10 m"),
        ({"when": {"moves": {"by": 2.0, "within": "10m", "direction": "down"}}}, "a move < -2.00 pp within 10 m"),
        ({"when": {"crosses_down": -7.0}}, "crosses -7.00 pp downwards"),
        ({"when": {"crosses_up": 0.5}, "metric": "HSTECH.regime.1y", "unit": "count"}, "becomes bull"),
        ({"when": {"crosses_down": 0.5}, "metric": "HSTECH.regime.1y", "unit": "count"}, "becomes correction or bear"),
        ({"when": {"above": 1200}, "metric": "HSTECH.age_seconds.now", "unit": "seconds"}, "> 20 m"),
    ],
)
def test_the_trigger_in_words(keys: dict[str, Any], words: str) -> None:
    """A move downwards is told as the market moves; a regime by its name; a limit with all digits it was given with."""
    table = rule(**keys)
    if {"crosses_up", "crosses_down"} & set(keys["when"]):
        del table["repeat_every"]
    (read,) = rule_set(table).rules
    assert condition_words(read) == words
