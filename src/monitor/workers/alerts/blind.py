"""The blind alarm: tells people when alerting itself cannot see, or is not heard, on a way that needs no Redis
(ALERTING section 17).

It runs beside deciding and sending for as long as the process lives. Every wait is by the monotonic clock, so that a
wall clock that is set raises no alarm and hides none.
"""

import asyncio
from collections.abc import Mapping

import structlog
from msgspec.structs import replace

from monitor.bus.lookout import Lookout
from monitor.bus.redis import TROUBLE
from monitor.core.alerts.blindness.sight import Cause, Judgement, Look, Sight
from monitor.core.alerts.blindness.telling import REPEAT_S, Telling, Told, Word
from monitor.core.alerts.rules.service import BlindPlan
from monitor.notify.blind_words import blind_bulletin
from monitor.notify.bulletin import Bulletin
from monitor.notify.heartbeat import Heartbeat
from monitor.runtime import metrics
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end, first_of
from monitor.workers.alerts.blind_memory import Memory, MemoryFile
from monitor.workers.alerts.route import Route, Timings
from monitor.workers.alerts.straight import Straight

log = structlog.get_logger(__name__)

_LONGEST_LOOK_S = 5.0
"""The timeouts of the lookout's own client should be shorter."""
_LOOKS = 5
"""Looks in the time that a cause needs to count."""
_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 1.0


