"""The alert rules as the faces know them: read again when their file has changed."""

import asyncio
import hashlib
from collections.abc import Callable

import structlog

from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.errors import ConfigError

log = structlog.get_logger(__name__)

_LONGEST_REASON = 2000


class RuleBook:
    """Holds the last rules that were right.

    content: what the file holds now; may raise OSError. read: the checked file, or its ConfigError; both are called in
    a thread. look_s: how often the content is looked at, at most, seconds; it is looked at when somebody asks.
    """

    def __init__(self, content: Callable[[], bytes], read: Callable[[], AlertConfig], *, look_s: float = 1.0) -> None:
        self.config: AlertConfig | None = None
        """What is in force here; None until a file was right."""
        self.refused = ""
        """Why the present content of the file is not; "" while it is."""
        self._content = content
        self._read = read
        self._look_s = look_s
        self._looked_at: float | None = None
        self._seen = b""
        self._one_at_a_time = asyncio.Lock()
        self._refusal: ConfigError | None = None

    async def look(self) -> AlertConfig | None:
        """`config`, after a look at the file if the last one is older than `look_s`."""
        async with self._one_at_a_time:
            now = asyncio.get_running_loop().time()
            if self._looked_at is None or now - self._looked_at >= self._look_s:
                await self._compare()
                self._looked_at = now
        return self.config

    async def rules(self) -> AlertConfig:
        """As `look`. Raises the ConfigError of the file as long as none was right."""
        config = await self.look()
        if config is None:
            assert self._refusal is not None
            raise self._refusal.with_traceback(None)  # the same one each time: its trace would grow
        return config

    async def _compare(self) -> None:
        seen = await asyncio.to_thread(self._digest)
        if seen == self._seen:
            return
        try:
            self.config = await asyncio.to_thread(self._read)
        except ConfigError as refused:
            self.refused, self._refusal = str(refused)[:_LONGEST_REASON], refused
            log.warning("alert_rules_refused", reason=self.refused)
        else:
            self.refused, self._refusal = "", None
        self._seen = seen

    def _digest(self) -> bytes:
        """Of the content; of the reason when it cannot be read."""
        try:
            content = self._content()
        except OSError as unreadable:
            content = f"unreadable: {unreadable.strerror}".encode()
        return hashlib.sha256(content).digest()
