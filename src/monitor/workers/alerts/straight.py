"""Bulletins straight through the channels, without Redis: retried, given to fallbacks, never more than a handful."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.notify.bulletin_words import word_bulletin
from monitor.notify.port import Accepted, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.notify.render import Circumstances
from monitor.runtime import metrics
from monitor.runtime.backoff import Backoff
from monitor.runtime.ending import end
from monitor.workers.alerts.route import Route, Timings

log = structlog.get_logger(__name__)

_LOOK_S = 1.0


@dataclass
class _Letter:
    """A bulletin on its way to one channel. Monotonic times: made_s of the bulletin, posted_s since which its matter
    has been waiting for this channel."""

    bulletin: Bulletin
    made_s: float
    posted_s: float
    instead_of: str | None = None
    unknown: int = 0
    plain: bool = False
    settled: tuple[str, ...] = ()
    forwarded: bool = False


class Straight:
    """Sends bulletins as they are posted, one at a time on each channel, by the rules of ALERTING 15.4.

    A newer bulletin of the same thread takes the place of one that has not got through: so no more than one for each
    channel and thread is ever kept. What is given up without a fallback is logged as an error; there is no dead letter.
    arrived: awaited with each bulletin that a channel has accepted. jitter: numbers in [0, 1).
    """

    def __init__(
        self,
        arrived: Callable[[Bulletin], Awaitable[None]],
        *,
        timings: Timings,
        dashboard: str = "",
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.routes: Mapping[str, Route] = {}
        """The channels in force; each attempt takes the route as it is then."""
        self._arrived = arrived
        self._timings = timings
        self._dashboard = dashboard
        self._jitter = jitter
        self._waiting: dict[str, dict[str, _Letter]] = {}
        self._accepted: dict[tuple[str, str], Bulletin] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def post(self, bulletin: Bulletin) -> None:
        """Send it to every channel that it names; the end of a blindness also to every fallback that was told of it.
        Returns at once."""
        channels = dict.fromkeys(bulletin.notify)
        if bulletin.kind is BulletinKind.SIGHT:
            channels |= dict.fromkeys(
                channel
                for (channel, thread), last in self._accepted.items()
                if thread == bulletin.thread and last.kind is BulletinKind.BLIND
            )
        now_s = _monotonic()
        for channel in channels:
            self._put(channel, _Letter(bulletin, now_s, now_s))

    async def close(self) -> None:
        """Stop. What has not got through is forgotten."""
        await end(*self._tasks.values())

    def _put(self, channel: str, letter: _Letter) -> None:
        thread = letter.bulletin.thread
        last = self._accepted.get((channel, thread))
        if last is not None and last.id == letter.bulletin.id:
            return
        letters = self._waiting.setdefault(channel, {})
        former = letters.get(thread)
        if former is not None:
            if former.bulletin.id == letter.bulletin.id:
                return
            letter.posted_s = former.posted_s
        letters[thread] = letter
        task = self._tasks.get(channel)
        if task is None or task.done():
            self._tasks[channel] = asyncio.create_task(self._serve(channel), name=f"alerting:straight:{channel}")

    async def _serve(self, channel: str) -> None:
        """Until nothing waits for this channel."""
        letters = self._waiting[channel]
        backoff = Backoff(self._timings.retry_first_s, self._timings.retry_cap_s, draw=self._jitter)
        while letters:
            letter = next(iter(letters.values()))
            route = self.routes.get(channel)
            if route is None:
                self._give_up(channel, letter, None, "the alert file has no such channel any more")
                continue
            outcome = await self._attempt(channel, route, letter)
            pause_s = await self._conclude(channel, route, letter, outcome, backoff)
            await self._keep_quiet(channel, max(pause_s, route.rate_s if letters else 0.0))

    async def _keep_quiet(self, channel: str, seconds: float) -> None:
        """No request for so long. What waits too long meanwhile goes to the fallback."""
        until_s = _monotonic() + seconds
        while (left_s := until_s - _monotonic()) > 0:
            await asyncio.sleep(min(left_s, _LOOK_S, self._timings.fallback_after_s))
            self._relieve(channel)

    def _relieve(self, channel: str) -> None:
        route = self.routes.get(channel)
        overdue_s = _monotonic() - self._timings.fallback_after_s
        for letter in list(self._waiting[channel].values()):
            if route is not None and not letter.forwarded and letter.posted_s <= overdue_s:
                letter.forwarded = self._forward(channel, route.fallback, letter)

    async def _attempt(self, channel: str, route: Route, letter: _Letter) -> Outcome:
        late_s = _monotonic() - letter.made_s
        circumstances = Circumstances(
            delayed_s=late_s if late_s >= self._timings.late_after_s else None,
            may_repeat=letter.unknown > 0,
            instead_of=letter.instead_of,
            plain=letter.plain,
            settled=letter.settled,
            dashboard=self._dashboard,
        )
        try:
            outcome = await route.channel.send(word_bulletin(letter.bulletin, circumstances))
        except Exception as bug:  # one faulty channel must not silence the others
            log.error("channel_raised", channel=channel, id=letter.bulletin.id, error=type(bug).__name__)
            outcome = Unknown(f"the channel raised {type(bug).__name__}")
        metrics.DELIVERIES.labels(channel, type(outcome).__name__.lower()).inc()
        log.info(
            "bulletin_sent" if isinstance(outcome, Accepted) else "bulletin_not_sent",
            channel=channel,
            id=letter.bulletin.id,
            outcome=type(outcome).__name__,
            reason=getattr(outcome, "reason", ""),
        )
        return outcome

    async def _conclude(self, channel: str, route: Route, letter: _Letter, outcome: Outcome, backoff: Backoff) -> float:
        """What follows; returns how long the channel has to keep quiet, seconds."""
        waited_s = _monotonic() - letter.posted_s
        match outcome:
            case Accepted():
                self._accepted[channel, letter.bulletin.thread] = letter.bulletin
                self._drop(channel, letter)
                backoff.reset()
                await self._arrived(letter.bulletin)
                return 0.0
            case Transient(reason=reason, retry_after_s=pause_s, settled=settled):
                letter.settled = tuple(dict.fromkeys((*letter.settled, *settled)))
                self._relieve(channel)
                if waited_s >= self._timings.dead_after_s:
                    self._give_up(channel, letter, route.fallback, reason)
                return backoff.next() if pause_s is None else pause_s
            case PayloadRefused() if not letter.plain:
                letter.plain = True
                return 0.0
            case Unknown() if letter.unknown < self._timings.unknown_repeats:
                letter.unknown += 1
                return backoff.next()
            case Unknown(reason=reason) | Permanent(reason=reason) | PayloadRefused(reason=reason):
                self._give_up(channel, letter, route.fallback, reason)
                return 0.0

    def _give_up(self, channel: str, letter: _Letter, fallback: str | None, reason: str) -> None:
        forwarded = letter.forwarded or self._forward(channel, fallback, letter)
        say = log.warning if forwarded else log.error
        say("bulletin_given_up", channel=channel, id=letter.bulletin.id, reason=reason, fallback=fallback)
        self._drop(channel, letter)

    def _forward(self, channel: str, fallback: str | None, letter: _Letter) -> bool:
        if fallback is None or fallback not in self.routes:
            return False
        self._put(fallback, _Letter(letter.bulletin, letter.made_s, _monotonic(), instead_of=channel))
        return True

    def _drop(self, channel: str, letter: _Letter) -> None:
        """The letter is done with, unless a newer one has taken its place."""
        letters = self._waiting[channel]
        if letters.get(letter.bulletin.thread) is letter:
            del letters[letter.bulletin.thread]


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
