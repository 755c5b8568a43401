"""What `monitor alerts list` makes of a state: signs, sides, names of any width, rules that nobody has seen yet."""

from collections.abc import Mapping
from typing import Any

from monitor.assembly.alerts.listing import lines_of
from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.state import AlertState
from monitor.workers.desk.listing import Listed, list_instances
from tests.core.alerts.bench import METRIC, frame, rule, rule_set


def listed(values: Mapping[float, float | None], *rules: Mapping[str, Any], known: int | None = None) -> list[Listed]:
    """After these values by second. known: how many of the rules the engine has taken up, None for all."""
    state = AlertState()
    for at_s, value in values.items():
        state = step(state, rule_set(*rules[:known]), frame(at_s, value)).state
    return list_instances(state, rule_set(*rules))


def test_a_fall_is_shown_as_a_fall() -> None:
    """A rule on moves downwards compares the negated move; people see what the market did."""
    table = rule(when={"moves": {"by": 2.0, "within": "10s", "direction": "down"}})
    (line,) = listed({0: 5.0, 5: 4.0, 10: 2.5}, table)

    assert (line.phase, line.value, line.limit, line.peak) == ("FIRING", -2.5, -2.0, -2.5)


def test_the_side_that_counts_is_shown() -> None:
    """Of two limits the one of the episode; outside an episode the nearer one."""
    table = rule(when={"outside": [-2.0, 1.0]})

    assert [line.limit for line in listed({0: -3.0}, table)] == [-2.0]
    assert [line.limit for line in listed({0: -1.9}, table)] == [-2.0]
    assert [line.limit for line in listed({0: 0.9}, table)] == [1.0]
    assert [line.limit for line in listed({0: 0.9}, rule(when={"inside": [0.0, 1.0]}))] == [None]


def test_what_never_had_a_value_is_told_apart_from_what_nobody_saw() -> None:
    """NEVER VALID was looked at in vain, NOT SEEN has not been looked at; both are quiet."""
    seen, new = listed({0: None}, rule(), rule(id="new"), known=1)

    assert [(line.rule, line.phase, line.value, line.quiet) for line in (seen, new)] == [
        ("wide", "NEVER VALID", None, True),
        ("new", "NOT SEEN", None, True),
    ]


def test_columns_stand_below_each_other_whatever_the_script() -> None:
    """A Chinese sign is two cells wide; control characters of a name never reach the terminal."""
    one = rule(id="a", metric=METRIC.replace("hstech-ndx", "恒生科技"))
    other = rule(id="b", metric=METRIC.replace("hstech-ndx", "x\x1b[2Jy"))

    assert lines_of(listed({0: 1.0}, one, other)) == [
        "a  恒生科技  NEVER VALID  n/a (limit +1.50)",
        "b  x [2Jy    NEVER VALID  n/a (limit +1.50)",
    ]
