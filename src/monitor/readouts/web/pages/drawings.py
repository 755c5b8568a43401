"""Pictures of pages, each drawn once for a state of the board however many look at it."""

import time
from collections.abc import Mapping

import structlog
from redis.exceptions import RedisError

from monitor.core.session import Calendar
from monitor.errors import MonitorError
from monitor.readouts import lines, services, words
from monitor.readouts.live import LiveBoard, Observation
from monitor.readouts.market_hours import sentence
from monitor.readouts.web.pages.frame import MARKETS, hours_cell, refused, waiting
from monitor.readouts.web.pages.picture import Cell, Picture
from monitor.readouts.web.pages.screen import Address, Screen, StandingScreen
from monitor.runtime.clock import Clock
from monitor.runtime.shared_answers import SharedAnswers

TITLE = "Monitor"
TAB = "tab"
"""The cell that is the title of the browser's tab."""

_KEPT = 128
"""Addresses whose last picture is kept: more than people look at; the least lately looked at go first."""
_AGAIN_S = 1.0
"""What could not be drawn, because Redis was away, is tried again after so long although the board stands still."""
_TOLD = 50
_LATE_S = 5.0

log = structlog.get_logger(__name__)


class Drawings:
    """screens: by the first part of their path, "" for the board. calendars: by name, for when exchanges open and
    close; of one that is missing only the phase is shown. quiet_s: seconds without a snapshot that are said."""

    def __init__(
        self,
        live: LiveBoard,
        clock: Clock,
        screens: Mapping[str, Screen],
        calendars: Mapping[str, Calendar] | None = None,
        *,
        quiet_s: float = 5.0,
    ) -> None:
        self.live = live
        self._clock = clock
        self._screens = screens
        self._calendars = calendars or {}
        self._quiet_s = quiet_s
        self._drawn = SharedAnswers(_KEPT, failure_s=_AGAIN_S)
        self._last: dict[Address, Picture] = {}
        self._told: set[tuple[str, str]] = set()

    async def now(self, address: Address) -> Picture:
        """The newest picture of a page, with what is wrong now."""
        seen = self.live.newest
        problem = ""
        drawn = waiting()
        screen = self._screens[address.page]
        if seen is not None or isinstance(screen, StandingScreen):
            try:
                drawn = await self._picture(screen, seen, address)
            except (RedisError, OSError) as error:
                drawn, problem = self._last.get(address, drawn), f"Redis does not answer: {error}"
            except MonitorError as error:
                drawn = refused(str(error), seen, address)
            except Exception as failed:  # a mistake of ours must not look like a quiet market
                drawn, problem = (
                    self._last.get(address, drawn),
                    "This page cannot be drawn: the dashboard's log says why",
                )
                self._complain(address, failed)
        trouble = self._trouble() or problem
        now = {
            "trouble": Cell(words.clean(trouble), "trouble", ""),
            "lag": self._lag(seen),
            "services": self._services(),
            TAB: Cell(_tab(seen, trouble), "", ""),
            **self._hours(seen),
        }
        return Picture(drawn.shape, drawn.cells | now, drawn.charts)

    def _complain(self, address: Address, failed: Exception) -> None:
        """Once for each kind of mistake on a page, not four times a second."""
        mistake = (address.page, repr(failed))
        if mistake not in self._told:
            self._told = {*list(self._told)[-_TOLD:], mistake}
            log.error("a page cannot be drawn", page=address.page or "board", exc_info=failed)

    async def _picture(self, screen: Screen, seen: Observation | None, address: Address) -> Picture:
        """Drawn by the first who asks; the others wait for it."""
        # A standing screen shows more than the board.
        second = int(time.monotonic()) if isinstance(screen, StandingScreen) else 0
        edition = seen.version if seen else 0, second
        picture = await self._drawn.of(address, lambda: _draw(screen, seen, address), edition=edition)
        self._last.pop(address, None)
        self._last[address] = picture
        if len(self._last) > _KEPT:
            del self._last[next(iter(self._last))]
        return picture

    def _hours(self, seen: Observation | None) -> dict[str, Cell]:
        """What each exchange does at the board's time, and when that changes."""
        moment = words.instant(seen.snapshot.t) if seen else None
        if moment is None:
            return {}
        now_ns = round(moment.timestamp() * 1e9)
        found = {id: self._calendars.get(name) for id, name in MARKETS.items()}
        return {f"{id}.hours": hours_cell(sentence(of, now_ns)) for id, of in found.items() if of is not None}

    def _services(self) -> Cell:
        found = self.live.services
        good = all(service.good for service in found)
        sentence = services.sentence(found)
        if found and good:
            return Cell("ok", "", sentence)
        return Cell(sentence or words.MISSING, "doubts", "the processes of this monitor")

    def _trouble(self) -> str:
        silent_s = self.live.silent_s()
        if silent_s is None:
            return self.live.problem
        if silent_s < self._quiet_s:
            return ""
        return ": ".join(part for part in (f"No new snapshot for {words.age(silent_s)}", self.live.problem) if part)

    def _lag(self, observation: Observation | None) -> Cell:
        moment = words.instant(observation.snapshot.t) if observation is not None else None
        if observation is None or moment is None:
            return Cell(words.MISSING, "time", "")
        if observation.snapshot.simulated:
            return Cell("SIM", "time late", "the simulated market has its own clock")
        lag_s = self._clock.now_ns() / 1e9 - moment.timestamp()
        shown = f"{lag_s:.1f} s" if 0 <= lag_s < 10 else words.age(lag_s, coarse=True)
        return Cell(
            shown, "time late" if lag_s > _LATE_S else "time", "how far the board is behind this machine's clock"
        )


async def _draw(screen: Screen, seen: Observation | None, address: Address) -> Picture:
    if isinstance(screen, StandingScreen):
        return await screen.draw(seen, address)
    return waiting() if seen is None else await screen.draw(seen, address)


def _tab(observation: Observation | None, trouble: str) -> str:
    """Title of the browser's tab: the headline spread; in front a sign when the board does not move, and how many
    alerts fire."""
    headline = lines.headline(observation.snapshot) if observation is not None else ""
    firing = sum(alert.firing for alert in observation.alerts) if observation is not None else 0
    found = ("⚠" if trouble else "", f"({firing})" if firing else "", headline or TITLE)
    return " ".join(part for part in found if part)
