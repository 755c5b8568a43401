"""The page of a pair: numbers of the snapshot, the chart's numbers, what is told where there is nothing."""

import asyncio
import re
from typing import Any

import msgspec
import pytest

from monitor.core.paths.path import SPANS, Line, PairPath, Span
from monitor.core.snapshot import Snapshot
from monitor.errors import ConfigError, UsageError
from monitor.readouts import words
from monitor.readouts.desk import RuleView
from monitor.readouts.live import Observation
from monitor.readouts.web.pages.pair import PairScreen
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from tests.readouts.sample import aged, sample
from tests.readouts.sample_paths import EPISODES, OPENED_MS, RULES, SampleDesk, SamplePast, rule

PAIR = "hstech-ixic"


def draw(
    snapshot: Snapshot | None = None, pair: str = PAIR, *empty: str, desk: SampleDesk | None = None, **choices: str
) -> Picture:
    seen = Observation(version=1, document=b"", snapshot=snapshot or sample(), alerts=(), seen_ns=0)
    screen = PairScreen(SamplePast(*empty), desk or SampleDesk())
    return asyncio.run(screen.draw(seen, Address("pairs", pair, tuple(choices.items()))))


def path(span: Span = "today", snapshot: Snapshot | None = None) -> PairPath:
    return asyncio.run(SamplePast().pair(PAIR, span, snapshot or sample()))


def lines(found: PairPath) -> dict[str, Line]:
    return {
        role: line
        for role in ("a", "b", "spread", "estimate", "z")
        if (line := getattr(found, role)) is not None
    }  # fmt: skip


@pytest.mark.parametrize("pair", ["hstech-ixic", "hstech-ndx", "china-m7_mag7", "titans_mag7"])
def test_numbers_are_those_of_the_snapshot(pair: str) -> None:
    """Each policy's spread of each window is on the page with the snapshot's number, a missing one as a dash."""
    snapshot = sample()
    view = snapshot.pair_views[pair]

    cells = draw(snapshot, pair, span="YTD").cells

    for policy in view.policies:
        now = policy.spreads["YTD"].spread_pp
        assert cells[f"p.{policy.policy}"].text.endswith(f"{words.points(now)} pp" if now is not None else "– ref")
        for window in snapshot.windows:
            value = policy.spreads[window].spread_pp
            shown = cells[f"w.{window}.{policy.policy}"].text
            assert shown.endswith(words.points(value)) if value is not None else shown.startswith(words.MISSING)
    assert words.percent(view.last.spreads["YTD"].r_a) in cells[f"leg.{view.a}.r"].text


def test_no_number_that_is_there_is_told_as_missing() -> None:
    """Why a number is missing stands beside missing ones only, for no pair and on no span beside one that is there."""
    why = {words.status_words(status) for status in ("MISSING", "NO_PRICE", "NO_BASELINE", "WARMUP")}
    for drawn in (*(draw(span=span) for span in SPANS), *(draw(pair=pair) for pair in sample().pair_views)):
        wrong = {
            id: cell for id, cell in drawn.cells.items() if cell.hint in why and not cell.text.startswith(words.MISSING)
        }
        assert wrong == {}


def test_a_beta_that_is_missing_is_told_as_its_own() -> None:
    """What the beta takes out of a spread that is there is missing because of the beta, not because of a close."""
    view = sample().pair_views[PAIR]
    assert view.lag is not None
    assert view.statistics is not None
    spreads = {w: msgspec.structs.replace(found, beta_adj_pp=None) for w, found in view.lag.spreads.items()}
    bare = msgspec.structs.replace(
        view,
        lag=msgspec.structs.replace(view.lag, spreads=spreads),
        statistics=msgspec.structs.replace(view.statistics, beta=None, beta_status="WARMUP"),
    )

    cells = draw(msgspec.structs.replace(sample(), pair_views={PAIR: bare})).cells

    assert cells["w.1D.beta"].text == "– WARMUP"
    assert cells["w.1D.beta"].hint == "too short a history for this number yet"


def test_a_key_goes_through_the_spans() -> None:
    """The key p leads to the span after the one that is shown, and from the last to the first."""
    for now, after in zip(SPANS, (*SPANS[1:], SPANS[0]), strict=True):
        assert re.findall(r'span=(\w+)" data-choose data-keys="p"', draw(span=now).shape) == [after]


