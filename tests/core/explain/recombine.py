"""Computes an explanation again from its parts, by the formula that people read."""

import re
from collections import defaultdict
from math import fsum, log, sqrt
from statistics import fmean, median, stdev
from typing import Any

from monitor.core.explain.explanation import Explanation


def mad(values: list[float]) -> float:
    middle = median(values)
    return median([abs(value - middle) for value in values])


FUNCTIONS = {
    "sum": lambda numbers: fsum(numbers) if isinstance(numbers, list) else numbers,
    "sqrt": sqrt,
    "ln": log,
    "mean": fmean,
    "std": stdev,
    "median": median,
    "mad": mad,
}


def recombined(explanation: Explanation) -> float:
    """The value of the formula. Only numbers of the parts one level below are used."""
    numbers: defaultdict[str, list[float]] = defaultdict(list)
    for part in explanation.parts:
        assert part.value is not None, f"{explanation.label}: {part.name} is missing"
        numbers[part.name].append(part.value)
    names: dict[str, Any] = {name: found[0] for name, found in numbers.items()}
    names["x"] = list(explanation.series.values()) if explanation.series else names.get("x")
    formula = explanation.formula.replace("×", "*").replace("−", "-")
    for name in re.findall(r"sum\((\w+)\)", formula):
        names[name] = numbers[name]
    return float(eval(formula, {"__builtins__": {}}, {**FUNCTIONS, **names}))  # the formulas are our own


def same(got: float, expected: float) -> bool:
    return abs(got - expected) <= max(1e-12, 1e-9 * abs(expected))


def check(explanation: Explanation) -> int:
    """Every formula of a tree gives its value; returns how many there were."""
    count = 0
    if explanation.formula and explanation.value is not None:
        assert same(recombined(explanation), explanation.value), explanation.label
        count = 1
    if explanation.value is None:
        assert explanation.status not in ("", "OK"), f"{explanation.label} is missing and does not say why"
    return count + sum(check(part) for part in explanation.parts)
