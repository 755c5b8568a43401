"""Slow inputs of the numbers (DOMAIN section 2): official closes, corporate actions, fixings, shares."""

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

Basis: TypeAlias = Literal["raw", "split_adjusted"]
"""How a daily file states its closes: as they were printed, or with later splits and bonus issues worked in."""


class ActionType(StrEnum):
    """Kinds of corporate action (DOMAIN CA-1). A distribution in specie is a SPECIAL_DIV with its value as amount."""

    SPLIT = "SPLIT"
    BONUS = "BONUS"
    RIGHTS = "RIGHTS"
    SPECIAL_DIV = "SPECIAL_DIV"
    CASH_DIV = "CASH_DIV"


class CorporateAction(msgspec.Struct, frozen=True, kw_only=True):
    """One corporate action of one line, effective from the open of `ex_date` (ISO date, exchange's zone).

    ratio: new shares per old one (SPLIT; 0.1 is a 1-for-10 consolidation). new, per: shares received per shares held
    (BONUS, RIGHTS). price: subscription price (RIGHTS). amount: per pre-split share (dividends). cum_close: last
    close before the ex-date (RIGHTS, dividends). Money is in the price currency. None where a type has no such field.
    """

    symbol: str
    type: ActionType
    ex_date: str
    ratio: float | None = None
    new: float | None = None
    per: float | None = None
    price: float | None = None
    amount: float | None = None
    cum_close: float | None = None


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What was on file when the calculator started.

    closes: symbol → session → raw official close (never adjusted), None where the source has a hole.
    actions: in any order. fixings: pair `USDccc` → date → units of ccc per 1 USD, None where there was none.
    shares: symbol → (effective date, total issued shares), ascending. close_sources: symbol → session → where that
    close was published. earnings: symbol → (as of, forward earnings a share, their currency), ascending.
    southbound: day → (bought, sold) through Stock Connect, HKD.
    """

    closes: dict[str, dict[str, float | None]] = {}
    actions: tuple[CorporateAction, ...] = ()
    fixings: dict[str, dict[str, float | None]] = {}
    shares: dict[str, list[tuple[str, float]]] = {}
    close_sources: dict[str, dict[str, str]] = {}
    earnings: dict[str, list[tuple[str, float, str]]] = {}
    southbound: dict[str, tuple[float, float]] = {}
