"""Factors that put an old close on the share basis of a later session (DOMAIN CA-1)."""

from collections.abc import Iterable

import msgspec

from monitor.core.reference import ActionType, CorporateAction

_ORDER = {
    ActionType.SPECIAL_DIV: 0,
    ActionType.CASH_DIV: 0,
    ActionType.RIGHTS: 1,
    ActionType.SPLIT: 2,
    ActionType.BONUS: 2,
}


class Adjustment(msgspec.Struct, frozen=True):
    """price_factor multiplies a raw baseline, share_factor the number of shares; applied: `ex_date:type`, in order."""

    price_factor: float
    share_factor: float
    applied: list[str]


def adjustment(
    actions: Iterable[CorporateAction], from_session: str, to_session: str, *, total_return: bool = False
) -> Adjustment:
    """CA-1 for a baseline at `from_session` and a price at `to_session`: actions with from < ex_date ≤ to.

    actions: of one line, in any order. total_return: cash dividends count too.
    Raises ValueError when an action lacks a field that its type needs.
    """
    price_factor = share_factor = 1.0
    applied = []
    due = [action for action in actions if from_session < action.ex_date <= to_session]
    for action in sorted(due, key=lambda action: (action.ex_date, _ORDER[action.type])):
        if action.type is ActionType.CASH_DIV and not total_return:
            continue
        price, share = _factors(action)
        price_factor *= price
        share_factor *= share
        applied.append(f"{action.ex_date}:{action.type}")
    return Adjustment(price_factor, share_factor, applied)


def _factors(action: CorporateAction) -> tuple[float, float]:
    match action.type:
        case ActionType.SPLIT:
            ratio = _field(action, "ratio")
            return 1 / ratio, ratio
        case ActionType.BONUS:
            new, per = _field(action, "new"), _field(action, "per")
            return per / (per + new), (per + new) / per
        case ActionType.RIGHTS:
            new, per, cum_close = _field(action, "new"), _field(action, "per"), _field(action, "cum_close")
            theoretical_ex_rights = (per * cum_close + new * _field(action, "price")) / (per + new)
            return theoretical_ex_rights / cum_close, (per + new) / per
        case ActionType.SPECIAL_DIV | ActionType.CASH_DIV:
            cum_close = _field(action, "cum_close")
            return (cum_close - _field(action, "amount")) / cum_close, 1.0


def _field(action: CorporateAction, name: str) -> float:
    value: float | None = getattr(action, name)
    if value is None:
        raise ValueError(f"{action.symbol} {action.ex_date}: a {action.type} needs `{name}`")
    return value
