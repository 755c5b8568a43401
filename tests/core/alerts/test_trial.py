"""Unit tests of rules: the short notation, the file, what is refused, and what a case says that went wrong."""

from collections.abc import Mapping
from typing import Any

import pytest

from monitor.core.alerts.notification import Kind
from monitor.core.alerts.rules.refusal import AlertFileError
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.trial.made_up import kinds_of, made_up
from monitor.core.alerts.trial.series import NO_SNAPSHOT, read_legs, read_series
from monitor.core.alerts.trial.unit_case import frames_of, judge
from monitor.core.alerts.trial.unit_file import UnitCase, parse_unit_file
from monitor.core.alerts.trial.vectors import cases_of, produce
from tests.core.alerts.bench import CALENDARS, METRIC, T, rule, rule_set
from tests.vectors.alerts import universe_of

WIDE = rule(for_="60s", clear={"below": 1.2}, clear_for="30s", max_gap="10s", require_live=["HSTECH"])
HEAD = """rules = "alerts.toml"
[[case]]
title = "one minute"
start = 2026-11-10T10:00:00+08:00
step = "1s"
"""
SERIES = f'series = {{ "{METRIC}" = "1.0x10 1.6x70 nullx3 _x5 1.1x40" }}\n'
LEGS = 'legs = { HSTECH = "livex128" }\n'
EXPECT = 'expect = ["70s FIRING wide warning", "118s RESOLVED wide warning"]\n'


def case_of(text: str) -> UnitCase:
    (case,) = parse_unit_file(text, "alerts_test.toml").cases
    return case


def differences(body: str, *rules: Mapping[str, Any]) -> list[str]:
    return list(judge(case_of(HEAD + body), rule_set(*(rules or (WIDE,))), "alerts_test.toml").differences)


def judge_all(text: str, rules: RuleSet) -> None:
    for case in parse_unit_file(text, "alerts_test.toml").cases:
        judge(case, rules, "alerts_test.toml")


def refusal(text: str, rules: RuleSet | None = None) -> str:
    with pytest.raises(AlertFileError) as refused:
        judge_all(text, rules or rule_set(WIDE))
    return str(refused.value)


def test_a_series_is_counted_values() -> None:
    """`1.5x2` is two steps, a word alone is one; null is missing and `_` no snapshot."""
    assert read_series("1.5x2 -2e-1 nullx2 _") == [1.5, 1.5, -0.2, None, None, NO_SNAPSHOT]
    assert [None if leg is None else (leg.phase, leg.live) for leg in read_legs("live stalex1 shut null")] == [
        ("REGULAR", True),
        ("REGULAR", False),
        ("CLOSED", False),
        None,
    ]


@pytest.mark.parametrize("text", ["", "1.5x0", "x3", "1.5x", "infx2", "nanx2", "1_0", "true", "1x1000001", "1x9999999"])
def test_what_is_no_series_is_refused(text: str) -> None:
    """Words that are no finite number, counts of nothing, and more steps than a test can mean."""
    with pytest.raises(ValueError, match=r"allowed|takes more than 1000000 steps"):
        read_series(text)


def test_the_example_of_the_specification_passes() -> None:
    """FIRING after a minute beyond, RESOLVED half a minute after a hole that the clear begins behind."""
    assert differences(SERIES + LEGS + EXPECT + 'phases = ["69s wide PENDING", "70s wide FIRING warning"]\n') == []


