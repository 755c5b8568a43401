import io
import re
from functools import cache

import msgspec
import pytest
from rich.cells import cell_len

from monitor.core.metrics.measuring import frame_of
from monitor.core.snapshot import Snapshot
from monitor.readouts import lines, words
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.terminal.beyond import Beyond, metrics_of
from monitor.readouts.terminal.focus import Focus, View
from monitor.readouts.terminal.help_view import KEYS
from monitor.readouts.terminal.key_bar import key_bar
from monitor.readouts.terminal.palette import Colours, board_console
from monitor.readouts.terminal.views import view_renderable
from tests.readouts.sample import T_MS, alert, sample
from tests.readouts.sample_beyond import BEYOND, FLOWS, LINES, RULES
from tests.readouts.sample_views import DATA_ALERTS

WIDTHS = (60, 80, 100, 160, 240)
VIEWS = (View.PAIR, View.BASKET, View.ALERTS, View.HELP)
EVIL = "\x1b]0;owned\x07[bold red]x[/]\u202e"


@cache
def board() -> Snapshot:
    """The sample with southbound flows and quotes that the tick filter refused."""
    snapshot = sample(simulated=True, flows=FLOWS)
    refused = {
        symbol: msgspec.structs.replace(
            snapshot.instruments[symbol], not_accepted=12, rejected={"SPIKE": 8, "OUT_OF_SESSION": 4}
        )
        for symbol in ("HSTECH", "0700.HK")
    }
    return msgspec.structs.replace(snapshot, instruments=snapshot.instruments | refused)


@cache
def render(
    view: View,
    width: int,
    *,
    pair: str = "",
    basket: str = "",
    window: str = "",
    beyond: bool = True,
    colours: Colours | None = None,
    plain: bool = False,
) -> str:
    """A view of the sample as text."""
    focus = Focus(view=view, pair=pair, basket=basket, window=window)
    return draw(focus, board(), BEYOND if beyond else Beyond(), width, colours=colours, plain=plain)


def draw(
    focus: Focus,
    snapshot: Snapshot,
    beyond: Beyond,
    width: int,
    *,
    colours: Colours | None = None,
    plain: bool = False,
    **alerts: object,
) -> str:
    file = io.StringIO()
    system = "truecolor" if colours else None
    console = board_console(
        colours or "green-up", file=file, width=width, force_terminal=bool(colours), color_system=system
    )
    active = active_alerts(alert(**alerts))
    console.print(view_renderable(focus, snapshot, active, beyond, width, T_MS + 400, plain=plain))
    return file.getvalue()


def flat(text: str) -> str:
    """The words of a view, wherever its lines end."""
    return " ".join(text.split())


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_line_is_wider_than_the_terminal(view: View, width: int) -> None:
    """Wide characters count twice, and still no line reaches beyond the edge."""
    assert max(map(cell_len, render(view, width).splitlines())) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_a_pair_has_every_window_under_every_policy(width: int) -> None:
    """All windows are there at every width, with the spread under LAST, SAME_DATE, LAG and SYNC, in that order."""
    view = board().pair_views["hstech-ixic"]
    text = render(View.PAIR, width)
    block = text[text.index("SPREADS in pp") :].splitlines()

    for window in board().windows:
        name = words.window(window)
        line = next(line for line in block if line.startswith((name, name.removeprefix("since "))))
        shown = [policy.spreads[window] for policy in view.policies]
        values = [words.MISSING if spread.spread_pp is None else words.points(spread.spread_pp) for spread in shown]
        assert re.search(".*".join(map(re.escape, values)), line), line
        if width >= 80 and shown[0].spread_pp is not None:
            assert words.percent(shown[0].r_a) in line
            assert words.percent(shown[0].r_b) in line
    assert "SYNC" in text
    assert "ESTIMATE" in text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_pair_tells_its_names_legs_sources_and_refusals(width: int) -> None:
    """The id that rules want stands in the title; each leg has price, change, age, phase, source and what was refused;
    overlap statistics and southbound flows are there."""
    text = flat(render(View.PAIR, width))

    assert "HSTECH – Nasdaq Composite hstech-ixic pair 1 of 4" in text
    for leg in ("HSTECH", "IXIC"):
        view = board().instruments[leg]
        assert re.search(
            rf"{view.name} {re.escape(words.price(view.price))} \S {re.escape(words.percent(view.returns['1D']))} "
            rf"{words.age(view.age_s)} {words.phase(view.phase)}",
            text,
        )
        assert f"{leg} {lines.origin(view)}" in text
    text = text.replace(" ·", "")  # stands where a line does not end
    assert "12 quotes refused: SPIKE 8, OUT_OF_SESSION 4" in text
    assert "overlap beta 0.91 (59 two-day returns on the same dates) overlap corr 0.52" in text
    for part in ("southbound 20 Feb 2025 net +12.3 bn HKD", "5 days −3.2 bn", "20 days –", "3 days of net selling"):
        assert part in text


