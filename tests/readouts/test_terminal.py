import io
import re
from functools import cache

import msgspec
import pytest
from rich.console import Console, Group
from rich.text import Text

from monitor.core.snapshot import Snapshot
from monitor.readouts import lines, words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.services import ServiceView
from monitor.readouts.terminal import board_line, board_renderable
from monitor.readouts.terminal.detail import Detail, Fitted
from monitor.readouts.terminal.header import banner
from monitor.readouts.terminal.palette import board_console
from tests.readouts.sample import T_MS, aged, alert, sample
from tests.readouts.sample_views import DATA_ALERTS

WIDTHS = (60, 80, 100, 160, 240)


def render(snapshot: Snapshot, width: int, *, colour: bool = False, rows: int | None = None, **alerts: object) -> str:
    """The board as text, as a terminal of `width` columns gets it. rows: of that terminal; None: it scrolls."""
    file = io.StringIO()
    colours = "truecolor" if colour else None
    console = board_console("green-up", file=file, width=width, force_terminal=colour, color_system=colours)
    active = active_alerts(alert(**alerts) if alerts else {})
    board = board_renderable(snapshot, active, width, T_MS + 400, rows=rows)
    console.print(Group(*banner(snapshot, width), board))
    return file.getvalue()


@cache
def plain(width: int) -> str:
    """The sample board without colours and in full."""
    return render(sample(), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """No line wraps at the terminal's edge."""
    text = render(sample(simulated=True), width, rule="r", title="A title that is long " * 6)

    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_numbers_on_the_board_are_those_of_the_snapshot(width: int) -> None:
    """Headline spreads, prices and returns are printed in full at every width."""
    snapshot = sample()

    text = plain(width)

    for view in snapshot.pair_views.values():
        for window in ("1D", "YTD"):
            spread = view.last.spreads[window].spread_pp
            assert f"{words.ARROWS[words.direction(spread)]} {words.points(spread)}" in text
            assert words.points(view.same_date.spreads[window].spread_pp) in text
    for by_window in snapshot.baskets.values():
        assert words.percent(by_window["YTD"].basket_return) in text
    for symbol, view in snapshot.instruments.items():
        if view.kind != "fx":
            assert re.search(rf"^.*\b{re.escape(symbol)} .*{re.escape(words.price(view.price))}", text, re.MULTILINE)
            assert words.percent(view.returns["YTD"]).removesuffix(" %" if width == 60 else "") in text


def test_wide_terminals_show_every_window() -> None:
    """At 200 columns no window is left out; at 80 the most asked for are there."""
    wide, narrow = plain(200), plain(80)

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
            last=msgspec.structs.replace(
                view.last,
                spreads={
                    w: msgspec.structs.replace(s, spread_pp=None, status="INSUFFICIENT_COVERAGE")
                    for w, s in view.last.spreads.items()
                },
            ),
        )
        for id, view in snapshot.pair_views.items()
    }

    text = render(msgspec.structs.replace(snapshot, pair_views=missing), width)

    line = next(line for line in text.splitlines() if line.startswith("HSTECH"))
    assert line.count("– cover") >= min(width // 20, 5)
    assert not re.search(r"[0-9]\.[0-9]", line)
    assert "– cover: too little of the basket has a usable price" in " ".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_marks_stand_beside_the_prices(width: int) -> None:
    """STALE, HALTED, MISSING, unconfirmed and delayed instruments say so in their own line."""
    text = plain(width)
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
    assert "SIMULATED" not in plain(width)


def test_legs_have_age_and_phase() -> None:
    """Each leg tells how old its price is and whether its market trades; the pair, how far apart they are."""
    text = plain(120)
    legs = text[text.index("LEGS") :]

    assert re.search(r"Hang Seng TECH +5,861\.77 +\S+ \S+ % +8 h 10 m +closed DELAYED 15 min", legs)
    assert re.search(r"Nasdaq Composite +19,824\.31 +\S+ \S+ % +1 s +trading", legs)
    assert "quotes 8 h 9 m apart" in text


def test_header_tells_both_markets_time_and_the_lag() -> None:
    """The as-of instant is given in both markets' clocks, with the reference date."""
    text = " ".join(plain(80).split())

    assert "Sat 22 Feb 2025 00:20:00 HKT · Fri 21 Feb 2025 11:20:00 ET" in text
    assert "reference date 21 Feb 2025 · log lag 0.4 s" in text


def test_an_active_alert_tells_its_value_in_its_unit() -> None:
    """A price has no sign, an age is a time: the name of a unit never stands behind a number."""
    for unit, value, told in (("price", 6301.4, "6,301.40"), ("seconds", 95.0, "1 min"), ("ratio", 0.14, "0.14")):
        (view,) = active_alerts(alert(unit=unit, value=value))
        assert lines.alert_value(view) == told


def test_active_alert_shows_value_threshold_and_age() -> None:
    """An alert tells what it saw, what it waits for, and since when in the board's own time."""
    text = render(sample(), 120, title="HSTECH leads")

    assert re.search(r"FIRING +warning +HSTECH leads: \+6\.21 pp \(limit above 3 pp\) +for 12 min", text)
    assert "none active" in plain(120)


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


def test_line_for_pipes_tells_data_alerts() -> None:
    """Trouble with the data stands before the alerts, and nothing stands there without it."""
    assert board_line(sample(data_alerts=DATA_ALERTS), ()).endswith("| 2 data alerts | 0 alerts firing")
    assert "data alert" not in board_line(sample(), ())


@pytest.mark.parametrize("width", [*WIDTHS, 150, 170])
def test_pairs_say_what_is_wrong_with_their_legs(width: int) -> None:
    """A spread of old or thin prices says so in its own block, not only among the legs."""
    snapshot = aged(sample(), "HSTECH", 91)

    text = render(snapshot, width)

    assert re.search(r"quotes 8 h 9 m apart · HSTECH STALE 91 d", text)
    assert "China M7 DEGRADED" in text[text.index("BASKET DIVERGENCE") : text.index("BASKETS return")]
    baskets = text[text.index("BASKETS return") : text.index("INDICES")]
    assert "DEGRADED, DELAYED 15 min carried Meituan: trading halted" in baskets
    assert re.search(r"Magnificent Seven .*\n +DEGRADED carried Tesla: last quote too old", baskets)


def test_numbers_of_old_prices_step_back() -> None:
    """A stale spread is dim and has neither green nor red; the closes of the same date below keep theirs."""
    text = render(aged(sample(), "HSTECH", 91), 170, colour=True)
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if "HSTECH – Nasdaq Composite" in line)

    assert "\x1b[2m▼ −0.21" in lines[at]
    assert not re.search(r"\x1b\[[0-9;]*3[12]m", lines[at])
    assert "\x1b[31m" in lines[at + 1]


