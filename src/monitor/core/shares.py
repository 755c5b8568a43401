"""How many shares of a line were issued when (DOMAIN section 2, `shares`)."""

from bisect import bisect_right
from collections.abc import Sequence

from monitor.core.corporate_action import adjustment
from monitor.core.reference import CorporateAction


def shares_on(session: str, records: Sequence[tuple[str, float]], actions: Sequence[CorporateAction]) -> float | None:
    """Issued shares at the close of a session, on the share basis of that session; None without any record.

    records: (effective date, total issued shares), ascending, each on the share basis of its date; before the first
    the first one holds. actions: of the same line; a split between a record and the session is worked in (CA-1), so
    that the count belongs to the raw close.
    """
    if not records:
        return None
    i = bisect_right(records, session, key=lambda record: record[0])
    day, count = records[max(i - 1, 0)]
    if day <= session:
        return count * adjustment(actions, day, session).share_factor
    return count / adjustment(actions, session, day).share_factor


def changes_between(after: str, until: str, records: Sequence[tuple[str, float]]) -> list[str]:
    """Effective dates in `(after, until]`, ascending."""
    return [day for day, _ in records if after < day <= until]
