"""The names of all numbers of a board."""

from monitor.assembly.site import Site
from monitor.assembly.spread import make_board
from monitor.core.metrics.measuring import frame_of


def known_metrics(site: Site) -> list[str]:
    """Every metric that the board has, ascending. Takes as long as the reference data takes to read."""
    return sorted(frame_of(make_board(site).snapshot()).metrics)
