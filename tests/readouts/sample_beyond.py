"""What lies beyond the sample board: lines of today, rules, episodes with their messages, silences, channels."""

import math

from monitor.core.alerts.notification import Evidence
from monitor.core.paths.path import PathPoint
from monitor.core.snapshot import FlowsView
from monitor.readouts.desk import (
    ChannelView,
    DeliveryView,
    EpisodeView,
    RuleView,
    SaidView,
    SilenceView,
    StoryView,
)
from monitor.readouts.terminal.beyond import Beyond
from tests.readouts.sample import SINCE_MS, T_MS

FLOWS = FlowsView(as_of="2025-02-20", net=12.34e9, turnover=130.4e9, net_5d=-3.2e9, net_20d=None, streak=-3)


def _line(metric: str) -> list[PathPoint]:
    shift = sum(map(ord, metric)) % 7
    return [(T_MS - 60_000 * (240 - minute), round(math.sin(minute / 30 + shift) + shift, 4)) for minute in range(240)]


LINES = {
    metric: _line(metric)
    for metric in (
        "hstech-ixic.spread_pp.1d", "HSTECH.return_pct.1d", "IXIC.return_pct.1d", "china-m7.return_pct.1d",
        "china-m7.dispersion_pp.1d", "china-m7.breadth.1d", "0700.HK.return_pct.1d", "9988.HK.return_pct.1d",
    )
}  # fmt: skip


def _rule(rule: str, instance: str, metric: str, **changes: object) -> RuleView:
    _, measure, window = metric.rsplit(".", 2)
    facts = {
        "rule": rule, "instance": instance, "title": f"Title of {rule} that is not short at all", "metric": metric,
        "measure": measure, "window": window, "unit": "pp", "severity": "warning", "phase": "OK", "level": "",
        "since_ms": None, "value": 1.25, "limit": 3.0, "condition": "> +3.00 pp, critical > +6.00 pp", "bounds": [],
        "clears": [], "for_ms": 60_000, "notify": ["console"], "silenced_by": "",
    } | changes  # fmt: skip
    return RuleView(**facts)  # type: ignore[arg-type]


RULES = [
    _rule("spread-1d-wide", "hstech-ixic", "hstech-ixic.spread_pp.1d", phase="FIRING", level="warning"),
    _rule("spread-unusual", "hstech-ixic", "hstech-ixic.z.1d", condition="< -3.00 σ", silenced_by="s-7f3a"),
    _rule("hstech-bull", "HSTECH", "HSTECH.regime.now"),
    _rule("china-m7-scattered", "china-m7", "china-m7.dispersion_pp.1d"),
    _rule("hk-down", "0700.HK", "0700.HK.return_pct.1d", phase="PENDING"),
]


def _episode(rule: str, instance: str, start_ms: int, end_ms: int | None, **changes: object) -> EpisodeView:
    facts = {
        "id": f"{rule}:{instance}:{start_ms}", "rule": rule, "instance": instance, "title": "HSTECH leads the Nasdaq",
        "kind": "FIRING", "level": "warning", "start_ms": start_ms, "end_ms": end_ms, "metric": "", "unit": "pp",
        "window": "1d", "peak": 6.5, "limit": 3.0, "told": 2, "ended_by": "" if end_ms is None else "RESOLVED",
        "simulated": False,
    } | changes  # fmt: skip
    return EpisodeView(**facts)  # type: ignore[arg-type]


LASTING = _episode("spread-1d-wide", "hstech-ixic", SINCE_MS, None)
OVER = _episode(
    "hk-down", "9988.HK", T_MS - 86_400_000, T_MS - 80_000_000, title="阿里巴巴跌超百分之七 today", peak=None
)

SAID = SaidView(
    id="spread-1d-wide:hstech-ixic:FIRING",
    kind="FIRING",
    level="warning",
    t=SINCE_MS + 60_000,
    headline="[WARNING] HSTECH leads the Nasdaq: +6.21 pp",
    lines=["HSTECH +0.73%, close of 16:10 HKT, 8 h 10 min old, market shut", "limit > +3.00 pp since 00:08 HKT"],
    evidence=Evidence(
        title="HSTECH leads the Nasdaq", metric="hstech-ixic.spread_pp.1d", unit="pp", severity="warning",
        definition="0a1b2c3d", t=SINCE_MS, seq=7, start=SINCE_MS,
    ),
    deliveries=[DeliveryView(channel="console", status="sent", attempts=1, ended_ms=SINCE_MS, reason="")],
)  # fmt: skip

BEYOND = Beyond(
    lines=LINES,
    rules=RULES,
    episodes=[LASTING, OVER],
    stories={"spread-1d-wide:hstech-ixic": StoryView(episode=LASTING, moments=[], said=[SAID], chart=False)},
    silences=[
        SilenceView(
            id="s-7f3a", rule="spread-*", instance=None, levels=["warning"], starts_ms=T_MS, ends_ms=T_MS + 7_200_000,
            by="mei", why="earnings of Tencent tonight", state="on",
        )
    ],
    channels=[
        ChannelView(name="console", kind="console", state="ok", reason="", waiting=0, dead=0, fallback=""),
        ChannelView(
            name="desk", kind="slack_bot", state="down", reason="invalid_auth", waiting=3, dead=1_204, fallback="mail"
        ),
    ],
)  # fmt: skip
