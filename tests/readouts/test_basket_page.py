"""The page of a basket: numbers of the snapshot, who is in it, and how far to trust it."""

import asyncio
import re

import msgspec
import pytest

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.errors import UsageError
from monitor.readouts import words
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.basket import BasketScreen, coverage, members
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from tests.readouts.sample import sample
from tests.readouts.sample_paths import SamplePast


def draw(snapshot: Snapshot | None = None, basket: str = "china-m7", *empty: str, **choices: str) -> Picture:
    seen = Observation(version=1, document=b"", snapshot=snapshot or sample(), alerts=(), seen_ns=0)
    return asyncio.run(BasketScreen(SamplePast(*empty)).draw(seen, Address("baskets", basket, tuple(choices.items()))))


def changed(basket: str = "china-m7", window: str = "1D", **changes: object) -> Snapshot:
    snapshot = sample()
    view = msgspec.structs.replace(snapshot.baskets[basket][window], **changes)
    return msgspec.structs.replace(
        snapshot, baskets=snapshot.baskets | {basket: snapshot.baskets[basket] | {window: view}}
    )


@pytest.mark.parametrize("basket", ["china-m7", "titans", "mag7"])
def test_numbers_are_those_of_the_snapshot(basket: str) -> None:
    """Return, contribution and weight of every member, and every way of counting, are the snapshot's."""
    snapshot = sample()
    view = snapshot.baskets[basket]["YTD"]

    cells = draw(snapshot, basket, window="YTD").cells

    assert cells["return"].text.endswith(words.percent(view.basket_return))
    for symbol in view.included:
        assert cells[f"m.{symbol}.return"].text.endswith(words.percent(snapshot.instruments[symbol].returns["YTD"]))
        assert cells[f"m.{symbol}.adds"].text.endswith(words.points(view.contributions_pp[symbol]))
        assert cells[f"m.{symbol}.weight"].text == f"{view.weights[symbol] * 100:.1f} %"
        assert cells[f"m.{symbol}.price"].text == words.price(snapshot.instruments[symbol].price)
    for variant in snapshot.basket_views[basket].variants["YTD"]:
        if (variant.scheme, variant.currency) != ("EW", "LOCAL"):
            shown = cells[f"v.{variant.scheme}.{variant.currency}.YTD"].text
            assert shown.endswith(words.percent(variant.value)) if variant.value is not None else "–" in shown


def test_every_cell_and_chart_has_its_place() -> None:
    """Each cell's content and each chart find exactly one element of the shape, with and without a return."""
    snapshot = sample()
    for basket in snapshot.baskets:
        for window in ("YTD", "6M"):
            drawn = draw(snapshot, basket, window=window)
            assert sorted(re.findall(r"data-cell='([^']*)'", drawn.shape)) == sorted(drawn.cells)
            assert sorted(re.findall(r"data-chart='([^']*)'", drawn.shape)) == sorted(drawn.charts)


def test_contributions_add_up_to_the_return() -> None:
    """The bars are the contributions, the largest first, and the sum that is told is the basket's return."""
    view = sample().baskets["china-m7"]["1D"]
    assert view.basket_return is not None

    drawn = draw()

    bars = drawn.charts["contributions"].tip["bars"]
    assert sorted(bar[1] for bar in bars) == sorted(view.contributions_pp.values())
    assert [bar[1] for bar in bars] == sorted((bar[1] for bar in bars), reverse=True)
    assert drawn.cells["total"].text == f"{words.points(100 * view.basket_return)} pp"


def test_map_is_sized_by_weight_and_coloured_by_return() -> None:
    """A tile's size is the member's weight, its direction and strength those of its number in the tables."""
    drawn = draw(window="YTD")
    tiles = {tile[0]: tile[1:] for tile in drawn.charts["map"].tip["tiles"]}
    snapshot = sample()
    view = snapshot.baskets["china-m7"]["YTD"]

    assert len(tiles) == len(view.included)
    for symbol in view.included:
        instrument = snapshot.instruments[symbol]
        weight, said, direction, strength, _ = tiles[instrument.name]
        assert weight == view.weights[symbol]
        assert said.endswith(words.percent(instrument.returns["YTD"]))
        assert direction == ("up" if (instrument.returns["YTD"] or 0) > 0 else "down")
        assert f"heat{strength}" in drawn.cells[f"m.{symbol}.return"].classes


def test_day_has_every_point_and_the_numbers_of_now() -> None:
    """Past and tip are the day's lines, point for point, and their ends are the snapshot's numbers."""
    snapshot = sample()
    day = asyncio.run(SamplePast().basket("china-m7", snapshot))

    chart = draw(snapshot).charts["day"]

    for role, line in (("total", day.total), ("dispersion", day.dispersion), ("breadth", day.breadth)):
        assert [*chart.past["lines"][role]["points"], chart.tip["points"][role]] == line.points
    assert chart.tip["texts"]["total"] == words.percent(snapshot.baskets["china-m7"]["1D"].basket_return)


