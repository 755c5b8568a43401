"""What the next digests will have to say, and when each is due (ALERTING section 17).

Kept beside the engine, outside `step`: frames, rules and what `step` made of them go in, and in the first frame at or
after an exchange's close comes out that its digest is due. Nothing here looks at a clock, so a restart or a second run
over the same frames says the same. Open episodes and outages are not written down: the engine remembers them.
"""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from monitor.core.alerts.account import Account
from monitor.core.alerts.engine.machine import Step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.happenings import entered, happened
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.instant import MILLISECOND
from monitor.core.metrics.frame import Frame
from monitor.core.session import Calendar

LATEST_MS = 6 * 3_600_000
"""A digest is skipped when the first frame comes later than so long after the close."""


class Page(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the next digest of one calendar has to say. since: the previous digest, or the first frame before any, epoch
    ms. session: the last one whose close has been dealt with, None without one; digest: the last one that had a digest.
    accounts: by rule, only of rules that did something."""

    since: int
    session: str | None = None
    digest: str | None = None
    accounts: dict[str, Account] = {}


class Diary(msgspec.Struct, frozen=True, omit_defaults=True):
    """pages: by calendar. `Diary()` is the beginning. It never grows beyond one account a rule and calendar."""

    pages: dict[str, Page] = {}

    def dump(self) -> bytes:
        """JSON; `load` gives back an equal one."""
        return msgspec.json.encode(self)

    @classmethod
    def load(cls, data: bytes) -> "Diary":
        """The diary in `data`. Raises ValueError when `dump` did not write it."""
        try:
            return msgspec.json.decode(data, type=cls)
        except msgspec.MsgspecError as broken:
            raise ValueError(f"not a diary of alerts: {broken}") from None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A digest is to be made now. close: instant from which the close of `session` counts as known, epoch ms. since,
    accounts: as of `Page`. previous: the session of the digest before, None when this is the first."""

    calendar: str
    session: str
    close: int
    since: int
    previous: str | None = None
    accounts: dict[str, Account] = {}

    @property
    def id(self) -> str:
        """`digest:XHKG:2026-11-20`."""
        return digest_id(self.calendar, self.session)


def digest_id(calendar: str, session: str) -> str:
    """Id of the digest of one session."""
    return f"digest:{calendar}:{session}"


def keep(
    diary: Diary, before: AlertState, frame: Frame, result: Step, rules: RuleSet, calendars: Sequence[str]
) -> tuple[Diary, tuple[Due, ...]]:
    """Take one frame into account; returns the diary after it and the digests that are due with it.

    before: the state that `step` was given; result: what it returned. rules: as given to `step`. calendars: at whose
    close there is a digest, each of `rules.calendars`. A frame that was not new changes nothing, and so does one in
    which nothing happens: then the very diary passed in comes back.
    """
    if result.state is before:
        return diary, ()
    happenings = happened(before, result, rules) if result.transitions or result.notifications else ()
    pages: dict[str, Page] = {}
    due: list[Due] = []
    for name in calendars:
        page = diary.pages.get(name) or Page(frame.t)
        if happenings:
            page = replace(page, accounts=entered(page.accounts, happenings, frame.t))
        session = rules.calendars[name].known_close(frame.t * MILLISECOND)
        if session is not None and session != page.session:
            page, found = _close(page, name, rules.calendars[name], session, frame.t)
            due += found
        pages[name] = page
    same = pages.keys() == diary.pages.keys() and all(diary.pages[name] is page for name, page in pages.items())
    return (diary if same else Diary(pages)), tuple(due)


def _close(page: Page, name: str, calendar: Calendar, session: str, t: int) -> tuple[Page, list[Due]]:
    """The close of `session` has come. A digest that would be too late is skipped; the next one tells of that day."""
    close = calendar.close_instant(session) // MILLISECOND
    if t - close > LATEST_MS:
        return replace(page, session=session), []
    due = Due(
        calendar=name,
        session=session,
        close=close,
        since=page.since,
        previous=page.digest,
        accounts=page.accounts,
    )
    return Page(since=t, session=session, digest=session), [due]
