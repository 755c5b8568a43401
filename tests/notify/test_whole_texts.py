"""Whole messages as people read them. Every text here was typed by hand, so that a change of wording is a decision."""

import msgspec

from monitor.core.alerts.notification import BasketEvidence, Kind, LegEvidence, Notification
from monitor.notify.plain_text import plain_text
from monitor.notify.render import Circumstances, word
from tests.notify.notes import MAG7, START, note

CHINA_M7 = BasketEvidence(
    id="china-m7",
    status="OK",
    coverage_fresh=1.0,
    top=[("0700.HK", 0.71), ("9988.HK", 0.4)],
    bottom=[("0981.HK", -0.05)],
    names={"0700.HK": "騰訊控股", "9988.HK": "阿里巴巴", "0981.HK": "中芯國際"},
)
TENCENT = LegEvidence(
    symbol="0700.HK",
    name="騰訊控股",
    price=512.5,
    currency="HKD",
    change_pct=-2.6,
    source="yahoo",
    phase="REGULAR",
    live=True,
    age_s=3.0,
    delay_s=900,
)


def text(notification: Notification, circumstances: Circumstances | None = None) -> str:
    return plain_text(word(notification, circumstances or Circumstances(dashboard="https://board.example.org")))


def test_two_baskets_apart() -> None:
    """z of the pair, coverage of both, who moves them with their Chinese names, how the level moved, what held it."""
    told = note(
        level="critical",
        title="China M7 ahead of Magnificent Seven",
        metric="china-m7_mag7.spread_pp.1d",
        held_s=900,
        value=3.104,
        trigger=((">", 3.0),),
        clear=(("<", 2.6),),
        limit=3.0,
        distance=0.104,
        peak=3.25,
        peak_t=START + 600_000,
        path=((START + 60_000, "warning"), (START + 540_000, "critical")),
        held_back=("cooldown", "silence s-7f3a", "feed-down"),
        z=2.417,
        legs=(),
        baskets=(CHINA_M7, MAG7),
        quality=("mag7: 86 % of its weight is fresh", "mag7: left out AAPL (MISSING)"),
        runbook="https://example.org/r/1",
    )

    assert text(told) == (
        "[CRITICAL] China M7 ahead of Magnificent Seven: +3.10 pp, limit +3.00, for 15 m\n"
        "\n"
        "▲ CRITICAL · China M7 ahead of Magnificent Seven\n"
        "+3.10 pp, limit +3.00, since 10:00:00 HKT\n"
        "\n"
        "value: +3.10 pp\n"
        "limit: > +3.00 pp (0.10 pp beyond)\n"
        "clear: < +2.60 pp\n"
        "held: 15 m since 10:00:00 HKT\n"
        "peak: +3.25 pp at 10:10:00 HKT\n"
        "z: +2.42 σ\n"
        "coverage: china-m7 100 %, mag7 86 % DEGRADED\n"
        "level: warning 10:01:00 HKT → critical 10:09:00 HKT\n"
        "china-m7: 0700.HK 騰訊控股 +0.71 pp, 9988.HK 阿里巴巴 +0.40 pp; 0981.HK 中芯國際 -0.05 pp\n"
        "mag7: TSLA +0.52 pp, NVDA +0.31 pp; AAPL -0.12 pp\n"
        "\n"
        "mag7: 86 % of its weight is fresh\n"
        "mag7: left out AAPL (MISSING)\n"
        "Held back until 10:15:00 HKT by cooldown, silence s-7f3a, feed-down.\n"
        "Announced 1 × today, 4 × in the last 30 sessions.\n"
        "\n"
        "Dashboard: https://board.example.org/?at=1794276900000\n"
        "Runbook: https://example.org/r/1\n"
        "\n"
        "hstech-ndx-wide · a41c09d2 · china-m7_mag7.spread_pp.1d · snapshot 1794276900000 seq 42\n"
        "2026-11-10 10:15:00 HKT / 2026-11-09 21:15:00 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:FIRING\n"
    )


def test_a_closing_that_was_late_and_tells_the_opening_too() -> None:
    """Length, peak, the highest level, both times, both ids, and how late it is."""
    opening = note()
    closing = note(
        Kind.RESOLVED,
        held_s=1230,
        value=1.19,
        distance=-0.31,
        peak=2.31,
        path=((START + 60_000, "warning"),),
        z=1.02,
    )
    late = Circumstances(delayed_s=200.0, merged=(opening,), instead_of="desk", may_repeat=True)

    assert text(closing, late) == (
        "[RESOLVED · DELAYED 3 m 20 s · MAY REPEAT] HSTECH ahead of Nasdaq-100: +1.19 pp, lasted 20 m 30 s from "
        "10:00:00 HKT, peak +2.31 pp, firing 10:01:00 HKT\n"
        "\n"
        "DELAYED 3 m 20 s · MAY REPEAT\n"
        "\n"
        "✔ RESOLVED · HSTECH ahead of Nasdaq-100\n"
        "+1.19 pp, lasted 20 m 30 s from 10:00:00 HKT, peak +2.31 pp, firing 10:01:00 HKT\n"
        "\n"
        "value: +1.19 pp\n"
        "limit: > +1.50 pp\n"
        "clear: < +1.20 pp\n"
        "length: 20 m 30 s since 10:00:00 HKT\n"
        "peak: +2.31 pp at 10:00:30 HKT\n"
        "HSTECH: 6,301.4 HKD +1.9 % live 0.4 s yahoo · Hang Seng TECH\n"
        "NDX: 25,059.8 USD +0.3 % closed 5 h 1 m yahoo · Nasdaq-100\n"
        "z: +1.02 σ\n"
        "level: warning\n"
        "\n"
        "NDX = close of 05:00 HKT, 5 h 1 m old, market shut\n"
        "Announced 1 × today, 4 × in the last 30 sessions.\n"
        "Closes hstech-ndx-wide:hstech-ndx:1794276000000:FIRING.\n"
        "Also delivers hstech-ndx-wide:hstech-ndx:1794276000000:FIRING.\n"
        "Sent here because channel desk could not deliver it.\n"
        "An earlier attempt may have arrived: same id, same event.\n"
        "\n"
        "hstech-ndx-wide · a41c09d2 · hstech-ndx.spread_pp.1d · snapshot 1794277230000 seq 42\n"
        "2026-11-10 10:20:30 HKT / 2026-11-09 21:20:30 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:RESOLVED\n"
    )


