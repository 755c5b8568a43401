"""Exchange rates (DOMAIN FX-1 to FX-3). Rates are `USDccc`: units of ccc per 1 USD."""

from collections.abc import Mapping

import msgspec

from monitor.core.instant import days_before

MAX_FIXING_AGE_DAYS = 5
"""Calendar days that a fixing may be older than the date it stands for."""


def multiplier(from_currency: str, to_currency: str, quotes: Mapping[str, float | None]) -> float | None:
    """FX-1: what one unit of `from_currency` is worth in `to_currency`; None when a quote is missing.

    quotes: pair `USDccc` → units of ccc per 1 USD.
    """
    if from_currency == to_currency:
        return 1.0
    per_usd_from = 1.0 if from_currency == "USD" else quotes.get(f"USD{from_currency}")
    per_usd_to = 1.0 if to_currency == "USD" else quotes.get(f"USD{to_currency}")
    return None if per_usd_from is None or per_usd_to is None else per_usd_to / per_usd_from


def fixing(day: str, table: Mapping[str, float | None]) -> tuple[str | None, float | None]:
    """FX-2: date and rate of the fixing for an ISO date, at most five calendar days older; (None, None) without one.

    table: date → rate of one pair, None where there was none.
    """
    for age in range(MAX_FIXING_AGE_DAYS + 1):
        candidate = days_before(day, age)
        rate = table.get(candidate)
        if rate is not None:
            return candidate, rate
    return None, None


class CurrencyReturn(msgspec.Struct, frozen=True):
    """Returns as decimal fractions: in the instrument's own currency, of that currency, and of both together. The last
    two are None when a rate is missing."""

    local_return: float
    fx_return: float | None
    currency_return: float | None


def currency_return(price: float, baseline: float, x_now: float | None, x_base: float | None) -> CurrencyReturn:
    """FX-3. x_now, x_base: multipliers (FX-1) from the instrument's currency, now and at the baseline's date."""
    local = (price - baseline) / baseline
    if x_now is None or x_base is None:
        return CurrencyReturn(local, None, None)
    worth_then = baseline * x_base
    return CurrencyReturn(local, (x_now - x_base) / x_base, (price * x_now - worth_then) / worth_then)
