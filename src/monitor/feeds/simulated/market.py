"""An invented market: three common factors, a life of its own for every line, real trading hours.

Every price is a function of seed, line and time, so the simulator can be stopped and started anywhere and two runs
with one seed agree. A line's daily closes follow the factors by its betas and are drawn back slowly to its base level;
within a session the price goes from the previous close to the day's close along a random bridge (the Karhunen–Loève
series of the Brownian bridge: sines with amplitudes falling like 1/k).

What trades while another market is shut (futures, ETFs, ADRs) is a shadow of what it stands for: in step with it while
it trades, and between its close and its next opening already on the way to where that opening will be.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import NamedTuple

from monitor.core.definition import Instrument, Kind
from monitor.core.instant import MINUTE, SECOND
from monitor.core.quotes.tick_filter import EXTENDED_PHASES
from monitor.core.session import Calendar, Phase
from monitor.feeds.simulated.random_path import Bridge, Noise

GLOBAL, CHINA, US = "global", "china-tech", "us-tech"

_FACTOR_VOL = {GLOBAL: 0.006, CHINA: 0.010, US: 0.008}
"""Standard deviation of a factor's daily log return."""
_EPOCH = date(2022, 1, 3)
"""Day on which every line stands at its base level."""
_GAP = 0.25
"""Share of a day's return that is there at the opening."""
_MINUTES_PER_DAY = 24 * 60


class Line(NamedTuple):
    """How one instrument moves. base: level on the first day. to_…: betas to the factors. own: standard deviation of
    its own daily log return."""

    base: float
    to_global: float
    to_china: float
    to_us: float
    own: float


# Levels of autumn 2025, rounded; betas and volatilities by judgement. Nothing here is a price.
_LINES = {
    "HSTECH": Line(5600.0, 0.6, 1.0, 0.0, 0.002),
    "HSI": Line(25800.0, 0.7, 0.6, 0.0, 0.002),
    "SSEC": Line(3900.0, 0.3, 0.4, 0.0, 0.003),
    "IXIC": Line(22800.0, 0.9, 0.0, 0.9, 0.001),
    "NDX": Line(24800.0, 0.9, 0.0, 1.0, 0.001),
    "GSPC": Line(6700.0, 0.9, 0.0, 0.5, 0.001),
    "0700.HK": Line(630.0, 0.6, 0.9, 0.0, 0.008),
    "9988.HK": Line(160.0, 0.7, 1.2, 0.0, 0.013),
    "1810.HK": Line(46.0, 0.6, 1.1, 0.0, 0.013),
    "1211.HK": Line(100.0, 0.6, 0.9, 0.0, 0.012),
    "3690.HK": Line(100.0, 0.6, 1.0, 0.0, 0.014),
    "0981.HK": Line(76.0, 0.7, 1.2, 0.0, 0.017),
    "0992.HK": Line(11.5, 0.7, 0.8, 0.0, 0.012),
    "9618.HK": Line(128.0, 0.6, 1.0, 0.0, 0.012),
    "9999.HK": Line(230.0, 0.5, 0.8, 0.0, 0.012),
    "9888.HK": Line(125.0, 0.6, 1.1, 0.0, 0.015),
    "688256.SH": Line(1350.0, 0.5, 1.1, 0.0, 0.020),
    "AAPL": Line(265.0, 0.9, 0.0, 0.8, 0.008),
    "MSFT": Line(505.0, 0.9, 0.0, 0.8, 0.006),
    "GOOGL": Line(280.0, 0.9, 0.0, 0.9, 0.009),
    "AMZN": Line(235.0, 0.9, 0.0, 1.0, 0.009),
    "NVDA": Line(190.0, 1.0, 0.0, 1.5, 0.012),
    "META": Line(640.0, 0.9, 0.0, 1.1, 0.010),
    "TSLA": Line(420.0, 1.1, 0.0, 1.4, 0.018),
}


class Shadow(NamedTuple):
    """A line that follows another one. of: the other line. scale: its level over that of the other, in the same
    currency."""

    of: str
    scale: float


_SHADOWS = {"NQ": Shadow("NDX", 1.004), "KWEB": Shadow("HSTECH", 0.047)}
_NIGHT_VOL = 0.002
"""Standard deviation of what a shadow does on its own between a close and the next opening."""

_CHINA_LINE = Line(100.0, 0.6, 1.0, 0.0, 0.012)
_US_LINE = Line(100.0, 0.9, 0.0, 1.0, 0.010)

_RATES = {"USDHKD": 7.80, "USDCNY": 7.12}
_PEG = ("USDHKD", 0.045)
"""The Hong Kong dollar is held between 7.75 and 7.85: how far it may stray from the middle."""
_RATE_VOL = 0.0012

_FUTURES_TICK = 0.25

# HKEX spread table, part A, as of 4 August 2025: price below → tick.
_HK_TICKS = ((20.0, 0.01), (50.0, 0.02), (100.0, 0.05), (200.0, 0.1), (500.0, 0.2), (1000.0, 0.5))

