"""Feeds of the configuration without a log: chosen by name, made as ingest makes them, each with a listener."""

from collections.abc import Callable, Sequence

import msgspec

from monitor.assembly.feed_needs import check_feeds
from monitor.assembly.feeds import CANONICAL, Wiring, make_feed
from monitor.assembly.simulation import as_simulated, sim_clock
from monitor.assembly.site import REPLAY, SIM, Site
from monitor.core.definition import Instrument
from monitor.core.suggestion import did_you_mean
from monitor.errors import UsageError
from monitor.runtime.clock import Clock, SystemClock
from monitor.settings.feed_folder import known_feeds
from monitor.workers.listening import Heard, Listener

Hear = Callable[[Listener, Heard], None]
Turned = Callable[[Listener, str, str], None]


class Ear(msgspec.Struct, frozen=True):
    """One feed with its listener. clock: of its times of receipt: the simulator has one of its own."""

    listener: Listener
    clock: Clock


def chosen_feeds(site: Site, names: Sequence[str]) -> list[str]:
    """The feeds of the command line, without any those that are on. Raises UsageError for one that is none, ConfigError
    for one that still needs something."""
    known = [name for name in known_feeds(site.folder) if name != REPLAY]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"no feed is called {name!r}: allowed are {', '.join(known)}. {hint}".strip())
    chosen = list(dict.fromkeys(names or site.feeds))
    if chosen == [REPLAY]:
        raise UsageError(f"feed = {REPLAY} connects to nothing: name one of {', '.join(known)}")
    check_feeds(site, chosen)
    return chosen


def chosen_lines(site: Site, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """The board's lines, or those of the command line: symbols joined by commas, several times. Raises UsageError for
    one that the board does not have."""
    lines = {line.symbol: line for line in site.definition.lines}
    wanted = [symbol.strip() for text in symbols for symbol in text.split(",") if symbol.strip()]
    for symbol in wanted:
        if symbol not in lines:
            hint = did_you_mean(symbol, lines)
            raise UsageError(f"--symbols {symbol}: the board {site.settings.board} has no such line. {hint}".strip())
    return tuple(lines[symbol] for symbol in dict.fromkeys(wanted)) or tuple(lines.values())


def make_ears(
    site: Site, names: Sequence[str], lines: Sequence[Instrument], hear: Hear, turned: Turned = lambda *_: None
) -> list[Ear]:
    """A feed and its listener for each name. To be called on the running loop.

    Raises ConfigError for a feed that cannot work, UsageError for one that has none of the lines.
    """
    return [_ear(site, name, lines, hear, turned) for name in names]


def _ear(site: Site, name: str, lines: Sequence[Instrument], hear: Hear, turned: Turned) -> Ear:
    clock: Clock = SystemClock()
    if name == SIM:
        clock = sim_clock(site, None, clock.now_ns())
        lines = as_simulated(lines)
    wiring = Wiring(site, lines, clock)
    if name not in CANONICAL and not wiring.quoted_by(name):
        raise UsageError(f"feed {name} has a symbol for none of these lines: `monitor feeds list` says what it has")
    feed = make_feed(wiring, name)
    listener = Listener(feed, lines, site.calendars, canonical=name in CANONICAL, hear=hear, turned=turned)
    return Ear(listener, clock)
