"""The state of a board at one instant, open for inspection."""

from collections.abc import Mapping

import msgspec

from monitor.core.baskets.composite import Composite
from monitor.core.definition import BoardDefinition
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.moment import Moment
from monitor.core.pairs.side import Side
from monitor.core.prices.rates import Rates
from monitor.core.proxies.estimate import Estimate
from monitor.core.snapshot import Snapshot


class Workings(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot was made of. metrics: those of its numbers that have a name. cut: LAST. estimates: fair values by
    target. The state behind it moves on with the board: look before the next event is applied."""

    definition: BoardDefinition
    snapshot: Snapshot
    metrics: Mapping[str, float | None]
    moment: Moment
    cut: Cut
    rates: Rates
    legs: Mapping[str, Leg]
    composites: Mapping[str, Composite]
    estimates: Mapping[str, Estimate]

    def side(self, subject: str) -> Side:
        """An instrument or basket. Raises KeyError for anything else."""
        return self.legs[subject] if subject in self.legs else self.composites[subject]
