"""A refresh: what a provider delivered, put beside what is on file. Nothing is read or written here."""

from collections.abc import Mapping

import msgspec

from monitor.core.definition import Instrument, Kind
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar
from monitor.history.examination import examine
from monitor.history.findings import Finding, Trouble
from monitor.history.providers.port import Daily
from monitor.history.record import AGREEMENT, Record, Records, Verdict, difference, judge
from monitor.history.reference import wrong_levels
from monitor.history.shelf import Shelf

FIXING_AGREEMENT = 5e-3
"""Rates of one day that were fixed at different hours differ by more than closes may."""


class Conflict(msgspec.Struct, frozen=True):
    """Two sources that say different things of one day. difference: of the offered from the held, a decimal fraction.
    replaced: the offered one stands now."""

    held: Record
    offered: Record
    difference: float
    replaced: bool

    def __str__(self) -> str:
        held, offered = self.held, self.offered
        what = "is replaced by" if self.replaced else "stays;"
        return (
            f"{held.name} {held.day}: {held.value:g} ({held.grade}, {held.source or 'no source'}) {what} "
            f"{offered.value:g} ({offered.grade}, {offered.source}), {100 * self.difference:+.3g} %"
        )


class Outcome(msgspec.Struct, kw_only=True):
    """What became of one delivery. counts: records by verdict. conflicts: of every kind, whatever became of them."""

    symbol: str
    counts: dict[Verdict, int] = msgspec.field(default_factory=dict)
    conflicts: list[Conflict] = msgspec.field(default_factory=list)
    findings: tuple[Finding, ...] = ()
    actions: tuple[CorporateAction, ...] = ()

    @property
    def changed(self) -> bool:
        """Is there something to store?"""
        return bool(self.actions) or any(self.counts.get(verdict) for verdict in Verdict if verdict is not Verdict.SAME)

    @property
    def grave(self) -> bool:
        """Was something found that a person has to look at?"""
        return any(finding.grave for finding in self.findings) or any(not each.replaced for each in self.conflicts)


class Refresh:
    """Holds what `config/reference` says and what the store says, and takes deliveries into the latter.

    replace: an offered record stands against every other one that disagrees, and says what it replaced. now_ns: closes
    that are not known by then are not taken. fetched_at: the same instant, ISO-8601.
    """

    def __init__(
        self,
        config: Shelf,
        store: Shelf,
        calendars: Mapping[str, Calendar],
        *,
        replace: bool,
        now_ns: int,
        fetched_at: str,
    ) -> None:
        self._config = config
        self._calendars = calendars
        self._replace = replace
        self._now_ns = now_ns
        self._fetched_at = fetched_at
        self.closes: Records = {name: dict(days) for name, days in store.closes.items()}
        self.fixings: Records = {name: dict(days) for name, days in store.fixings.items()}
        self.actions = list(store.actions)

    @property
    def shelf(self) -> Shelf:
        """Everything that is on file now."""
        store = Shelf(closes=self.closes, fixings=self.fixings, actions=tuple(self.actions))
        return self._config.with_store(store)

    def _only(self, symbol: str) -> Shelf:
        """What is on file of one symbol: merging all of them for each would take minutes."""

        def one(records: Records) -> Records:
            return {symbol: records[symbol]} if symbol in records else {}

        config = Shelf(closes=one(self._config.closes), fixings=one(self._config.fixings), actions=self._config.actions)
        return config.with_store(Shelf(closes=one(self.closes), fixings=one(self.fixings), actions=tuple(self.actions)))

    def take(self, instrument: Instrument, daily: Daily) -> Outcome:
        """Look through one delivery and keep what may be kept."""
        symbol = instrument.symbol
        rate = instrument.kind is Kind.FX
        shelf = self._only(symbol)
        on_file = (shelf.fixings if rate else shelf.closes).get(symbol, {})
        calendar = self._calendars.get(instrument.calendar or "")
        actions = shelf.of(symbol)
        examined = examine(
            daily, instrument, calendar, actions, on_file, now_ns=self._now_ns, fetched_at=self._fetched_at
        )
        outcome = Outcome(symbol=symbol, findings=examined.findings, actions=examined.actions)
        kept = {
            record.day: record
            for offered in examined.records
            if (record := self._judged(outcome, on_file.get(offered.day), offered, rate)) is not None
        }
        problems = wrong_levels({**on_file, **kept}, [*actions, *examined.actions])
        if problems:
            levels = [
                Finding(symbol=symbol, trouble=Trouble.SLIPPED, where=each.where, problem=each.problem, hint=each.hint)
                for each in problems
            ]
            return Outcome(symbol=symbol, findings=(*examined.findings, *levels))
        if kept:
            (self.fixings if rate else self.closes).setdefault(symbol, {}).update(kept)
        self.actions += [(action, daily.source) for action in examined.actions]
        return outcome

    def _judged(self, outcome: Outcome, held: Record | None, offered: Record, rate: bool) -> Record | None:
        """The record to store, None when the held one stays."""
        verdict = judge(held, offered, FIXING_AGREEMENT if rate else AGREEMENT)
        off = None if held is None else difference(held, offered)
        differs = held is not None and off is not None and abs(off) > (FIXING_AGREEMENT if rate else AGREEMENT)
        stands = verdict in (Verdict.NEW, Verdict.BETTER, Verdict.CORRECTED)
        if verdict is Verdict.CONFLICT and self._replace and held is not None:
            what = f"{held.value:g} ({held.grade}, {held.source or 'no source'})"
            offered, stands = msgspec.structs.replace(offered, replaces=what), True
        elif verdict is Verdict.CORRECTED and held is not None:
            offered = msgspec.structs.replace(offered, replaces=held.replaces)
        outcome.counts[verdict] = outcome.counts.get(verdict, 0) + 1
        if differs and held is not None and off is not None:
            outcome.conflicts.append(Conflict(held, offered, off, stands))
        return offered if stands else None
