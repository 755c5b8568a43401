"""A log holds one market and one time: before a service begins, what is there must fit what it is set up for."""

import asyncio

import structlog
from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.bus.log_end import is_simulated, last_log_ns
from monitor.bus.redis import TROUBLE
from monitor.core.instant import SECOND, format_instant
from monitor.errors import UsageError
from monitor.runtime.backoff import Backoff

log = structlog.get_logger(__name__)

AHEAD_NS = 120 * SECOND
"""By how much the clocks of two machines that write one log may differ."""


async def end_of_log(site: Site, client: Redis, now_ns: int | None = None) -> int | None:
    """Log time of the log's end, None for an empty log, as soon as Redis answers.

    now_ns: the clock of a live feed, which the log must not be ahead of; None where log time is not people's time.
    Raises UsageError for a log that the site's feed must not continue: simulated prices beside real ones, or a time
    that is still to come, at which the board would stand until the clock has caught up.
    """
    backoff = Backoff(0.1, 2.0)
    while True:
        try:
            last_ns = await last_log_ns(client, site.keys.quotes)
            simulated = await is_simulated(client, site.keys.quotes)
            break
        except TROUBLE as trouble:
            log.warning("log_not_readable_yet", reason=str(trouble) or repr(trouble))
            await asyncio.sleep(backoff.next())
    if simulated is not None and simulated != site.simulated:
        raise _refusal(site, f"holds {'simulated' if simulated else 'real'} prices")
    if last_ns is not None and now_ns is not None and last_ns > now_ns + AHEAD_NS:
        raise _refusal(site, f"is already at {format_instant(last_ns)}, later than now", "Wait until then, set")
    return last_ns


def _refusal(site: Site, state: str, way_out: str = "Set") -> UsageError:
    keys = site.keys.quotes.removesuffix("quotes")
    return UsageError(
        f"the log of board {site.settings.board} {state}, and feed = {site.settings.feed} cannot go on from there. "
        f"{way_out} MONITOR_REDIS__PREFIX to another name, or delete the keys {keys}*"
    )
