"""config/alerts.toml does what config/alerts_test.toml says, and keeps the desk quiet when its prices fail."""

import pytest

from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.core.alerts.trial.unit_case import judge
from monitor.core.alerts.trial.unit_file import UnitCase, parse_unit_file
from tests.e2e.shipped import CONFIG, calendars, definition

CASES = parse_unit_file((CONFIG / "alerts_test.toml").read_text("utf-8"), "config/alerts_test.toml")
FEED_RULES = {"hong-kong-feed-down", "new-york-feed-down"}
DATA_RULES = {"calendar-surprise", "split-suspect", "split-suspect-us"}


@pytest.fixture(scope="module")
def shipped() -> AlertConfig:
    text = (CONFIG / "alerts.toml").read_text("utf-8")
    return parse_rules(text, "config/alerts.toml", calendars=calendars(), **names_of(definition()))


@pytest.mark.parametrize("case", CASES.cases, ids=lambda case: case.title)
def test_a_shipped_rule_does_what_its_unit_test_says(shipped: AlertConfig, case: UnitCase) -> None:
    """The messages of the made-up timeline are the ones that the file expects, all of them and no other."""
    outcome = judge(case, shipped.rules, "config/alerts_test.toml")

    assert outcome.differences == ()


def test_every_shipped_rule_has_a_unit_test_that_makes_it_speak(shipped: AlertConfig) -> None:
    """No rule of the file is left untried."""
    tried = {told.rule for case in CASES.cases for told in case.expect}

    assert {rule.id for rule in shipped.rules.rules} == tried


def test_missing_data_is_told_once_a_market(shipped: AlertConfig) -> None:
    """Only the two feed rules say NO_DATA; every rule on prices waits for a live leg, and those with an end are held
    back by the feed rule of their market."""
    rules = [rule for rule in shipped.rules.rules if rule.id not in DATA_RULES]
    feeds = {"XHKG": "hong-kong-feed-down", "XNYS": "new-york-feed-down"}

    assert {rule.id for rule in rules if rule.no_data.do == "alert"} == FEED_RULES
    assert all(rule.require_live for rule in rules if rule.id not in FEED_RULES)
    for rule in rules:
        if rule.crossing is None and rule.id not in FEED_RULES:
            assert rule.session is not None
            assert feeds[rule.session.calendar] in rule.inhibited_by


def test_nothing_shipped_needs_an_account(shipped: AlertConfig) -> None:
    """Rules, digest and blind alarm speak on the console only."""
    assert shipped.used_channels == ("console",)
    assert shipped.service.digest.calendars == ("XHKG", "XNYS")