def test_snapshots_of_a_case() -> None:
    """A step with `_` has no snapshot, a null is a missing value, and what has ended is missing from then on."""
    case = case_of(
        HEAD + f'series = {{ "{METRIC}" = "1.0 null _ 2.0", "a.price.now" = "5" }}\nlegs = {{ X = "live" }}\n'
    )
    frames = list(frames_of(case))

    assert [(frame.t - T) // 1000 for frame in frames] == [0, 1, 3]
    assert [frame.metrics for frame in frames] == [{METRIC: 1.0, "a.price.now": 5.0}, {METRIC: None}, {METRIC: 2.0}]
    assert [list(frame.legs) for frame in frames] == [["X"], [], []]


def test_differences_are_told_line_by_line() -> None:
    """What did not come stands behind a minus, what nobody expected behind a plus, in order of time."""
    found = differences(SERIES + LEGS + 'expect = ["71s FIRING wide warning"]\nphases = ["69s wide FIRING critical"]\n')

    assert found == [
        "+ 70s FIRING wide warning",
        "- 71s FIRING wide warning",
        "+ 118s RESOLVED wide warning",
        "- phase 69s wide FIRING critical",
        "+ phase 69s wide PENDING",
    ]


def test_a_failing_case_hints_at_what_it_forgot() -> None:
    """A required leg or a metric that the case does not give, and a series that no rule looks at, are named."""
    found = differences('series = { "hstech-ndx.spread_pp.ytd" = "1.6x70" }\n' + EXPECT)

    assert found[-3:] == [
        "  no leg HSTECH, which rule wide requires",
        f"  no series {METRIC} for rule wide",
        "  no rule of this case looks at hstech-ndx.spread_pp.ytd",
    ]


def test_instances_may_be_named_or_not() -> None:
    """`rule:instance` fits that instance alone, `rule` any of them; each message is used once."""
    each = rule(id="fall", metric="*.return_pct.1d", unit="pct", each=["A", "B"], when={"below": -5})
    series = 'series = { "A.return_pct.1d" = "-6x2", "B.return_pct.1d" = "-1 -6" }\n'

    assert differences(series + 'expect = ["0s FIRING fall:A warning", "1s FIRING fall:B warning"]\n', each) == []
    assert differences(series + 'expect = ["1s FIRING fall warning", "0s FIRING fall warning"]\n', each) == []
    assert differences(series + 'expect = ["0s FIRING fall:B warning", "1s FIRING fall warning"]\n', each) == [
        "- 0s FIRING fall:B warning",
        "+ 0s FIRING fall:A warning",
    ]
    assert "fall has several instances: write fall:A" in refusal(
        HEAD + series + 'phases = ["0s fall OK"]\n', rule_set(each)
    )
    assert "rule fall has no instance 'C'; it has: A, B" in refusal(
        HEAD + series + 'expect = ["0s FIRING fall:C warning"]\n', rule_set(each)
    )


def test_a_silence_of_a_case_holds_messages_back() -> None:
    """Times of a silence count from the start; what was held back comes when it ends."""
    body = f'series = {{ "{METRIC}" = "1.6x40" }}\nsilences = [{{ rule = "wi*", level = ["warning"], to = "30s" }}]\n'

    assert differences(body + 'expect = ["30s FIRING wide warning"]\n', rule()) == []


def test_a_reason_is_compared_when_it_is_given() -> None:
    """`expired` stands at the end of the line; a line without a reason takes any."""
    rules = rule(valid_until="2026-11-10T10:00:05+08:00")
    body = f'series = {{ "{METRIC}" = "1.6x10" }}\n'

    assert differences(body + 'expect = ["0s FIRING wide warning", "5s RESOLVED wide warning expired"]\n', rules) == []
    assert differences(body + 'expect = ["0s FIRING wide warning", "5s RESOLVED wide warning"]\n', rules) == []
    assert differences(body + 'expect = ["0s FIRING wide warning", "5s RESOLVED wide warning gone"]\n', rules) == [
        "- 5s RESOLVED wide warning gone",
        "+ 5s RESOLVED wide warning expired",
    ]


def test_only_loads_no_more_than_it_names() -> None:
    """Other rules of the file stay silent, and may not be expected."""
    rules = rule_set(WIDE, rule(id="other"))

    assert judge(case_of(HEAD + SERIES + LEGS + EXPECT + 'only = ["wide"]\n'), rules, "x").passed
    assert not judge(case_of(HEAD + SERIES + LEGS + EXPECT), rules, "x").passed
    text = HEAD + SERIES + 'only = ["wide"]\nexpect = ["0s FIRING other warning"]\n'
    assert "expect: no rule 'other' is loaded; there are: wide" in refusal(text, rules)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules = 'x'", "alerts_test.toml: case: is missing"),
        ("rules = 3\n[[case]]\n", "alerts_test.toml:1: rules: "),
        ("rule = 'x'\nrules = 'x'\n[[case]]", "alerts_test.toml:1: rule: unknown key. Did you mean rules?"),
        ("rules = = 3", "alerts_test.toml: Invalid value (at line 1"),
        (
            HEAD + SERIES + "serise = 3\n",
            "alerts_test.toml:2: case one minute: serise: unknown key. Did you mean series?",
        ),
        (HEAD, "alerts_test.toml:2: case one minute: series: is missing"),
        (HEAD + "series = {}\n", "case one minute: series: "),
        (HEAD + "series = { 'spread_pp.1d' = '1' }\n", "series: 'spread_pp.1d' is not <subject>.<measure>.<window>"),
        (HEAD + f"series = {{ '{METRIC}' = '1.6y3' }}\n", f"series: {METRIC}: '1.6y3' is no value; allowed: a number"),
        (HEAD + SERIES + "legs = { X = 'alive' }\n", "legs: X: 'alive' is no state of a leg; allowed: live, stale"),
        (HEAD.replace("+08:00", "") + SERIES, "start: 2026-11-10T10:00:00 has no offset"),
        (HEAD.replace('"1s"', '"0s"') + SERIES, "step: must be more than 0"),
        (HEAD.replace('"1s"', '"1"') + SERIES, "step: '1' is not a duration"),
        (HEAD.replace('"1s"', '"9000d"') + SERIES, "step: the case lasts longer than"),
        (HEAD + SERIES + "expect = ['FIRING wide']\n", "expect: 'FIRING wide' is not like 70s FIRING rule-id warning"),
        (HEAD + SERIES + "expect = ['7s FIRE wide info']\n", "expect: 'FIRE' is no kind; allowed: FIRING, "),
        (
            HEAD + SERIES + "expect = ['7s FIRING wide warn']\n",
            "'warn' is no level; allowed: info, warning, critical. ",
        ),
        (HEAD + SERIES + "expect = ['7 FIRING wide info']\n", "expect: '7' is not a duration"),
        (HEAD + SERIES + "phases = ['7s wide SLEEPING']\n", "phases: 'SLEEPING' is no phase; allowed: OK, PENDING"),
        (HEAD + SERIES + "phases = ['7s wide']\n", "phases: '7s wide' is not like 69s rule-id PENDING"),
        (HEAD + SERIES + "only = []\n", "only: "),
        (HEAD + SERIES + "only = ['wild']\n", "only: no rule 'wild' is loaded; there are: wide. Did you mean wide?"),
        (HEAD + SERIES + "silences = [{ to = '3s' }]\n", "silences: a silence matches on at least one of rule"),
        (HEAD + SERIES + "silences = [{ rule = 'x' }]\n", "silences: 0.to: is missing"),
        (HEAD + SERIES + "silences = [{ level = ['bad'], to = '3s' }]\n", "silences: 'bad' is no level"),
    ],
)
def test_a_wrong_file_is_refused(text: str, says: str) -> None:
    """The message names file, line, case, key, what is wrong and, where it can be known, what was meant."""
    assert says in refusal(text)


