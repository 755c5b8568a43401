"""What became of one case of a test file, and how two lists of rows differ."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec


class CaseOutcome(msgspec.Struct, frozen=True):
    """One case. id: its id, or its title in a unit-test file. differences: one line each, `-` for what was expected and
    did not come, `+` for what came and was not expected; empty when it passed. line: of the case in its file, 1-based,
    None where it is not known."""

    id: str
    differences: tuple[str, ...] = ()
    line: int | None = None

    @property
    def passed(self) -> bool:
        """Everything was as expected."""
        return not self.differences


def differences(expected: Iterable[str], produced: Iterable[str], key: Callable[[str], Any] = str) -> list[str]:
    """What is missing (`-`) and what is too much (`+`), sorted by `key`; how often counts, the order given does not."""
    wanted, came = Counter(expected), Counter(produced)
    rows = [(row, "-") for row in (wanted - came).elements()] + [(row, "+") for row in (came - wanted).elements()]
    return [f"{sign} {row}" for row, sign in sorted(rows, key=lambda pair: key(pair[0]))]
