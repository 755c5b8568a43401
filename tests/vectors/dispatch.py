"""Which runner a vector file belongs to. A runner is a module with
`run_file(document, calendars) -> Iterable[CaseResult]`; it is imported when its first file comes up."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

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
    """Every case of one file. A file that no runner knows yields one unsupported case."""
    document = read(file)
    runner = runner_of(document)
    if runner is None:
        yield CaseResult.unsupported(file.stem, "not a vector file that this project knows")
        return
    folder = calendars if calendars is not None else nearest_calendars(file)
    tables = load_calendars(folder) if folder is not None else {}
    yield from import_module(f"tests.vectors.{runner}").run_file(document, tables)


def read(file: Path) -> dict[str, Any]:
    """A file as a document; one of JSON Lines has the lines as `cases` and its stem as `suite`."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".jsonl":
        return {
            "suite": file.stem,
            "jsonl": True,
            "cases": [json.loads(line) for line in text.splitlines() if line.strip()],
        }
    document = json.loads(text)
    return document if isinstance(document, dict) else {"suite": file.stem, "cases": []}


def runner_of(document: dict[str, Any]) -> str | None:
    """Name of the module that runs a document; None when none does."""
    cases = document.get("cases") or []
    if document.get("jsonl"):
        return "feeds"
    if any("timeline" in case or "refused" in case.get("expected", {}) for case in cases):
        return "alerts"
    return "domain" if any("op" in case for case in cases) else None


def nearest_calendars(file: Path) -> Path | None:
    """The folder `calendars` beside the file or beside one of its folders, else that of the specification; None when
    there is neither."""
    for folder in (*file.resolve().parents, SHARED):
        for candidate in (folder / "calendars", folder / "vectors" / "calendars"):
            if any(candidate.glob("X*.json")):
                return candidate
    return None
