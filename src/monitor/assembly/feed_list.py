"""`monitor feeds list`: each feed that could be switched on, and what it would bring to this board."""

import sys
from collections.abc import Iterable
from shutil import get_terminal_size
from textwrap import wrap

import msgspec
import typer

from monitor.assembly.feed_address import address_of
from monitor.assembly.feed_needs import needs
from monitor.assembly.feeds import CANONICAL, Wiring
from monitor.assembly.simulation import as_simulated
from monitor.assembly.site import REPLAY, SIM, Site
from monitor.core.definition import Instrument
from monitor.feeds.ws_json.wanted import Wanted
from monitor.runtime.clock import SystemClock
from monitor.settings.feed_folder import known_feeds


class KnownFeed(msgspec.Struct, frozen=True, kw_only=True):
    """One feed. on: do the settings switch it on? connects_to: its address, without secrets. lines: how many lines the
    board wants quoted. covers: symbols of those that it has. lacks: those that it does not have. beyond_plan: those
    that it has and that the plan of its feed file is too small for. delays: calendar → seconds by contract. needs: the
    variables to set and commands to run before it can be switched on."""

    name: str
    on: bool
    connects_to: str
    lines: int
    covers: list[str]
    lacks: list[str]
    beyond_plan: list[str]
    delays: dict[str, int]
    needs: list[str]


def list_feeds(site: Site, *, as_json: bool) -> int:
    """Print every feed that this configuration knows; returns the exit code."""
    feeds = [known_feed(site, name) for name in known_feeds(site.folder) if name != REPLAY]
    if as_json:
        sys.stdout.buffer.write(msgspec.json.encode(feeds) + b"\n")
        return 0
    width = get_terminal_size().columns if sys.stdout.isatty() else 10_000
    for feed in feeds:
        for line in _text(feed, max(width, 60)):
            typer.echo(line)
    return 0


def known_feed(site: Site, name: str) -> KnownFeed:
    """What this board would have of the feed `name`."""
    lines = site.definition.lines
    wanted = as_simulated(lines) if name == SIM else lines
    quoted = list(wanted) if name in CANONICAL else Wiring(site, wanted, SystemClock()).quoted_by(name)
    covers = [line.symbol for line in quoted]
    file = site.feed_files.get(name)
    room = len(Wanted(file.spec, covers).asked) if file else len(covers)
    return KnownFeed(
        name=name,
        on=name in site.feeds,
        connects_to=address_of(site, name),
        lines=len(lines),
        covers=covers[:room],
        lacks=[line.symbol for line in lines if line.symbol not in covers],
        beyond_plan=covers[room:],
        delays=_delays(name, wanted),
        needs=[need.short for need in needs(site, name)],
    )


def _delays(name: str, lines: Iterable[Instrument]) -> dict[str, int]:
    return {line.calendar: line.delays[name] for line in lines if line.calendar and line.delays.get(name)}


def _text(feed: KnownFeed, width: int) -> list[str]:
    """A line that stands out, and indented ones below it."""
    state = "on " if feed.on else "off"
    late = ", ".join(f"{calendar} {seconds / 60:g} min late" for calendar, seconds in feed.delays.items())
    whatever = "whatever is published of " if feed.name in CANONICAL else ""
    said = [f"{whatever}{len(feed.covers)} of the board's {feed.lines} lines{f'; {late}' if late else ''}"]
    if feed.lacks and feed.covers:
        said.append(f"has not: {' '.join(feed.lacks)}")
    if feed.beyond_plan:
        said.append(f"beyond its plan: {' '.join(feed.beyond_plan)}")
    if feed.needs:
        said.append(f"needs: {', '.join(feed.needs)}")
    return [f"{feed.name:<12}{state} {feed.connects_to}"] + [
        line for part in said for line in wrap(part, width, initial_indent=" " * 16, subsequent_indent=" " * 18)
    ]
