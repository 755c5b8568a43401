"""Where the numbers come from and who works on them: exchange rates, feeds, services. In as few lines as they need."""

from collections.abc import Sequence

from rich.text import Text

from monitor.core.snapshot import FeedView, FxView, Snapshot
from monitor.readouts import choose, lines, words
from monitor.readouts.services import ServiceView
from monitor.readouts.terminal import cell

_BETWEEN = "    "


def sources(snapshot: Snapshot, services: Sequence[ServiceView], width: int) -> list[Text]:
    """As many beside each other as `width` columns hold: the rates, each feed, who stands in for whom, the services."""
    parts = [
        *([_rates(snapshot)] if snapshot.fx else []),
        *(_feed(name, feed) for name, feed in snapshot.feeds.items()),
        *_stand_ins(snapshot),
        *([_services(services)] if services else []),
    ]
    packed: list[Text] = []
    for part in parts:
        if packed and packed[-1].cell_len + len(_BETWEEN) + part.cell_len <= width:
            packed[-1].append(_BETWEEN).append_text(part)
        else:
            packed.append(part)
    return packed


def _rates(snapshot: Snapshot) -> Text:
    line = Text.assemble(("FX ", cell.HEADING))
    for number, (pair, view) in enumerate(snapshot.fx.items()):
        line.append(" · " if number else "", cell.DIM).append_text(_rate(snapshot, pair, view))
    return line


def _rate(snapshot: Snapshot, pair: str, view: FxView) -> Text:
    found = cell.text(f"{pair} ", cell.DIM)
    found.append(words.rate(view.rate), cell.BOLD)
    if view.simulated and not choose.wholly_simulated(snapshot):
        found.append(" SIMULATED", cell.NOTE)
    if view.status == "LIVE":
        return found.append(f" {words.age(view.age_s)} old", cell.DIM)
    return found.append(f" {words.clean(view.status)}", cell.NOTE)


def _feed(name: str, feed: FeedView) -> Text:
    look = {"up": cell.GOOD, "connecting": cell.NOTE}.get(feed.state, cell.ALARM)
    found = Text.assemble(("FEED ", cell.HEADING), cell.text(name, cell.BOLD), " ")
    found.append_text(cell.text(feed.state, look))
    if feed.detail:
        found.append(f" {words.clean(feed.detail)}", cell.DIM)
    found.append(f" · {feed.accepted:,} accepted", cell.DIM)
    if feed.conflated:
        found.append(f" · {feed.conflated:,} conflated", cell.DIM)
    reasons = lines.rejected(feed)
    if reasons:
        found.append(f" · rejected: {words.clean(reasons)}", cell.DIM)
    return found


def _stand_ins(snapshot: Snapshot) -> list[Text]:
    """Prices that do not come from their best source, and how often that has happened; nothing if never."""
    found, counted = lines.stand_ins(snapshot), lines.failovers(snapshot)
    shown = [Text.assemble(("STAND-IN ", cell.HEADING), cell.text(one, cell.NOTE)) for one in found]
    return [*shown, cell.text(counted, cell.DIM)] if counted else shown


def _services(services: Sequence[ServiceView]) -> Text:
    found = Text.assemble(("SERVICES ", cell.HEADING))
    for number, service in enumerate(services):
        found.append(" · " if number else "", cell.DIM)
        found.append(f"{service.name} ", cell.DIM)
        found.append(service.state, cell.GOOD if service.good else cell.ALARM if service.state == "gone" else cell.NOTE)
    return found
