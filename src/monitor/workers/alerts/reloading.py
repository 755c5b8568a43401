"""A new alert file while the service runs: all of it or nothing (ALERTING section 10)."""

import asyncio
import hashlib
from collections.abc import Callable

import structlog

from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.errors import ConfigError
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.runtime import metrics
from monitor.runtime.clock import Clock
from monitor.workers.alerts.assignment import Assignment

log = structlog.get_logger(__name__)

_LONGEST_REASON = 2000


class Reloading:
    """Watches the alert file.

    content: what the file holds now; may raise OSError. read: the checked file, called in a thread; open_all: opens
    what it names; both raise ConfigError. hangup: set (by SIGHUP) to load again although nothing has changed, for
    secrets. look_s: how often the content is looked at, seconds; a file that is still being written is waited for until
    two looks agree.

    Make it before the file is read for the first time: what is there then counts as in force.
    """

    def __init__(
        self,
        content: Callable[[], bytes],
        read: Callable[[], AlertConfig],
        open_all: Callable[[AlertConfig], Assignment],
        clock: Clock,
        *,
        hangup: asyncio.Event | None = None,
        look_s: float = 1.0,
    ) -> None:
        self._content = content
        self._read = read
        self._open_all = open_all
        self._clock = clock
        self._hangup = hangup or asyncio.Event()
        self._look_s = look_s
        self._settled = self._accepted = self._look()

    async def run(self, accept: Callable[[Assignment], None], refuse: Callable[[Bulletin], None]) -> None:
        """Until cancelled: hand over each new assignment, and each refusal as a NOTICE that does not know yet to whom.

        The id of a NOTICE is made of the file in force and of the reason, so that no process tells it twice.
        """
        latest = self._settled
        while True:
            asked = await self._pause()
            before, latest = latest, self._look()
            if not asked and (latest != before or latest == self._settled):
                continue
            self._settled = latest
            if not asked and latest == self._accepted:
                metrics.RULES_REFUSED.set(0)
                log.info("alert_rules_as_before")
                continue
            try:
                config = await asyncio.to_thread(self._read)
                assignment = self._open_all(config)
            except ConfigError as refused:
                metrics.RULES_REFUSED.set(1)
                log.warning("alert_rules_refused", reason=str(refused))
                refuse(self._notice(str(refused)[:_LONGEST_REASON]))
                continue
            self._accepted = latest
            metrics.RULES_REFUSED.set(0)
            log.info("alert_rules_accepted", **counted(config))
            accept(assignment)

    async def _pause(self) -> bool:
        """Until the next look; True when it was asked for."""
        try:
            async with asyncio.timeout(self._look_s):
                await self._hangup.wait()
        except TimeoutError:
            return False
        self._hangup.clear()
        return True

    def _look(self) -> bytes:
        """Digest of the content; of the reason when it cannot be read, so that this, too, is told once."""
        try:
            content = self._content()
        except OSError as unreadable:
            content = f"unreadable: {unreadable.strerror}".encode()
        return hashlib.sha256(content).digest()

    def _notice(self, reason: str) -> Bulletin:
        digest = hashlib.sha256(self._accepted + reason.encode()).hexdigest()[:12]
        return Bulletin(
            id=f"notice:rules:{digest}",
            kind=BulletinKind.NOTICE,
            thread="notice:rules",
            level="warning",
            t=self._clock.now_ns() // 1_000_000,
            notify=(),
            title="New alert rules refused",
            lead=reason,
            remarks=("The rules in force stay in force.",),
        )


def counted(config: AlertConfig) -> dict[str, int]:
    """How much a file amounts to, for logs."""
    return {"rules": len(config.rules), "instances": len(config.rules.entries), "channels": len(config.channels)}
