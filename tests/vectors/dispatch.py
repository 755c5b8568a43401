"""Which runner a vector file belongs to. A runner is a module with
`run_file(document, calendars) -> Iterable[CaseResult]`; it is imported when its first file comes up."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from monitor.core.session import Calendar
from tests.shared import SHARED
from tests.vectors.calendars import load_calendars
from tests.vectors.result import CaseResult


def vector_files(path: Path) -> Iterator[Path]:
    """The vector files under a folder, or the one file: not the session tables that lie beside them."""
    found = [path] if path.is_file() else sorted(path.rglob("*.json*"))
    for file in found:
        if file.suffix in (".json", ".jsonl") and file.parent.name != "calendars":
            yield file


def results(path: Path, calendars: Path | None = None) -> Iterator[tuple[Path, CaseResult]]:
    """Every case under a folder with its file. calendars: folder of session tables, None for the nearest one."""
    for file in vector_files(path):
        for result in run_file(file, calendars):
            yield file, result


def run_file(file: Path, calendars: Path | None = None) -> Iterator[CaseResult]:
    """Every case of one file. A file that no runner knows yields one unsupported case; a case that raises has failed,
    and the others still run."""
    try:
        document = read(file)
    except ValueError as unreadable:
        yield CaseResult.failed(file.stem, f"not JSON: {unreadable}")
        return
    name = runner_of(document)
    if name is None:
        yield CaseResult.unsupported(file.stem, "not a vector file that this project knows")
        return
    runner = import_module(f"tests.vectors.{name}")
    tables = tables_for(file, calendars)
    # The rows of a feed fixture are known by their position, so that file stays whole.
    parts = (
        [document] if name in ("feeds", "presets") else [{**document, "cases": [case]} for case in document["cases"]]
    )
    for part in parts:
        try:
            yield from runner.run_file(part, tables)
        except Exception as error:
            cases = part.get("cases", [])
            case_id = cases[0].get("id", file.stem) if len(cases) == 1 else file.stem
            yield CaseResult.failed(case_id, f"{type(error).__name__}: {error}")


def produced(file: Path, calendars: Path | None = None) -> Iterator[tuple[str, Any]]:
    """Id and outcome of every case of one file as the project computes it; nothing for files without such a form, and
    for what is no JSON."""
    try:
        document = read(file)
    except ValueError:
        return
    name = runner_of(document)
    emit = getattr(import_module(f"tests.vectors.{name}"), "emit", None) if name else None
    if emit is not None:
        tables = tables_for(file, calendars)
        for case in document.get("cases", []):
            yield case["id"], emit(case, tables)


def tables_for(file: Path, calendars: Path | None) -> dict[str, Calendar]:
    """Session tables for a file, read once a folder. calendars: as in `results`."""
    folder = calendars if calendars is not None else nearest_calendars(file)
    return {} if folder is None else _tables_in(folder)


@cache
def _tables_in(folder: Path) -> dict[str, Calendar]:
    return load_calendars(folder)


def read(file: Path) -> dict[str, Any]:
    """A file as a document; one of JSON Lines, or a list, has its rows as `cases` and its stem as `suite`. Raises
    ValueError for what is no JSON or no UTF-8."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".jsonl":
        return {
            "suite": file.stem,
            "jsonl": True,
            "cases": [json.loads(line) for line in text.splitlines() if line.strip()],
        }
    document = json.loads(text)
    if isinstance(document, list):
        return {"suite": file.stem, "jsonl": True, "cases": document}
    return document if isinstance(document, dict) else {"suite": file.stem, "cases": []}


def runner_of(document: dict[str, Any]) -> str | None:
    """Name of the module that runs a document; None when none does."""
    cases = [case for case in _list(document.get("cases")) if isinstance(case, dict)]
    if document.get("jsonl"):
        return "feeds"
    if document and all(
        isinstance(part, dict) and {"connection", "decode"} <= part.keys() for part in document.values()
    ):
        return "presets"
    if any("timeline" in case or "refused" in _object(case.get("expected")) for case in cases):
        return "alerts"
    return "domain" if any("op" in case for case in cases) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def nearest_calendars(file: Path) -> Path | None:
    """The folder `calendars` beside the file or beside one of its folders, else that of the specification; None when
    there is neither."""
    for folder in (*file.resolve().parents, SHARED):
        for candidate in (folder / "calendars", folder / "vectors" / "calendars"):
            if any(candidate.glob("X*.json")):
                return candidate
    return None
