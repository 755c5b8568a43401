import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.coverage import coverage, member_status
from monitor.core.definition import CoveragePolicy
from monitor.core.session import Phase
from monitor.core.status import Status

SAME = {"has_price": True, "has_baseline": True, "halted": False, "active_age_s": 0.0, "stale_after_s": 60.0}
statuses = st.dictionaries(
    st.sampled_from("ABCDEFG"),
    st.sampled_from([Status.LIVE, Status.CLOSED, Status.STALE, Status.HALTED, Status.MISSING, Status.NO_BASELINE]),
    min_size=1,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Status.LIVE),
        ({"phase": Phase.BREAK}, Status.CLOSED),
        ({"active_age_s": 60.0}, Status.LIVE),
        ({"active_age_s": 60.001}, Status.STALE),
        ({"active_age_s": 61.0, "phase": Phase.CLOSED}, Status.STALE),
        ({"active_age_s": 61.0, "halted": True}, Status.HALTED),
        ({"halted": True, "has_baseline": False}, Status.NO_BASELINE),
        ({"has_price": False, "has_baseline": False}, Status.MISSING),
    ],
)
def test_the_first_match_decides(changes: dict[str, object], expected: Status) -> None:
    """COV-1, in its order."""
    assert member_status(**{**SAME, "phase": Phase.REGULAR, **changes}) is expected  # type: ignore[arg-type]


@given(statuses)
def test_what_is_included(members: dict[str, Status]) -> None:
    """COV-2: missing members never are; fresh ones always; fresh weight is part of the used one."""
    found = coverage(members, dict.fromkeys(members, 2.0), CoveragePolicy())
    assert all(members[symbol] not in (Status.MISSING, Status.NO_BASELINE) for symbol in found.included)
    assert {s for s, status in members.items() if status in (Status.LIVE, Status.CLOSED)} <= set(found.included)
    assert 0 <= found.fresh <= found.used <= 1


@given(statuses)
def test_refusal(members: dict[str, Status]) -> None:
    """Under REFUSE one absent member is enough for no number at all."""
    policy = CoveragePolicy(missing="REFUSE", min_coverage_used=0.0, min_coverage_fresh=0.0)
    absent = any(status in (Status.MISSING, Status.NO_BASELINE) for status in members.values())
    found = coverage(members, dict.fromkeys(members, 1.0), policy)
    assert (found.status is Status.INSUFFICIENT_COVERAGE) == absent


def test_limits_hold_up_to_rounding() -> None:
    """0.7 + 0.1 is 0.7999999999999999 in floating point, and still 80 %."""
    members = {"A": Status.LIVE, "B": Status.MISSING, "C": Status.LIVE}
    assert coverage(members, {"A": 0.7, "B": 0.2, "C": 0.1}, CoveragePolicy()).status is Status.DEGRADED
