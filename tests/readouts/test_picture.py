import re

import msgspec

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines, words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.live import Observation
from monitor.readouts.web.picture import Picture, picture
from tests.readouts.sample import aged, alert, sample


def draw(snapshot: Snapshot, **alerts: object) -> Picture:
    active = active_alerts(alert(**alerts) if alerts else {})
    return picture(Observation(version=1, document=b"", snapshot=snapshot, alerts=active, seen_ns=0))


def test_cells_hold_the_numbers_of_the_snapshot() -> None:
    """Every window of every pair, basket and instrument is on the page with the snapshot's number."""
    snapshot = sample()

    cells = draw(snapshot).cells

    for id, view in snapshot.pair_views.items():
        for window in snapshot.windows:
            spread = view.last.spreads[window].spread_pp
            if spread is None:
                assert cells[f"p.{id}.{window}"].text == "– base"
            else:
                assert cells[f"p.{id}.{window}"].text.endswith(words.points(spread))
    for symbol, instrument in snapshot.instruments.items():
        if instrument.kind != "fx":
            assert cells[f"m.{symbol}.price"].text == words.price(instrument.price)


def test_every_cell_has_its_place() -> None:
    """Each cell's content finds exactly one element of the shape."""
    drawn = draw(sample(), rule="r")

    assert sorted(re.findall(r"data-cell='([^']*)'", drawn.shape)) == sorted(drawn.cells)


def test_next_snapshot_sends_only_what_changed() -> None:
    """New numbers change cells and not the shape, so a browser is not sent the page again."""
    first, second = draw(sample()), draw(sample(seq=48_212))

    assert first.shape == second.shape
    assert set(second.changes(first)) == {"seq"}
    assert second.changes(None) == second.cells


def test_new_alert_changes_the_shape() -> None:
    """A row that comes or goes is a new shape, and with it all cells are sent."""
    calm, alarmed = draw(sample()), draw(sample(), rule="r")

    assert alarmed.changes(calm) == alarmed.cells


def test_markup_in_names_is_text() -> None:
    """Names, symbols, details and alert titles never become elements or leave their attribute."""
    evil = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"
    snapshot = sample()
    renamed = msgspec.structs.replace(
        snapshot,
        title=evil,
        windows=[*snapshot.windows, evil],
        instruments={evil: msgspec.structs.replace(snapshot.instruments["HSTECH"], name=evil, currency=evil)},
        baskets={evil: snapshot.baskets["mag7"]},
        basket_views={evil: msgspec.structs.replace(snapshot.basket_views["mag7"], name=evil)},
        pair_views={evil: msgspec.structs.replace(snapshot.pair_views["hstech-ixic"], name=evil, a=evil, b=evil)},
        fx={evil: snapshot.fx["USDHKD"]},
        feeds={evil: msgspec.structs.replace(snapshot.feeds["mqtt"], detail=evil)},
    )

    shape = draw(renamed, rule=evil, title=evil, level=evil, threshold=evil).shape

    assert "<script" not in shape
    assert "<img" not in shape
    assert "&lt;script&gt;" in shape


def test_simulated_board_has_its_banner() -> None:
    """The banner is there for a simulated board and only for it."""
    assert "SIMULATED MARKET" in draw(sample(simulated=True)).shape
    assert "SIMULATED" not in draw(sample()).shape


def test_rows_say_what_is_old_or_thin_in_them() -> None:
    """A pair with a stale leg names it and its numbers step back; so does a basket with a carried member."""
    cells = draw(aged(sample(simulated=True), "HSTECH", 91)).cells

    assert cells["p.hstech-ixic.doubt"].text == "HSTECH STALE 91 d"
    assert "old" in cells["p.hstech-ixic.YTD"].classes.split()
    assert "old" not in cells["q.hstech-ixic.YTD"].classes.split()
    assert cells["b.mag7.doubt"].text == cells["leg.mag7.doubt"].text == "DEGRADED"
    assert "old" in cells["b.mag7.YTD"].classes.split()
    assert "old" in cells["m.HSTECH.YTD"].classes.split()
    assert "old" in cells["leg.HSTECH.ytd"].classes.split()
    assert cells["b.titans.doubt"].text == ""
    assert "old" not in cells["b.titans.YTD"].classes.split()


def test_headline_warns_before_its_number() -> None:
    """The few words of a browser's tab begin with what speaks against the number."""
    number = "▼ −0.21 pp 1D · HSTECH – Nasdaq Composite"
    real = msgspec.structs.replace(sample().instruments["HSTECH"], delay_s=0)
    board = sample(instruments=sample().instruments | {"HSTECH": real})

    assert lines.headline(board) == number
    assert lines.headline(aged(board, "HSTECH", 91)) == f"stale {number}"
    assert lines.headline(sample(simulated=True)) == f"SIM {number}"
    assert lines.headline(sample(pair_views={})) == ""
