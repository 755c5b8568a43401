"""What `when` and `clear` compare (ALERTING section 5). Plain IEEE-754 comparisons, strict, without tolerance.

A two-sided condition has an upper side (+1) and a lower side (−1); a one-sided one only ever sees its own.
"""

import math

import msgspec

from monitor.core.alerts.notification import Bound

UPPER, LOWER = 1, -1


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One trigger with its clear.

    Outward (above, below, outside): breached above `hi` or below `lo`; an absent side is infinite. Inward (`inside`):
    breached strictly between them, and its one side counts as the upper.
    clear_lo, clear_hi: bounds of an explicit `clear`, None for the default, which is the exact negation of the trigger.
    """

    lo: float = -math.inf
    hi: float = math.inf
    inward: bool = False
    clear_lo: float | None = None
    clear_hi: float | None = None

    def breach(self, value: float) -> int:
        """The side on which `value` breaches the trigger, 0 for neither."""
        if self.inward:
            return UPPER if self.lo < value < self.hi else 0
        if value > self.hi:
            return UPPER
        return LOWER if value < self.lo else 0

    def cleared(self, value: float, side: int) -> bool:
        """Whether the clear holds on `side`."""
        if self.inward:
            if self.clear_lo is None or self.clear_hi is None:
                return value <= self.lo or value >= self.hi
            return value < self.clear_lo or value > self.clear_hi
        if side == UPPER:
            return value <= self.hi if self.clear_hi is None else value < self.clear_hi
        return value >= self.lo if self.clear_lo is None else value > self.clear_lo

    def half(self, value: float) -> int:
        """The side whose half of the band `value` lies in, the middle counting as lower; one-sided: its only side."""
        if self.inward or self.lo == -math.inf:
            return UPPER
        if self.hi == math.inf:
            return LOWER
        return UPPER if value > (self.lo + self.hi) / 2 else LOWER

    def limit(self, side: int) -> float | None:
        """The bound of the trigger that counts on `side`; None for `inside`, which has two."""
        if self.inward:
            return None
        return self.hi if side == UPPER else self.lo

    def distance(self, value: float, side: int) -> float:
        """How far `value` is beyond the trigger on `side`; negative when it does not reach it."""
        if self.inward:
            return min(value - self.lo, self.hi - value)
        return value - self.hi if side == UPPER else self.lo - value

    def trigger_bounds(self, side: int) -> tuple[Bound, ...]:
        """The trigger on `side` in words that a message can print."""
        if self.inward:
            return ((">", self.lo), ("<", self.hi))
        return ((">", self.hi),) if side == UPPER else (("<", self.lo),)

    def clear_bounds(self, side: int) -> tuple[Bound, ...]:
        """The clear on `side` in words that a message can print."""
        if self.inward:
            if self.clear_lo is None or self.clear_hi is None:
                return (("≤", self.lo), ("≥", self.hi))
            return (("<", self.clear_lo), (">", self.clear_hi))
        if side == UPPER:
            return (("≤", self.hi),) if self.clear_hi is None else (("<", self.clear_hi),)
        return (("≥", self.lo),) if self.clear_lo is None else ((">", self.clear_lo),)


class Moves(msgspec.Struct, frozen=True):
    """The condition looks at a change over the last `within_ms` instead of the value. sign: −1 for direction `down`,
    where the change is taken negated, else +1."""

    within_ms: int
    sign: int = 1


class Crossing(msgspec.Struct, frozen=True):
    """An edge: the value passes `at` between two observations. up: from not above to above, else mirrored.
    gap_counts: also when the earlier observation is older than max_gap."""

    at: float
    up: bool
    gap_counts: bool = False

    def beyond(self, value: float) -> bool:
        """Whether `value` is on the far side."""
        return value > self.at if self.up else value < self.at

    def crossed(self, before: float, now: float) -> bool:
        """Whether the edge lies between the two observations."""
        return self.beyond(now) and not self.beyond(before)