def test_every_cell_and_chart_has_its_place() -> None:
    """Each cell's content, and the chart, find exactly one element of the shape, on every span and for every pair."""
    for drawn in (*(draw(span=span) for span in SPANS), *(draw(pair=pair) for pair in sample().pair_views)):
        assert sorted(re.findall(r"data-cell='([^']*)'", drawn.shape)) == sorted(drawn.cells)
        assert sorted(re.findall(r"data-chart='([^']*)'", drawn.shape)) == sorted(drawn.charts)


@pytest.mark.parametrize("span", SPANS)
def test_chart_has_every_point_of_the_path(span: Span) -> None:
    """Past and tip together are the path's lines, point for point; the tip is the number of the headline."""
    snapshot = sample()
    view = snapshot.pair_views[PAIR]
    found = path(span, snapshot)

    chart = draw(snapshot, span=span).charts["path"]

    assert chart.tip["last"] == found.last_ms
    assert set(chart.past["lines"]) == set(lines(found))
    for role, line in lines(found).items():
        assert [*chart.past["lines"][role]["points"], chart.tip["points"][role]] == line.points
    spread = view.last.spreads[found.window].spread_pp
    assert chart.tip["points"]["spread"] == (found.last_ms, spread)
    assert chart.tip["texts"]["spread"] == f"{words.points(spread)} pp"


def test_only_the_tip_moves_between_minutes() -> None:
    """A new snapshot within the minute sends the newest values alone, neither the past nor the shape."""
    first, second = draw(sample()), draw(sample(seq=48_212, t="2025-02-21T16:20:03.250Z"))

    changes = second.changes(first)

    assert changes.shape is None
    assert changes.charts["path"][1] is None
    assert changes.charts["path"][2]["last"] == 1_740_154_803_250


def test_limits_and_episodes_of_the_drawn_lines_alone() -> None:
    """The day's chart has the limits and episodes of the day's spread and of the z-score, the year's chart its own."""
    today, year = (draw(span=span).charts["path"].past for span in ("today", "YTD"))

    assert [limit[:3] + limit[4:] for limit in today["limits"]] == [
        ("spread", "warning", 0.5, False),
        ("spread", "critical", 6.0, False),
        ("spread", "warning", 0.25, True),
        ("z", "info", 2.5, False),
        ("z", "info", -2.5, False),
    ]
    assert [(role, level, start, end) for role, level, _, start, end in today["episodes"]] == [
        ("spread", "warning", EPISODES[0].start_ms, None),
        ("spread", "critical", EPISODES[1].start_ms, EPISODES[1].end_ms),
        ("z", "info", EPISODES[3].start_ms, EPISODES[3].start_ms),
    ]
    assert [limit[0:3] for limit in year["limits"] if limit[0] == "spread"] == [("spread", "warning", 30.0)]
    assert [found[0] for found in year["episodes"]] == ["z"]


def test_hours_that_go_on_have_no_end() -> None:
    """New York trades still at the sample's time: its shade goes on to the newest value; Hong Kong's have ended."""
    hours = draw().charts["path"].past["hours"]

    assert [(kind, start, end is None) for kind, _, start, end in hours] == [
        ("hong_kong", OPENED_MS, False),
        ("lunch", OPENED_MS + 9_000_000, False),
        ("hong_kong", OPENED_MS + 12_600_000, False),
        ("new_york", OPENED_MS + 46_800_000, True),
    ]


def test_a_policy_without_a_line_is_a_level() -> None:
    """The number of the chosen policy stands beside the line of last prices, and is marked when it is an estimate."""
    view = sample().pair_views[PAIR]
    lag, sync = view.lag, view.sync
    assert lag is not None
    assert sync is not None

    assert draw().charts["path"].tip["level"] is None
    assert draw(policy="SYNC").charts["path"].tip["level"] is None
    assert draw(span="1M", policy="LAG").charts["path"].tip["level"][1] == lag.spreads["1M"].spread_pp
    role, value, said = draw(span="1M", policy="SYNC").charts["path"].tip["level"]
    assert (role, value) == ("spread", sync.spreads["1M"].spread_pp)
    assert "ESTIMATE" in said


def test_estimates_are_named() -> None:
    """The SYNC line and the SYNC number of the headline are marked ESTIMATE."""
    drawn = draw()

    assert drawn.charts["path"].past["lines"]["estimate"]["short"] == "ESTIMATE"
    assert drawn.shape.count("ESTIMATE") == 3