def test_line_for_pipes_marks_old_pairs() -> None:
    """Behind the numbers of a pair whose legs are stale stands the word, and nothing behind the others."""
    snapshot = sample(simulated=True)

    line = board_line(aged(snapshot, "HSTECH", 91), ())

    pairs = dict(part.split(" ", 1) for part in line.split(" | ")[1:-1])
    assert pairs["hstech-ixic"].endswith(" pp stale")
    assert pairs["titans_mag7"].endswith(" pp degraded")
    assert board_line(snapshot, ()).split(" | ")[1].endswith(" pp")


def test_wide_terminals_show_everything_at_once() -> None:
    """At 170 columns and 60 lines the members need no scrolling, with every policy above them."""
    text = render(sample(simulated=True, fx={}), 170, rows=60)

    last = max(number for number, line in enumerate(text.splitlines(), 1) if "9618.HK" in line and "JD.com" in line)
    assert last < 60
    assert re.search(r"LEGS +BASKETS inside", text)
    assert re.search(r"HSTECH .*9999\.HK", text)


@pytest.mark.parametrize("width", [80, 120])
def test_tables_stand_below_each_other_where_there_is_no_room(width: int) -> None:
    """Narrow terminals get one table after the other, none cut."""
    text = plain(width)

    assert re.search(r"^LEGS *$", text, re.MULTILINE)
    assert re.search(r"^BASKETS inside *$", text, re.MULTILINE)


