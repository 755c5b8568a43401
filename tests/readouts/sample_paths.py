"""A past and an alert desk for the sample board, worked out from its names: for tests of the pages.

They keep the promises of the ports: the last point of each line is the snapshot's own number, and only that one moves
from snapshot to snapshot.
"""

import math
import zlib
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from monitor.core.paths.path import BasketDay, Line, PairPath, PathPoint, Span
from monitor.core.paths.shades import Shade
from monitor.core.paths.spans import window_of
from monitor.core.snapshot import Snapshot
from monitor.readouts import words
from monitor.readouts.desk import (
    AlertEvent,
    ChannelView,
    DeadLetterView,
    Desk,
    EpisodeView,
    RuleView,
    SilenceView,
    StoryView,
)
from tests.readouts import sample_alerts
from tests.readouts.sample import sample

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_SPAN_MS: dict[Span, int] = {
    "today": 32 * _HOUR_MS, "1W": 7 * _DAY_MS, "1M": 31 * _DAY_MS, "YTD": 52 * _DAY_MS, "1Y": 365 * _DAY_MS,
    "since": 39 * _DAY_MS,
}  # fmt: skip
OPENED_MS = 1_740_101_400_000
"""09:30 in Hong Kong on the day of the sample."""


def now_ms(snapshot: Snapshot) -> int:
    """Time of a snapshot, epoch milliseconds."""
    moment = words.instant(snapshot.t)
    assert moment is not None
    return round(moment.timestamp() * 1000)


