"""The specification's domain vectors, case by case, and the runner that prints them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared import SHARED, needs_shared
from tests.vectors.__main__ import main
from tests.vectors.calendars import load_calendars
from tests.vectors.compare import differences
from tests.vectors.dispatch import read
from tests.vectors.domain import OPERATIONS, run_file
from tests.vectors.result import Status

DOMAIN = SHARED / "vectors" / "domain"
SUPPORTED = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14", "15", "16", "18")


def cases() -> Iterator[Any]:
    for file in sorted(DOMAIN.glob("*.json")):
        document = read(file)
        for case in document["cases"]:
            yield pytest.param({**document, "cases": [case]}, id=case["id"])


@needs_shared
@pytest.mark.parametrize("document", list(cases()) or [pytest.param({}, id="none")])
def test_case(document: dict[str, Any]) -> None:
    """One vector holds, or its operation belongs to a suite that is not supported yet."""
    (result,) = run_file(document, _calendars())
    if document["suite"][:2] in SUPPORTED:
        assert result.status is Status.PASSED, result.message
    elif result.status is Status.UNSUPPORTED:
        assert document["cases"][0]["op"] not in OPERATIONS
    else:
        assert result.status is Status.PASSED, result.message


_tables: dict[Path, Any] = {}


def _calendars() -> Any:
    folder = SHARED / "vectors" / "calendars"
    if folder not in _tables:
        _tables[folder] = load_calendars(folder)
    return _tables[folder]


@pytest.mark.parametrize(
    ("expected", "got", "equal"),
    [
        (1.0, 1.0 + 5e-10, True),
        (1.0, 1.0 + 5e-9, False),
        (0.0, 9e-13, True),
        (1, 1.0, True),
        (True, 1, False),
        (0, False, False),
        (None, 0.0, False),
        ("OK", Status.PASSED, False),
        ("passed", Status.PASSED, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1, 2], [1, 2, 3], False),
        (1.0, float("nan"), False),
    ],
)
def test_comparison(expected: Any, got: Any, equal: bool) -> None:
    """Numbers within tolerance, everything else exactly, and no key too many."""
    assert (not list(differences(expected, got, 1e-9, 1e-12))) is equal


def test_the_runner_names_what_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a failing case, unsupported operations by name, and the count last."""
    good = {
        "id": "x-1",
        "op": "fx_rate",
        "input": {"from": "HKD", "to": "HKD", "quotes": {}},
        "expected": {"rate": 1.0},
    }
    document = {
        "suite": "04_fx",
        "tolerance": {"rel": 1e-9, "abs": 1e-12},
        "cases": [
            good,
            {**good, "id": "x-2", "expected": {"rate": 2.0}},
            {**good, "id": "x-3", "input": {}},
            {**good, "id": "x-4", "op": "tea_leaves"},
        ],
    }
    (tmp_path / "04_fx.json").write_text(json.dumps(document))
    assert main([str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:2]] == ["FAILED 04_fx.json x-2", "FAILED 04_fx.json x-3"]
    assert "tea_leaves (1 case)" in lines[2]
    assert lines[-1] == "1 passed, 3 failed"
    main([str(tmp_path), "--skip-unsupported"])
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 2 failed"
