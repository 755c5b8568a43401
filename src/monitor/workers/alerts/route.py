"""Where notes go and how patiently: a channel's place among the others, and every duration of sending."""

import msgspec

from monitor.core.alerts.rules.service import Storm
from monitor.notify.port import Channel


class Timings(msgspec.Struct, frozen=True, kw_only=True):
    """Every duration of sending, seconds.

    retry_first_s, retry_cap_s: full jitter up to first · 2ⁿ, never above the cap. fallback_after_s: a note that still
    waits after so long also goes to the fallback. dead_after_s: given up. late_after_s: marked DELAYED.
    merge_after_s: a note that waited so long, or was tried in vain, is told together with newer ones of its episode.
    unknown_repeats: how often a note is repeated when nobody knows whether it arrived (a count).
    idle_s: how often an idle sender looks by itself. keep_records_s: how long records of settled deliveries are kept;
    keep_threads_s: how long an episode's message can be edited after its last use.
    storm_again_s: shortest time between two STORM messages where the first cannot be edited. chart_s: a chart that is
    not drawn by then is left out. notice_again_s: other channels hear no more often that this one is red.
    """

    retry_first_s: float = 1.0
    retry_cap_s: float = 60.0
    fallback_after_s: float = 900.0
    dead_after_s: float = 86_400.0
    late_after_s: float = 60.0
    merge_after_s: float = 1.0
    unknown_repeats: int = 3
    idle_s: float = 1.0
    keep_records_s: float = 7 * 86_400.0
    keep_threads_s: float = 30 * 86_400.0
    storm_again_s: float = 30.0
    chart_s: float = 2.0
    notice_again_s: float = 300.0


class Route(msgspec.Struct, frozen=True):
    """A channel with its place among the others. fallback: name of the channel that takes over, None without one.
    rate_s: shortest time between two messages. storm: its storm control. notices: channels that hear when this one
    turns red, and when it is well again; it is not told about itself."""

    channel: Channel
    fallback: str | None = None
    rate_s: float = 0.0
    storm: Storm = Storm()
    notices: tuple[str, ...] = ()
