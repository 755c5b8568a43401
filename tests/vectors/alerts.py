"""Vector files of the alert engine, run by the same code as `monitor alerts test`."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from monitor.core.alerts.rules.rule_reading import Universe
from monitor.core.alerts.trial.vectors import judge, open_universe, produce
from monitor.core.session import Calendar
from monitor.notify.template import check_template
from tests.vectors.result import CaseResult

BOARD = Path(__file__).parents[2] / "config" / "boards" / "hk-us.toml"
"""Where baskets come from that a rule names in `each`."""


def universe_of(calendars: Mapping[str, Calendar]) -> Universe:
    """A universe that knows every subject, window and channel, these calendars and the baskets of the shipped board."""
    return open_universe(calendars, _baskets(), check_template)


@cache
def _baskets() -> dict[str, list[str]]:
    return {basket["id"]: basket["members"] for basket in tomllib.loads(BOARD.read_text("utf-8"))["basket"]}


def run_file(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Iterable[CaseResult]:
    """What becomes of each case of one file. calendars: every table of `vectors/calendars`, by name."""
    for case in document["cases"]:
        yield run_case(case, calendars)


def run_case(case: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> CaseResult:
    """Run one case and compare."""
    outcome = judge(case, universe_of(calendars))
    if outcome.passed:
        return CaseResult.passed(outcome.id)
    return CaseResult.failed(outcome.id, "\n  " + "\n  ".join(outcome.differences))


def emit(case: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    """What the engine makes of a case: `{states, notifications}`, or `{refused: {rule, key}}`."""
    return produce(case, universe_of(calendars))
