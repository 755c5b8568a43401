"""Tests that must not run at the same time, or share what they began, stay on one worker of xdist."""

import pytest


@pytest.mark.xdist_group("grouped")
def test_the_group_of_a_test_is_in_its_id(request: pytest.FixtureRequest) -> None:
    """Ids are how the scheduler hears of groups; without it every test goes to whoever is free."""
    grouping = getattr(request.config.option, "loadgroup", False)

    assert request.node.nodeid.endswith("@grouped") == grouping
