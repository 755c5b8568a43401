"""The observations a `moves` predicate looks back on, and how much of the window they cover (ALERTING section 5)."""

import msgspec

_TRIM = 64


class Window(msgspec.Struct):
    """Values over the last `within` milliseconds. A window never changes: `push` gives the next one.

    The lists are shared between successive windows, each of which sees its own stretch [start, end): pushing costs the
    same however long the window is. covered: milliseconds between consecutive observations that are no gap.
    """

    times: list[int]
    values: list[float]
    start: int = 0
    end: int = -1
    covered: int = 0

    def __post_init__(self) -> None:
        if self.end < 0:
            self.end = len(self.times)

    def push(self, t: int, value: float, within: int, max_gap: int) -> "Window":
        """The window at `t` with one more observation: everything older than `t − within` has left it.

        max_gap: longest step between two observations that counts as covered. All in milliseconds.
        """
        times, values, start, end, covered = self.times, self.values, self.start, self.end, self.covered
        if end != len(times) or start > max(_TRIM, end - start):
            # Another successor has already been pushed here, or most of the list lies behind us: part ways.
            times, values = times[start:end], values[start:end]
            start, end = 0, len(times)
        if end > start:
            covered += _step(times[end - 1], t, max_gap)
        times.append(t)
        values.append(value)
        end += 1
        while times[start] < t - within:
            covered -= _step(times[start], times[start + 1], max_gap)
            start += 1
        return Window(times, values, start, end, covered)

    @property
    def move(self) -> float:
        """Newest value less the oldest in the window."""
        return self.values[self.end - 1] - self.values[self.start]

    def enough(self, within: int) -> bool:
        """Whether at least eight tenths of `within` are covered; the move is undefined otherwise."""
        return 10 * self.covered >= 8 * within


def _step(before: int, after: int, max_gap: int) -> int:
    step = after - before
    return step if step <= max_gap else 0
