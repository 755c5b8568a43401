import io
import re

import msgspec
import pytest
from rich.console import Console

from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.terminal import board_line, board_renderable
from tests.readouts.sample import T_MS, alert, sample

WIDTHS = (80, 120, 200)


def render(snapshot: Snapshot, width: int, *, colour: bool = False, **alerts: object) -> str:
    """The board as text, as a terminal of `width` columns gets it."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colour, color_system="truecolor" if colour else None)
    active = active_alerts(alert(**alerts) if alerts else {})
    console.print(board_renderable(snapshot, active, width, T_MS + 400))
    return file.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """No line wraps at the terminal's edge."""
    text = render(sample(simulated=True), width, rule="r", title="A title that is long " * 6)

    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_on_the_board_are_those_of_the_snapshot(width: int) -> None:
    """Headline spreads, prices and returns are printed in full at every width."""
    snapshot = sample()

    text = render(snapshot, width)

    for view in snapshot.pair_views.values():
        for window in ("1D", "YTD"):
            spread = view.last[window].spread_pp
            assert f"{words.ARROWS[words.direction(spread)]} {words.points(spread)}" in text
            assert words.points(view.same_date[window].spread_pp) in text
    for by_window in snapshot.baskets.values():
        assert words.percent(by_window["YTD"].basket_return) in text
    for symbol, view in snapshot.instruments.items():
        if view.kind != "fx":
            assert re.search(rf"^.*\b{re.escape(symbol)} .*{re.escape(words.price(view.price))}", text, re.MULTILINE)
            assert words.percent(view.returns["YTD"]) in text


def test_wide_terminals_show_every_window() -> None:
    """At 200 columns no window is left out; at 80 the most asked for are there."""
    wide, narrow = render(sample(), 200), render(sample(), 80)

    for heading in ("1D", "WTD", "MTD", "QTD", "YTD", "1W", "1M", "3M", "6M", "1Y", "13 Jan 2025"):
        assert f" {heading} " in wide or f" {heading}\n" in wide
    assert re.search(r"1D +WTD +YTD +1W +1M", narrow)


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_missing_shows_a_dash_and_why(width: int) -> None:
    """A null never turns into a number: dash, short reason, and the reason spelled out below."""
    snapshot = sample()
    missing = {
        id: msgspec.structs.replace(
            view,
            last={
                w: msgspec.structs.replace(s, spread_pp=None, status="INSUFFICIENT_COVERAGE")
                for w, s in view.last.items()
            },
        )
        for id, view in snapshot.pair_views.items()
    }

    text = render(msgspec.structs.replace(snapshot, pair_views=missing), width)

    line = next(line for line in text.splitlines() if line.startswith("HSTECH"))
    assert line.count("– cover") >= 5
    assert not re.search(r"[0-9]\.[0-9]", line)
    assert "– cover: too little of the basket has a usable price" in " ".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_marks_stand_beside_the_prices(width: int) -> None:
    """STALE, HALTED, MISSING, unconfirmed and delayed instruments say so in their own line."""
    text = render(sample(), width)
    members = text[text.index("MEMBERS") :]

    assert re.search(r"TSLA .*STALE", members)
    assert re.search(r"3690\.HK .*HALTED", members)
    assert re.search(r"CSIAI .*MISSING", members)
    assert "UNCONFIRMED" in members
    assert re.search(r"0700\.HK .*DELAYED", members)
    assert "DELAYED 15 min" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_simulated_prices_are_announced_in_the_first_line(width: int) -> None:
    """With or without colour, nobody takes the simulator's board for a market."""
    first = render(sample(simulated=True), width).splitlines()[0]

    assert "SIMULATED MARKET" in first
    assert "SIMULATED" not in render(sample(), width)


def test_legs_have_age_and_phase() -> None:
    """Each leg tells how old its price is and whether its market trades; the pair, how far apart they are."""
    text = render(sample(), 120)
    legs = text[text.index("LEGS") :]

    assert re.search(r"Hang Seng TECH +5,861\.77 +\S+ \S+ +8 h 10 m +closed DELAYED 15 min", legs)
    assert re.search(r"Nasdaq Composite +19,824\.31 +\S+ \S+ +1 s +trading", legs)
    assert "quotes 8 h 9 m apart" in text


def test_header_tells_both_markets_time_and_the_lag() -> None:
    """The as-of instant is given in both markets' clocks, with the reference date."""
    text = " ".join(render(sample(), 80).split())

    assert "Sat 22 Feb 2025 00:20:00 HKT · Fri 21 Feb 2025 11:20:00 ET" in text
    assert "reference date 21 Feb 2025 · log lag 0.4 s" in text


def test_active_alert_shows_value_threshold_and_age() -> None:
    """An alert tells what it saw, what it waits for, and since when in the board's own time."""
    text = render(sample(), 120, title="HSTECH leads")

    assert re.search(r"FIRING +warning +HSTECH leads: \+6\.21 pp \(above 3 pp\) +for 12 min", text)
    assert "none active" in render(sample(), 120)


def test_texts_of_feeds_cannot_steer_the_terminal() -> None:
    """Escape sequences and rich markup in names and details are printed, not obeyed."""
    snapshot = sample()
    evil = "\x1b]0;owned\x07[bold red]x[/]\u202e"
    feeds = {evil: msgspec.structs.replace(snapshot.feeds["mqtt"], detail=evil, state=evil, rejected={evil: 3})}
    instruments = {
        symbol: msgspec.structs.replace(view, name=evil, status=evil) for symbol, view in snapshot.instruments.items()
    }

    text = render(msgspec.structs.replace(snapshot, title=evil, feeds=feeds, instruments=instruments), 200, title=evil)

    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    assert "\\x1b]0;owned\\x07[bold red]x[/]" in text


def test_up_is_green_and_down_is_red() -> None:
    """Colour follows the sign, and the arrow says the same without colour."""
    text = render(sample(), 120, colour=True)

    assert re.search(r"\x1b\[[0-9;]*32m *▲ \+", text)
    assert re.search(r"\x1b\[[0-9;]*31m *▼ −", text)
    assert not re.search(r"\x1b\[[0-9;]*32m *▼|\x1b\[[0-9;]*31m *▲", text)


def test_empty_board() -> None:
    """A board before its first quote prints, and invents nothing."""
    empty = sample(instruments={}, baskets={}, pairs={}, pair_views={}, fx={}, feeds={}, ref_date=None)

    text = render(empty, 80)

    assert "reference date –" in text


def test_line_for_pipes() -> None:
    """One line holds time, every pair and the number of firing alerts."""
    snapshot = sample(simulated=True)

    line = board_line(snapshot, active_alerts(alert()))

    assert line.startswith("2025-02-21T16:20:00.250Z hk-us SIMULATED | hstech-ixic 1D ")
    assert f"YTD {words.points(snapshot.pairs['titans_mag7']['YTD'])} pp" in line
    assert line.endswith("| 1 alert firing")
    assert "\n" not in line
