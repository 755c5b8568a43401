"""How many shares of a line were issued when (DOMAIN section 2, `shares`)."""

from bisect import bisect_right
from collections.abc import Sequence

from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction


class ShareCount:
    """The issued shares of one line.

    records: (effective date, total issued shares), ascending, each on the share basis of its date; empty: nothing on
    file. actions: of the line. today: a count without a date, on the share basis of whatever session is asked from;
    used only without records, None: there is none.
    """

    def __init__(
        self,
        records: Sequence[tuple[str, float]],
        actions: Sequence[CorporateAction],
        today: float | None = None,
    ) -> None:
        self._records = records
        self._actions = actions
        self._today = today

    @property
    def on_file(self) -> bool:
        """Is there any count at all?"""
        return bool(self._records) or self._today is not None

    def at(self, session: str, asof: str) -> float | None:
        """Shares issued at the close of a session, on the share basis of that session, so that they belong to its raw
        close; None when nothing is on file. Before the first record that one holds.

        A split between a record and the session is worked in (CA-1). asof: as-of session that an undated count is of.
        """
        if not self._records:
            return None if self._today is None else self._today / self._factor(session, asof)
        i = bisect_right(self._records, session, key=lambda record: record[0])
        day, count = self._records[max(i - 1, 0)]
        return count * self._factor(day, session) if day <= session else count / self._factor(session, day)

    def changes(self, after: str, before: str) -> list[str]:
        """Effective dates between two dates, both excluded, ascending."""
        return [day for day, _ in self._records if after < day < before]

    def _factor(self, start: str, end: str) -> float:
        return adjustment(self._actions, start, end).share_factor