class BlindAlarm:
    """Watches over one board.

    owner: name of this process in the lease. Two processes that may do the same see the same; the one that leads
    speaks, or the one that last did while nobody can see who leads. host: name of this machine. grace_s, gap_s: see
    `Sight`; unsent_s: how long a message may wait in its outbox, seconds. repeat_s: see `Telling`. dashboard: address
    for links in messages.

    Call `assign` before `run`, and again when the alert file changes.
    """

    def __init__(
        self,
        lookout: Lookout,
        memory: MemoryFile,
        *,
        owner: str,
        host: str,
        clock: Clock,
        timings: Timings | None = None,
        board: str = "",
        simulated: bool = False,
        dashboard: str = "",
        grace_s: float = 60.0,
        unsent_s: float = 120.0,
        repeat_s: float = REPEAT_S,
        gap_s: float = _LONGEST_LOOK_S + _LONGEST_PAUSE_S,
    ) -> None:
        self._lookout = lookout
        self._file = memory
        self._owner = owner
        self._host = host
        self._clock = clock
        self._board = board
        self._simulated = simulated
        self._grace_s = grace_s
        self._unsent_s = unsent_s
        self._repeat_s = repeat_s
        self._gap_s = gap_s
        self._plan = BlindPlan()
        self._heartbeat: Heartbeat | None = None
        self._memory = Memory()
        self._said: dict[str, Word] = {}
        self._well = asyncio.Event()
        self._straight = Straight(self._arrived, timings=timings or Timings(), dashboard=dashboard)

    def assign(self, plan: BlindPlan, routes: Mapping[str, Route], heartbeat: Heartbeat | None = None) -> None:
        """What the alert file asks for, and the channels it is told through, which must stay open."""
        self._plan = plan
        self._straight.routes = routes
        self._heartbeat = heartbeat

    async def run(self, stop: asyncio.Event) -> None:
        """Look, judge and tell until `stop` is set."""
        memory = await asyncio.to_thread(self._file.read)
        # What another machine knew of itself is not ours: better two voices than none.
        self._memory = memory if memory.host == self._host else replace(memory, leads=None, host=self._host)
        beating = asyncio.create_task(self._beat(stop), name="alerting:heartbeat")
        try:
            await self._watch(stop)
        finally:
            await end(beating)
            await self._straight.close()

    async def _watch(self, stop: asyncio.Event) -> None:
        now = asyncio.get_running_loop().time
        sight = Sight(now(), grace_s=self._grace_s, unsent_s=self._unsent_s, gap_s=self._gap_s)
        telling = Telling(self._memory.told, now(), self._now_ms(), repeat_s=self._repeat_s)
        while not stop.is_set():
            after_s = self._plan.after_ms / 1000
            look = await self._look()
            if look is not None and look.leader is not None:
                await self._remember(replace(self._memory, leads=look.leader == self._owner))
            judgement = sight.judge(now(), look, after_s)
            # Who has never seen anybody lead speaks, for the same reason.
            speaks = self._memory.leads is not False
            self._show(judgement, speaks)
            words = telling.words(judgement, now(), self._now_ms(), speaks=speaks, settle_s=after_s)
            for word in words:
                self._say(word, judgement)
            await first_of(min(max(after_s / _LOOKS, _SHORTEST_PAUSE_S), _LONGEST_PAUSE_S), stop)

    async def _look(self) -> Look | None:
        """What there is to see; None when Redis does not answer in time."""
        try:
            async with asyncio.timeout(_LONGEST_LOOK_S):
                return await self._lookout.look(tuple(self._straight.routes))
        except TROUBLE:
            return None

    def _show(self, judgement: Judgement, speaks: bool) -> None:
        for cause in Cause:
            metrics.BLIND.labels(cause.value).set(cause in judgement.blind)
        if judgement.well and speaks:
            self._well.set()
        else:
            self._well.clear()

    def _say(self, word: Word, judgement: Judgement) -> None:
        bulletin = blind_bulletin(
            word,
            notify=self._audience(word, judgement.channels),
            t=self._now_ms(),
            channels=judgement.channels,
            board=self._board,
            simulated=self._simulated,
        )
        say = log.info if word.over else log.warning
        say("sight" if word.over else "blind", cause=word.cause.value, id=bulletin.id, lasted_s=round(word.lasted_s, 1))
        metrics.ALERTS.labels(bulletin.kind.value).inc()
        self._said[bulletin.thread] = word
        self._straight.post(bulletin)

    def _audience(self, word: Word, stuck: tuple[str, ...]) -> tuple[str, ...]:
        """Who is told. That messages do not get out is told elsewhere than where they are stuck, if there is anywhere:
        a service that asked to be left alone would be asked again."""
        if word.cause is not Cause.OUTBOX or word.over:
            return self._plan.notify
        routes = self._straight.routes
        audience: dict[str, None] = {}
        for first in self._plan.notify:
            channel: str | None = first
            while channel is not None and channel in stuck:
                channel = routes[channel].fallback if channel in routes else None
            if channel is not None:
                audience[channel] = None
        return tuple(audience) or self._plan.notify

    async def _arrived(self, bulletin: Bulletin) -> None:
        """Somebody knows: remember it, so that a restart does not tell it again, nor forget its end."""
        word = self._said.get(bulletin.thread)
        if word is None:
            return
        told: dict[Cause, Told] = {cause: one for cause, one in self._memory.told.items() if cause != word.cause}
        if not word.over:
            told[word.cause] = word.told
        await self._remember(replace(self._memory, told=told))

    async def _remember(self, memory: Memory) -> None:
        if memory != self._memory:
            self._memory = memory
            await asyncio.to_thread(self._file.write, memory)

    async def _beat(self, stop: asyncio.Event) -> None:
        """Fetch the heartbeat while all is well. Its failure is no blindness of ours: it is logged once."""
        failing = False
        while not stop.is_set():
            await self._well.wait()
            heartbeat = self._heartbeat
            if heartbeat is not None:
                reason = await heartbeat.beat()
                if reason is not None and not failing:
                    log.warning("heartbeat_failed", reason=reason)
                elif reason is None and failing:
                    log.info("heartbeat_again")
                failing = reason is not None
            await first_of(self._plan.heartbeat_every_ms / 1000, stop)

    def _now_ms(self) -> int:
        return self._clock.now_ns() // 1_000_000
