"""Which metrics are asked for on the command line."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase


class Patterns:
    """Names of metrics, in which `*`, `?` and `[…]` stand for others. patterns: none of them means all metrics."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self._answers: dict[str, bool] = {}
        self._matched: set[str] = set()

    def __call__(self, metric: str) -> bool:
        """Is it asked for?"""
        answer = self._answers.get(metric)
        if answer is None:
            matching = [pattern for pattern in self.patterns if fnmatchcase(metric, pattern)]
            self._matched.update(matching)
            answer = self._answers[metric] = bool(matching) or not self.patterns
        return answer

    def unmatched(self, known: Iterable[str]) -> list[str]:
        """The patterns that match neither a name in `known` nor one that was asked about before."""
        for metric in known:
            self(metric)
        return [pattern for pattern in self.patterns if pattern not in self._matched]
