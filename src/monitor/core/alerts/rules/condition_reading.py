"""From `when`, `clear` and `levels` to conditions, with every check of ALERTING sections 3, 5 and 6 on the way."""

from collections.abc import Mapping

from monitor.core.alerts.rules.predicate import Condition, Crossing, Moves
from monitor.core.alerts.rules.refusal import RefusedError
from monitor.core.alerts.rules.rule import RANK, SEVERITIES, Level
from monitor.core.alerts.rules.schema import LevelTable, MovesTable, PredicateTable
from monitor.core.metrics.catalogue import Measure

LONGEST_MOVE_MS = 7_200_000
"""Two hours. A longer look-back belongs into the calculator, as a metric."""

EDGES = ("crosses_up", "crosses_down")
_CLEAR_KIND = {"above": "below", "below": "above", "outside": "inside", "inside": "outside", "moves": "moves"}


class Thresholds:
    """Reads the conditions of one rule. window: of its metric, which narrows the plausible range."""

    def __init__(self, measure: Measure, window: str) -> None:
        self._measure = measure
        self._window = window
        self._low, self._high = measure.plausible(window)

    def kind(self, key: str, table: PredicateTable) -> str:
        """The one predicate that is given."""
        given = sorted(table.model_fields_set)
        if len(given) != 1:
            raise RefusedError(key, f"exactly one predicate is needed, found {', '.join(given) or 'none'}")
        return given[0]

    def crossing(self, table: PredicateTable, gap_counts: bool) -> Crossing:
        """The edge of a `crosses_up` or `crosses_down` rule."""
        up = table.crosses_up is not None
        at = table.crosses_up if up else table.crosses_down
        assert at is not None
        self._plausible("when", at)
        return Crossing(at, up, gap_counts)

    def moves(self, table: PredicateTable) -> Moves | None:
        """The look-back of a `moves` rule, None for any other."""
        if table.moves is None:
            return None
        within = table.moves.within
        if within is None:
            raise RefusedError("when", "moves: within is missing")
        if not 0 < within <= LONGEST_MOVE_MS:
            raise RefusedError("when", "moves: within must be more than 0 and at most 2h; longer belongs into a metric")
        return Moves(within, -1 if table.moves.direction == "down" else 1)

    def condition(self, key: str, when: PredicateTable, clear: PredicateTable | None, direction: str) -> Condition:
        """Trigger and clear of one level. key: `when` for the base level, whose clear is the key `clear`, or `levels`.
        direction: of the base level's `moves`."""
        kind = self.kind(key, when)
        clear_key = "clear" if key == "when" else key
        trigger = self._trigger(key, kind, when, direction)
        if clear is None:
            return trigger
        found = self.kind(clear_key, clear)
        if found != _CLEAR_KIND[kind]:
            raise RefusedError(clear_key, f"the clear of `{kind}` is `{_CLEAR_KIND[kind]}`, found `{found}`")
        return self._with_clear(clear_key, kind, trigger, clear)

    def levels(self, base: Condition, severity: str, tables: Mapping[str, LevelTable], kind: str) -> tuple[Level, ...]:
        """All levels, base first. base: the condition of `severity`."""
        direction = "any" if base.lo > float("-inf") else "up"
        levels = [Level(severity, base)]
        for name, table in sorted(tables.items(), key=lambda item: RANK.get(item[0], -1)):
            if RANK.get(name, -1) <= RANK[severity]:
                above = SEVERITIES[RANK[severity] + 1 :]
                raise RefusedError(
                    "levels", f"{name} is no level above {severity}; allowed: {', '.join(above) or 'none'}"
                )
            if self.kind("levels", table.when) != kind:
                raise RefusedError("levels", f"{name}: must be of the kind of the base level, `{kind}`")
            for part in (table.when, table.clear):
                if part is not None and part.moves is not None:
                    _only_by("levels", part.moves)
            condition = self.condition("levels", table.when, table.clear, direction)
            _check_order(name, levels[-1].condition, condition)
            levels.append(Level(name, condition))
        return tuple(levels)

    def _trigger(self, key: str, kind: str, when: PredicateTable, direction: str) -> Condition:
        if when.above is not None:
            return Condition(hi=self._plausible(key, when.above))
        if when.below is not None:
            return Condition(lo=self._plausible(key, when.below))
        if when.moves is not None:
            by = when.moves.by
            if by <= 0:
                raise RefusedError(key, f"moves: by must be more than 0, found {by:g}")
            self._plausible_move(key, by)
            return Condition(lo=-by, hi=by) if direction == "any" else Condition(hi=by)
        band = when.outside or when.inside
        if band is None:
            raise RefusedError(key, f"`{kind}` has no levels")
        lo, hi = (self._plausible(key, bound) for bound in band)
        if lo >= hi:
            raise RefusedError(key, f"the lower bound must be below the upper one, found [{lo:g}, {hi:g}]")
        return Condition(lo=lo, hi=hi, inward=when.inside is not None)

    def _with_clear(self, key: str, kind: str, trigger: Condition, clear: PredicateTable) -> Condition:
        lo, hi = trigger.lo, trigger.hi
        if clear.below is not None:
            if self._plausible(key, clear.below) > hi:
                raise RefusedError(key, f"below {clear.below:g} is on the wrong side: it must be at most {hi:g}")
            return Condition(hi=hi, clear_hi=clear.below)
        if clear.above is not None:
            if self._plausible(key, clear.above) < lo:
                raise RefusedError(key, f"above {clear.above:g} is on the wrong side: it must be at least {lo:g}")
            return Condition(lo=lo, clear_lo=clear.above)
        if clear.moves is not None:
            _only_by(key, clear.moves)
            by = clear.moves.by
            if not 0 <= by <= hi:
                raise RefusedError(key, f"moves: by must lie between 0 and {hi:g}, found {by:g}")
            return Condition(lo=lo, hi=hi, clear_lo=-by if lo > float("-inf") else None, clear_hi=by)
        band = clear.inside or clear.outside
        assert band is not None
        a, b = (self._plausible(key, bound) for bound in band)
        right = lo <= a < b <= hi if kind == "outside" else a <= lo and hi <= b
        if not right:
            order = f"{lo:g} ≤ a < b ≤ {hi:g}" if kind == "outside" else f"a ≤ {lo:g} and {hi:g} ≤ b"
            raise RefusedError(key, f"[{a:g}, {b:g}] is on the wrong side: {order} is needed")
        return Condition(lo=lo, hi=hi, inward=kind == "inside", clear_lo=a, clear_hi=b)

    def _plausible(self, key: str, number: float) -> float:
        if not self._low <= number <= self._high:
            raise RefusedError(
                key,
                f"{number:g} is not plausible for {self._measure.name} over {self._window}: "
                f"between {self._low:g} and {self._high:g} {self._measure.unit}",
            )
        return number

    def _plausible_move(self, key: str, by: float) -> None:
        # A change is at most as large as the range is wide on one side of zero.
        largest = max(abs(self._low), abs(self._high))
        if by > largest:
            raise RefusedError(key, f"a move of {by:g} is not plausible: at most {largest:g} {self._measure.unit}")


