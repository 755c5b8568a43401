"""The budget of requests: bounded in every hour, whatever is asked of it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.yahoo.request_budget import RequestBudget


@given(
    st.integers(min_value=4, max_value=400),
    st.lists(st.floats(min_value=0.0, max_value=900.0), min_size=1, max_size=300),
)
def test_no_hour_has_more_than_its_requests(per_hour: int, pauses: list[float]) -> None:
    """However greedy the client: no more than `per_hour` in any window of an hour, never two within a second."""
    budget = RequestBudget(per_hour)
    now, made = 0.0, []
    for pause in pauses:
        now += pause if pause > 450.0 else 0.0  # mostly as fast as it may
        now += budget.wait_s(now)
        budget.spend(now)
        made.append(now)

    for first in range(len(made)):
        within = sum(made[first] <= at < made[first] + 3599.0 for at in made)
        assert within <= per_hour + 1
    assert all(later - earlier >= 0.999 for earlier, later in pairwise(made))


def test_a_start_may_ask_for_a_quarter_at_once() -> None:
    """A board of a hundred lines is there after a hundred seconds, and then the pace is even."""
    budget = RequestBudget(400)
    now, made = 0.0, []
    while now < 3600.0:
        budget.spend(now)
        made.append(now)
        now += budget.wait_s(now)

    assert made[99] == 99.0
    assert 395 <= len(made) <= 400
    assert max(later - earlier for earlier, later in pairwise(made)) < 13.0
