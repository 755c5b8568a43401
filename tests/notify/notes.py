"""Notifications as the engine makes them, with every number chosen by hand."""

from typing import Any

from monitor.core.alerts.notification import BasketEvidence, Evidence, Kind, LegEvidence, Notification

START = 1_794_276_000_000
"""2026-11-10 10:00:00 in Hong Kong, 2026-11-09 21:00:00 in New York."""

HSTECH = LegEvidence(
    symbol="HSTECH",
    name="Hang Seng TECH",
    price=6301.4,
    currency="HKD",
    change_pct=1.9,
    source="yahoo",
    phase="REGULAR",
    live=True,
    age_s=0.4,
)
NDX = LegEvidence(
    symbol="NDX",
    name="Nasdaq-100",
    price=25059.81,
    currency="USD",
    change_pct=0.28,
    source="yahoo",
    phase="CLOSED",
    status="CLOSED",
    age_s=18_061.0,
    words="NDX = close of 05:00 HKT, 5 h 1 m old, market shut",
)


def note(
    kind: Kind = Kind.FIRING,
    *,
    held_s: int = 60,
    level: str = "warning",
    n: int = 0,
    rule: str = "hstech-ndx-wide",
    episode: int = START,
    notify: tuple[str, ...] = ("desk",),
    reason: str | None = None,
    **evidence: Any,
) -> Notification:
    """A note of the rule "HSTECH ahead of Nasdaq-100", `held_s` seconds after `episode`."""
    t = episode + held_s * 1000
    facts: dict[str, Any] = {
        "title": "HSTECH ahead of Nasdaq-100",
        "metric": "hstech-ndx.spread_pp.1d",
        "unit": "pp",
        "severity": "warning",
        "definition": "a41c09d2",
        "value": 1.62,
        "trigger": ((">", 1.5),),
        "clear": (("<", 1.2),),
        "limit": 1.5,
        "distance": 0.12,
        "peak": 1.75,
        "peak_t": episode + 30_000,
        "path": ((t, level),),
        "legs": (HSTECH, NDX),
        "today": 1,
        "last_30_sessions": 4,
    }
    facts.update(evidence)
    suffix = f":{n}" if n else ""
    return Notification(
        id=f"{rule}:hstech-ndx:{episode}:{kind.value}{suffix}",
        kind=kind,
        rule=rule,
        instance="hstech-ndx",
        episode=episode,
        level=level,
        t=t,
        seq=42,
        notify=notify,
        n=n,
        reason=reason,
        evidence=Evidence(t=t, seq=42, start=episode, held_ms=held_s * 1000, board="hk-us", **facts),
    )


MAG7 = BasketEvidence(
    id="mag7",
    status="DEGRADED",
    coverage_fresh=0.86,
    top=[("TSLA", 0.52), ("NVDA", 0.31)],
    bottom=[("AAPL", -0.12)],
)