@pytest.mark.parametrize("width", WIDTHS)
def test_a_pair_shows_its_alerts_and_limits(width: int) -> None:
    """Alerts on the pair stand above its numbers; rules of the pair have limit and state, those of its legs are left
    out while they are OK, and a silence is named."""
    text = flat(render(View.PAIR, width))

    assert text.index("FIRING warning HSTECH leads the Nasdaq") < text.index("LEGS")
    limits = text[text.index("LIMITS") :]
    assert "s-7f3a" in limits
    assert all(part in limits for part in ("spread-1d-wide", "z 1d", "FIRING", "+1.25 pp"))
    assert "critical" in limits
    assert "< −3.00 σ" in limits
    assert "hstech-bull" not in limits
    other = flat(render(View.PAIR, width, pair="titans_mag7"))
    assert "ALERTS none active" in other
    assert "southbound" in other


@pytest.mark.parametrize("width", WIDTHS)
def test_today_is_a_line_with_its_extremes(width: int) -> None:
    """Spread and legs are drawn, each with its lowest and highest value, and the board's own number as its last one;
    narrow terminals lose no number."""
    text = render(View.PAIR, width)
    metrics = frame_of(board()).metrics

    for name in ("spread 1D", "HSTECH ", "IXIC "):
        line = next(line for line in text[text.index("TODAY") :].splitlines() if line.startswith(name))
        assert "█" in line
        metric = next(
            metric for metric in LINES if metric.startswith({"spread 1D": "hstech-ixic"}.get(name, name.strip()))
        )
        now = metrics[metric]
        assert now is not None
        values = [*(value for _, value in LINES[metric] if value is not None), now]
        assert f"{words.points(min(values))} … {words.points(max(values))}, {words.points(now)}" in line


def test_a_line_of_today_ends_in_a_dash_where_the_board_has_no_number() -> None:
    """A leg without a number now keeps its extremes and ends in a dash: its last known value is not told as now's."""
    line = [(T_MS - 120_000, 1.0), (T_MS - 60_000, 3.0)]
    leg = msgspec.structs.replace(board().instruments["HSTECH"], returns={})
    snapshot = msgspec.structs.replace(board(), instruments=board().instruments | {"HSTECH": leg})
    text = draw(Focus(view=View.PAIR), snapshot, Beyond(lines={"HSTECH.return_pct.1d": line}), 100)

    assert "+1.00 … +3.00, –\n" in text[text.index("TODAY") :]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("window", ["1D", "YTD"])
