"""What can be wrong with a series of daily closes, each found by a function of its own.

Rows are ascending by day, closes raw. Nothing is corrected here: a finder says what it saw and where.
"""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from math import exp, log

import msgspec

from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.derived_close import NEAR_SESSIONS, split_like
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar
from monitor.history.providers.port import DailyRow
from monitor.history.record import AGREEMENT

WILD_MOVE = log(1.25)
"""A move beyond 25 % is looked at twice (FEEDS 11.3, rule 4)."""
SPLIT_BAND = 0.06
"""How near to n:1 a suspected split is, as a logarithm: the move of the ex-date lies on top."""
SLIPS = (10.0, 100.0, 1000.0)
SLIP_BAND = 0.1
"""How near to such a factor, as a logarithm, a slipped decimal is: a day's own move lies on top."""
DIVIDEND_EFFECT = 5e-4
"""A close further below the printed one than this, and others like it before it, has dividends taken off."""
SHORT_DAY = 0.75
"""A session shorter than this share of the usual one is a half day."""
STALE_AFTER = 5
"""So many sessions may have closed since the last one on file."""


class Trouble(StrEnum):
    """Kinds of finding."""

    BAD_ROW = "bad row"
    DUPLICATE = "duplicate"
    NO_SESSION = "no session"
    NOT_YET = "not closed yet"
    FUTURE = "in the future"
    SLIPPED = "ten times off"
    SPLIT = "suspected split"
    DIVIDENDS = "dividend-adjusted"
    DISAGREES = "sources disagree"
    ACTION_DIFFERS = "action differs"
    FLAT = "flat print"
    GAP = "missing sessions"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was found. where: `file:line`, or the provider. day: session or date, empty for the whole series.

    grave: wrong or doubtful enough that a check says no. refused: the row (with an empty day: the series) was left out.
    """

    symbol: str
    trouble: Trouble
    problem: str
    hint: str = ""
    day: str = ""
    where: str = ""
    grave: bool = True
    refused: bool = True

    def __str__(self) -> str:
        sentence = f"{self.where or self.symbol}: {self.problem}"
        return f"{sentence}. {self.hint}" if self.hint else sentence


def duplicates(symbol: str, rows: Sequence[DailyRow]) -> list[Finding]:
    """Every row after the first of its day."""
    first: dict[str, DailyRow] = {}
    found = []
    for row in rows:
        if row.day not in first:
            first[row.day] = row
            continue
        other = first[row.day]
        found.append(
            Finding(
                symbol=symbol,
                trouble=Trouble.DUPLICATE,
                day=row.day,
                where=row.where,
                problem=f"date: {symbol} {row.day} is there twice: {row.close:g}, and {other.close:g} at {other.where}",
                hint="Delete the wrong row; the first one counts.",
                grave=row.close != other.close,
            )
        )
    return found


def without_session(symbol: str, rows: Sequence[DailyRow], calendar: Calendar) -> list[Finding]:
    """Rows on days that the calendar covers and on which it had no session."""
    covered = (calendar.sessions[0], calendar.sessions[-1]) if calendar.sessions else ("", "")
    return [
        Finding(
            symbol=symbol,
            trouble=Trouble.NO_SESSION,
            day=row.day,
            where=row.where,
            problem=f"date: {calendar.name} had no session on {row.day}",
            hint="Correct the date, or the calendar in config/calendars/overrides.toml.",
        )
        for row in rows
        if covered[0] <= row.day <= covered[1] and row.day not in calendar
    ]


def not_closed(symbol: str, rows: Sequence[DailyRow], calendar: Calendar, now_ns: int) -> list[Finding]:
    """Rows of sessions whose close is not known at `now_ns`: the unfinished one of today, and those of the future."""
    known, current = calendar.known_close(now_ns) or "", calendar.current_session(now_ns) or ""
    found = []
    for row in rows:
        if row.day <= known:
            continue
        today = row.day == current
        found.append(
            Finding(
                symbol=symbol,
                trouble=Trouble.NOT_YET if today else Trouble.FUTURE,
                day=row.day,
                where=row.where,
                problem=f"date: the close of {row.day} is not known yet; the latest is that of {known}",
                hint="Come back after the close." if today else "Correct the date.",
                grave=not today,
            )
        )
    return found


def slipped(symbol: str, rows: Sequence[DailyRow], actions: Sequence[CorporateAction]) -> list[Finding]:
    """Rows ten, a hundred or a thousand times off, whose neighbours agree with each other."""
    found: list[Finding] = []
    before = rows[0] if rows else None
    for row, after in pairwise(rows[1:]):
        assert before is not None
        step, back = _move(before, row, actions), _move(before, after, actions)
        near = slip_like(step)
        if near is not None and abs(back) < WILD_MOVE:
            found.append(off_by(symbol, row, before.close, before.day, near, step > 0))
        else:
            before = row
    return found


def slip_like(move: float) -> float | None:
    """By what factor a move (a logarithm) looks like a slipped decimal, up or down; None for one that does not."""
    return next((slip for slip in SLIPS if abs(abs(move) - log(slip)) <= SLIP_BAND), None)


def off_by(symbol: str, row: DailyRow, expected: float, day: str, times: float, above: bool) -> Finding:
    """The finding for a slipped decimal: `row` beside `expected`, which was the close of `day`."""
    how = f"{times:g} times too {'high' if above else 'low'}"
    return Finding(
        symbol=symbol,
        trouble=Trouble.SLIPPED,
        day=row.day,
        where=row.where,
        problem=f"close: {row.close:g} on {row.day} is {how}, beside {expected:g} on {day}",
        hint="Correct the decimal point.",
    )


def suspected_splits(
    symbol: str,
    rows: Sequence[DailyRow],
    actions: Sequence[CorporateAction],
    confirmed: Mapping[str, float],
    calendar: Calendar,
) -> list[Finding]:
    """Steps between neighbouring rows that look like a split, a bonus issue or a consolidation that is not on file.

    confirmed: session → close that a person wrote down: a step to such a close was real. Rows more than NEAR_SESSIONS
    sessions apart prove nothing.
    """
    found = []
    for before, row in pairwise(rows):
        if len(calendar.between(before.day, row.day)) > NEAR_SESSIONS:
            continue
        move = _move(before, row, actions)
        scale = split_like(exp(move), SPLIT_BAND)
        if abs(move) <= WILD_MOVE or scale is None:
            continue
        real = confirmed.get(row.day)
        if real is not None and abs(row.close / real - 1) <= AGREEMENT:
            continue
        found.append(
            Finding(
                symbol=symbol,
                trouble=Trouble.SPLIT,
                day=row.day,
                where=row.where,
                problem=f"close: {row.close:g} on {row.day} after {before.close:g} on {before.day} looks like "
                f"{scale:g}:1, and no corporate action of that day is on file",
                hint="Record it in corporate_actions.csv; or, if the market did move like that, write that close into "
                "config/reference/closes.csv.",
            )
        )
    return found


def dividend_adjusted(symbol: str, rows: Sequence[DailyRow], on_file: Mapping[str, float]) -> Finding | None:
    """A series from which dividends were taken off: below the closes on file, the more the older, up to an ex-date.

    on_file: session → raw close of another source. None when it agrees, when it disagrees in another way, or when fewer
    than two sessions can be compared.
    """
    ratios = [(row, row.close / on_file[row.day]) for row in rows if row.day in on_file]
    off = [(row, ratio) for row, ratio in ratios if ratio < 1 - DIVIDEND_EFFECT]
    if len(off) < 2:
        return None
    oldest_first = [ratio for _, ratio in off]
    is_prefix = ratios[: len(off)] == off and all(abs(ratio - 1) <= DIVIDEND_EFFECT for _, ratio in ratios[len(off) :])
    grows = all(later >= earlier - AGREEMENT for earlier, later in pairwise(oldest_first))
    if not is_prefix or not grows or oldest_first[0] < 0.5:
        return None
    row, ratio = off[0]
    last = off[-1][0]
    return Finding(
        symbol=symbol,
        trouble=Trouble.DIVIDENDS,
        where=row.where,
        problem=f"close: {row.close:g} on {row.day} is {ratio:.4f} of the {on_file[row.day]:g} on file, and closes "
        f"up to {last.day} are below theirs too: dividends have been taken off",
        hint="Take the series without dividend adjustment (yfinance: auto_adjust=False, column Close).",
    )


def flat_prints(rows: Sequence[DailyRow]) -> list[DailyRow]:
    """Rows of a traded line that show one price and no trade, as Yahoo does on half days: not the close.

    Open, high and low left empty say the same when the rows beside have them. An index may be known by its close alone:
    do not ask for one.
    """
    found = []
    for i, row in enumerate(rows):
        prices = (row.open, row.high, row.low)
        if row.volume:
            continue
        beside = [rows[k] for k in (i - 1, i + 1) if 0 <= k < len(rows)]
        one_price = row.volume == 0 and all(price == row.close for price in prices)
        left_empty = prices == (None, None, None) and bool(beside) and all(other.open is not None for other in beside)
        if one_price or left_empty:
            found.append(row)
    return found


def is_half_day(session: str, calendar: Calendar) -> bool:
    """Was the session shorter than usual? False for a day that is none."""
    usual = max((calendar.regular_seconds(other) for other in calendar.sessions[-300:]), default=0.0)
    return session in calendar and calendar.regular_seconds(session) < SHORT_DAY * usual


def gaps(days: Sequence[str], calendar: Calendar) -> list[str]:
    """Sessions between the first and the last of `days` that are not among them."""
    if not days:
        return []
    held, first, last = set(days), min(days), max(days)
    return [session for session in calendar.between(first, last)[:-1] if session not in held]


def holes(symbol: str, rows: Sequence[DailyRow], calendar: Calendar, on_file: Collection[str]) -> list[Finding]:
    """Each stretch of missing sessions, at the row after it. on_file: sessions that somebody else has."""
    found = []
    for before, row in pairwise(rows):
        missing = [session for session in gaps([before.day, row.day], calendar) if session not in on_file]
        if missing:
            which = missing[0] if len(missing) == 1 else f"{missing[0]} to {missing[-1]}"
            found.append(
                Finding(
                    symbol=symbol,
                    trouble=Trouble.GAP,
                    day=row.day,
                    where=row.where,
                    problem=f"date: no close of {which} ({len(missing)}) before {row.day}",
                    hint="A look-up goes back at most five sessions.",
                    grave=False,
                    refused=False,
                )
            )
    return found


def sessions_behind(last: str, calendar: Calendar, now_ns: int) -> int:
    """How many sessions have closed since `last`."""
    known = calendar.known_close(now_ns) or ""
    return len(calendar.between(last, known))


def _move(before: DailyRow, after: DailyRow, actions: Sequence[CorporateAction]) -> float:
    """Logarithm of the return between two rows, on one share basis."""
    return log(after.close / (before.close * adjustment(actions, before.day, after.day).price_factor))
