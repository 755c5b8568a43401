import re
from typing import Any

import msgspec

from monitor.core.snapshot import Snapshot
from monitor.core.views.instrument import InstrumentView
from monitor.readouts import lines, words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.board import board_picture
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from tests.readouts.sample import WINDOWS, aged, alert, sample
from tests.readouts.sample_views import DATA_ALERTS


def draw(snapshot: Snapshot, *, choices: dict[str, str] | None = None, **alerts: object) -> Picture:
    """The board with the spreads of all policies, or with other choices; alerts: of one that is active."""
    active = active_alerts(alert(**alerts) if alerts else {})
    seen = Observation(version=1, document=b"", snapshot=snapshot, alerts=active, seen_ns=0)
    return board_picture(seen, Address("", choices=tuple((choices or {"policy": "ALL"}).items())))


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
    assert set(second.changes(first).cells) == {"seq"}
    assert second.changes(None).cells == second.cells


def test_new_alert_changes_the_shape() -> None:
    """A row that comes or goes is a new shape, and with it all cells are sent."""
    calm, alarmed = draw(sample()), draw(sample(), rule="r")

    assert alarmed.changes(calm).cells == alarmed.cells


def test_markup_in_names_is_text() -> None:
    """Names, symbols, details and alert titles never become elements or leave their attribute."""
    evil = "<script>alert(1)</script>'\"><img src=x onerror=alert(2)>"
    snapshot = sample()
    renamed = msgspec.structs.replace(
        snapshot,
        title=evil,
        windows=[*snapshot.windows, evil],
        instruments={evil: _evil(snapshot, evil)},
        baskets={evil: snapshot.baskets["mag7"]},
        basket_views={evil: msgspec.structs.replace(snapshot.basket_views["mag7"], name=evil, index=evil, scheme=evil)},
        pair_views={evil: msgspec.structs.replace(snapshot.pair_views["hstech-ixic"], name=evil, a=evil, b=evil)},
        fx={evil: snapshot.fx["USDHKD"]},
        feeds={evil: msgspec.structs.replace(snapshot.feeds["mqtt"], detail=evil)},
        data_alerts=[msgspec.structs.replace(DATA_ALERTS[0], kind=evil, subject=evil, detail=evil)],
    )

    shape = draw(renamed, rule=evil, title=evil, level=evil, threshold=evil).shape

    assert "<script" not in shape
    assert "<img" not in shape
    assert "&lt;script&gt;" in shape


def _evil(snapshot: Snapshot, evil: str) -> InstrumentView:
    view = snapshot.instruments["HSTECH"]
    assert view.trend is not None
    assert view.fair_value is not None
    return msgspec.structs.replace(
        view,
        name=evil,
        currency=evil,
        trend=msgspec.structs.replace(view.trend, state=evil, provisional_state="BEAR", since=evil),
        fair_value=msgspec.structs.replace(view.fair_value, proxy=evil, method=evil),
    )


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


def test_every_policy_has_its_cells() -> None:
    """SAME_DATE, LAG, SYNC and the spread less beta stand in cells of their own, each with its snapshot's number."""
    snapshot = sample()
    cells = draw(snapshot).cells

    for id, view in snapshot.pair_views.items():
        for prefix, policy in zip("plyq", (view.last, view.lag, view.sync, view.same_date), strict=True):
            for window in WINDOWS if policy is not None else []:
                assert policy is not None
                spread = policy.spreads[window]
                wanted = "– " + words.short_status(spread.status)
                if spread.spread_pp is not None:
                    wanted = f"{words.ARROWS[words.direction(spread.spread_pp)]} {words.points(spread.spread_pp)}"
                assert cells[f"{prefix}.{id}.{window}"].text == wanted
    lag = snapshot.pair_views["hstech-ixic"].lag
    assert lag is not None
    assert cells["x.hstech-ixic.YTD"].text.endswith(words.points(lag.spreads["YTD"].beta_adj_pp))
    assert cells["l.hstech-ixic.label"].text == "LAG 21 Feb / 20 Feb"
    assert cells["l.hstech-ixic.gap"].text == "11 h 10 m apart"
    assert cells["y.hstech-ixic.origin"].text == "HSTECH by futures 12 s old, IXIC live 1 s old"
    assert cells["y.hstech-ndx.1D"].hint == "the proxy has no price from the reference instant"


