"""Calendars of the vectors: session tables that were written down, not asked of a library."""

import json
from pathlib import Path

from monitor.core.session import Calendar
from monitor.core.session_table import calendar_from


def load_calendars(folder: Path) -> dict[str, Calendar]:
    """All session tables of a folder, by name. Empty when the folder does not exist."""
    return {table.stem: read_calendar(table) for table in sorted(folder.glob("*.json"))}


def read_calendar(path: Path) -> Calendar:
    """One session table; its overrides are already applied to its rows."""
    return calendar_from(json.loads(path.read_text(encoding="utf-8")))
