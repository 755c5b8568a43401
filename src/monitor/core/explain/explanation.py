"""One number with the formula that it is the result of."""

import re
from collections import defaultdict

import msgspec

NO_NUMBER = "NO_NUMBER"
"""Status of a value that its formula has no answer for, although nothing is missing."""

_NAME = re.compile(r"sum\((\w+)\)|[a-z]\w*+(?!\()")
"""A sum over parts, or a name that is no function."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """A number and where it comes from, a tree.

    name: what the formula one level up calls it; several parts of one name are summed there, as `sum(c)`. label: in
    words. value: None where there is none, and `status` says why. unit: pct, pp, fraction, a currency code, … or empty.
    formula: over the names of `parts` and `x`, which is `series`; empty for what was observed. notes: sources, times,
    rules. series: session → value, ascending, for statistics over many sessions.
    """

    name: str
    label: str
    value: float | None
    unit: str = ""
    formula: str = ""
    status: str = "OK"
    notes: list[str] = []
    parts: list["Explanation"] = []
    series: dict[str, float] = {}

    @property
    def written(self) -> str:
        """The formula with the numbers in it: `100 × (0.311 − 0.011)`; empty where there is no formula, and where there
        is no value because nothing can be summed: a 0 would look like a number."""
        numbers: defaultdict[str, list[str]] = defaultdict(list)
        for part in self.parts:
            numbers[part.name].append(number(part.value))

        if self.value is None and any(not numbers[found[1]] for found in _NAME.finditer(self.formula) if found[1]):
            return ""

        def put(found: re.Match[str]) -> str:
            if found[1]:
                added = " + ".join(numbers[found[1]]) or "0"
                return added if found[0] == self.formula else f"({added})"
            return numbers[found[0]][0] if found[0] in numbers else found[0]

        return _NAME.sub(put, self.formula)


def number(value: float | None) -> str:
    """Seven digits, in brackets below zero; a dash for no value.

    >>> number(0.3111234567), number(-3.0), number(None)
    ('0.3111235', '(−3)', '–')
    """
    if value is None:
        return "–"
    text = f"{abs(value):.7g}"
    return f"(−{text})" if value < 0 else text
