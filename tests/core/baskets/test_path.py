"""Rebalanced and chain-linked baskets (DOMAIN BSK-2, BSK-4, XSC-1)."""

from itertools import pairwise
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.baskets.path import BasketPath, Rebalance, chain_linked, period_ends, rebalanced
from monitor.core.baskets.scheme import basket_return
from tests.core.market import CALENDARS

SESSIONS = CALENDARS["XHKG"].sessions
MEMBERS = ("A", "B", "C", "D")


@st.composite
def histories(draw: st.DrawFn, holes: bool = True) -> tuple[list[str], dict[str, list[float | None]]]:
    """A stretch of sessions with closes of four members, each with a first close."""
    start, count = draw(st.integers(0, 60)), draw(st.integers(2, 80))
    price = st.floats(1, 500)
    later = st.one_of(price, st.none()) if holes else price
    return SESSIONS[start : start + count], {
        symbol: [draw(price), *(draw(st.lists(later, min_size=count - 1, max_size=count - 1)))] for symbol in MEMBERS
    }


weights = st.fixed_dictionaries({symbol: st.floats(0.05, 10) for symbol in MEMBERS})
live_prices = st.fixed_dictionaries({symbol: st.one_of(st.none(), st.floats(1, 500)) for symbol in MEMBERS})


@given(histories(), weights, st.sampled_from(Rebalance), live_prices)
def test_contributions_add_up_to_the_return(
    history: tuple[list[str], dict[str, list[float | None]]],
    targets: dict[str, float],
    rebalance: Rebalance,
    live: dict[str, float | None],
) -> None:
    """XSC-1 over any number of resets, with missing closes and missing live prices."""
    sessions, closes = history
    found = rebalanced(sessions, closes, targets, rebalance, live, "2025-05-02")
    assert found.live_level == pytest.approx(100 * (1 + found.total_return))
    assert sum(found.contributions_pp.values()) == pytest.approx(100 * found.total_return, abs=1e-9, rel=1e-9)
    without = rebalanced(sessions, closes, targets, rebalance)
    assert without.live_level is None
    assert without.levels == pytest.approx(found.levels)
    assert sum(without.contributions_pp.values()) == pytest.approx(without.levels[-1] - 100, abs=1e-9, rel=1e-9)


@given(histories(holes=False), weights)
def test_a_path_without_resets_is_buy_and_hold(
    history: tuple[list[str], dict[str, list[float | None]]], targets: dict[str, float]
) -> None:
    """NONE is Σ w R of BSK-1, on any scale of the weights."""
    sessions, closes = history
    total = sum(targets.values())
    returns = {s: (column[-1] - column[0]) / column[0] for s, column in closes.items()}  # type: ignore[operator]
    expected = basket_return({s: weight / total for s, weight in targets.items()}, returns)

    found = rebalanced(sessions, closes, targets, Rebalance.NONE)

    assert found.total_return == pytest.approx(expected, abs=1e-12)
    assert found.rebalanced_at == sessions[:1]


@given(histories(holes=False))
def test_daily_rebalancing_is_the_product_of_daily_means(
    history: tuple[list[str], dict[str, list[float | None]]],
) -> None:
    """Equal weights reset every day earn the plain mean of the members' returns each day."""
    sessions, closes = history
    days = [dict(zip(closes, row, strict=True)) for row in zip(*closes.values(), strict=True)]
    means = [
        sum((after[s] - before[s]) / before[s] for s in MEMBERS) / len(MEMBERS)  # type: ignore[operator]
        for before, after in pairwise(days)
    ]

    found = rebalanced(sessions, closes, dict.fromkeys(MEMBERS, 1.0), Rebalance.DAILY)

    assert found.levels[-1] == pytest.approx(100 * prod(1 + mean for mean in means))


@given(histories(holes=False), st.data())
def test_a_placement_does_not_move_the_level(
    history: tuple[list[str], dict[str, list[float | None]]], data: st.DataObject
) -> None:
    """BSK-4: new shares weigh from the session after, and the level of their own day stays what it was."""
    sessions, closes = history
    base = {s: data.draw(st.floats(1e6, 1e10)) for s in MEMBERS}
    at = data.draw(st.integers(0, len(sessions) - 1))
    more = data.draw(st.floats(0.5, 3))
    counts = {s: [base[s]] * len(sessions) for s in MEMBERS}
    issued = {**counts, "A": [base["A"] * (more if k >= at else 1) for k in range(len(sessions))]}

    before, after = chain_linked(closes, counts), chain_linked(closes, issued)

    assert after[: at + 1] == pytest.approx(before[: at + 1])
    for k, (levels, previous, now) in enumerate(zip(pairwise(after), *_rows(closes), strict=True), start=1):
        worth = {s: issued[s][k - 1] for s in MEMBERS}
        grown = sum(worth[s] * now[s] for s in MEMBERS) / sum(worth[s] * previous[s] for s in MEMBERS)
        assert levels[1] / levels[0] == pytest.approx(grown)


def _rows(closes: dict[str, list[float | None]]) -> tuple[list[dict[str, float]], list[dict[str, float]]]:
    days = [dict(zip(closes, row, strict=True)) for row in zip(*closes.values(), strict=True)]
    return days[:-1], days[1:]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("rebalance", "live", "expected"),
    [
        (Rebalance.NONE, "2025-02-03", []),
        (Rebalance.DAILY, "2025-02-03", ["2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03", "2025-01-06"]),
        (Rebalance.DAILY, None, ["2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03"]),
        (Rebalance.WEEKLY, "2025-01-07", ["2025-01-03"]),
        (Rebalance.WEEKLY, "2025-01-13", ["2025-01-03", "2025-01-06"]),
        (Rebalance.MONTHLY, None, ["2024-12-31"]),
        (Rebalance.MONTHLY, "2025-01-07", ["2024-12-31"]),
        (Rebalance.MONTHLY, "2025-02-03", ["2024-12-31", "2025-01-06"]),
        (Rebalance.QUARTERLY, "2025-02-03", ["2024-12-31"]),
        (Rebalance.QUARTERLY, "2025-04-01", ["2024-12-31", "2025-01-06"]),
    ],
)
def test_a_period_ends_when_the_next_session_lies_in_another(
    rebalance: Rebalance, live: str | None, expected: list[str]
) -> None:
    """BSK-2: the live session ends a period too; without one the last session ends none. 30 December 2024 and
    2 January 2025 are in one ISO week."""
    sessions = ["2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03", "2025-01-06"]
    assert period_ends(sessions, rebalance, live) == expected


def test_a_missing_price_carries_the_last_one_across_a_reset() -> None:
    """Neither the level nor the holdings of a member without a close change at a reset."""
    path = BasketPath({"A": 1, "B": 1}, {"A": 10.0, "B": 10.0})
    path.see({"A": 20.0, "B": None})
    path.reset({"A": None})
    assert path.level({}) == pytest.approx(150)
    assert path.units() == pytest.approx({"A": 75 / 20, "B": 75 / 10})
    assert path.level({"B": 20.0}) == pytest.approx(225)


@pytest.mark.parametrize("missing", [None, 0.0])
def test_a_member_without_a_first_price_cannot_be_bought(missing: float | None) -> None:
    """A path never starts from a price that is not there."""
    with pytest.raises(ValueError, match="B has no price"):
        rebalanced(SESSIONS[:2], {"A": [1.0, 2.0], "B": [missing, 2.0]}, {"A": 1, "B": 1}, Rebalance.NONE)
