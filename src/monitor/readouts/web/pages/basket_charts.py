"""The charts of a basket, as `charts/basket.js` reads them: through the day, contributions, and the map."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from monitor.core.paths.path import BasketDay, Line
from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.web.pages.frame import number
from monitor.readouts.web.pages.pair_chart import hours
from monitor.readouts.web.pages.picture import Chart

if TYPE_CHECKING:
    from monitor.readouts.web.pages.basket import Member

_SHORT = {"total": "return", "dispersion": "dispersion", "breadth": "breadth"}
_UNITS = {"total": " %", "dispersion": " pp", "breadth": "share"}


def day_lines(day: BasketDay) -> dict[str, Line]:
    """The lines of a day by their place in the chart; those without a single number are left out."""
    found = {"total": day.total, "dispersion": day.dispersion, "breadth": day.breadth}
    return {role: line for role, line in found.items() if any(value is not None for _, value in line.points)}


def worded(role: str, value: float | None) -> str:
    """A value of one of the lines as it is told everywhere on the page."""
    if role == "breadth":
        return words.proportion(value)
    if role == "dispersion":
        return words.MISSING if value is None else f"{words.decimal(value)} pp"
    return words.MISSING if value is None else f"{words.points(value)} %"


def day_chart(day: BasketDay, snapshot: Snapshot) -> Chart:
    """Return, dispersion and breadth, minute by minute."""
    found = day_lines(day)
    return Chart(
        "basket.day",
        {
            "span": "today",
            "daily": False,
            "simulated": day.simulated,
            "first": day.first_ms,
            "lines": {
                role: {
                    "name": words.clean(line.name),
                    "short": _SHORT[role],
                    "unit": _UNITS[role],
                    "points": line.points[:-1],
                }
                for role, line in found.items()
            },
            "hours": hours(day.shades, day.last_ms),
            "limits": [],
            "episodes": [],
        },
        {
            "last": day.last_ms,
            "points": {role: line.points[-1] for role, line in found.items()},
            "texts": {role: worded(role, line.points[-1][1]) for role, line in found.items()},
            "level": None,
        },
    )


def contributions_chart(members: Sequence["Member"], window: str) -> Chart:
    """A bar for each member, the largest contribution on top: name, number, its words, and what speaks against it."""
    found = sorted((m for m in members if m.contribution is not None), key=lambda m: -(m.contribution or 0.0))
    bars = [
        [m.name, m.contribution, number(m.contribution, words.points(m.contribution), window, "OK")[0]] for m in found
    ]
    return Chart("basket.contributions", {"doubts": [m.doubtful for m in found]}, {"bars": bars})


def map_chart(members: Sequence["Member"], window: str) -> Chart:
    """A tile for each member: name, weight, return in words, direction and strength of its colour as in the tables, and
    what speaks against it."""
    found = sorted((m for m in members if m.weight), key=lambda m: -(m.weight or 0.0))
    tiles = []
    for member in found:
        value = None if member.returned is None else member.returned * 100
        text, classes, _ = number(value, words.percent(member.returned), window, member.status)
        direction, _, heat = classes.partition(" heat")
        tiles.append([member.name, member.weight, text, direction, int(heat[:1] or 0), member.doubtful])
    return Chart("basket.map", {}, {"tiles": tiles})
