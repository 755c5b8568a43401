import asyncio
from pathlib import Path

import pytest

from monitor.assembly.watch import focus_of
from monitor.core.definition import BoardDefinition
from monitor.errors import DataError, UsageError
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.terminal.beyond import Lookup
from monitor.readouts.terminal.focus import Focus, View
from monitor.settings.board_file import load_board
from tests.readouts.sample import alert, sample

CONFIG = Path(__file__).parents[2] / "config"


@pytest.fixture(scope="module")
def definition() -> BoardDefinition:
    return load_board(CONFIG, "hk-us")


@pytest.mark.parametrize(
    ("view", "subject", "focus"),
    [
        (None, None, Focus()),
        ("alerts", None, Focus(view=View.ALERTS)),
        ("pair", None, Focus(view=View.PAIR)),
        ("pair", "hstech-ndx", Focus(view=View.PAIR, pair="hstech-ndx")),
        (None, "hstech-ndx", Focus(view=View.PAIR, pair="hstech-ndx")),
        (None, "mag7", Focus(view=View.BASKET, basket="mag7")),
    ],
)
def test_options_say_where_to_begin(
    definition: BoardDefinition, view: str | None, subject: str | None, focus: Focus
) -> None:
    """An id alone is enough to tell a pair from a basket."""
    assert focus_of(definition, view, subject) == focus


@pytest.mark.parametrize(
    ("view", "subject", "said"),
    [
        ("pair", "hstech-ixc", "--subject 'hstech-ixc': there is .*Did you mean hstech-ixic?"),
        (None, "mag8", "--subject 'mag8': there is .*Did you mean mag7?"),
        ("basket", "hstech-ixic", "--subject 'hstech-ixic': there is china-m7, titans, mag7"),
        ("alerts", "mag7", "--subject goes with --view pair or basket, not with alerts"),
        ("bord", None, "--view 'bord': there is board, pair, basket, alerts. Did you mean board?"),
        ("help", None, "--view 'help': there is board, pair, basket, alerts"),
        ("pair", "", "--subject ''"),
        ("pair", "x" * 10_000, "--subject"),
    ],
)
def test_what_the_board_lacks_is_refused(
    definition: BoardDefinition, view: str | None, subject: str | None, said: str
) -> None:
    """Exit code 2 and what may have been meant; never a view of something else."""
    with pytest.raises(UsageError, match=said) as caught:
        focus_of(definition, view, subject)

    assert caught.value.exit_code == 2
    assert len(str(caught.value)) < 300


async def test_only_what_a_view_shows_is_asked_for() -> None:
    """The board needs neither past nor alert desk, and they are not even made for it."""

    def made() -> None:
        raise AssertionError("made")

    beyond = await Lookup(made, made).look(Focus(), sample(), ())  # type: ignore[arg-type]

    assert beyond.problem == ""


async def test_what_cannot_be_had_is_left_out_with_its_reason() -> None:
    """A past that cannot be read takes nothing away but the lines; each reason is said once."""

    def broken() -> None:
        raise DataError("closes/HSTECH.csv:9", "close: 'x' is no price")

    async with asyncio.timeout(60):
        beyond = await Lookup(broken, broken).look(  # type: ignore[arg-type]
            Focus(view=View.PAIR), sample(), active_alerts(alert())
        )

    assert beyond.problem == "closes/HSTECH.csv:9: close: 'x' is no price"
    assert not beyond.lines
