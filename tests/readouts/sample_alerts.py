"""What a desk could say of the sample board: for tests of the pages of alerts and health."""

from typing import Any

import msgspec

from monitor.core.alerts.notification import BasketEvidence, Evidence, LegEvidence
from monitor.readouts.desk import (
    ChannelView,
    DeadLetterView,
    DeliveryView,
    EpisodeView,
    PreviewView,
    RuleView,
    SaidView,
    SilenceView,
    StoryView,
)
from monitor.readouts.web.pages.alert_facts import AlertFacts
from tests.readouts.sample import SINCE_MS, T_MS

EVIL = "<img src=x onerror='window.owned=1'><script>window.owned=1</script>"
ID = f"spread-1d-wide:hstech-ixic:{SINCE_MS}"


def episode(**changes: Any) -> EpisodeView:
    """A warning that goes on and was told."""
    given = EpisodeView(
        id=ID, rule="spread-1d-wide", instance="hstech-ixic", title="HSTECH leads the Nasdaq", kind="FIRING",
        level="warning", start_ms=SINCE_MS, end_ms=None, metric="hstech-ixic.spread_pp.1d", unit="pp", window="1d",
        peak=6.4, limit=3.0, told=1, ended_by="", simulated=False,
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def rule(**changes: Any) -> RuleView:
    """The rule of that episode, on one of two subjects."""
    given = RuleView(
        rule="spread-1d-wide", instance="hstech-ixic", title="HSTECH leads the Nasdaq",
        metric="hstech-ixic.spread_pp.1d", measure="spread_pp", window="1d", unit="pp", severity="warning",
        phase="FIRING", level="warning", since_ms=SINCE_MS, value=6.21, limit=3.0, condition="> +3.00 pp or < -3.00 pp",
        bounds=[], clears=[], for_ms=60_000, notify=["console"], silenced_by="",
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def silence(**changes: Any) -> SilenceView:
    """A silence of that rule for another hour."""
    given = SilenceView(
        id="s-7f3a", rule="spread-1d-wide", instance=None, levels=None, starts_ms=T_MS - 60_000,
        ends_ms=T_MS + 3_600_000, by="lee", why="index review", state="on",
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def letter(**changes: Any) -> DeadLetterView:
    """A message that Slack did not take."""
    given = DeadLetterView(
        channel="desk", position="1-0", id=f"{ID}:FIRING", kind="FIRING", level="warning",
        title="HSTECH leads the Nasdaq", reason="404 no_service", at_ms=T_MS,
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def channel(**changes: Any) -> ChannelView:
    """A channel that works."""
    given = ChannelView(name="console", kind="console", state="ok", reason="", waiting=0, dead=0, fallback="")
    return msgspec.structs.replace(given, **changes)


def story(**changes: Any) -> StoryView:
    """One message of that episode, delivered, with evidence of every kind."""
    evidence = Evidence(
        title="HSTECH leads the Nasdaq", metric="hstech-ixic.spread_pp.1d", unit="pp", severity="warning",
        definition="ce872a30", t=T_MS, seq=1, start=SINCE_MS, value=6.21, z=2.13, today=2, last_30_sessions=5,
        legs=(
            LegEvidence(symbol="HSTECH", name="Hang Seng TECH", price=5861.77, currency="HKD", change_pct=2.1,
                        source="yahoo", phase="REGULAR", live=True, status="LIVE", age_s=2.0, delay_s=900),
            LegEvidence(symbol="IXIC", words="IXIC = close of 05:00 HKT, 6 h old, market shut"),
        ),
        baskets=(BasketEvidence(id="mag7", status="DEGRADED", coverage_fresh=0.857, top=[("NVDA", 0.61)],
                                bottom=[("TSLA", -0.4)], excluded={}, carried={"TSLA": "STALE"}),),
        quality=("TSLA is carried",), held_back=("cooldown",),
    )  # fmt: skip
    said = SaidView(
        id=f"{ID}:FIRING", kind="FIRING", level="warning", t=T_MS, headline="[WARNING] HSTECH leads the Nasdaq",
        lines=["value: +6.21 pp", "", "limit: > +3.00 pp"], evidence=evidence,
        deliveries=[
            DeliveryView(channel="console", status="accepted", attempts=2, ended_ms=T_MS, reason=""),
            DeliveryView(channel="desk", status="dead", attempts=1, ended_ms=T_MS, reason="404 no_service"),
        ],
    )  # fmt: skip
    given = StoryView(
        episode=episode(), moments=[f"{ID}  HSTECH leads the Nasdaq", "00:08:00.000  +6.21  B  PENDING -> FIRING"],
        said=[said], chart=True,
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def facts(**changes: Any) -> AlertFacts:
    """Something of everything."""
    given = AlertFacts(
        lasting=[episode()],
        history=[episode(), episode(id=f"z-far:hstech-ixic:{SINCE_MS - 1}", rule="z-far", kind="EVENT", level="info",
                                    end_ms=SINCE_MS - 1, start_ms=SINCE_MS - 1, peak=None, limit=None, told=0)],
        older_ms=SINCE_MS - 1,
        rules=[rule(), rule(instance="hstech-ndx", phase="OK", level="", since_ms=None, value=None, limit=None)],
        channels=[channel(), channel(name="desk", kind="slack_webhook", state="down", reason="404", dead=1)],
        no_rules="",
        refused="",
        silences=[silence()],
        letters=[letter()],
        previews=[],
        no_preview="",
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def preview(**changes: Any) -> PreviewView:
    """A mail."""
    given = PreviewView(
        id=f"{ID}:FIRING", channel="mail", kind="FIRING", source="made-up numbers", payload={"Subject": "[WARNING]"},
        text="HSTECH leads the Nasdaq", html="<p>HSTECH leads the Nasdaq</p>",
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)
