"""The closes of one instrument at which windows begin (DOMAIN ANC-1, ANC-2)."""

from collections.abc import Sequence

from monitor.core.anchor import MAX_LAG, NO_BASELINE, Baseline, anchor_session, baseline, has_begun
from monitor.core.prices.closes import Closes
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar

_REMEMBERED_TABLES = 8


class Baselines:
    """Looks them up. closes: of the instrument, whoever adds to them. actions: its corporate actions."""

    def __init__(self, calendar: Calendar, closes: Closes, actions: Sequence[CorporateAction]) -> None:
        self._calendar = calendar
        self._closes = closes
        self._actions = actions
        self._tables: dict[tuple[tuple[str, ...], str, str, str | None], list[Baseline]] = {}
        self._tables_version = 0

    def over(self, windows: Sequence[str], ref_date: str, asof: str, known: str | None) -> list[Baseline]:
        """ANC-1 and ANC-2 for each window, on the share basis of the session `asof`. known: the last session whose
        close is known, None without any. Remembered until a close changes."""
        if self._tables_version != self._closes.version or len(self._tables) > _REMEMBERED_TABLES:
            self._tables.clear()
            self._tables_version = self._closes.version
        key = (tuple(windows), ref_date, asof, known)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = [self._of(window, ref_date, asof, known) for window in windows]
        return table

    def at(self, anchors: Sequence[str | None], asof: str, known: str | None) -> list[Baseline]:
        """The closes of exactly these sessions, on the share basis of `asof`: nothing is looked up before them."""
        return [self._from(anchor, asof, known, 0) for anchor in anchors]

    def _of(self, window: str, ref_date: str, asof: str, known: str | None) -> Baseline:
        if not has_begun(window, ref_date):
            return NO_BASELINE
        return self._from(anchor_session(self._calendar, window, ref_date, asof), asof, known, MAX_LAG)

    def _from(self, anchor: str | None, asof: str, known: str | None, max_lag: int) -> Baseline:
        session, raw, status = baseline(self._calendar, lambda day: self._closes.get(day, known), anchor, max_lag)
        if session is None or raw is None:
            return NO_BASELINE
        factor = adjustment(self._actions, session, asof).price_factor
        return Baseline(session, raw, raw * factor, status)