def test_services_are_on_the_board() -> None:
    """Who works, hangs or is gone stands in one line near the top."""
    services = [ServiceView("ingest", "ok", good=True), ServiceView("spread", "no progress 20 s", good=False)]
    console = Console(file=io.StringIO(), width=80)

    console.print(board_renderable(sample(), (), 80, T_MS, services))

    assert isinstance(console.file, io.StringIO)
    top = console.file.getvalue().partition("SPREADS")[0]
    assert "SERVICES ingest ok · spread no progress 20 s" in top


def test_feeds_tell_state_counts_and_reasons() -> None:
    """A feed that is down says why, and rejections are counted by reason."""
    text = " ".join(plain(120).split())

    assert "FEED yahoo up · 184,201 accepted · 12 conflated · rejected: duplicate 311, too_old 4" in text
    assert "FEED mqtt down connection refused, next try in 8 s · 0 accepted" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_each_policy_has_a_row_of_its_own(width: int) -> None:
    """LAST, SAME_DATE, LAG and SYNC stand below each other with their sessions, and only SYNC is an ESTIMATE."""
    snapshot = sample()
    view = snapshot.pair_views["hstech-ixic"]
    assert view.lag is not None
    assert view.sync is not None

    lines = plain(width).splitlines()

    at = next(n for n, line in enumerate(lines) if line.startswith("HSTECH – Nasdaq Composite"))
    for line, label, policy in zip(
        lines[at : at + 4],
        ("HSTECH – Nasdaq Composite", "  same date 20 Feb 2025", "  LAG 21 Feb / 20 Feb", "  SYNC ESTIMATE"),
        view.policies,
        strict=True,
    ):
        assert line.startswith(label)
        assert words.points(policy.spreads["1D"].spread_pp) in line
    assert lines[at + 4].startswith("  LAG less beta")
    assert words.points(view.lag.spreads["YTD"].beta_adj_pp) in lines[at + 4]
    below = " ".join(" ".join(lines[at + 5 : at + 12]).split())
    assert "quotes 8 h 9 m apart" in below
    assert "HSTECH 8 h 10 m old, IXIC 1 s old" in below
    assert "closes 12 h 50 m apart: HSTECH 32 h old, IXIC 19 h old" in below
    assert "LAG 11 h 10 m apart: HSTECH 8 h old, IXIC 19 h old" in below
    assert "SYNC ESTIMATE HSTECH by futures 12 s old, IXIC live 1 s old" in below


