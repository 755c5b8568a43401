"""How a channel is doing: healthy or red, paused or not, and who else hears of it (ALERTING sections 15 and 17)."""

import asyncio
import math
from collections.abc import Mapping

import msgspec
import structlog
from msgspec.structs import replace

from monitor.bus.outbox import ChannelHealth, Delivery, Outbox
from monitor.notify.bulletin import Bulletin, BulletinKind

log = structlog.get_logger(__name__)


class Standing:
    """Health of one channel, the same here and in Redis: only its sender writes it.

    wakes: of every channel. notices: channels that get a NOTICE when it turns red, and when it is well again.
    again_s: shortest time between two NOTICEs that it is red. One that comes too soon is made up for when it is still
    red then; a recovery is told when the fall was.
    """

    def __init__(
        self, outbox: Outbox, wakes: Mapping[str, asyncio.Event], notices: tuple[str, ...], *, again_s: float
    ) -> None:
        self._outbox = outbox
        self._wakes = wakes
        self._notices = tuple(name for name in notices if name != outbox.channel)
        self._again_ms = round(again_s * 1000)
        self.health = ChannelHealth()

    async def load(self) -> None:
        """Go on from what another process, or an earlier round of this one, left."""
        self.health = await self._outbox.health()

    async def pause(self, now_ms: int, reason: str, pause_s: float | None) -> None:
        """A failure that repeating may cure. pause_s: for how long the service asked, None when it asked for nothing:
        its own pause survives a restart, back-off need not."""
        until_ms = None if pause_s is None else now_ms + math.ceil(1000 * pause_s)
        await self._keep(replace(self.health, reason=reason, paused_until_ms=until_ms))

    async def red(self, now_ms: int, reason: str) -> None:
        """A failure that a person has to cure."""
        since_ms = now_ms if self.health.healthy else self.health.since_ms
        await self._keep(replace(self.health, healthy=False, since_ms=since_ms, reason=reason, paused_until_ms=None))
        await self.speak_up(now_ms)

    async def green(self, now_ms: int, reason: str) -> None:
        """Something was accepted. reason: what was wrong with it all the same, "" when nothing was."""
        before = self.health
        if not before.healthy and self._noticed:
            lead = "A message was accepted. What was given up before is in its dead letters."
            await self._tell(now_ms, "green", f"Channel {self._outbox.channel} delivers again", lead)
        since_ms = before.since_ms if before.healthy and before.since_ms else now_ms
        await self._keep(
            ChannelHealth(since_ms=since_ms, reason=reason, accepted_ms=now_ms, noticed_ms=before.noticed_ms)
        )

    async def speak_up(self, now_ms: int) -> None:
        """Tell that the channel is red, when that is still to be told."""
        noticed_ms = self.health.noticed_ms
        lately = noticed_ms is not None and 0 <= now_ms - noticed_ms < self._again_ms
        if not self.health.healthy and not self._noticed and not lately:
            lead = self.health.reason or "It refuses what it is given"
            await self._tell(now_ms, "red", f"Channel {self._outbox.channel} does not deliver", lead)
            await self._keep(replace(self.health, noticed_ms=now_ms))

    @property
    def _noticed(self) -> bool:
        """Whether the present state, a red one, was told."""
        return self.health.noticed_ms is not None and self.health.noticed_ms >= self.health.since_ms

    async def _tell(self, now_ms: int, colour: str, title: str, lead: str) -> None:
        """Put a NOTICE into the outboxes of the others, each of which takes its id once."""
        channel, since_ms = self._outbox.channel, self.health.since_ms
        told = [name for name in self._notices if name in self._wakes]
        bulletin = Bulletin(
            id=f"notice:{channel}:{since_ms}:{colour}",
            kind=BulletinKind.NOTICE,
            thread=f"notice:{channel}:{since_ms}",
            level="critical" if colour == "red" else "info",
            t=now_ms,
            notify=tuple(told),
            title=title,
            lead=lead,
            board=self._outbox.board,
        )
        log.warning("channel_health", channel=channel, colour=colour, reason=lead, told=told)
        for name in told:
            await self._outbox.post(name, bulletin.id, msgspec.json.encode(bulletin), Delivery(created_ms=now_ms))
            self._wakes[name].set()

    async def _keep(self, health: ChannelHealth) -> None:
        await self._outbox.set_health(health)
        self.health = health
