"""Alerting through days of real exchanges: frames at wall times, the engine, and the diary beside it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.core.alerts.diary import Diary, Due, keep
from monitor.core.alerts.digest import Cast, Digest, compose
from monitor.core.alerts.engine.machine import step
from monitor.core.alerts.engine.shelf import restored
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.episodes import EpisodeBook
from monitor.core.alerts.notification import Notification
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import METRIC, rule_set
from tests.history.lines import calendars

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NEW_YORK = ZoneInfo("America/New_York")


def at(text: str, zone: ZoneInfo = HONG_KONG) -> int:
    """`2026-11-10 10:00` in exchange time as milliseconds UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def moment(t: int, value: float | None = 1.0, **parts: Any) -> Frame:
    """A frame at `t` with one value."""
    metrics = {METRIC: value} | parts.pop("metrics", {})
    return Frame(t=t, seq=t, metrics=metrics, **parts)


class Day:
    """The engine with its diary. dues: every digest that came due, with the moment."""

    def __init__(self, *tables: dict[str, Any], closes: Sequence[str] = ("XHKG",), silences: Iterable[Silence] = ()):
        self.rules = rule_set(*tables, calendars=calendars())
        self.closes = closes
        self.controls = Controls(tuple(silences))
        self.cast = Cast()
        self.state = AlertState()
        self.diary = Diary()
        self.book = EpisodeBook()
        self.notes: list[Notification] = []
        self.dues: list[tuple[int, Due]] = []
        self.digests: list[Digest] = []

    def take(self, *frames: Frame) -> "Day":
        """Step through the frames."""
        for frame in frames:
            result = step(self.state, self.rules, frame, self.controls)
            self.diary, due = keep(self.diary, self.state, frame, result, self.rules, self.closes)
            self.state = result.state
            self.book.add(result.transitions, result.notifications)
            self.notes += result.notifications
            self.dues += [(frame.t, one) for one in due]
            self.digests += [compose(one, frame, self.state, self.rules, self.controls, self.cast) for one in due]
        return self

    def at(self, *times: str, value: float | None = 1.0, zone: ZoneInfo = HONG_KONG, **parts: Any) -> "Day":
        """Frames of one value at these wall times."""
        return self.take(*(moment(at(text, zone), value, **parts) for text in times))

    def restart(self) -> None:
        """Store state and diary, drop them, load them."""
        self.state = restored(self.state)
        self.diary = Diary.load(self.diary.dump())

    @property
    def told(self) -> list[str]:
        """Ids of the digests."""
        return [due.id for _, due in self.dues]
