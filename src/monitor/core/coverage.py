"""Which members a basket may be computed from (DOMAIN COV-1, COV-2)."""

from collections.abc import Mapping

import msgspec

from monitor.core.definition import CoveragePolicy
from monitor.core.session import Phase
from monitor.core.status import Status
from monitor.core.tolerance import at_least, below

_FRESH = (Status.LIVE, Status.CLOSED)
_ABSENT = (Status.MISSING, Status.NO_BASELINE)


def member_status(
    *, has_price: bool, has_baseline: bool, halted: bool, active_age_s: float, stale_after_s: float, phase: Phase
) -> Status:
    """COV-1. active_age_s: session-clock seconds since the event time of the price (TIM-2)."""
    if not has_price:
        return Status.MISSING
    if not has_baseline:
        return Status.NO_BASELINE
    if halted:
        return Status.HALTED
    if active_age_s > stale_after_s:
        return Status.STALE
    return Status.LIVE if phase is Phase.REGULAR else Status.CLOSED


def is_fresh(status: Status) -> bool:
    """LIVE or CLOSED: the price is what the market says now."""
    return status in _FRESH


def may_carry(status: Status, policy: CoveragePolicy) -> bool:
    """Is a member of this status part of the basket? MISSING and NO_BASELINE never are."""
    if status is Status.STALE:
        return policy.stale == "CARRY"
    if status is Status.HALTED:
        return policy.halted == "CARRY"
    return status in _FRESH


class Coverage(msgspec.Struct, frozen=True):
    """COV-2. used, fresh: shares of the reference weight, 0 … 1. status: OK, DEGRADED or INSUFFICIENT_COVERAGE; with
    the last one the basket has no return."""

    included: list[str]
    used: float
    fresh: float
    status: Status


def coverage(statuses: Mapping[str, Status], ref_weights: Mapping[str, float], policy: CoveragePolicy) -> Coverage:
    """COV-2. statuses: of all members, in the order in which they are listed. ref_weights: of the same, any scale."""
    total = sum(ref_weights[symbol] for symbol in statuses)
    included = [symbol for symbol, status in statuses.items() if may_carry(status, policy)]
    fresh_weight = sum(ref_weights[symbol] for symbol, status in statuses.items() if status in _FRESH)
    used = sum(ref_weights[symbol] for symbol in included) / total if total > 0 else 0.0
    fresh = fresh_weight / total if total > 0 else 0.0
    refused = policy.missing == "REFUSE" and any(status in _ABSENT for status in statuses.values())
    if refused or not included or below(used, policy.min_coverage_used) or below(fresh, policy.min_coverage_fresh):
        status = Status.INSUFFICIENT_COVERAGE
    else:
        status = Status.OK if at_least(fresh, 1.0) else Status.DEGRADED
    return Coverage(included, used, fresh, status)
