"""Session tables that were written down as documents, as the vectors of the specification have them."""

from collections.abc import Mapping
from typing import Any

from monitor.core.session import Calendar


def calendar_from(table: Mapping[str, Any]) -> Calendar:
    """The calendar of `{calendar, tz, sessions, auction_min, pre_min, post_min}`, whose overrides are already applied
    to its rows. Raises ValueError for anything else."""
    try:
        return Calendar.from_rows(
            table["calendar"], table["tz"], table["sessions"], table["auction_min"], table["pre_min"], table["post_min"]
        )
    except (KeyError, TypeError, IndexError) as broken:
        raise ValueError(f"no session table: {broken!r}") from None
