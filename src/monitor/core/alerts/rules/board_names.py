"""What a board offers to alert rules: the names they may use."""

from typing import TypedDict

from monitor.core.definition import BoardDefinition


class BoardNames(TypedDict):
    """Arguments of `parse_rules` that come from the board."""

    subjects: dict[str, str]
    windows: tuple[str, ...]
    baskets: dict[str, tuple[str, ...]]
    pairs: dict[str, tuple[str, str]]
    listings: dict[str, str]


def names_of(definition: BoardDefinition) -> BoardNames:
    """The names a rule on this board may use: `parse_rules(text, where, calendars=…, **names_of(definition))`."""
    return BoardNames(
        subjects={
            **{instrument.symbol: "instrument" for instrument in definition.instruments},
            **{basket.id: "basket" for basket in definition.baskets},
            **{pair.id: "pair" for pair in definition.pairs},
        },
        windows=definition.windows,
        baskets={basket.id: basket.members for basket in definition.baskets},
        pairs={pair.id: (pair.a, pair.b) for pair in definition.pairs},
        listings={
            instrument.symbol: instrument.calendar
            for instrument in definition.instruments
            if instrument.calendar is not None
        },
    )
