"""`monitor alerts test`: unit tests of rule files (.toml) and vector files of the alert engine (.json)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import typer

from monitor.assembly.alerts.rules import load_rules, read_text
from monitor.assembly.site import Site
from monitor.core.alerts.rules.board_names import names_of
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_reading import Universe
from monitor.core.alerts.trial import unit_case, vectors
from monitor.core.alerts.trial.outcome import CaseOutcome
from monitor.core.alerts.trial.unit_file import UnitFile, parse_unit_file
from monitor.core.session import Calendar
from monitor.core.session_table import calendar_from
from monitor.errors import DataError, UsageError
from monitor.notify.template import check_template
from monitor.notify.wording import one_line

_UNIT, _VECTORS = ".toml", ".json"
_T = TypeVar("_T")


class FileOutcome(msgspec.Struct, frozen=True):
    """One file in the answer to `--json`."""

    file: str
    passed: int
    failed: int
    cases: tuple[CaseOutcome, ...]


class TestReport(msgspec.Struct, frozen=True):
    """What `--json` prints."""

    passed: int
    failed: int
    files: tuple[FileOutcome, ...]


def run_tests(site: Site, paths: Sequence[Path], *, calendars: Path | None, as_json: bool) -> int:
    """Print a line a file and what differs, case by case; 1 when a case failed.

    calendars: folder of session tables for vector files, None for the folder `calendars` beside theirs. Unit tests have
    the calendars of the configuration. Raises DataError or ConfigError for a file that cannot be run.
    """
    outcomes = []
    for file in _files(paths):
        cases = tuple(_judged(site, file, calendars))
        failed = sum(not case.passed for case in cases)
        outcomes.append(FileOutcome(str(file), len(cases) - failed, failed, cases))
        if not as_json:
            _print_file(outcomes[-1])
    passed, failed = sum(file.passed for file in outcomes), sum(file.failed for file in outcomes)
    if as_json:
        typer.echo(msgspec.json.encode(TestReport(passed, failed, tuple(outcomes))).decode())
    else:
        typer.echo(f"{passed} passed, {failed} failed", err=True)
    return 1 if failed else 0


def emit(site: Site, paths: Sequence[Path], *, calendars: Path | None) -> int:
    """Print what the engine makes of every case, one JSON document by case id; judges nothing. Raises as
    `run_tests`."""
    emitted: dict[str, Any] = {}
    for file in _files(paths):
        for case_id, outcome in _emitted(site, file, calendars):
            if case_id in emitted:
                raise DataError(str(file), f"a case {case_id!r} has been there already")
            emitted[case_id] = outcome
    typer.echo(json.dumps(emitted, ensure_ascii=False))
    return 0


def _print_file(outcome: FileOutcome) -> None:
    failed = f", {outcome.failed} FAILED" if outcome.failed else ""
    typer.echo(f"{outcome.file} ... {outcome.passed} passed{failed}")
    for case in outcome.cases:
        if not case.passed:
            place = outcome.file if case.line is None else f"{outcome.file}:{case.line}"
            typer.echo(f"FAILED {place}: {one_line(case.id)}")
            for difference in case.differences:
                typer.echo(f"  {difference}")


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path}: there is no such file")
        if path.is_dir():
            found = sorted(file for file in path.rglob("*.json") if file.parent.name != "calendars")
            if not found:
                raise UsageError(f"{path}: no vector files (*.json) in it")
            yield from found
        elif path.suffix in (_UNIT, _VECTORS):
            yield path
        else:
            raise UsageError(
                f"{path}: found {path.suffix or 'no suffix'}; allowed: .toml (unit tests), .json (vectors)"
            )


def _judged(site: Site, file: Path, calendars: Path | None) -> Iterator[CaseOutcome]:
    if file.suffix == _UNIT:
        tests, rules = _unit_file(site, file)
        for test in tests.cases:
            yield unit_case.judge(test, rules, str(file))
    else:
        cases, universe = _vector_file(site, file, calendars)
        for case in cases:
            yield _tried(vectors.judge, case, universe, file)


def _emitted(site: Site, file: Path, calendars: Path | None) -> Iterator[tuple[str, Any]]:
    if file.suffix == _UNIT:
        tests, rules = _unit_file(site, file)
        for test in tests.cases:
            yield test.title, vectors.rows_of(unit_case.run_of(test, rules, str(file)))
    else:
        cases, universe = _vector_file(site, file, calendars)
        for case in cases:
            yield str(case["id"]), _tried(vectors.produce, case, universe, file)


def _unit_file(site: Site, file: Path) -> tuple[UnitFile, RuleSet]:
    tests = parse_unit_file(read_text(file, "a readable file of unit tests"), str(file))
    return tests, load_rules(site, file.parent / tests.rules).rules


def _vector_file(site: Site, file: Path, calendars: Path | None) -> tuple[list[Mapping[str, Any]], Universe]:
    try:
        cases = vectors.cases_of(_json(file))
    except ValueError as refused:
        raise DataError(str(file), str(refused)) from None
    baskets = names_of(site.definition)["baskets"]
    return cases, vectors.open_universe(_tables(file, calendars), baskets, check_template)


def _tried(
    run: Callable[[Mapping[str, Any], Universe], _T], case: Mapping[str, Any], universe: Universe, file: Path
) -> _T:
    try:
        return run(case, universe)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as broken:
        problem = str(broken) if isinstance(broken, ValueError) else f"cannot be read: {broken!r}"
        hint = "Session tables are looked for beside the file; --calendars names another folder."
        raise DataError(str(file), f"case {case['id']}: {problem}", hint) from None


def _tables(file: Path, folder: Path | None) -> dict[str, Calendar]:
    if folder is not None and not folder.is_dir():
        raise UsageError(f"--calendars {folder}: there is no such folder")
    beside = (file.resolve().parent / "calendars", file.resolve().parent.parent / "calendars")
    chosen = folder or next((candidate for candidate in beside if candidate.is_dir()), None)
    tables = {}
    for path in () if chosen is None else sorted(chosen.glob("*.json")):
        try:
            tables[path.stem] = calendar_from(_json(path))
        except ValueError as refused:
            raise DataError(str(path), str(refused)) from None
    return tables


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except ValueError as broken:  # broken UTF-8 too
        raise DataError(str(file), f"no JSON: {broken}") from None
    except OSError as unreadable:
        raise DataError(str(file), unreadable.strerror or str(unreadable)) from None
