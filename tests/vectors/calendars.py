"""Calendars of the vectors: session tables that were written down, not asked of a library."""

import json
from pathlib import Path

from monitor.core.session import Calendar


def load_calendars(folder: Path) -> dict[str, Calendar]:
    """All session tables of a folder, by name. Empty when the folder does not exist."""
    return {table.stem: read_calendar(table) for table in sorted(folder.glob("*.json"))}


def read_calendar(path: Path) -> Calendar:
    """One session table; its overrides are already applied to its rows."""
    table = json.loads(path.read_text(encoding="utf-8"))
    return Calendar.from_rows(
        table["calendar"], table["tz"], table["sessions"], table["auction_min"], table["pre_min"], table["post_min"]
    )
