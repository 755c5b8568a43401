"""What is said beside a number that leaves the board without its snapshot."""

from typing import Any

import msgspec
import pytest

from monitor.core.metrics.statuses import OK, Statuses, either, joined
from monitor.core.snapshot import Snapshot
from tests.readouts.sample import aged, sample

FRESH = sample()


def with_line(symbol: str, **changes: Any) -> Snapshot:
    """The sample with one instrument changed."""
    line = msgspec.structs.replace(FRESH.instruments[symbol], **changes)
    return msgspec.structs.replace(FRESH, instruments=FRESH.instruments | {symbol: line})


@pytest.mark.parametrize(
    ("metric", "status"),
    [
        ("IXIC.price.now", OK),
        ("HSTECH.price.now", "DELAYED"),
        ("HSTECH.age_seconds.now", OK),
        ("HSTECH.fair_value.now", "ESTIMATE"),
        ("hstech-ixic.spread_pp.1d", "DELAYED"),
        ("hstech-ixic.same_date_spread_pp.1d", OK),
        ("hstech-ixic.sync_spread_pp.1d", "ESTIMATE DELAYED"),
        ("hstech-ixic.ewma_z.1d", "ESTIMATE DELAYED"),
        ("titans.return_pct.1d", "DELAYED"),
        ("mag7.return_pct.1d", "DEGRADED"),
        ("titans_mag7.spread_pp.ytd", "DEGRADED DELAYED"),
        ("nobody.price.now", OK),
        ("no metric", OK),
    ],
)
def test_what_is_said_of_a_metric(metric: str, status: str) -> None:
    """A late source, a thin basket and a fair value are said of whatever is made of them, and of nothing else."""
    assert Statuses(FRESH).of(metric) == status


def test_a_leg_that_is_old_or_cut_off_is_said_of_its_pair() -> None:
    """Stale, halted, and fresh from a feed that is down: each by its name, on the instrument and on the spread."""
    old = Statuses(aged(FRESH, "HSTECH", 3))
    silent = Statuses(with_line("IXIC", status="LIVE", live=False))

    assert old.of("hstech-ixic.spread_pp.1d") == "STALE DELAYED"
    assert silent.of("IXIC.price.now") == "FEED_DOWN"
    assert silent.of("hstech-ixic.z.1d") == "FEED_DOWN DELAYED"


def test_a_spread_of_two_live_legs_is_no_estimate() -> None:
    """SYNC without a fair value in it is what two markets quote."""
    pair = FRESH.pair_views["hstech-ixic"]
    assert pair.sync is not None
    live = msgspec.structs.replace(pair, sync=msgspec.structs.replace(pair.sync, estimated=False))
    board = msgspec.structs.replace(FRESH, pair_views=FRESH.pair_views | {"hstech-ixic": live})

    assert Statuses(board).of("hstech-ixic.sync_spread_pp.1d") == "DELAYED"


def test_a_basket_converted_at_a_fixing_says_so() -> None:
    """A return in another currency than the members' is by fixing while there is no live rate."""
    fixed = {pair: msgspec.structs.replace(view, status="FIXING") for pair, view in FRESH.fx.items()}
    board = msgspec.structs.replace(FRESH, fx=fixed)

    assert Statuses(board).of("titans.usd_return_pct.1d") == "FIXING DELAYED"
    assert Statuses(board).of("titans.hkd_return_pct.1d") == "DELAYED"
    assert Statuses(board).of("titans.return_pct.1d") == "DELAYED"
    assert Statuses(FRESH).of("titans.usd_return_pct.1d") == "DELAYED"


def test_statuses_have_one_order() -> None:
    """However they came together, the text is the same; OK is said of what nothing else is said of."""
    assert either("DELAYED", "STALE") == either("STALE DELAYED", OK) == "STALE DELAYED"
    assert joined(frozenset({"NEW", "DELAYED", OK})) == "DELAYED NEW"
    assert joined(frozenset()) == OK
