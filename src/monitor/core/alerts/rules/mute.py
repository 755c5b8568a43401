"""Mute windows: times of day, or phases of a market, in which a rule opens no message (ALERTING section 9)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.instant import MILLISECOND
from monitor.core.session import Calendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ClockMute(msgspec.Struct, frozen=True):
    """From `start` to `end`, minutes after midnight on the wall clock of `tz` (IANA), half-open.

    An end that is not after the start lies on the next day. days: 0 Monday … 6 Sunday, of the day it starts on.
    """

    start: int
    end: int
    tz: str
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def on(self, t: int) -> bool:
        """Whether the window is on at `t` milliseconds UTC."""
        local = (_EPOCH + timedelta(milliseconds=t)).astimezone(ZoneInfo(self.tz))
        minute, day = local.hour * 60 + local.minute, local.weekday()
        if self.end > self.start:
            return self.start <= minute < self.end and day in self.days
        return (minute >= self.start and day in self.days) or (minute < self.end and (day - 1) % 7 in self.days)


class PhaseMute(msgspec.Struct, frozen=True):
    """While the market of `calendar` is in one of `phases` (TIM-1, CLOSED included)."""

    calendar: str
    phases: tuple[str, ...]

    def on(self, t: int, calendars: Mapping[str, Calendar]) -> bool:
        """Whether the window is on at `t` milliseconds UTC."""
        return calendars[self.calendar].phase(t * MILLISECOND) in self.phases


Mute = ClockMute | PhaseMute


def muted(mutes: tuple[Mute, ...], t: int, calendars: Mapping[str, Calendar]) -> bool:
    """Whether any of the windows is on."""
    return any(mute.on(t) if isinstance(mute, ClockMute) else mute.on(t, calendars) for mute in mutes)