def test_members_stand_in_the_order_of_their_contributions(width: int, window: str) -> None:
    """The largest contribution is first, each has a bar as long as its share, and they add up to the return."""
    text = render(View.BASKET, width, window=window)
    view = board().baskets["china-m7"][window]
    block = text[text.index(f"MEMBERS by contribution over {window}") : text.index("they add up to")]
    ranked = sorted(view.contributions_pp, key=lambda symbol: -view.contributions_pp[symbol])

    rows = [line for line in block.splitlines() if re.match(r"\S+\.HK ", line)]
    assert [line.split()[0] for line in rows] == ranked
    largest = max(view.contributions_pp.values(), key=abs)
    for line, symbol in zip(rows, ranked, strict=True):
        share = view.contributions_pp[symbol]
        assert words.points(share) in line
        assert words.percent(board().instruments[symbol].returns[window]) in line
        drawn = re.search(rf"{re.escape(words.points(share))} +(█*)", line)
        assert drawn is not None
        assert len(drawn[1]) == int(abs(share / largest) * 8 + 1 / 16)
    assert view.basket_return is not None
    assert f"they add up to ▲ {words.points(100 * view.basket_return)} pp" in flat(text)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_basket_tells_what_is_inside(width: int) -> None:
    """Dispersion, breadth and coverage over every window, who is carried, the other ways to count, refusals by member,
    today's lines, and the limits of the basket and of members that are not OK."""
    text = render(View.BASKET, width)
    block = text[text.index("RETURN and what is inside") :]

    assert "China M7  china-m7  basket 1 of 3" in text
    for window, view in board().baskets["china-m7"].items():
        name = words.window(window)
        line = next(line for line in block.splitlines() if line.startswith((name, name.removeprefix("since "))))
        if view.dispersion is not None:
            assert f"{view.dispersion * 100:.2f}" in line
            assert f"{view.advancers}/{view.decliners}" in line
        assert words.share(view.coverage_fresh) in line
    words_of = flat(text)
    assert "carried Meituan: trading halted" in words_of
    assert "equal USD" in words_of
    assert "0700.HK 12 quotes refused: SPIKE 8, OUT_OF_SESSION 4" in words_of
    assert "dispersion 1D" in text[text.index("TODAY") :]
    assert "china-m7-scattered" in words_of[words_of.index("LIMITS") :]
    assert "hk-down" in words_of[words_of.index("LIMITS") :]


@pytest.mark.parametrize("width", WIDTHS)
def test_alerts_come_with_evidence_episodes_silences_and_channels(width: int) -> None:
    """An active alert has what its message said and the id to ask `explain` for; what is over, who wants silence, and
    which channel is down stand below."""
    text = flat(render(View.ALERTS, width))

    assert "FIRING warning HSTECH leads the Nasdaq: +6.21 pp (limit above 3" in text or width == 60
    assert "spread-1d-wide · hstech-ixic" in text
    assert "told at 00:08 HKT" in text
    assert "close of 16:10 HKT, 8 h 10 min old, market shut" in text
    assert "阿里巴巴" in text
    assert "+6.50 pp" in text
    assert "goes on" in text
    assert "resolved" in text
    assert "spread-* · * warning on until 02:20 HKT mei earnings of Tencent tonight s-7f3a" in text
    assert "CHANNELS console delivers" in text
    assert "desk does not deliver 3 waiting 1,204 dead invalid_auth" in text


def test_what_rules_see_is_told_in_its_own_unit() -> None:
    """A price has no sign, an age is a time, a regime is a word: never a bare number with a sign."""
    rules = [
        RULES[0],
        *(
            msgspec.structs.replace(
                RULES[0], rule=measure, metric=f"hstech-ixic.{measure}.now", measure=measure, unit=unit,
                value=value,
            )
            for measure, unit, value in (("price", "price", 6301.4), ("age", "seconds", 95.0), ("regime", "count", 1.0))
        ),
    ]  # fmt: skip
    text = flat(draw(Focus(view=View.PAIR), board(), msgspec.structs.replace(BEYOND, rules=rules), 160))

    limits = text[text.index("LIMITS") :]
    assert all(part in limits for part in ("+1.25 pp", " 6,301.40", " 1 min", " bull"))


def test_a_beta_that_is_missing_is_told_as_its_own() -> None:
    """What the beta takes out of a spread that is there is missing because of the beta, not because of a close."""
    view = board().pair_views["hstech-ixic"]
    assert view.lag is not None
    assert view.statistics is not None
    spreads = {w: msgspec.structs.replace(found, beta_adj_pp=None) for w, found in view.lag.spreads.items()}
    bare = msgspec.structs.replace(
        view,
        lag=msgspec.structs.replace(view.lag, spreads=spreads),
        statistics=msgspec.structs.replace(view.statistics, beta=None, beta_status="WARMUP"),
    )
    snapshot = msgspec.structs.replace(board(), pair_views=board().pair_views | {"hstech-ixic": bare})
    text = draw(Focus(view=View.PAIR), snapshot, Beyond(), 160)

    row = next(line for line in text.splitlines() if line.startswith("1D "))
    assert "– WARMUP" in row


