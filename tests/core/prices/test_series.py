"""The run of closes that statistics, regimes and extremes are computed on."""

import pytest

from monitor.core.prices.closes import Closes
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.series import MAX_HOLE, run_of
from monitor.core.reference import ActionType, CorporateAction
from tests.core.market import CALENDARS

CALENDAR = CALENDARS["XNYS"]
SESSIONS = CALENDAR.sessions


def closes_without(*holes: int, count: int = 40) -> Closes:
    """Closes 100, 101, … of the first sessions, apart from those at the positions `holes`."""
    return Closes(CALENDAR, {SESSIONS[i]: None if i in holes else 100.0 + i for i in range(count)})


def run(closes: Closes, asof: int = 39, known: int | None = 39, actions: tuple[CorporateAction, ...] = ()) -> list[str]:
    limit = None if known is None else SESSIONS[known]
    return [session for session, _ in run_of(closes, CALENDAR, actions, SESSIONS[asof], limit)]


def test_a_run_without_a_hole_is_all_of_it() -> None:
    """Every known close up to the as-of session, ascending, as published where nothing happened to the shares."""
    found = run_of(closes_without(), CALENDAR, (), SESSIONS[39], SESSIONS[39])
    assert found == [(SESSIONS[i], 100.0 + i) for i in range(40)]


@pytest.mark.parametrize(("hole", "first"), [(MAX_HOLE, 0), (MAX_HOLE + 1, 10 + MAX_HOLE + 1)])
def test_a_long_hole_ends_the_run(hole: int, first: int) -> None:
    """Five missing sessions in a row are bridged, six are where history begins."""
    found = run(closes_without(*range(10, 10 + hole)))
    assert found[0] == SESSIONS[first]
    assert not set(found) & set(SESSIONS[10 : 10 + hole])


def test_nothing_that_is_not_known_yet() -> None:
    """A close on file whose session has not ended is not looked at, nor one after the as-of session."""
    assert run(closes_without(), asof=39, known=38)[-1] == SESSIONS[38]
    assert run(closes_without(), asof=30, known=39)[-1] == SESSIONS[30]
    assert run(closes_without(), known=None) == []


@pytest.mark.parametrize(("asof", "length"), [(39 + 1 + MAX_HOLE, 40), (39 + 2 + MAX_HOLE, 0)])
def test_history_must_reach_the_present(asof: int, length: int) -> None:
    """Closes that stop more than five sessions before the session of now are no history of now."""
    assert len(run(closes_without(), asof=asof, known=asof)) == length


def test_closes_are_on_the_share_basis_of_the_as_of_session() -> None:
    """Before a two-for-one split closes count half, and only once the split is in force (CA-2)."""
    split = CorporateAction(symbol="X", type=ActionType.SPLIT, ex_date=SESSIONS[20], ratio=2)
    bonus = CorporateAction(symbol="X", type=ActionType.BONUS, ex_date=SESSIONS[30], new=2, per=1)
    actions = (bonus, split)
    after = dict(run_of(closes_without(), CALENDAR, actions, SESSIONS[39], SESSIONS[39]))
    before = dict(run_of(closes_without(), CALENDAR, actions, SESSIONS[19], SESSIONS[39]))
    for i in range(40):
        factor = adjustment(actions, SESSIONS[i], SESSIONS[39]).price_factor
        assert after[SESSIONS[i]] == (100.0 + i) * factor
    assert after[SESSIONS[0]] == pytest.approx(100 / 6)
    assert before == {SESSIONS[i]: 100.0 + i for i in range(20)}


def test_before_the_calendar_there_is_nothing() -> None:
    """An as-of date before the first session of the table has no history."""
    assert run_of(closes_without(), CALENDAR, (), "2020-01-01", SESSIONS[39]) == []