def test_a_line_says_what_has_to_be_said_of_its_minutes() -> None:
    """Beside its value in the list of lines: late as that value is, stale in part where only minutes before were,
    converted at a fixing; nothing where all was well, and the estimate has its badge."""

    class Doubtful(SamplePast):
        async def pair(self, pair: str, span: Span, now: Snapshot) -> PairPath:
            found = await super().pair(pair, span, now)
            assert found.estimate is not None
            return msgspec.structs.replace(
                found,
                a=msgspec.structs.replace(found.a, status="STALE FIXING DELAYED"),
                estimate=msgspec.structs.replace(found.estimate, status="ESTIMATE DELAYED"),
            )

    seen = Observation(version=1, document=b"", snapshot=sample(), alerts=(), seen_ns=0)
    cells = asyncio.run(PairScreen(Doubtful(), SampleDesk()).draw(seen, Address("pairs", PAIR, ()))).cells

    assert cells["said.a"].text == "STALE IN PART, IN ITS CURRENCY BY FIXING, DELAYED"
    assert cells["said.b"].text == ""
    assert cells["said.estimate"].text == "DELAYED"


def test_sessions_without_minutes_are_told_from_recorded_ones() -> None:
    """The chart knows where a line leads straight to a close because nothing was recorded, and the page says what its
    dots mean; where all was recorded it does not."""
    session = (path().last_ms - 14 * 3_600_000, path().last_ms - 8 * 3_600_000)

    class Late(SamplePast):
        async def pair(self, pair: str, span: Span, now: Snapshot) -> PairPath:
            found = await super().pair(pair, span, now)
            return msgspec.structs.replace(found, b=msgspec.structs.replace(found.b, unrecorded=[session]))

    seen = Observation(version=1, document=b"", snapshot=sample(), alerts=(), seen_ns=0)
    drawn = asyncio.run(PairScreen(Late(), SampleDesk()).draw(seen, Address("pairs", PAIR, ())))

    known = {role: line["unrecorded"] for role, line in drawn.charts["path"].past["lines"].items()}
    assert (known["a"], known["b"]) == ([], [session])
    assert "not recorded: straight to the official close" in drawn.shape
    assert "not recorded: straight to the official close" not in draw().shape


def test_what_has_no_number_says_why_in_words() -> None:
    """The card of a policy without a number has the reason where the distance and the ages of its prices would be."""
    view = sample().pair_views[PAIR]
    sync = msgspec.structs.replace(
        view.sync,
        async_gap_s=None,
        spreads={w: msgspec.structs.replace(s, spread_pp=None, status="NO_REF") for w, s in view.sync.spreads.items()},
    )
    blind = msgspec.structs.replace(view, sync=sync)
    snapshot = sample(pair_views={**sample().pair_views, PAIR: blind})

    drawn = draw(snapshot)

    assert drawn.cells["p.SYNC.apart"].text == words.status_words("NO_REF")
    assert drawn.cells["p.SYNC.ages"].text == ""


def test_nothing_on_file_is_a_sentence() -> None:
    """A pair without a past has no empty chart: the page says why, and its numbers are there."""
    drawn = draw(None, PAIR, PAIR)

    assert drawn.charts == {}
    assert "no past of this pair to draw yet: the monitor has not run long enough." in drawn.shape
    assert drawn.cells["p.LAST"].text.endswith("pp")


def test_unknown_pair_is_refused_with_the_nearest() -> None:
    """A wrong id is answered with the id that was meant, where there is one."""
    with pytest.raises(UsageError, match=r"no pair 'hstech-ixc'. Did you mean hstech-ixic\?"):
        draw(pair="hstech-ixc")
    with pytest.raises(UsageError, match=r"This board has no pair '<script>'\.$"):
        draw(pair="<script>")


def test_nonsense_in_the_address_is_today_at_last_prices() -> None:
    """An unknown span or policy shows what is shown without one."""
    assert draw(span="1Q", policy="<b>").shape.count("aria-current") == draw().shape.count("aria-current")
    assert draw(span="1Q").charts == draw().charts