def test_only_estimates_are_marked_so() -> None:
    """The row of an estimated SYNC spread and each fair value carry the mark, and nothing else does."""
    snapshot = sample()
    plain = {id: msgspec.structs.replace(view, sync=None, lag=view.lag) for id, view in snapshot.pair_views.items()}
    without = {symbol: msgspec.structs.replace(view, fair_value=None) for symbol, view in snapshot.instruments.items()}

    assert draw(snapshot).shape.count(">ESTIMATE<") == 4
    assert "ESTIMATE" not in draw(msgspec.structs.replace(snapshot, pair_views=plain, instruments=without)).shape


def test_statistics_are_those_of_the_snapshot() -> None:
    """Numbers, what they rest on, and in the place of a missing one its reason in capitals."""
    cells = draw(sample()).cells

    assert cells["st.hstech-ixic.z"].text == "+2.13"
    assert cells["st.hstech-ixic.beta"].text == "0.83"
    assert cells["st.hstech-ixic.history"].text == (
        "60 LAG sessions to 20 Feb 2025, mean +0.12, std 1.64 pp; EWMA of 1,803 samples, mean +0.31, std 0.12 pp"
    )
    assert cells["st.hstech-ndx.robust_z"].text == "– ZERO VARIANCE"
    assert cells["st.titans_mag7.z"].text == "– WARMUP"
    assert "warm" in cells["st.titans_mag7.z"].classes.split()
    assert cells["st.china-m7_mag7.pe_discount"].text == "43 %"


def test_baskets_have_all_their_numbers() -> None:
    """Each way of counting, tracking and value added is the snapshot's, and missing says why."""
    snapshot = sample()
    cells = draw(snapshot).cells

    for id, view in snapshot.basket_views.items():
        for window in WINDOWS:
            for way in view.variants[window]:
                if (way.scheme, way.currency) != ("EW", "LOCAL"):
                    wanted = words.percent(way.value) if way.value is not None else words.short_status(way.status)
                    assert cells[f"v.{id}.{way.scheme}.{way.currency}.{window}"].text.endswith(wanted)
    assert cells["v.titans.CAP.USD.YTD"].text == "– shares"
    assert cells["b.china-m7.YTD.te"].text == "12.3 %"
    assert cells["b.china-m7.YTD.added"].hint == "without SMIC: no share count"
    assert cells["b.china-m7.without"].text == "without SMIC: no share count"
    assert cells["b.china-m7.YTD.track"].text.endswith(
        words.points(snapshot.basket_views["china-m7"].tracking["YTD"].difference_pp)
    )
    assert cells["b.china-m7.pe"].text.startswith("P/E 18.0 equal-weighted, 20.4 in aggregate")


def test_indices_have_their_trend() -> None:
    """Regime, what the price of now would make of it, drawdown and extremes; WARMUP says since when."""
    cells = draw(sample()).cells

    assert cells["i.HSTECH.regime"].text == "bull since 6 Feb 2025"
    assert cells["i.HSTECH.provisional"].text == cells["leg.HSTECH.provisional"].text == "provisional correction"
    assert cells["i.HSTECH.drawdown"].text == "▼ −10.00 %"
    assert cells["i.HSTECH.high"].text == "highest since 16 Feb 2022, 742 sessions"
    assert cells["i.NDX.high"].text == "record high since 2 Jan 2015"
    assert cells["i.SSEC.regime"].text == "– WARMUP: no hole in its closes only since 2 Jan 2025"
    assert cells["leg.HSTECH.fair"].text == cells["f.HSTECH.value"].text == "5,902.41"
    assert cells["f.9988.HK.premium"].text == "−0.80 %"
    assert cells["f.NDX.move"].text == "– ref"


def test_data_alerts_stand_at_the_top() -> None:
    """What is wrong with the data is told before the first number."""
    drawn = draw(sample(data_alerts=DATA_ALERTS))

    assert drawn.shape.count("DATA ALERT") == 2
    assert drawn.shape.index("DATA ALERT") < drawn.shape.index("data-cell='headline'")
    assert drawn.cells["da.SCALE_SUSPECT.1211.HK"].text.endswith("(112 quotes, for 8 h 50 m)")


def test_a_rate_of_friday_is_not_called_live() -> None:
    """Rates have no hours on the board: a quote is called a quote, with its age, and a fixing by its name."""
    rates = sample().fx
    weekend = {"USDHKD": msgspec.structs.replace(rates["USDHKD"], age_s=170_000.0), "USDCNY": rates["USDCNY"]}

    cells = draw(sample(fx=weekend)).cells

    assert (cells["fx.USDHKD.status"].text, cells["fx.USDHKD.age"].text) == ("quote", "47 h 13 m old")
    assert (cells["fx.USDCNY.status"].text, cells["fx.USDCNY.age"].text) == ("FIXING", "")


