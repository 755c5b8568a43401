"""What the simulated market needs: its clock, and the symbols that it quotes under."""

from collections.abc import Iterable

from msgspec.structs import replace

from monitor.assembly.site import Site
from monitor.core.definition import Instrument, Kind
from monitor.core.instant import parse_instant
from monitor.feeds.simulated.sim_clock import SimClock, default_start
from monitor.feeds.simulated.simulator import SOURCE, SYMBOLS_OF


def as_simulated(lines: Iterable[Instrument]) -> tuple[Instrument, ...]:
    """`lines` with the simulator as a source: it quotes under the symbols of the source whose protocol it speaks."""
    return tuple(
        replace(line, sources={SOURCE: line.sources[SYMBOLS_OF], **line.sources}, delays={})
        if SYMBOLS_OF in line.sources
        else line
        for line in lines
    )


def sim_clock(site: Site, last_ns: int | None, now_ns: int) -> SimClock:
    """Simulated time: on from the end of the log, else from the configured start, else from a recent morning in Hong
    Kong. last_ns: log time of the log's end, None for an empty log."""
    settings = site.settings.feeds.sim
    calendars = {name: site.calendars[name] for name in _traded_on(site)}
    if last_ns is not None:
        start = last_ns + 1
    elif settings.start:
        start = parse_instant(settings.start)
    else:
        start = default_start(now_ns, site.calendars["XHKG"], site.calendars["XNYS"])
    return SimClock(start, settings.speed, settings.idle_speed, calendars.values())


def _traded_on(site: Site) -> list[str]:
    return sorted({i.calendar for i in site.definition.instruments if i.calendar is not None and i.kind is not Kind.FX})
