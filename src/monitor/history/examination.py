"""What a provider delivered of one instrument: records of what may be kept, and what is wrong with the rest."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import log

import msgspec

from monitor.core.definition import Instrument, Kind
from monitor.core.prices.corporate_action import adjustment
from monitor.core.reference import ActionType, CorporateAction
from monitor.core.session import Calendar
from monitor.errors import DataError
from monitor.history import findings as find
from monitor.history.findings import Finding, Trouble
from monitor.history.providers.port import Daily, DailyRow
from monitor.history.record import Grade, Record

_SAME_FACTOR = 1e-3
"""Two statements of one split agree when their price factors do, to this share."""


class Examined(msgspec.Struct, frozen=True):
    """records: by day. actions: splits that only the provider knows. findings: in order of discovery."""

    records: tuple[Record, ...]
    actions: tuple[CorporateAction, ...]
    findings: tuple[Finding, ...]


def examine(
    daily: Daily,
    instrument: Instrument,
    calendar: Calendar | None,
    actions: Sequence[CorporateAction],
    on_file: Mapping[str, Record],
    *,
    now_ns: int,
    fetched_at: str,
) -> Examined:
    """Look through a delivery. A bad row is left out; a series that is not what it should be gives no records at all.

    calendar: None for a currency pair, whose days are not sessions. actions: of this line, on file. on_file: closes, by
    session. now_ns: closes that are not known by then are left out. fetched_at: ISO-8601 UTC, for the records.
    """
    new, differing = _splits(daily, actions)
    values = {day: record.value for day, record in on_file.items() if record.value is not None}
    finders: list[Callable[[Sequence[DailyRow]], list[Finding]]] = [partial(find.duplicates, daily.symbol)]
    if calendar is not None:
        finders.append(partial(find.without_session, daily.symbol, calendar=calendar))
        finders.append(partial(find.not_closed, daily.symbol, calendar=calendar, now_ns=now_ns))
    finders.append(partial(_slipped_beside_file, daily.symbol, on_file=values))
    finders.append(partial(find.slipped, daily.symbol, actions=(*actions, *new)))
    found = [*(_bad_row(daily.symbol, problem) for problem in daily.refused), *differing]
    rows: Sequence[DailyRow] = daily.rows
    for finder in finders:  # each sees what the ones before it have left
        judged = finder(rows)
        rows = _without(rows, judged)
        found += judged
    whole = _of_the_series(daily, instrument, calendar, rows, (*actions, *new), on_file)
    if whole:
        return Examined((), (), (*found, *whole))
    if calendar is not None:
        found += find.holes(daily.symbol, rows, calendar, values)
    flat = find.flat_prints(rows) if instrument.kind is Kind.STOCK else []
    found += [_flat(daily.symbol, row, calendar) for row in flat]
    doubtful = {row.day for row in flat}
    records = tuple(_record(daily, row, row.day in doubtful, fetched_at) for row in rows)
    return Examined(records, new, tuple(found))


def _of_the_series(
    daily: Daily,
    instrument: Instrument,
    calendar: Calendar | None,
    rows: Sequence[DailyRow],
    actions: Sequence[CorporateAction],
    on_file: Mapping[str, Record],
) -> list[Finding]:
    """Why none of it may be kept; empty when it may."""
    by_hand = {day: record.value for day, record in on_file.items() if record.grade is Grade.RECORDED and record.value}
    others = {
        day: record.value
        for day, record in on_file.items()
        if record.value is not None and record.source != daily.source and record.grade is not Grade.DOUBTFUL
    }
    series = find.dividend_adjusted(daily.symbol, rows, others)
    splits = []
    if calendar is not None and instrument.kind is not Kind.INDEX:  # an index is compiled so that it has none
        splits = find.suspected_splits(daily.symbol, rows, actions, by_hand, calendar)
    return [*splits, *([series] if series else [])]


def _slipped_beside_file(symbol: str, rows: Iterable[DailyRow], on_file: Mapping[str, float]) -> list[Finding]:
    found = []
    for row in rows:
        if row.day in on_file:
            move = log(row.close / on_file[row.day])
            near = find.slip_like(move)
            if near is not None:
                found.append(find.off_by(symbol, row, on_file[row.day], row.day, near, move > 0))
    return found


def _splits(daily: Daily, actions: Sequence[CorporateAction]) -> tuple[tuple[CorporateAction, ...], list[Finding]]:
    """The provider's splits of which nothing is on file, and those that are there with another factor."""
    new, differing = [], []
    for ex_date, ratio in sorted(daily.splits.items()):
        on_file = [action for action in actions if action.ex_date == ex_date]
        factor = adjustment(on_file, "", ex_date).price_factor
        if not on_file:
            new.append(CorporateAction(symbol=daily.symbol, type=ActionType.SPLIT, ex_date=ex_date, ratio=ratio))
        elif abs(factor * ratio - 1) > _SAME_FACTOR:
            differing.append(
                Finding(
                    symbol=daily.symbol,
                    trouble=Trouble.ACTION_DIFFERS,
                    day=ex_date,
                    where=daily.source,
                    problem=f"{daily.symbol} {ex_date}: {daily.source} says {ratio:g} new for one, on file is a price "
                    f"factor of {factor:.6g}",
                    hint="Correct corporate_actions.csv, or leave it: what is on file counts.",
                    refused=False,
                )
            )
    return tuple(new), differing


def _bad_row(symbol: str, error: DataError) -> Finding:
    return Finding(symbol=symbol, trouble=Trouble.BAD_ROW, where=error.where, problem=error.problem, hint=error.hint)


def _flat(symbol: str, row: DailyRow, calendar: Calendar | None) -> Finding:
    half = "half day" if calendar is not None and find.is_half_day(row.day, calendar) else "day"
    return Finding(
        symbol=symbol,
        trouble=Trouble.FLAT,
        day=row.day,
        where=row.where,
        problem=f"close: {row.close:g} on the {half} {row.day} is a flat print; it may be off by up to one percent",
        hint="Kept as doubtful, until a better source has it.",
        grave=False,
        refused=False,
    )


def _record(daily: Daily, row: DailyRow, flat: bool, fetched_at: str) -> Record:
    return Record(
        name=daily.symbol,
        day=row.day,
        value=row.close,
        source=daily.source,
        grade=Grade.DOUBTFUL if flat else daily.grade,
        fetched_at=fetched_at,
        note="flat print" if flat else "",
        where=row.where,
    )


def _without(rows: Sequence[DailyRow], findings: Iterable[Finding]) -> tuple[DailyRow, ...]:
    left_out = {finding.where for finding in findings if finding.refused}
    return tuple(row for row in rows if row.where not in left_out)