def test_members_can_be_sorted() -> None:
    """Each sort puts the largest first and what is missing last; names go by the alphabet."""
    rows = lambda **choices: re.findall(r"data-cell='m\.(.*?)\.price'", draw(**choices).shape)  # noqa: E731
    snapshot = sample()
    view = snapshot.baskets["china-m7"]["1D"]

    by_return = sorted(view.included, key=lambda symbol: -(snapshot.instruments[symbol].returns["1D"] or 0))
    assert rows(sort="return") == by_return
    assert rows() == rows(sort="nonsense") == sorted(view.included, key=lambda symbol: -view.contributions_pp[symbol])
    names = [snapshot.instruments[symbol].name.casefold() for symbol in rows(sort="name")]
    assert names == sorted(names)
    assert 'aria-sort="descending"' in draw(sort="age").shape


def test_who_is_carried_or_left_out_says_why() -> None:
    """A halted member is marked as carried, an excluded one as left out, both with the reason, in table and charts."""
    view = sample().baskets["china-m7"]["1D"]
    left = {k: v for k, v in view.weights.items() if k != "0700.HK"}
    snapshot = changed(
        included=[s for s in view.included if s != "0700.HK"], excluded={"0700.HK": "NO_BASELINE"}, weights=left,
        contributions_pp={k: v for k, v in view.contributions_pp.items() if k != "0700.HK"}, coverage_used=6 / 7,
    )  # fmt: skip

    drawn = draw(snapshot)

    assert drawn.cells["m.3690.HK.standing"].text == "carried, HALTED"
    assert drawn.cells["m.0700.HK.standing"].text == "left out, NO BASELINE"
    assert drawn.cells["m.0700.HK.weight"].text == words.MISSING
    assert len(drawn.charts["map"].tip["tiles"]) == 6
    assert (
        "carried Meituan: trading halted; left out Tencent: no reference close for this window"
        in drawn.cells["coverage"].text
    )
    assert drawn.cells["coverage"].classes == "coverage fair"


def test_no_return_is_said_in_full() -> None:
    """Without enough coverage there is no number, no bar and no tile, but the reason on top."""
    drawn = draw(window="6M")

    assert drawn.cells["return"].text == "– cover"
    assert drawn.cells["coverage"].text.startswith("NO RETURN: too little of the basket has a usable price")
    assert drawn.cells["coverage"].classes == "coverage bad"
    assert set(drawn.charts) == {"day"}
    assert "There is nothing to add up: too little of the basket has a usable price." in drawn.shape


def test_full_coverage_is_calm() -> None:
    """When all members count, one quiet line says so."""
    view = sample().baskets["china-m7"]["1D"]
    whole = msgspec.structs.replace(view, status="OK", carried={}, coverage_fresh=1.0)

    assert coverage(sample(), whole) == ("All 7 members count, 100 % of the weight is fresh, 100 % is used", "ok")
    assert coverage(sample(), None)[1] == "bad"


def test_nothing_recorded_is_a_sentence() -> None:
    """A basket without a day on file has no empty chart: the page says why."""
    drawn = draw(None, "titans", "titans")

    assert "day" not in drawn.charts
    assert "no day of this basket to draw yet: the monitor has not run long enough." in drawn.shape


def test_unknown_basket_is_refused_with_the_nearest() -> None:
    """A wrong id is answered with the id that was meant."""
    with pytest.raises(UsageError, match=r"no basket 'mag8'. Did you mean mag7\?"):
        draw(basket="mag8")


def test_names_are_text() -> None:
    """Markup in the names of members and of the basket is escaped in the page."""
    evil = "<script>alert(1)</script>"
    snapshot = sample()
    named = msgspec.structs.replace(
        snapshot,
        instruments=snapshot.instruments
        | {"0700.HK": msgspec.structs.replace(snapshot.instruments["0700.HK"], name=evil, source=evil)},
        basket_views=snapshot.basket_views
        | {"china-m7": msgspec.structs.replace(snapshot.basket_views["china-m7"], name=evil, index=evil)},
    )

    drawn = draw(named)

    assert "<script>" not in drawn.shape
    assert evil in [tile[0] for tile in drawn.charts["map"].tip["tiles"]]


def test_member_that_the_board_does_not_know_has_its_symbol() -> None:
    """A member without an instrument view is shown by its symbol, with dashes."""
    snapshot = sample()
    known = {symbol: view for symbol, view in snapshot.instruments.items() if symbol != "0992.HK"}
    view: BasketWindow = snapshot.baskets["china-m7"]["1D"]

    drawn = draw(msgspec.structs.replace(snapshot, instruments=known))

    assert drawn.cells["m.0992.HK.price"].text == words.MISSING
    assert len(members(snapshot, view, "1D")) == 7
