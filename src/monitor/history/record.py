"""One dated number of the reference data, with where it comes from and how good that is.

Which of two numbers for the same day stands is decided here and nowhere else:

| grade | what | ranks |
|---|---|---|
| `recorded` | written down by a person in `config/reference`, with its source | before all others |
| `official` | a file of the exchange, or of whoever compiles the index | |
| `provider` | a data provider's close, raw, or made raw again by the splits it says it has worked in | |
| `doubtful` | a flat print (open = high = low = close, no volume): a price of the day, maybe not the close | last |
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

AGREEMENT = 1e-4
"""Two sources that differ by less than this share of the price say the same: rounding, 32-bit numbers."""


class Grade(StrEnum):
    """How good a source is, the best first."""

    RECORDED = "recorded"
    OFFICIAL = "official"
    PROVIDER = "provider"
    DOUBTFUL = "doubtful"

    @property
    def rank(self) -> int:
        """Lower is better."""
        return list(Grade).index(self)


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A close of a symbol, or a fixing of a pair.

    name: symbol or pair. day: session or date, ISO. value: raw close in the instrument's currency, or units per 1 USD;
    None: nobody knows. source: in words. fetched_at: when it was taken from there, ISO-8601 UTC; empty: not said.
    replaces: what `--replace` set aside for it, in words; such a row stands against every grade. where: `file:line`.
    """

    name: str
    day: str
    value: float | None
    source: str = ""
    grade: Grade = Grade.RECORDED
    fetched_at: str = ""
    replaces: str = ""
    note: str = ""
    where: str = ""


Records: TypeAlias = dict[str, dict[str, Record]]
"""Symbol or pair → session or date → what is on file."""


class Verdict(StrEnum):
    """What an offered record is beside the one that is held."""

    NEW = "new"
    """Nothing was held."""
    SAME = "same"
    """They agree; the held one stays."""
    BETTER = "better"
    """From a better source than the held one."""
    CORRECTED = "corrected"
    """The source of the held one says something else now."""
    CONFLICT = "conflict"
    """Another source, no better than that of the held one, says something else: the held one stays."""


def difference(held: Record, offered: Record) -> float | None:
    """By how much the offered value is above the held one, a decimal fraction; None when either has none."""
    if held.value is None or offered.value is None:
        return None
    return (offered.value - held.value) / held.value


def judge(held: Record | None, offered: Record, agreement: float = AGREEMENT) -> Verdict:
    """Which of two records for one day stands. held: None when there is none. agreement: as AGREEMENT."""
    if offered.value is None:
        return Verdict.SAME
    if held is None or held.value is None:
        return Verdict.NEW
    off = difference(held, offered)
    agree = off is not None and abs(off) <= agreement
    if offered.grade.rank < held.grade.rank:
        return Verdict.BETTER
    if agree:
        return Verdict.SAME
    same_source = offered.source == held.source and offered.grade is held.grade
    return Verdict.CORRECTED if same_source else Verdict.CONFLICT


def merged(base: Records, over: Records) -> Records:
    """`base` with those records of `over` that stand against it."""
    result = {name: dict(days) for name, days in base.items()}
    for name, days in over.items():
        held = result.setdefault(name, {})
        for day, record in days.items():
            if record.replaces or judge(held.get(day), record) in (Verdict.NEW, Verdict.BETTER):
                held[day] = record
    return {name: dict(sorted(days.items())) for name, days in result.items()}