@pytest.mark.parametrize("width", WIDTHS)
def test_an_estimate_that_cannot_be_made_is_a_dash_and_why(width: int) -> None:
    """Without a reference price SYNC shows no number, and the legend spells the reason out."""
    text = plain(width)

    line = next(line for line in text[text.index("HSTECH – Nasdaq-100") :].splitlines() if line.startswith("  SYNC"))
    assert line.count("– ref") >= min(width // 20, 5)
    assert not re.search(r"[0-9]", line)
    assert "– ref: the proxy has no price from the reference instant" in " ".join(text.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_statistics_say_what_they_rest_on(width: int) -> None:
    """The z-score comes with its sessions, their mean and deviation; beta, correlation and the rest follow."""
    text = " ".join(plain(width).split())

    assert "z 1D LAG +2.13 (60 sessions, mean +0.12, std 1.64 pp)" in text
    for figure in (
        "robust z +2.40",
        "EWMA z SYNC −0.87 (1,803 samples, mean +0.31, std 0.12 pp)",
        "beta 0.83",
        "corr 0.41",
    ):
        assert figure in text
    assert "P/E discount 43 % (18.0 against 31.5)" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_too_short_a_history_is_said_in_capitals(width: int) -> None:
    """WARMUP and ZERO VARIANCE stand where the number would; a pair without any statistic says so once."""
    text = " ".join(plain(width).split())

    assert "robust z – ZERO VARIANCE" in text
    assert "EWMA z SYNC – WARMUP" in text
    assert "beta – WARMUP" in text
    assert "statistics WARMUP, 3 LAG sessions to 20 Feb 2025" in text
    assert "Shanghai Composite – WARMUP: no hole in its closes only since 2 Jan 2025" in text
    assert "– WARMUP: too short a history for this number yet" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_baskets_are_counted_in_every_way(width: int) -> None:
    """Other weights and currencies, the distance to the index and the value added stand below the return, in pp, per
    cent and billions; without share counts the dash says so."""
    snapshot = sample()
    view = snapshot.basket_views["china-m7"]
    usd, added = view.variants["YTD"][1], view.value["YTD"].added_usd
    text = plain(width)
    block = text[text.index("BASKETS return") : text.index("INDICES")]

    def row(label: str) -> str:
        return next(line for line in block.splitlines() if line.strip().startswith(label))

    assert (usd.scheme, usd.currency) == ("EW", "USD")
    assert words.percent(usd.value) in row("equal USD")
    assert words.points(view.tracking["YTD"].difference_pp) in row("ahead of HSTECH, pp")
    assert "12.3 %" in row("tracking error a year")
    assert words.usd_bn(added) in row("value added, USD bn")
    assert "P/E 18.0 equal-weighted · 20.4 in aggregate" in block
    assert "value added without SMIC: no share count" in " ".join(block.split())
    titans = block[block.index("7 titans") :]
    assert re.search(r"by cap local +– shares", titans)


@pytest.mark.parametrize("width", WIDTHS)
def test_contributions_add_up(width: int) -> None:
    """What the members added is listed, and its sum is the return beside it."""
    snapshot = sample()
    text = plain(width)
    block = text[text.index("CONTRIBUTIONS") : text.index("MEMBERS")]

    title, _, rest = block.partition("China M7 YTD ")[2].partition("\n")
    shares = rest.split("7 titans")[0]

    total = snapshot.baskets["china-m7"]["YTD"].basket_return
    assert total is not None
    assert words.points(100 * total) in title
    listed = [float(n.replace("−", "-")) for n in re.findall(r"HK ([+−]?[0-9.]+)", shares)]
    assert len(listed) == 7
    assert sum(listed) == pytest.approx(100 * total, abs=0.005 * len(listed))


@pytest.mark.parametrize("width", WIDTHS)
def test_indices_tell_their_regime(width: int) -> None:
    """Regime with its beginning, what the price of now would make of it, drawdown, run-up and extremes."""
    text = " ".join(plain(width).split())

    assert "Hang Seng TECH bull since 6 Feb 2025; provisional correction" in text
    assert "drawdown ▼ −10.00 % from 20 Feb 2025" in text
    assert "run-up ▲ +38.86 % from 13 Jan 2025" in text
    assert "highest since 16 Feb 2022, 742 sessions" in text
    assert "record high since 2 Jan 2015" in text
    assert "Nasdaq Composite correction since 3 Feb 2025 bull market since 2 Feb 2023" in text
    assert "S&P 500 undefined, no full move since 1 Nov 2024" in text
    assert "Nasdaq-100 bull since 2 Feb 2023 drawdown" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_fair_values_have_a_table_of_their_own(width: int) -> None:
    """An estimate is told with method, proxy, age and premium; a missing one says why."""
    text = plain(width)
    table = text[text.index("ESTIMATE of fair value") : text.index("LEGS")]

    assert re.search(r"Hang Seng TECH +5,902\.41 +▲ \+0\.69 % +(by futures )?HTI +12 s +–", table)
    assert re.search(r"Nasdaq-100 +– +– ref +(by futures )?NQ +– +–", table)
    assert re.search(r"Alibaba +139\.62 +▲ \+0\.81 % +(by its ADR )?BABA +0 s +−0\.80 %", table)
    assert ("by futures" in table) == (width > 60)


@pytest.mark.parametrize("width", WIDTHS)
def test_data_alerts_stand_above_everything_else(width: int) -> None:
    """Trouble with the data is told before the first number, with what, how often and since when."""
    text = render(sample(data_alerts=DATA_ALERTS), width)

    top = " ".join(text.partition("SPREADS")[0].split())
    assert "DATA ALERT calendar surprise XHKG: 31 quotes arrived while the calendar of XHKG says closed" in top
    assert "DATA ALERT scale suspect 1211.HK: prices are off by a factor of 3" in top
    assert "DATA ALERT" not in plain(width)


@pytest.mark.parametrize(("width", "rows"), [(80, 24), (80, 50), (120, 40), (170, 60), (200, 60)])
def test_few_rows_lose_no_pair_and_no_basket(width: int, rows: int) -> None:
    """Where the rows do not hold everything, details go and not what was there before them."""
    snapshot = sample(simulated=True)
    names = [
        *(view.name for view in snapshot.pair_views.values()),
        *(view.name for view in snapshot.basket_views.values()),
        "BASKETS return",
    ]

    def shown(limit: int) -> list[str]:
        seen = "\n".join(render(snapshot, width, rows=limit).splitlines()[: rows - 1])
        return [name for name in names if name in seen]

    assert shown(rows) == shown(16)


def test_ten_rows_begin_with_a_number() -> None:
    """In a split pane the day's spread of the first pair is on the first screen; rates and feeds come below."""
    text = render(sample(simulated=True), 80, rows=9)

    lines = text.splitlines()
    assert any(line.startswith("HSTECH – Nasdaq Composite") and "pp" not in line for line in lines[:9])
    assert text.index("HSTECH – Nasdaq Composite") < text.index("USDHKD") < text.index("LEGS")


def test_details_that_have_no_room_are_not_drawn() -> None:
    """Where the brief board fills the screen, no other is drawn only to be thrown away."""
    drawn: list[Detail] = []

    def top(detail: Detail) -> Text:
        drawn.append(detail)
        return Text("\n" * 9)

    Console(file=io.StringIO()).print(Fitted(top, lambda detail: Text("below"), Text("tail"), 8))

    assert drawn == [Detail.BRIEF]


@pytest.mark.parametrize("width", [80, 120])
def test_a_day_has_its_policies_and_its_z_score_in_three_lines(width: int) -> None:
    """The brief form of a pair keeps the z-score of the day, LAG, and SYNC as an ESTIMATE."""
    snapshot = sample()
    real = msgspec.structs.replace(snapshot.instruments["HSTECH"], delay_s=0)

    text = render(msgspec.structs.replace(snapshot, instruments=snapshot.instruments | {"HSTECH": real}), width, rows=1)

    assert "quotes 8 h 9 m apart · z +2.13 · LAG 1D ▼ −19.43 · SYNC 1D ESTIMATE ▲ +14.55" in text


@pytest.mark.parametrize("width", [150, 170, 200])
def test_wide_terminals_have_every_policy_at_once(width: int) -> None:
    """Where there is room behind the numbers, the brief form too has a line for each policy, with its gap or methods,
    z-score, and what is wrong."""
    snapshot = aged(sample(), "HSTECH", 91)

    lines = render(snapshot, width, rows=1).splitlines()

    at = next(n for n, line in enumerate(lines) if line.startswith("HSTECH – Nasdaq Composite"))
    assert lines[at].rstrip().endswith("8 h 9 m apart · STALE, DELAYED")
    assert lines[at + 1].rstrip().endswith("12 h 50 m apart")
    assert lines[at + 2].rstrip().endswith("11 h 10 m apart · z +2.13 · beta 0.83")
    assert lines[at + 3].startswith("  SYNC ESTIMATE")
    assert lines[at + 3].rstrip().endswith("by futures / live")
    assert lines[at + 4].startswith("HSTECH – Nasdaq-100")
    assert max(map(len, lines)) <= width


def test_colour_is_never_the_only_sign() -> None:
    """Without colour the same words are there: ESTIMATE, WARMUP, provisional, and which way a number goes."""
    uncoloured = plain(120)
    coloured = re.sub(r"\x1b\[[0-9;]*m", "", render(sample(), 120, colour=True))

    assert [line.rstrip() for line in uncoloured.splitlines()] == [line.rstrip() for line in coloured.splitlines()]


def test_windows_without_closes_lead_to_the_command_that_brings_them() -> None:
    """The legend of a real board names them and what to do; a simulated one brings its own closes."""
    said = "No close on file to start from: 6M. Run monitor reference refresh, then restart."

    assert said in " ".join(plain(160).split())
    assert "reference refresh" not in render(sample(simulated=True), 160)