class SamplePast:
    """`Past` for the sample board. empty: pairs and baskets of which nothing is on file."""

    def __init__(self, *empty: str) -> None:
        self._empty = empty

    async def pair(self, pair: str, span: Span, now: Snapshot) -> PairPath:
        """Wavy lines that end where the snapshot is; Hong Kong's has a hole of half an hour."""
        view = now.pair_views[pair]
        window = window_of(span, now.windows)
        last, step = now_ms(now), _MINUTE_MS if span == "today" else _DAY_MS
        first = (last - _SPAN_MS[span]) // step * step
        values, before = _of_pair(now, pair, window), _of_pair(_BEFORE, pair, window)

        def line(role: str, subject: str, name: str, measure: str, step: int = step) -> Line:
            ends = (before[role], values[role])
            return _line(pair, subject, name, measure, window, range(first, last, step), last, ends, hole=role == "a")

        return PairPath(
            pair=pair,
            span=span,
            window=window,
            first_ms=first,
            last_ms=last,
            resolution="1m" if span == "today" else "1d",
            a=line("a", view.a, _name(now, view.a), "return_pct"),
            b=line("b", view.b, _name(now, view.b), "return_pct"),
            spread=line("spread", pair, view.name, "spread_pp"),
            estimate=line("sync", pair, view.name, "sync_spread_pp")
            if span == "today" and values["sync"] is not None
            else None,
            z=None
            if values["z"] is None
            else msgspec.structs.replace(line("z", pair, view.name, "z", max(step, _HOUR_MS)), window="1d"),
            shades=_shades(last) if span == "today" else [],
            simulated=now.simulated,
            status="NO_HISTORY" if pair in self._empty else "OK",
            reason="the monitor has not run long enough" if pair in self._empty else "",
        )

    async def basket(self, basket: str, now: Snapshot) -> BasketDay:
        """A day from the opening in Hong Kong on."""
        last = now_ms(now)
        values, before = _of_basket(now, basket), _of_basket(_BEFORE, basket)
        total, dispersion, breadth = (
            _line(
                basket, basket, now.basket_name(basket), measure, "1D", range(OPENED_MS, last, _MINUTE_MS), last,
                (before[measure], values[measure]), around=around,
            )
            for measure, around in (("return_pct", 0.0), ("dispersion_pp", 1.5), ("breadth", 0.5))
        )  # fmt: skip
        return BasketDay(
            basket=basket,
            first_ms=OPENED_MS,
            last_ms=last,
            total=total,
            dispersion=dispersion,
            breadth=breadth,
            shades=_shades(last),
            simulated=now.simulated,
            status="NO_HISTORY" if basket in self._empty else "OK",
            reason="the monitor has not run long enough" if basket in self._empty else "",
        )

    async def sparks(self, metrics: Sequence[str], now: Snapshot, count: int) -> dict[str, list[PathPoint]]:
        """Nothing of any of them."""
        return {metric: [] for metric in metrics}

    async def rows(
        self, metrics: Sequence[str], since_ms: int, until_ms: int, every: str, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Nothing."""
        return [], False


_BEFORE = sample()


def _of_pair(snapshot: Snapshot, pair: str, window: str) -> dict[str, float | None]:
    """The numbers of now that the lines of a pair end with."""
    view = snapshot.pair_views[pair]
    spread = view.last.spreads[window]
    return {
        "a": None if spread.r_a is None else 100 * spread.r_a,
        "b": None if spread.r_b is None else 100 * spread.r_b,
        "spread": spread.spread_pp,
        "sync": view.sync.spreads[window].spread_pp if view.sync else None,
        "z": view.statistics.z if view.statistics else None,
    }


def _of_basket(snapshot: Snapshot, basket: str) -> dict[str, float | None]:
    """The numbers of now that the lines of a basket end with."""
    view = snapshot.baskets[basket]["1D"]
    return {
        "return_pct": None if view.basket_return is None else 100 * view.basket_return,
        "dispersion_pp": None if view.dispersion is None else 100 * view.dispersion,
        "breadth": view.breadth_vs_bench,
    }


def _name(snapshot: Snapshot, leg: str) -> str:
    return snapshot.basket_name(leg) if leg in snapshot.baskets else snapshot.instruments[leg].name


def _line(
    seed: str,
    subject: str,
    name: str,
    measure: str,
    window: str,
    times: range,
    last: int,
    ends: tuple[float | None, float | None],
    *,
    hole: bool = False,
    around: float | None = None,
) -> Line:
    """From nought, or from `around`, to the first of the ends, waving; the second is the value of now."""
    phase = zlib.crc32(f"{seed}{subject}{measure}".encode()) % 628 / 100
    start, end = around or 0.0, 1.0 if ends[0] is None else ends[0]
    size = max(abs(end - start), 0.4 if around is None else 0.1) * 0.3
    points: list[PathPoint] = []
    for n, at in enumerate(times):
        part = n / len(times)
        wave = math.sin(phase + 9 * part) - math.sin(phase) + 0.3 * math.sin(70 * part)
        value = start + (end - start) * part + size * wave * (1 - part) * min(part * 8, 1)
        points.append((at, None if hole and 0.62 < part < 0.64 else value))
    unit = {"return_pct": "pct", "z": "z", "breadth": "ratio"}.get(measure, "pp")
    return Line(
        subject=subject,
        name=name,
        measure=measure,
        window=window.lower(),
        unit=unit,
        points=[*points, (last, ends[1])],
    )


def _shades(last: int) -> list[Shade]:
    """Trading hours of the day until now."""
    kinds: tuple[tuple[Literal["hong_kong", "lunch", "new_york"], int, int], ...] = (
        ("hong_kong", 0, 150),
        ("lunch", 150, 210),
        ("hong_kong", 210, 390),
        ("new_york", 780, 1170),
    )
    return [
        Shade(kind, OPENED_MS + start * _MINUTE_MS, min(OPENED_MS + end * _MINUTE_MS, last))
        for kind, start, end in kinds
    ]


def rule(**changes: Any) -> RuleView:
    """A rule on the day's spread of HSTECH and the Nasdaq."""
    given = RuleView(
        rule="spread-1d-wide", instance="hstech-ixic", title="HSTECH leads the Nasdaq",
        metric="hstech-ixic.spread_pp.1d", measure="spread_pp", window="1d", unit="pp", severity="warning",
        phase="FIRING", level="warning",
        since_ms=OPENED_MS + 100 * _MINUTE_MS, value=-0.21, limit=0.5, condition="> +0.50 pp, critical > +6.00 pp",
        bounds=[("warning", ">", 0.5), ("critical", ">", 6.0)], clears=[("warning", "<", 0.25)], for_ms=60_000,
        notify=["console"], silenced_by="",
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


def episode(**changes: Any) -> EpisodeView:
    """A warning on the day's spread that goes on."""
    start = OPENED_MS + 600 * _MINUTE_MS
    given = EpisodeView(
        id=f"spread-1d-wide:hstech-ixic:{start}", rule="spread-1d-wide", instance="hstech-ixic",
        title="HSTECH leads the Nasdaq", kind="FIRING", level="warning", start_ms=start, end_ms=None,
        metric="hstech-ixic.spread_pp.1d", unit="pp", window="1d", peak=0.84, limit=0.5, told=1, ended_by="",
        simulated=False,
    )  # fmt: skip
    return msgspec.structs.replace(given, **changes)


RULES = [
    rule(),
    rule(rule="z-far", title="The day is unusual", metric="hstech-ixic.z.1d", measure="z", unit="z", phase="OK",
         level="", since_ms=None, value=2.13, condition="> +2.50 or < −2.50",
         bounds=[("info", ">", 2.5), ("info", "<", -2.5)],
         clears=[], severity="info"),
    rule(rule="ytd-wide", title="Far apart this year", metric="hstech-ixic.spread_pp.ytd", window="ytd",
         phase="NOT SEEN", level="", since_ms=None, value=None, bounds=[("warning", ">", 30.0)],
         clears=[], condition="> +30.00 pp"),
    rule(rule="other", instance="hstech-ndx", metric="hstech-ndx.spread_pp.1d"),
]  # fmt: skip
EPISODES = [
    episode(),
    episode(id=f"spread-1d-wide:hstech-ixic:{OPENED_MS}", level="critical", start_ms=OPENED_MS + 100 * _MINUTE_MS,
            end_ms=OPENED_MS + 160 * _MINUTE_MS, peak=-1.9, ended_by="RESOLVED"),
    episode(id=f"other:hstech-ndx:{OPENED_MS}", rule="other", instance="hstech-ndx", metric="hstech-ndx.spread_pp.1d"),
    episode(id=f"z-far:hstech-ixic:{OPENED_MS}", rule="z-far", metric="hstech-ixic.z.1d", unit="z", level="info",
            kind="EVENT", start_ms=OPENED_MS + 50 * _MINUTE_MS, end_ms=OPENED_MS + 50 * _MINUTE_MS, peak=2.6),
]  # fmt: skip


class SampleDesk(Desk):
    """What pages read of `Desk`, for the sample board."""

    def __init__(self, rules: Sequence[RuleView] = RULES, episodes: Sequence[EpisodeView] = EPISODES) -> None:
        self._rules = rules
        self._episodes = episodes

    async def rules(self) -> list[RuleView]:
        """All of them."""
        return list(self._rules)

    async def episodes(
        self, *, limit: int = 50, before_ms: int | None = None, rule: str | None = None, instance: str | None = None
    ) -> list[EpisodeView]:
        """All of them."""
        return list(self._episodes)

    async def rules_refused(self) -> str:
        """They are in force."""
        return ""

    async def story(self, identifier: str) -> StoryView:
        """The same of whatever is asked."""
        return sample_alerts.story(chart=False)

    async def silences(self, *, everything: bool = False) -> list[SilenceView]:
        """One of the pair's rules is silenced."""
        return [sample_alerts.silence()]

    async def dead_letters(self, channel: str | None = None) -> list[DeadLetterView]:
        """Everything was delivered."""
        return []

    async def channels(self) -> list[ChannelView]:
        """One, which works."""
        return [sample_alerts.channel()]

    async def events(self, after: str | None, count: int = 100) -> list[AlertEvent]:
        """Nothing happens."""
        return []
