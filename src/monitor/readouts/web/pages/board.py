"""The board page: every number of a snapshot in its place."""

from collections.abc import Mapping

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.readouts import figures, policies, trends, variants
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.frame import page
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address


class BoardScreen:
    """`/`: every pair, basket and instrument of the board."""

    path = "/"
    choices: tuple[str, ...] = ()

    async def draw(self, seen: Observation, address: Address) -> Picture:
        """The board of one observation."""
        return board_picture(seen, address)


def board_picture(seen: Observation, address: Address) -> Picture:
    """The board of one observation."""
    snapshot = seen.snapshot
    return page(
        "board.html.j2",
        seen,
        address,
        policies=policies,
        trends=trends,
        variants=variants,
        statistics=_statistics,
        counted_otherwise=_counted_otherwise,
        basket_members=_basket_members,
        legs=_legs(snapshot),
    )


def _legs(snapshot: Snapshot) -> list[str]:
    """Ids of all legs, each once, in the order of the pairs."""
    return list(dict.fromkeys(leg for view in snapshot.pair_views.values() for leg in (view.a, view.b)))


_Columns = list[tuple[str, str]]


def _statistics(snapshot: Snapshot) -> list[tuple[str, _Columns, dict[str, figures.Figure], str]]:
    """Of each pair with statistics: id, columns of the table (key and heading, the same for all), figures by key, and
    what they rest on."""
    found = {id: figures.figures(view) for id, view in snapshot.pair_views.items()}
    columns = {figure.key: figure.label for of_pair in found.values() for figure in of_pair}
    return [
        (
            id,
            list(columns.items()),
            {figure.key: figure for figure in of_pair},
            figures.basis(snapshot.pair_views[id]),
        )
        for id, of_pair in found.items()
        if of_pair
    ]


def _counted_otherwise(snapshot: Snapshot) -> list[tuple[str, BasketView, list[variants.Way]]]:
    """Baskets that are counted in more ways than their headline's, with these ways."""
    found = [(id, view, variants.ways(view)) for id, view in snapshot.basket_views.items()]
    return [of_basket for of_basket in found if of_basket[2]]


def _basket_members(by_window: Mapping[str, BasketWindow]) -> list[str]:
    """Everyone who is in the basket over some window, or left out of it."""
    return list(dict.fromkeys(s for view in by_window.values() for s in (*view.included, *view.excluded)))
