"""Top of the board: what it is, when it is, and whether it may be believed."""

from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines, words
from monitor.readouts.terminal import cell

_LAG_WORTH_A_COLOUR_S = 5.0
_ONE_LINE = 116
"""Columns from which clocks, reference date and lag stand in one line."""


def banner(snapshot: Snapshot, width: int) -> list[Text]:
    """What stands above everything else, in every view: that the prices are invented, where they are."""
    return [simulated_banner(width)] if snapshot.simulated else []


def header(snapshot: Snapshot, title: Text, width: int, now_ms: int) -> list[RenderableType]:
    """Title, both markets' clocks, reference date and lag. now_ms: the reader's own clock, UTC; how far the board's log
    time is behind it is the lag."""
    found: list[RenderableType] = [title]
    moment = words.instant(snapshot.t)
    clocks = "  ·  ".join(
        f"{lines.date(snapshot, zone)} {lines.clock(snapshot, zone)} {name}"
        for zone, name in ((words.HONG_KONG, "HKT"), (words.NEW_YORK, "ET"))
    )
    reference = f"reference date {words.day(snapshot.ref_date)}"
    lag = _lag(snapshot, moment, now_ms)
    if width >= _ONE_LINE:
        found.append(Text.assemble(clocks, "  ·  ", reference, "  ·  ", lag))
    else:
        found += [Text(clocks), Text.assemble(reference, "  ·  ", lag)]
    return found


def simulated_banner(width: int) -> Text:
    """A line over the full width that no one overlooks, in colour or without."""
    words_of_warning = " SIMULATED MARKET: these prices are invented "
    return Text(words_of_warning.center(width, "▒"), style=cell.CAUTION, no_wrap=True)


def _lag(snapshot: Snapshot, moment: datetime | None, now_ms: int) -> Text:
    if snapshot.simulated:
        return Text("simulated clock")
    if moment is None:
        return Text(f"log lag {words.MISSING}")
    lag_s = now_ms / 1000 - moment.timestamp()
    shown = f"{lag_s:.1f} s" if 0 <= lag_s < 10 else words.age(lag_s)
    return Text(f"log lag {shown}", style=cell.NOTE if lag_s > _LAG_WORTH_A_COLOUR_S else cell.FLAT)