def _only_by(key: str, moves: MovesTable) -> None:
    if moves.within is not None or moves.direction is not None:
        raise RefusedError(key, "moves: only `by` may be given here; the rest is that of `when`")


def _check_order(name: str, lower: Condition, higher: Condition) -> None:
    """Refuse a level that is not further out than the one below it, or whose clear is not implied by that one's."""
    infinity = float("inf")
    out = (lower.hi == infinity or higher.hi > lower.hi) and (lower.lo == -infinity or higher.lo < lower.lo)
    if not out:
        raise RefusedError("levels", f"{name}: must be further out than the level below it")
    upper = lower.hi == infinity or _implied(_upper_clear(lower), _upper_clear(higher))
    below = lower.lo == -infinity or _implied(_lower_clear(lower), _lower_clear(higher))
    if not (upper and below):
        raise RefusedError("levels", f"{name}: its clear must hold wherever the clear of the level below it holds")


def _upper_clear(condition: Condition) -> tuple[float, bool]:
    """The clear of the upper side as (bound, whether the bound itself is clear)."""
    return (condition.hi, True) if condition.clear_hi is None else (condition.clear_hi, False)


def _lower_clear(condition: Condition) -> tuple[float, bool]:
    """The clear of the lower side, mirrored to the upper one."""
    return (-condition.lo, True) if condition.clear_lo is None else (-condition.clear_lo, False)


def _implied(lower: tuple[float, bool], higher: tuple[float, bool]) -> bool:
    """Whether every value in the lower level's clear is in the higher level's."""
    return lower[0] < higher[0] or (lower[0] == higher[0] and (higher[1] or not lower[1]))
