"""A claim of the press in a form that can be checked, and when it counts as true (DOMAIN 1.3)."""

from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

from monitor.core.tolerance import above, at_most, below

NEAR = 0.05
"""Share of the stated value that `close` and `about` forgive."""

NEAR_DAYS = 31
"""Days by which a stated date may miss and still be `close`: the press tells months, not sessions."""

RECORD = "record"
"""A stated `highest_since` for which there is no earlier session at all."""


class Verdict(StrEnum):
    """What a check says. NOT_CHECKABLE: a price, a share count, an earnings figure is not there."""

    REPRODUCES = "reproduces"
    CLOSE = "close"
    DOES_NOT = "does not"
    NOT_CHECKABLE = "not checkable"


class Operator(StrEnum):
    """How the claim relates the number to the stated one: is, is above, is below, is about, falls just short of."""

    EQUAL = "="
    MORE = ">"
    LESS = "<"
    ABOUT = "about"
    NEARLY = "nearly"


class Number(msgspec.Struct, frozen=True):
    """A stated number. text: as printed; its decimals are what the claim promises."""

    text: str

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self.text)

    @property
    def unit(self) -> float:
        """One unit of the last stated place: 1 for `31`, 0.1 for `4.4`."""
        return 10.0 ** -len(self.text.partition(".")[2])

    @property
    def near(self) -> float:
        """How far off is still close: 5 % of the number or, when it was stated with two digits or more, one unit of
        its last place. One digit is too coarse for that: 2.4 is not close to 3.

        >>> Number("70").near, Number("3").near
        (3.5, 0.15000000000000002)
        """
        digits = len(self.text.lstrip("+-").replace(".", "").lstrip("0"))
        return max(NEAR * abs(self.value), self.unit if digits > 1 else 0.0)


class Dates(msgspec.Struct, frozen=True):
    """A stated date as loosely as it was stated: first and last day (ISO) that it may mean."""

    first: str
    last: str


Stated: TypeAlias = Number | Dates | str
"""What a claim says: a number, a date, or a word (a regime, `record`)."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One checkable claim.

    id: unique in its file. text: the claim in our own words. source: who said it, and when. subject: instrument,
    basket or pair of the board. measure: of the metric catalogue, or highest_since, lowest_since, regime. window:
    DOMAIN ANC-1 name, `now` for a measure without one. as_of: a date (after its last close everywhere) or an instant.
    basis: policy, scheme or currency when it is not the board's own. quotes: prices reported with the claim, symbol →
    price; they count as quotes of that instant. expect: the verdict that is known to be right.
    """

    id: str
    text: str
    source: str
    subject: str
    measure: str
    window: str
    as_of: str
    stated: Stated
    operator: Operator = Operator.EQUAL
    basis: str | None = None
    quotes: dict[str, float] = {}
    expect: Verdict | None = None


def judge_number(operator: Operator, stated: Number, computed: float) -> Verdict:
    """Whether a computed number, in the unit of the claim, bears the claim out.

    `=` asks that it rounds to the stated one at the stated decimals (a tie may go either way), `>` and `<` are strict,
    `about` asks for no more than `Number.near`, `nearly` for that on the side of zero only.
    """
    value, near = stated.value, stated.near
    miss = computed - value
    match operator:
        case Operator.EQUAL:
            held = at_most(abs(miss), stated.unit / 2)
        case Operator.MORE:
            held = above(computed, value)
        case Operator.LESS:
            held = below(computed, value)
        case Operator.ABOUT:
            held, near = at_most(abs(miss), near), 2 * near
        case Operator.NEARLY:
            short = -miss if value >= 0 else miss
            held = above(short, 0.0) and at_most(short, near)
    if held:
        return Verdict.REPRODUCES
    return Verdict.CLOSE if at_most(abs(miss), near) else Verdict.DOES_NOT


def judge_date(stated: Dates, computed: str) -> Verdict:
    """Whether a computed session lies within the stated dates, or at most `NEAR_DAYS` off."""
    if stated.first <= computed <= stated.last:
        return Verdict.REPRODUCES
    near = timedelta(days=NEAR_DAYS)
    first, last = date.fromisoformat(stated.first) - near, date.fromisoformat(stated.last) + near
    return Verdict.CLOSE if first <= date.fromisoformat(computed) <= last else Verdict.DOES_NOT


def read_number(text: str) -> Number:
    """`-10`, `4.4`, `0.50`. Raises ValueError for anything else: decimals that nobody wrote cannot be checked."""
    digits = text.removeprefix("-").removeprefix("+")
    whole, point, decimals = digits.partition(".")
    if not whole.isdecimal() or not digits.isascii() or (point and not decimals.isdecimal()):
        raise ValueError(f"{text!r} is no plain decimal number")
    return Number(text)


def read_dates(text: str) -> Dates:
    """`2021-12-09`, `2021-12`, `2021`, or two of them with `/` between. Raises ValueError for anything else.

    >>> read_dates("2021-10/2021-12")
    Dates(first='2021-10-01', last='2021-12-31')
    """
    first, _, last = text.partition("/")
    dates = Dates(_days(first)[0], _days(last or first)[1])
    if dates.last < dates.first:
        raise ValueError(f"{text!r} ends before it begins")
    return dates


def _days(text: str) -> tuple[str, str]:
    """First and last day of a day, month or year."""
    parts = text.split("-")
    if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]) or not all(part.isdecimal() for part in parts):
        raise ValueError(f"{text!r} is no date, month or year")
    first = date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    if len(parts) == 3:
        return first.isoformat(), first.isoformat()
    following = (
        date(first.year + 1, 1, 1) if len(parts) == 1 or first.month == 12 else first.replace(month=first.month + 1)
    )
    return first.isoformat(), (following - timedelta(days=1)).isoformat()
