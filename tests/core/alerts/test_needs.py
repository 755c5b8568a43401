"""A board that computes no more than the rules need gives them the same numbers as the whole one."""

from functools import cache
from itertools import islice

import pytest

from benchmarks.day import CONFIG, Day
from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.needs import needs_of
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_file import parse_rules
from monitor.core.board import Board
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.measuring import frame_of


@cache
def day() -> Day:
    return Day()


def rules_of(text: str) -> RuleSet:
    return parse_rules(text, "alerts.toml", calendars=day().calendars, **names_of(day().definition)).rules


def one_rule(metric: str, unit: str) -> RuleSet:
    return rules_of(
        f'version = 1\n[[rule]]\nid = "one"\nmetric = "{metric}"\nunit = "{unit}"\nwhen = {{ above = 0.5 }}\n'
    )


def whole() -> Board:
    return Board(day().definition, day().calendars, day().reference, interval_ns=0)


def narrowed(rules: RuleSet) -> Board:
    needs = needs_of(rules.rules, day().definition, day().reference)
    return Board(needs.definition, day().calendars, needs.reference, interval_ns=0, trends_of=needs.trends_of)


def frame_after(board: Board, count: int = 400) -> Frame:
    for event in islice(day().events(5_000), count):
        board.apply(event)
    return frame_of(board.snapshot())


@cache
def complete() -> Frame:
    return frame_after(whole())


def test_the_shipped_rules_find_the_same_numbers() -> None:
    """Every metric of every shipped rule, the legs and the baskets that messages speak of: equal to the last digit."""
    rules = rules_of((CONFIG / "alerts.toml").read_text("utf-8"))

    frame = frame_after(narrowed(rules))

    assert frame.key == complete().key
    for entry in rules.entries.values():
        assert entry.metric in frame.metrics, entry.metric
        assert frame.metrics[entry.metric] == complete().metrics[entry.metric], entry.metric
    assert frame.legs == complete().legs
    for rule in rules.rules:
        for basket in {basket for baskets in rule.baskets.values() for basket in baskets}:
            window = rule.metric_window
            assert frame.baskets[basket].get(window) == complete().baskets[basket].get(window)
    assert len(frame.metrics) < len(complete().metrics) / 2


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("china-m7.breadth.1d", "ratio"),
        ("china-m7.tracking_pp.1m", "pp"),
        ("china-m7.cap_return_pct.1d", "pct"),
        ("mag7.value_added_usd_bn.ytd", "usd_bn"),
        ("china-m7.usd_return_pct.ytd", "pct"),
        ("hstech-ndx.sync_spread_pp.1d", "pp"),
        ("hstech-ndx.ewma_z.1d", "z"),
        ("hstech-ndx.robust_z.1d", "z"),
        ("china-m7_mag7.pe_discount.now", "ratio"),
        ("NDX.fair_move_pct.now", "pct"),
        ("HSTECH.drawdown_pct.now", "pct"),
        ("9988.HK.from_52w_high_pct.now", "pct"),
        ("hstech-ixic.lag_spread_pp.ytd", "pp"),
    ],
)
def test_whatever_a_measure_is_made_of_is_kept(metric: str, unit: str) -> None:
    """A rule on any kind of measure has the value that the whole board gives it."""
    frame = frame_after(narrowed(one_rule(metric, unit)))

    assert frame.metrics.get(metric) == complete().metrics.get(metric)
    assert (metric in frame.metrics) == (metric in complete().metrics)