@pytest.mark.parametrize("width", WIDTHS)
def test_help_names_keys_and_subjects(width: int) -> None:
    """Every key is explained, and every id that rules and commands want is listed with its number."""
    text = flat(render(View.HELP, width))

    for key, meaning in KEYS:
        assert flat(key) in text
        assert meaning in text or width == 60
    for number, (id, view) in enumerate(board().pair_views.items(), 1):
        assert f"{number} {id} {view.name}" in text
    for id in board().baskets:
        assert f"{id} {board().basket_name(id)}" in text
    for symbol in board().instruments:
        assert symbol in text
    assert "monitor explain hstech-ixic.spread_pp.1d" in text


@pytest.mark.parametrize("view", VIEWS)
def test_views_do_without_what_lies_beyond(view: View) -> None:
    """With nothing but the snapshot every view prints, and invents neither a line nor a limit."""
    text = render(view, 80, beyond=False)

    assert "TODAY" not in text
    assert "LIMITS" not in text
    assert "CHANNELS" not in text


def test_what_could_not_be_had_is_said() -> None:
    """A reason why lines or limits are missing stands at the end of the view; a refused rule file among the alerts."""
    text = draw(Focus(view=View.PAIR), board(), Beyond(problem="Redis does not answer"), 80)

    assert text.rstrip().endswith("Redis does not answer")
    refused = draw(Focus(view=View.ALERTS), board(), Beyond(refused="alerts.toml:12: no such metric"), 80)
    assert "older rules are in force: alerts.toml:12: no such metric" in flat(refused)


@pytest.mark.parametrize("view", [View.PAIR, View.BASKET, View.ALERTS])
def test_trouble_with_the_data_stands_above_the_numbers(view: View) -> None:
    """Whoever looks at one pair or basket only still learns that prices cannot be right."""
    snapshot = msgspec.structs.replace(board(), data_alerts=DATA_ALERTS)

    text = flat(draw(Focus(view=view), snapshot, Beyond(), 80))

    assert "DATA ALERT scale suspect 1211.HK: prices are off by a factor of 3" in text.partition("LEGS")[0]


def test_a_board_without_pairs_says_so() -> None:
    """A view of something that a board lacks is a sentence, not a crash."""
    empty = sample(instruments={}, baskets={}, pairs={}, pair_views={}, fx={}, feeds={}, ref_date=None)

    assert draw(Focus(view=View.PAIR), empty, BEYOND, 80).strip() == "this board has no pair"
    assert draw(Focus(view=View.BASKET), empty, BEYOND, 80).strip() == "this board has no basket"
    assert metrics_of(Focus(view=View.PAIR), empty) == []
    for view in (View.ALERTS, View.HELP):
        assert draw(Focus(view=view), empty, Beyond(), 80)


@pytest.mark.parametrize("view", VIEWS)
def test_texts_of_others_cannot_steer_the_terminal(view: View) -> None:
    """Escape sequences and markup in names, rules, reasons and messages are printed, not obeyed."""
    story = msgspec.structs.replace(
        BEYOND.stories["spread-1d-wide:hstech-ixic"],
        said=[
            msgspec.structs.replace(said, lines=[EVIL]) for said in BEYOND.stories["spread-1d-wide:hstech-ixic"].said
        ],
    )
    beyond = msgspec.structs.replace(
        BEYOND,
        rules=[msgspec.structs.replace(rule, title=EVIL, condition=EVIL, silenced_by=EVIL) for rule in BEYOND.rules],
        episodes=[msgspec.structs.replace(found, title=EVIL, id=EVIL, ended_by=EVIL) for found in BEYOND.episodes],
        stories={"spread-1d-wide:hstech-ixic": story},
        silences=[msgspec.structs.replace(found, by=EVIL, why=EVIL) for found in BEYOND.silences or ()],
        channels=[msgspec.structs.replace(found, name=EVIL, reason=EVIL) for found in BEYOND.channels or ()],
        problem=EVIL,
        refused=EVIL,
    )
    snapshot = board()
    instruments = {
        symbol: msgspec.structs.replace(line, name=EVIL, source=EVIL, rejected={EVIL: 1}, not_accepted=1)
        for symbol, line in snapshot.instruments.items()
    }
    pairs = {id: msgspec.structs.replace(pair, name=EVIL) for id, pair in snapshot.pair_views.items()}
    snapshot = msgspec.structs.replace(snapshot, title=EVIL, instruments=instruments, pair_views=pairs)

    text = draw(Focus(view=view), snapshot, beyond, 160, title=EVIL)

    assert not set(text) & {"\x1b", "\x07", "\u202e"}
    assert "\\x1b]0;owned" in flat(text)


