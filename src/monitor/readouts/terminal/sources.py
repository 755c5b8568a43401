"""Exchange rates and feeds: where the numbers come from."""

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import FeedView, FxView, Snapshot
from monitor.readouts import lines, words
from monitor.readouts.terminal import cell


def sources(snapshot: Snapshot) -> list[RenderableType]:
    """A line of exchange rates, and a table of feeds with their counts."""
    found: list[RenderableType] = []
    if snapshot.fx:
        line = Text.assemble(("FX  ", cell.HEADING))
        for pair, view in snapshot.fx.items():
            line.append_text(_rate(pair, view))
        found.append(line)
    if snapshot.feeds:
        table = cell.table("FEEDS")
        for heading in ("", "state"):
            table.add_column(heading, no_wrap=True)
        for heading in ("accepted", "conflated", "rejected"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("", overflow="fold")
        for name, feed in snapshot.feeds.items():
            table.add_row(*_feed(name, feed))
        found.append(table)
    return found


def _rate(pair: str, view: FxView) -> Text:
    found = cell.text(f"{pair} ", cell.DIM)
    found.append(words.rate(view.rate), cell.BOLD)
    if view.status == "LIVE":
        found.append(f" {words.age(view.age_s)} old    ", cell.DIM)
    else:
        found.append(f" {words.clean(view.status)}    ", cell.NOTE)
    return found


def _feed(name: str, feed: FeedView) -> list[Text]:
    up = feed.state == "up"
    detail = "; ".join(part for part in (lines.rejected(feed), feed.detail) if part)
    return [
        cell.text(name, cell.BOLD),
        cell.text(feed.state, cell.UP if up else cell.NOTE if feed.state == "connecting" else cell.ALARM),
        cell.text(f"{feed.accepted:,}"),
        cell.text(f"{feed.conflated:,}"),
        cell.text(f"{sum(feed.rejected.values()):,}"),
        cell.text(detail, cell.DIM),
    ]
