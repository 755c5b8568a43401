"""The alert engine against the specification's vectors, undisturbed, restarted after every item, and fed twice."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from monitor.core.session import Calendar
from tests.shared import SHARED, needs_shared
from tests.vectors.__main__ import main
from tests.vectors.alerts import emit, run_case
from tests.vectors.calendars import load_calendars
from tests.vectors.result import Status

pytestmark = needs_shared

FILES = sorted((SHARED / "vectors" / "alerts").glob("*.json")) if SHARED.is_dir() else []
CASES = {case["id"]: case for file in FILES for case in json.loads(file.read_text("utf-8"))["cases"]}


@pytest.fixture(scope="module")
def calendars() -> Mapping[str, Calendar]:
    return load_calendars(SHARED / "vectors" / "calendars")


@pytest.fixture(params=CASES, scope="module")
def case(request: pytest.FixtureRequest) -> dict[str, Any]:
    return CASES[request.param]


def test_case(case: dict[str, Any], calendars: Mapping[str, Calendar]) -> None:
    """States and notifications of the case are exactly the expected ones."""
    result = run_case(case, calendars)

    assert result.message == ""
    assert result.status is Status.PASSED


def test_restart_after_every_item_changes_nothing(case: dict[str, Any], calendars: Mapping[str, Calendar]) -> None:
    """What is not in the serialised state has no influence."""
    timeline = [item for item in case.get("timeline", ()) for item in (item, {"restart": True})]

    assert emit({**case, "timeline": timeline}, calendars) == emit(case, calendars)


def test_every_snapshot_twice_changes_nothing(case: dict[str, Any], calendars: Mapping[str, Calendar]) -> None:
    """A frame that is delivered again has no influence."""
    timeline = [item for item in case.get("timeline", ()) for item in [item] * (1 + ("snapshot" in item))]

    assert emit({**case, "timeline": timeline}, calendars) == emit(case, calendars)


def test_emit_is_one_document_by_case(capsys: pytest.CaptureFixture[str]) -> None:
    """`python -m tests.vectors --emit` prints what the engine makes of each case, and judges nothing."""
    file = next(file for file in FILES if file.stem.startswith("18"))

    assert main([str(file), "--emit"]) == 0
    emitted = json.loads(capsys.readouterr().out)
    assert emitted == {case["id"]: case["expected"] for case in json.loads(file.read_text("utf-8"))["cases"]}


def test_a_wrong_expectation_fails(calendars: Mapping[str, Calendar]) -> None:
    """The comparison can say no: a notification too many, and one level off, are found."""
    case = next(case for case in CASES.values() if case["expected"].get("notifications"))
    expected = case["expected"]
    missing = {**case, "expected": {**expected, "notifications": expected["notifications"][:-1]}}
    wrong = {**case, "expected": {**expected, "states": [[*row[:-1], "info"] for row in expected["states"]]}}

    assert run_case(missing, calendars).status is Status.FAILED
    assert run_case(wrong, calendars).status is Status.FAILED