def test_one_name_of_many() -> None:
    """A rule over several subjects names the one it is about, in Chinese too, and a move is told as a move."""
    fall = msgspec.structs.replace(
        note(
            title="A giant falls fast",
            metric="0700.HK.return_pct.1d",
            unit="pct",
            held_s=0,
            value=-2.6,
            move=-2.31,
            within_ms=600_000,
            trigger=(("<", -2.0),),
            clear=(("≥", -2.0),),
            limit=-2.0,
            distance=0.31,
            peak=-2.31,
            peak_t=START,
            legs=(TENCENT,),
            simulated=True,
            quality=("simulated prices", "0700.HK delayed 15 m by its source"),
            today=2,
            last_30_sessions=2,
        ),
        instance="0700.HK",
    )

    assert text(fall, Circumstances()) == (
        "[WARNING · SIMULATED] A giant falls fast · 0700.HK 騰訊控股: moved -2.3 % within 10 m, limit -2.0\n"
        "\n"
        "SIMULATED\n"
        "\n"
        "▼ WARNING · A giant falls fast · 0700.HK 騰訊控股\n"
        "moved -2.3 % within 10 m, limit -2.0, since 10:00:00 HKT\n"
        "\n"
        "value: moved -2.3 % within 10 m\n"
        "limit: < -2.0 % (0.3 % beyond)\n"
        "clear: ≥ -2.0 %\n"
        "held: 0 s since 10:00:00 HKT\n"
        "peak: -2.3 % at 10:00:00 HKT\n"
        "0700.HK: 512.50 HKD -2.6 % live 3 s delayed 15 m by contract yahoo · 騰訊控股\n"
        "\n"
        "simulated prices\n"
        "0700.HK delayed 15 m by its source\n"
        "Announced 2 × today, 2 × in the last 30 sessions.\n"
        "\n"
        "hstech-ndx-wide · a41c09d2 · 0700.HK.return_pct.1d · snapshot 1794276000000 seq 42\n"
        "2026-11-10 10:00:00 HKT / 2026-11-09 21:00:00 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:FIRING\n"
    )


def test_a_regime_is_told_in_words() -> None:
    """Nobody has to know that bull is 1: the number, its limit and its clear are regimes."""
    entered = note(
        Kind.EVENT,
        title="HSTECH enters a bull market",
        metric="HSTECH.regime.now",
        unit="count",
        held_s=0,
        value=1.0,
        trigger=((">", 0.5),),
        clear=(),
        limit=0.5,
        distance=0.5,
        peak=None,
        peak_t=None,
        path=(),
        legs=(),
    )

    assert text(entered, Circumstances()) == (
        "[WARNING EVENT] HSTECH enters a bull market: now bull\n"
        "\n"
        "◆ WARNING EVENT · HSTECH enters a bull market\n"
        "now bull, at 10:00:00 HKT\n"
        "\n"
        "value: bull\n"
        "limit: bull\n"
        "held: 0 s since 10:00:00 HKT\n"
        "\n"
        "Announced 1 × today, 4 × in the last 30 sessions.\n"
        "\n"
        "hstech-ndx-wide · a41c09d2 · HSTECH.regime.now · snapshot 1794276000000 seq 42\n"
        "2026-11-10 10:00:00 HKT / 2026-11-09 21:00:00 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:EVENT\n"
    )


def test_an_outage() -> None:
    """What is missing since when; the legs say why."""
    dead = msgspec.structs.replace(TENCENT, price=None, change_pct=None, live=False, status="MISSING", age_s=None)
    outage = note(
        Kind.NO_DATA,
        metric="0700.HK.return_pct.1d",
        unit="pct",
        held_s=30,
        value=None,
        trigger=(("<", -5.0),),
        clear=(),
        limit=-5.0,
        distance=None,
        peak=None,
        peak_t=None,
        path=(),
        legs=(dead,),
        quality=("0700.HK missing",),
        today=0,
        last_30_sessions=0,
    )

    assert text(outage, Circumstances()) == (
        "[NO DATA] HSTECH ahead of Nasdaq-100: no valid value for 30 s\n"
        "\n"
        "? NO DATA · HSTECH ahead of Nasdaq-100\n"
        "no valid value for 30 s, since 10:00:00 HKT\n"
        "\n"
        "value: n/a\n"
        "limit: < -5.0 %\n"
        "held: 30 s since 10:00:00 HKT\n"
        "0700.HK: n/a missing delayed 15 m by contract yahoo · 騰訊控股\n"
        "\n"
        "0700.HK missing\n"
        "\n"
        "hstech-ndx-wide · a41c09d2 · 0700.HK.return_pct.1d · snapshot 1794276030000 seq 42\n"
        "2026-11-10 10:00:30 HKT / 2026-11-09 21:00:30 ET · id hstech-ndx-wide:hstech-ndx:1794276000000:NO_DATA\n"
    )
