"""The board page: every number of a snapshot in its place."""

from typing import Any

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView
from monitor.core.views.pair import PairView, PolicyView
from monitor.readouts import figures, policies, trends, variants
from monitor.readouts.desk import Desk
from monitor.readouts.live import Observation
from monitor.readouts.past import Past
from monitor.readouts.web.pages.frame import page, part
from monitor.readouts.web.pages.member_order import MemberOrder, columns, sentence
from monitor.readouts.web.pages.message_link import MessageLinks, Notice
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from monitor.readouts.web.pages.sparks import SparkReader, Sparks, spark

_POLICIES = {
    "LAST": "last prices of both legs, whenever they were made",
    "SAME_DATE": "official closes of the same date",
    "LAG": "Hong Kong's session against the New York session before it",
    "SYNC": "both legs as of now; what is shut is estimated",
    "ALL": "each policy in a row of its own",
}
"""The policies that the switch offers, the first without being asked for."""
_PREFIXES = {"LAST": "p", "SAME_DATE": "q", "LAG": "l", "SYNC": "y"}
_UNVARIED = ("legs", "statistics", "baskets", "ways", "indices", "estimates", "rates")


class BoardScreen:
    """`/?policy=SYNC&sort=-1D&at=1740154800250`: every pair, basket and instrument of the board.

    policy: whose spreads are shown. sort: column of the member table. at: time of the message that led here.
    """

    path = "/"
    choices: tuple[str, ...] = ("policy", "sort", "at")

    def __init__(self, past: Past, desk: Desk) -> None:
        self._sparks = SparkReader(past)
        self._links = MessageLinks(desk)
        self._order = MemberOrder()
        self._version = 0
        self._parts: dict[tuple[str, Any], Picture] = {}

    async def draw(self, seen: Observation, address: Address) -> Picture:
        """The board of one observation. Raises the Redis client's errors."""
        sparks = await self._sparks.of(seen.snapshot)
        notice = await self._links.notice(dict(address.choices).get("at", ""))
        if seen.version != self._version:
            self._version, self._parts = seen.version, {}
        return board_picture(seen, address, sparks=sparks, notice=notice, order=self._order, known=self._parts)


def board_picture(
    seen: Observation,
    address: Address,
    *,
    sparks: Sparks | None = None,
    notice: Notice | None = None,
    order: MemberOrder | None = None,
    known: dict[tuple[str, Any], Picture] | None = None,
) -> Picture:
    """The board of one observation. known: parts of it that other addresses have had drawn; new ones are put there."""
    snapshot = seen.snapshot
    known = {} if known is None else known
    policy = address.choice("policy", tuple(_POLICIES))
    chosen = dict(address.choices).get("sort", "")
    symbols = (order or MemberOrder()).of(snapshot, chosen)
    facts: dict[str, Any] = {
        "policies": policies,
        "trends": trends,
        "variants": variants,
        "statistics": _statistics,
        "counted_otherwise": _counted_otherwise,
        "legs": _legs(snapshot),
        "spark": spark(sparks or {}),
    }

    def drawn(name: str, variation: str = "", **more: Any) -> Picture:
        if (name, variation) not in known:
            known[name, variation] = part(f"board/{name}.html.j2", snapshot, **facts, **more)
        return known[name, variation]

    parts = {name: drawn(name) for name in _UNVARIED}
    parts["members"] = drawn("members", chosen, symbols=symbols)
    parts["pairs"] = drawn("pairs", policy, shown_policies=_shown(policy), beta_row=policy in ("LAG", "ALL"))
    names = list(_POLICIES)
    return page(
        "board.html.j2",
        seen,
        address,
        parts=parts,
        notice=notice,
        policy=policy,
        policy_names=names,
        policy_words=_POLICIES,
        next_policy=names[(names.index(policy) + 1) % len(names)],
        about_policy=_POLICIES[policy],
        columns=columns(snapshot, chosen),
        order_words=sentence(snapshot, chosen),
    )


def _shown(policy: str) -> Any:
    """For templates: the rows of a pair, each with the prefix of its cells; None where the pair has no such policy."""

    def shown(pair: PairView) -> list[tuple[str, PolicyView | None]]:
        views = {view.policy: view for view in pair.policies}
        if policy == "ALL":
            return [(_PREFIXES[name], view) for name, view in views.items()]
        return [(_PREFIXES[policy], views.get(policy))]

    return shown


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