def test_board_without_the_new_views_is_drawn() -> None:
    """A snapshot of an earlier version, without statistics, trends and variants, still makes a page."""
    snapshot = sample()
    pairs = {
        id: msgspec.structs.replace(view, lag=None, sync=None, statistics=None, pe=None)
        for id, view in snapshot.pair_views.items()
    }
    instruments = {
        symbol: msgspec.structs.replace(view, trend=None, fair_value=None)
        for symbol, view in snapshot.instruments.items()
    }

    shape = draw(msgspec.structs.replace(snapshot, pair_views=pairs, instruments=instruments, basket_views={})).shape

    assert 'aria-label="Statistics"' not in shape
    assert 'aria-label="Indices"' not in shape


def test_switch_draws_one_policy() -> None:
    """Each choice shows the cells of its policy alone, LAST where nothing or nonsense is chosen; a pair that has no
    such policy shows dashes and why, never another's number."""
    snapshot = sample()
    prefixes = {"LAST": "p", "SAME_DATE": "q", "LAG": "l", "SYNC": "y", "nonsense": "p"}
    for policy, prefix in prefixes.items():
        cells = draw(snapshot, choices={"policy": policy}).cells
        others = [id for id in cells if re.fullmatch(r"[pqlyx]\.[^.]+\.(1D|YTD)", id) and id[0] not in (prefix, "x")]
        assert others == []
        assert all(f"{prefix}.{id}.1D" in cells for id in snapshot.pair_views)
    assert snapshot.pair_views["titans_mag7"].sync is None
    missing = draw(snapshot, choices={"policy": "SYNC"}).cells["y.titans_mag7.1D"]
    assert (missing.text, missing.hint) == ("–", "no proxy is configured for a leg of this pair")


def test_addresses_share_what_does_not_differ() -> None:
    """What one address had drawn is the same piece for the next, and the page is as if it had been drawn alone."""
    known: dict[tuple[str, Any], Picture] = {}
    seen = Observation(version=1, document=b"", snapshot=sample(), alerts=(), seen_ns=0)
    board_picture(seen, Address(""), known=known)
    first = dict(known)
    other = Address("", choices=(("policy", "SYNC"), ("sort", "-1D")))

    assert board_picture(seen, other, known=known) == board_picture(seen, other)
    assert all(known[key] is piece for key, piece in first.items())
    assert len(known) == len(first) + 2


def test_day_lines_stand_beside_names() -> None:
    """A line for each leg, basket and pair of which two minutes are known; none for the others."""
    seen = Observation(version=1, document=b"", snapshot=sample(), alerts=(), seen_ns=0)
    sparks = {"hstech-ixic": [(1, 0.5), (2, None), (3, 0.7512)], "HSTECH": [(1, 0.5)]}

    charts = board_picture(seen, Address(""), sparks=sparks).charts

    assert {id: chart.past for id, chart in charts.items()} == {"spark.hstech-ixic": {"points": [[1, 0.5], [3, 0.751]]}}


def test_head_says_the_day_and_how_old_it_is() -> None:
    """The sentence of the first pair, simulated or not, and beneath it the age of each leg."""
    cells = draw(sample(simulated=True)).cells

    assert cells["headline"].text.startswith("Simulated: Hang Seng TECH ")
    assert "Nasdaq Composite" in cells["headline"].text
    assert cells["headline.ages"].text.startswith(words.unbroken("HSTECH 8 h 10 m old, IXIC 1 s old"))
    assert cells["nav.alerts"].text == ""
    assert draw(sample(), rule="r").cells["nav.alerts"].text == "1"


def test_many_pairs_stand_in_a_menu() -> None:
    """With more pairs than the bar has room for, a menu holds a link to every one of them."""
    snapshot = sample()
    view = snapshot.pair_views["hstech-ixic"]
    many = msgspec.structs.replace(snapshot, pair_views={f"p{n}": view for n in range(40)})

    shape = draw(many).shape

    assert 'popovertarget="pairs-menu"' in shape
    assert all(f'href="/pairs/p{n}"' in shape for n in range(40))
    assert "popovertarget" not in draw(snapshot).shape


def test_windows_without_closes_lead_to_the_command_that_brings_them() -> None:
    """Below the spreads of a real board they are named with what to do; a simulated one brings its own closes."""
    said = "No close on file to start from: 6M. Run <code>monitor reference refresh</code>, then restart the monitor."

    assert said in draw(sample()).shape
    assert "reference refresh" not in draw(sample(simulated=True)).shape
