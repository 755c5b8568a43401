"""What a recording says about itself: its format and version, first thing in the file (docs/recordings.md)."""

from collections.abc import Mapping
from typing import Any

from monitor.errors import DataError

KIND = "recording"
"""Kind of the row that heads a JSON Lines recording."""

FORMAT = "monitor events"

VERSION = 1
"""Grows when a reader of the version before would misread what is written; a new field or kind of row is no reason."""


def heading(board: str = "") -> dict[str, Any]:
    """The first row of a recording. board: whose log it is; "" when it is none's."""
    return {"kind": KIND, "format": FORMAT, "version": VERSION, **({"board": board} if board else {})}


def check_heading(heading: Mapping[str, Any], where: str) -> None:
    """Raises DataError for a recording that a newer monitor wrote. A file without a heading has nothing to be checked:
    it is read as version 1."""
    if heading.get("format") != FORMAT:
        problem = f"a recording in the format {str(heading.get('format'))[:40]!r}, not {FORMAT!r}"
        raise DataError(where, problem, "Convert it: docs/recordings.md says what a row is.")
    version = heading.get("version")
    if not isinstance(version, int) or version > VERSION:
        problem = f"a recording of version {str(version)[:20]}; this monitor reads up to version {VERSION}"
        raise DataError(where, problem, "Read it with the monitor that wrote it, or a newer one.")