def test_names_are_text() -> None:
    """Markup in the names of legs, rules and episodes is escaped in the page and plain in the chart's data."""
    evil = "<script>alert(1)</script>"
    snapshot = sample()
    legs = {leg: msgspec.structs.replace(snapshot.instruments[leg], name=evil) for leg in ("HSTECH", "IXIC")}
    pairs = {PAIR: msgspec.structs.replace(snapshot.pair_views[PAIR], name=evil)}
    named = msgspec.structs.replace(
        snapshot, instruments=snapshot.instruments | legs, pair_views=snapshot.pair_views | pairs
    )
    desk = SampleDesk(
        [rule(title=evil, condition=evil, severity=evil)],
        [msgspec.structs.replace(EPISODES[0], title=evil, level=evil)],
    )

    drawn = draw(named, desk=desk)

    assert "<script>" not in drawn.shape
    assert drawn.charts["path"].past["lines"]["a"]["name"] == evil


def test_limits_carry_the_minus_of_all_numbers() -> None:
    """A limit below zero is written on the page as the numbers beside it are."""
    assert "&lt;\xa0−3.00\xa0pp" in draw(desk=SampleDesk([rule(condition="< -3.00 pp")])).shape


def test_rules_of_this_pair_alone() -> None:
    """Its rules are listed with their state and value, those of other pairs are not."""
    drawn = draw()

    assert drawn.cells["r.spread-1d-wide.hstech-ixic.phase"].text == "firing"
    assert drawn.cells["r.ytd-wide.hstech-ixic.value"].text.startswith(words.MISSING)
    assert "r.other.hstech-ndx.phase" not in drawn.cells
    assert len(RULES) == 4


def test_what_a_rule_sees_is_told_in_its_unit() -> None:
    """A difference has its sign and unit; a ratio is a plain number, not one with the name of its unit behind it."""
    cells = draw(desk=SampleDesk([rule(), rule(rule="close", metric=f"{PAIR}.corr.1d", measure="corr", unit="ratio",
                                               value=0.83)])).cells  # fmt: skip

    assert cells["r.spread-1d-wide.hstech-ixic.value"].text == "▼ −0.21 pp"
    assert cells["r.close.hstech-ixic.value"].text == "0.83"


def test_rules_that_cannot_be_read_are_said() -> None:
    """A rule file that is refused takes nothing from the page but the rules, and its reason is told."""

    class Refusing(SampleDesk):
        async def rules(self) -> list[RuleView]:
            raise ConfigError("alerts.toml:7", "rule", "x", "a name")

    drawn = draw(desk=Refusing())

    assert "The rules cannot be read: alerts.toml:7" in drawn.shape
    assert drawn.charts["path"].past["limits"] == []


def test_old_prices_are_marked_and_step_back() -> None:
    """A stale leg is named above its numbers, which lose their colour; SAME_DATE closes keep theirs."""
    cells = draw(aged(sample(), "HSTECH", 91)).cells

    assert "HSTECH STALE 91 d" in cells["p.doubt"].text
    assert "old" in cells["p.LAST"].classes
    assert "old" not in cells["p.SAME_DATE"].classes


def test_statistics_with_what_they_rest_on() -> None:
    """Every figure is there, also the overlapping ones; a missing one says why."""
    cells = draw(pair="hstech-ndx").cells

    assert cells["st.z"].text == "−0.30"
    assert cells["st.robust_z"].text == "– ZERO VARIANCE"
    assert cells["st.overlap_beta"].text == "– WARMUP"
    assert draw().cells["st.overlap_beta.basis"].text == "59 two-day returns on the same dates"


def test_missing_tip_is_a_dash() -> None:
    """A leg without a number now has its past, no newest value, and the dash beside its name."""
    snapshot = sample()
    view = snapshot.pair_views[PAIR]
    gone = msgspec.structs.replace(view.last.spreads["1D"], r_a=None, spread_pp=None, status="NO_PRICE")
    last = msgspec.structs.replace(view.last, spreads=view.last.spreads | {"1D": gone})
    pairs: dict[str, Any] = snapshot.pair_views | {PAIR: msgspec.structs.replace(view, last=last)}

    drawn = draw(msgspec.structs.replace(snapshot, pair_views=pairs))

    assert drawn.cells["now.spread"].text.startswith(words.MISSING)
    assert drawn.charts["path"].tip["texts"]["spread"] == words.MISSING
    assert drawn.cells["p.LAST"].hint == words.status_words("NO_PRICE")