# Spread of the Hong Kong leader over the Nasdaq's last day, percentage points by minute of the session: a rally that
# crosses +3, where the shipped rules begin, about eight minutes after the opening, holds, and ebbs away before the
# first hour is over.
_RALLY = ((0.0, -0.4), (3.0, 0.4), (8.0, 3.05), (14.0, 4.2), (30.0, 3.9), (44.0, 0.6), (52.0, -0.3), (75.0, -0.3))
_RALLY_FADES_AT = 52.0


class Market:
    """Prices of a board's instruments at any instant.

    instruments: of the board. calendars: by name; every calendar that an instrument names. seed: what makes this market
    itself and no other. leader, follower: index whose morning rally is staged, and index it is measured against; the
    rally is left out when the board lacks one of them.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        calendars: Mapping[str, Calendar],
        seed: int,
        leader: str = "HSTECH",
        follower: str = "IXIC",
    ) -> None:
        self._instruments = {instrument.symbol: instrument for instrument in instruments}
        self._calendars = calendars
        self._seed = seed
        self._shadows = {symbol: shadow for symbol in self._instruments if (shadow := self._shadow(symbol)) is not None}
        self._noise = {name: Noise(seed, name) for name in (*_FACTOR_VOL, *self._instruments)}
        staged = {leader, follower} <= self._instruments.keys()
        self._leader = leader if staged else None
        self._follower = follower
        self._bridge = lru_cache(4096)(self._new_bridge)

    def trades(self, symbol: str, instant_ns: int) -> bool:
        """Is this instrument quoted? In regular sessions; a proxy line also before and after them."""
        phase = self.phase(symbol, instant_ns)
        return phase is Phase.REGULAR or (phase in EXTENDED_PHASES and self._instruments[symbol].filter.extended)

    def phase(self, symbol: str, instant_ns: int) -> Phase | None:
        """Phase of this instrument's market; None for a currency."""
        calendar = self._calendar(symbol)
        return None if calendar is None else calendar.phase(instant_ns)

    def close(self, symbol: str, session: str) -> float:
        """The official close of a session."""
        calendar = self._calendar(symbol)
        if symbol in self._shadows and calendar is not None:
            return self.price(symbol, calendar.closes_at(session))
        return self._rounded(symbol, math.exp(self._log_close(symbol, session)))

    def previous_close(self, symbol: str, instant_ns: int) -> float:
        """The close that a price at this instant is compared with: of the session before the current one, before and
        after regular hours the latest one, for a currency that of the day before."""
        calendar = self._calendar(symbol)
        if calendar is None:
            return self._rate(symbol, instant_ns // SECOND // 86_400 * 86_400 * SECOND)
        session = calendar.current_session(instant_ns)
        if session and calendar.phase(instant_ns) in (Phase.PRE, Phase.POST):
            return self.close(symbol, session)
        previous = calendar.previous(session) if session else None
        return self.close(symbol, previous or calendar.sessions[0])

    def price(self, symbol: str, instant_ns: int) -> float:
        """The price at an instant; outside trading hours, the last close."""
        calendar = self._calendar(symbol)
        if calendar is None:
            return self._rate(symbol, instant_ns)
        if symbol in self._shadows:
            return self._rounded(symbol, self._shadow_price(symbol, instant_ns))
        return self._rounded(symbol, math.exp(self._level(symbol, calendar, instant_ns)))

    def _level(self, symbol: str, calendar: Calendar, instant_ns: int) -> float:
        """Logarithm of the price, with the staged rally."""
        line = self._line(symbol)
        session = calendar.current_session(instant_ns)
        if session is None:
            return math.log(line.base)
        level = self._log_price(symbol, calendar, session, instant_ns)
        return level + line.to_china * self._rally(instant_ns) if self._leader and line.to_china else level

    def _shadow(self, symbol: str) -> Shadow | None:
        """What a line follows; None when that is not here."""
        instrument = self._instruments[symbol]
        shadow = _SHADOWS.get(symbol)
        if instrument.underlying and instrument.adr_ratios:
            shadow = Shadow(instrument.underlying, instrument.adr_ratios[-1][1])
        return shadow if shadow is not None and shadow.of in self._instruments else None

    def _shadow_price(self, symbol: str, instant_ns: int) -> float:
        followed, scale = self._shadows[symbol]
        pair = f"USD{self._instruments[followed].currency}"
        per_unit = 1.0
        if self._instruments[symbol].currency != self._instruments[followed].currency:
            per_unit = self._rate(pair, instant_ns) if pair in self._instruments else _RATES.get(pair, 1.0)
        return scale * math.exp(self._level_around_the_clock(followed, instant_ns)) / per_unit

    def _level_around_the_clock(self, symbol: str, instant_ns: int) -> float:
        """As `_level`; while the market is shut, on a path from its close to its next opening."""
        calendar = self._calendars[self._instruments[symbol].calendar or ""]
        last = calendar.known_close(instant_ns)
        following = calendar.next(last or "")
        if last is None or following is None or instant_ns >= calendar.opens_at(following):
            return self._level(symbol, calendar, instant_ns)
        closed_ns, opens_ns = calendar.close_instant(last), calendar.opens_at(following)
        u = (instant_ns - closed_ns) / (opens_ns - closed_ns)
        start, end = self._log_close(symbol, last), self._level(symbol, calendar, opens_ns)
        return start + (end - start) * u + _NIGHT_VOL * self._bridge(f"{symbol} night", last).at(u)

    def _log_price(self, symbol: str, calendar: Calendar, session: str, instant_ns: int) -> float:
        previous = calendar.previous(session)
        end = self._log_close(symbol, session)
        start = self._log_close(symbol, previous) if previous else end
        active = calendar.active_seconds(calendar.opens_at(session), instant_ns)
        u = min(1.0, active / calendar.regular_seconds(session))
        line = self._line(symbol)
        wander = line.own * self._bridge(symbol, session).at(u)
        for factor, beta in ((GLOBAL, line.to_global), (CHINA, line.to_china), (US, line.to_us)):
            if beta:
                wander += beta * _FACTOR_VOL[factor] * self._bridge(factor, session).at(u)
        return start + (end - start) * (_GAP + (1.0 - _GAP) * u) + wander

    def _rally(self, instant_ns: int) -> float:
        """What the China factor must have on top for the leader to follow the staged morning."""
        calendar = self._calendar(self._leader or "")
        follower = self._calendar(self._follower)
        session = calendar.current_session(instant_ns) if calendar else None
        if calendar is None or follower is None or session is None:
            return 0.0
        minute = (instant_ns - calendar.opens_at(session)) / MINUTE
        last_us = follower.known_close(instant_ns)
        before_us = follower.previous(last_us) if last_us else None
        previous = calendar.previous(session)
        if not 0.0 <= minute < _RALLY[-1][0] or last_us is None or before_us is None or previous is None:
            return 0.0
        follower_return = self.close(self._follower, last_us) / self.close(self._follower, before_us) - 1.0
        wanted = math.log1p(follower_return + _interpolated(_RALLY, minute) / 100.0)
        leader = self._leader or ""
        unstaged = self._log_price(leader, calendar, session, instant_ns) - math.log(self.close(leader, previous))
        fade = 1.0 - max(0.0, minute - _RALLY_FADES_AT) / (_RALLY[-1][0] - _RALLY_FADES_AT)
        return (wanted - unstaged) * fade / self._line(leader).to_china

    def _log_close(self, symbol: str, session: str) -> float:
        day = (date.fromisoformat(session) - _EPOCH).days
        line = self._line(symbol)
        log_level = math.log(line.base) + line.own * self._noise[symbol].level(day)
        for factor, beta in ((GLOBAL, line.to_global), (CHINA, line.to_china), (US, line.to_us)):
            if beta:
                log_level += beta * _FACTOR_VOL[factor] * self._noise[factor].level(day)
        return log_level

    def _rate(self, pair: str, instant_ns: int) -> float:
        """Currencies trade around the clock: a day is a UTC day, and today's level leads to tomorrow's."""
        minutes = instant_ns // MINUTE
        days, minute = divmod(minutes, _MINUTES_PER_DAY)
        day = days - (_EPOCH - date(1970, 1, 1)).days
        u = (minute + (instant_ns % MINUTE) / MINUTE) / _MINUTES_PER_DAY
        noise = self._noise[pair]
        level = noise.level(day - 1) * (1.0 - u) + noise.level(day) * u + self._bridge(pair, str(day)).at(u)
        base = _RATES.get(pair, 1.0)
        if pair == _PEG[0]:
            return round(base + _PEG[1] * math.tanh(level / 8.0), 4)
        return round(base * math.exp(_RATE_VOL * level), 4)

    def _rounded(self, symbol: str, price: float) -> float:
        instrument = self._instruments[symbol]
        if instrument.kind is Kind.FUTURE:
            return round(price / _FUTURES_TICK) * _FUTURES_TICK
        if instrument.calendar != "XHKG" or instrument.kind is Kind.INDEX:
            return round(price, 2)
        tick = next((tick for below, tick in _HK_TICKS if price < below), 1.0)
        return round(round(price / tick) * tick, 3)

    def _line(self, symbol: str) -> Line:
        known = _LINES.get(symbol)
        if known is not None:
            return known
        return _CHINA_LINE if self._instruments[symbol].calendar in ("XHKG", "XSHG") else _US_LINE

    def _calendar(self, symbol: str) -> Calendar | None:
        instrument = self._instruments.get(symbol)
        return self._calendars[instrument.calendar] if instrument and instrument.calendar else None

    def _new_bridge(self, name: str, session: str) -> Bridge:
        return Bridge(Random(f"{self._seed}|{name}|{session}"))


def _interpolated(points: tuple[tuple[float, float], ...], x: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if x < x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]