@pytest.mark.parametrize(("colours", "up", "down"), [("green-up", "32", "31"), ("red-up", "31", "32")])
def test_colours_of_up_and_down_are_a_choice(colours: Colours, up: str, down: str) -> None:
    """Green up, or red up as in Hong Kong; the arrow says the same without colour."""
    text = render(View.PAIR, 100, colours=colours)

    assert re.search(rf"\x1b\[(1;)?{up}m▲ \+", text)
    assert not re.search(rf"\x1b\[[0-9;]*\b{down}m▲|\x1b\[[0-9;]*\b{up}m▼", text)


def test_blue_and_orange_for_whoever_cannot_tell_red_from_green() -> None:
    """No number is red or green then, and the words stay the same."""
    text = render(View.PAIR, 100, colours="blue-orange")

    assert not re.search(r"\x1b\[(1;)?3[12]m[▲▼]", text)
    assert re.search(r"\x1b\[(1;)?38;5;33m▲", text)
    assert re.sub(r"\x1b\[[0-9;]*m", "", text).split() == render(View.PAIR, 100).split()


@pytest.mark.parametrize("view", [View.PAIR, View.BASKET])
def test_lines_and_bars_are_drawn_in_ascii_where_blocks_are_lacking(view: View) -> None:
    """An output without block signs gets lines and bars of ASCII, and no block at all."""
    text = render(view, 120, plain=True)

    assert not re.search("[▁-█▏▎▍▌▋▊▉]", text)
    assert re.search(r"[_.:=+*#-]{20}", text[text.index("TODAY") :])


@pytest.mark.parametrize("width", [40, *WIDTHS])
@pytest.mark.parametrize("frozen", ["", "12 min"])
def test_the_key_bar_fits(width: int, frozen: str) -> None:
    """One line at every width, with the way out and the help in it, and what is out of sight."""
    bar = key_bar(View.BOARD, width, pairs=4, firing=12, above=123, below=456, frozen=frozen).plain

    assert cell_len(bar) <= width
    assert bar.rstrip().endswith("↑123 ↓456")
    if width >= 60:
        assert "? help  q quit" in bar
    if frozen:
        assert bar.startswith(" FROZEN 12 min ")


def test_no_keys_are_named_where_none_are_read() -> None:
    """Where standard input is not the terminal, the last line says so, and no key is promised."""
    bar = key_bar(View.PAIR, 80, pairs=4, firing=0, above=0, below=9, keys=False).plain

    assert bar.startswith("no keys: standard input is not this terminal ")
    assert bar.endswith("↓9")


@pytest.mark.parametrize(("pairs", "shown"), [(0, ""), (1, "1 pair"), (4, "1–4 pair"), (12, "1–9 pair")])
def test_the_key_bar_counts_the_pairs_of_the_board(pairs: int, shown: str) -> None:
    """Keys are offered for the pairs that there are; none without any."""
    bar = key_bar(View.BOARD, 80, pairs=pairs, firing=0, above=0, below=0).plain

    assert " ".join(bar.split()).startswith(f"b board {shown} s basket".replace("  ", " "))


def test_the_key_bar_names_every_key_at_80_columns() -> None:
    """Where nothing is out of sight, all keys are named."""
    bar = key_bar(View.PAIR, 80, pairs=4, firing=0, above=0, below=0).plain

    assert bar.rstrip() == "b board  1–4 pair  s basket  a alerts  Tab next  space freeze  ? help  q quit"