def test_a_wrong_case_of_the_vectors_is_told_as_rows() -> None:
    """A document without cases is none; a timeline with an unknown item and a missing session table are refused."""
    for document in ([], {}, {"cases": []}, {"cases": [{"id": "x"}]}, {"cases": ["x"]}):
        with pytest.raises(ValueError, match="no vector file of the alert engine"):
            cases_of(document)
    case: dict[str, Any] = {"id": "x", "rules": [], "calendars": [], "expected": {}, "timeline": [{"snap": {}}]}
    with pytest.raises(ValueError, match="'snap' is no item of a timeline"):
        produce(case, universe_of(CALENDARS))
    with pytest.raises(ValueError, match="no session table of XHKG; there are: TOY"):
        produce({**case, "calendars": ["XHKG"]}, universe_of(CALENDARS))


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        ({"repeat_every": "1h"}, {"FIRING", "RESOLVED", "REMINDER"}),
        (
            {"levels": {"critical": {"when": {"above": 2.5}}}, "session": {"calendar": "TOY"}},
            {"FIRING", "RESOLVED", "ESCALATED", "SESSION_END"},
        ),
        ({"when": {"outside": [-2, 1]}, "no_data": {"do": "alert"}}, {"FIRING", "RESOLVED", "NO_DATA", "DATA_BACK"}),
        ({"when": {"inside": [1, 2]}, "clear": {"outside": [0.5, 2.5]}}, {"FIRING", "RESOLVED"}),
        ({"when": {"below": -1.5}, "clear": {"above": -1.0}}, {"FIRING", "RESOLVED"}),
        ({"when": {"moves": {"by": 2, "within": "5m", "direction": "down"}}}, {"FIRING", "RESOLVED"}),
        ({"when": {"moves": {"by": 2, "within": "5m"}}}, {"FIRING", "RESOLVED"}),
    ],
)
def test_made_up_notes_look_like_real_ones(keys: dict[str, Any], kinds: set[str]) -> None:
    """Every kind that a rule can cause has a value that fits: beyond the trigger while it fires, in the clear after."""
    rules = rule_set(rule(**keys))
    (entry,) = rules.entries.values()
    condition, moves = entry.rule.base, entry.rule.moves

    assert set(kinds_of(entry)) == kinds
    for kind in kinds_of(entry):
        evidence = made_up(entry, kind, T).evidence
        measured = evidence.value if moves is None else evidence.move
        if kind in (Kind.RESOLVED, Kind.DATA_BACK):
            assert measured is not None
            assert condition.breach((moves.sign if moves else 1) * measured) == 0
            assert evidence.distance is not None
            assert evidence.distance < 0
        elif kind is Kind.NO_DATA:
            assert measured is None
        else:
            assert evidence.distance is not None
            assert evidence.distance > 0


def test_a_made_up_event_lies_beyond_its_edge() -> None:
    """An edge rule causes events and nothing that lasts; a whole number stays one."""
    table = rule(metric="HSI.regime.now", unit="count", when={"crosses_down": -0.5})
    del table["repeat_every"]
    (entry,) = rule_set(table).entries.values()

    note = made_up(entry, Kind.EVENT, T)

    assert kinds_of(entry) == (Kind.EVENT,)
    assert (note.id, note.evidence.value) == (f"wide:HSI:{T}:EVENT", -1.0)
