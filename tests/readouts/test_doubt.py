import msgspec

from monitor.readouts import doubt
from tests.readouts.sample import aged, sample


def test_a_pair_has_the_doubts_of_both_legs() -> None:
    """Each leg is named with what is wrong and since when."""
    snapshot = aged(aged(sample(), "HSTECH", 91), "IXIC", 92)
    doubts = doubt.of_pair(snapshot, "hstech-ixic")

    assert doubt.sentence(doubts) == "HSTECH STALE 91 d, DELAYED 15 min · IXIC STALE 92 d"
    assert doubt.marks(doubts) == "stale, delayed"
    assert doubt.grave(doubts)


def test_delayed_is_said_but_not_grave() -> None:
    """A delayed price is right, only late: its number does not step back."""
    doubts = doubt.of_pair(sample(), "hstech-ixic")

    assert doubt.sentence(doubts) == "HSTECH DELAYED 15 min"
    assert not doubt.grave(doubts)


def test_a_basket_is_as_good_as_its_members() -> None:
    """One carried member makes it DEGRADED; delayed members make it delayed; without any return it is INSUFFICIENT."""
    snapshot = sample()
    empty = {
        window: msgspec.structs.replace(view, basket_return=None, status="INSUFFICIENT_COVERAGE", included=[])
        for window, view in snapshot.baskets["mag7"].items()
    }
    thin = msgspec.structs.replace(snapshot, baskets=snapshot.baskets | {"mag7": empty})

    assert doubt.sentence(doubt.of_leg(snapshot, "mag7")) == "Magnificent Seven DEGRADED"
    assert doubt.sentence(doubt.of_leg(snapshot, "titans")) == "7 titans DELAYED 15 min"
    assert doubt.sentence(doubt.of_leg(thin, "mag7")) == "Magnificent Seven INSUFFICIENT"


def test_a_basket_at_a_fixing_says_so() -> None:
    """A basket in US dollars of Hong Kong members is converted at the fixing of the day where no live rate is."""
    snapshot = sample()
    beyond = msgspec.structs.replace(snapshot.basket_views["titans"], currency="USD")
    fixed = msgspec.structs.replace(snapshot.fx["USDHKD"], status="FIXING")
    board = msgspec.structs.replace(snapshot, basket_views=snapshot.basket_views | {"titans": beyond})

    assert "FIXING" not in doubt.sentence(doubt.of_leg(board, "titans"))
    board = msgspec.structs.replace(board, fx=board.fx | {"USDHKD": fixed})
    assert doubt.sentence(doubt.of_leg(board, "titans")) == "7 titans USD BY FIXING, DELAYED 15 min"


def test_feed_down_is_a_doubt() -> None:
    """A price that is still young but whose feed is down is not live."""
    snapshot = sample()
    silent = msgspec.structs.replace(snapshot.instruments["IXIC"], live=False)
    board = msgspec.structs.replace(snapshot, instruments=snapshot.instruments | {"IXIC": silent})

    assert doubt.sentence(doubt.of_leg(board, "IXIC")) == "IXIC FEED DOWN"


def test_invented_prices_are_named_where_others_are_real() -> None:
    """On a mixed board each simulated leg and basket says so; on a wholly simulated one the banner does."""
    snapshot = sample(simulated=True)
    real = msgspec.structs.replace(snapshot.instruments["IXIC"], simulated=False)
    mixed = msgspec.structs.replace(snapshot, instruments=snapshot.instruments | {"IXIC": real})

    assert doubt.sentence(doubt.of_pair(mixed, "hstech-ixic")) == "HSTECH SIMULATED"
    assert doubt.sentence(doubt.of_leg(mixed, "titans")) == "7 titans SIMULATED"
    assert doubt.of_pair(snapshot, "hstech-ixic") == []


def test_legs_without_price_or_unknown_have_no_number_to_doubt() -> None:
    """What shows a dash needs no mark."""
    assert doubt.of_leg(sample(), "CSIAI") == []
    assert doubt.of_leg(sample(), "nobody") == []


def test_members_that_are_not_fresh_are_listed() -> None:
    """Carried and left-out members come with their names and why, in words; a member that the board lacks with its
    symbol."""
    snapshot = sample()
    view = msgspec.structs.replace(
        snapshot.baskets["mag7"]["1D"], carried={"TSLA": "STALE"}, excluded={"AAPL": "NO_BASELINE", "X": "MISSING"}
    )

    assert doubt.members(snapshot, view) == (
        "carried Tesla: last quote too old; "
        "left out Apple: no reference close for this window; X: no quote and no close to go by"
    )
