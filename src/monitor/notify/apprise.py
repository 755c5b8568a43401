"""Any service that the library Apprise knows: ntfy, Telegram, Teams, Pushover and a hundred more, by one address.

Apprise is an extra and imported when the first channel needs it.
"""

import asyncio
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from monitor.notify.http import secrets_in
from monitor.notify.plain_text import plain_text
from monitor.notify.port import Accepted, Charting, Message, Outcome, Tone, Transient, Unknown
from monitor.runtime import logs

if TYPE_CHECKING:
    from apprise import Apprise as Library

_PING = re.compile(r"(?<=[@<])(?=[\w!@#])")
_BREAK = "\u2060"
"""WORD JOINER: has no width, and after it `@everyone` and `<!channel>` are words like any other."""


class Apprise:
    """One address of Apprise, `ntfys://ntfy.sh/topic`, which is a secret.

    timeout_s: longest wait for its answer. Raises ValueError, without the address, when Apprise cannot read it, and
    ImportError when it is not installed.

    Apprise answers yes or no and never why. A no may mean that some of several targets have the message, or that an
    answer came too late: so it is an unknown outcome, repeated three times and marked, then given to the fallback.
    """

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        logs.hide(secrets_in(url))
        # Below this level their lines hold addresses in pieces, and what was sent.
        for chatty in ("apprise", "urllib3"):
            logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
        self._library = _load(url)
        self._timeout_s = timeout_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="apprise")
        self._pending: asyncio.Future[bool] | None = None

    def __repr__(self) -> str:
        return f"Apprise({self._service})"

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    @property
    def _service(self) -> str:
        """Name of the service, without its address."""
        return str(next(iter(self._library)).service_name)

    async def send(self, message: Message) -> Outcome:
        """Hand the message over in words, in a thread."""
        if self._pending is not None and not self._pending.done():
            return Transient("the request before this one still hangs")
        call = partial(
            self._library.notify,
            title=_harmless(message.summary),
            body=_harmless(plain_text(message)),
            notify_type=_TYPES.get(message.tone, "info"),
            body_format="text",
        )
        self._pending = asyncio.get_running_loop().run_in_executor(self._thread, lambda: bool(call()))
        done, _ = await asyncio.wait([self._pending], timeout=self._timeout_s)
        if not done:
            return Unknown(f"{self._service} did not answer within {self._timeout_s:g} s")
        if self._pending.exception() is not None:
            return Unknown(f"Apprise raised {type(self._pending.exception()).__name__}")
        return Accepted() if self._pending.result() else Unknown(f"{self._service} said no, and not why")

    async def close(self) -> None:
        """Let the thread go; what it waits for ends by Apprise's own timeouts."""
        self._thread.shutdown(wait=False)


_TYPES = {Tone.RESOLVED: "success", Tone.WARNING: "warning", Tone.CRITICAL: "failure"}
"""Apprise's word for a tone; the others are `info`."""


def _load(url: str) -> "Library":
    from apprise import Apprise as Library
    from apprise import AppriseAsset

    # Nothing of ours is written to disk, and no text is taken for a template or an escape.
    library = Library(asset=AppriseAsset(app_id="Monitor", storage_mode="memory", interpret_escapes=False))
    if not library.add(url) or len(library) != 1:
        raise ValueError("Apprise cannot read this address; its documentation names the form for each service")
    return library


def _harmless(text: str) -> str:
    """Words that no service takes for a mention of everybody: titles are data."""
    return _PING.sub(_BREAK, text)
