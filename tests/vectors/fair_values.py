"""Operations of suite 11, fair value (DOMAIN section 9)."""

from typing import Any

from monitor.core.definition import ProxyReference
from monitor.core.instant import parse_instant
from monitor.core.proxies.close_reference import LIMIT_S, CloseReference
from monitor.core.proxies.fair_value import Parity, ProxyPrice, fv_adr, fv_index_adr, fv_proxy
from tests.vectors.times import instant_text


def fv_proxy_op(given: dict[str, Any], calendars: Any) -> dict[str, Any]:
    """The board keeps a proxy's prices as they come: so does this, in order of their time."""
    t_ns, calendar = parse_instant(given["t"]), calendars[given["calendar"]]
    mode = ProxyReference(given.get("ref_mode") or ProxyReference.AT_OR_BEFORE)
    limit_s = given.get("ref_limit_s")
    reference = CloseReference(calendar, mode, LIMIT_S[mode] if limit_s is None else limit_s)
    prices = [
        ProxyPrice(quote["price"], parse_instant(quote["event_time"]), contract=quote.get("contract"))
        for quote in given["proxy_quotes"]
    ]
    live = None
    for price in sorted(prices, key=lambda price: price.event_ns):
        if price.event_ns <= t_ns:
            reference.take(price)
            live = price
    fx = given.get("fx")
    optional = {"beta": given.get("beta"), "max_age_s": given.get("live_max_age_s")}
    found = fv_proxy(
        given["close"],
        reference.at(given["session"]),
        live,
        t_ns,
        factor=_quotient(fx) if fx else 1.0,
        **{name: value for name, value in optional.items() if value is not None},
    )
    return {
        "status": found.status,
        "fair_value": found.value,
        "implied_move": found.move,
        "ref_time": _text(found.ref_ns),
        "live_time": _text(found.live_ns),
    }


def _quotient(fx: dict[str, float | None]) -> float | None:
    live, ref = fx.get("live"), fx.get("ref")
    return None if live is None or ref is None else live / ref


def _text(instant_ns: int | None) -> str | None:
    return None if instant_ns is None else instant_text(instant_ns)


def fv_adr_op(given: dict[str, Any], _: Any) -> dict[str, Any]:
    premium = given.get("premium") or 0.0
    parity = fv_adr(given["adr_price"], given["usdhkd"], given["ratio"], given["hk_close"], premium)
    return {"parity_hkd": parity.value, "implied_move": parity.move}


def fv_index_adr_op(given: dict[str, Any], _: Any) -> dict[str, Any]:
    beta = given.get("beta")
    members = [(member["weight"], _parity(member, given["usdhkd"])) for member in given["members"]]
    found = fv_index_adr(given["index_close"], members, 1.0 if beta is None else beta)
    return {
        "adr_coverage": found.coverage,
        "implied_move": found.move,
        "fair_value": found.value,
        "status": found.status,
    }


def _parity(member: dict[str, Any], usdhkd: float) -> Parity | None:
    if member["adr_price"] is None:
        return None
    return fv_adr(member["adr_price"], usdhkd, member["ratio"], member["hk_close"], member.get("premium") or 0.0)


OPERATIONS = {"fv_proxy": fv_proxy_op, "fv_adr": fv_adr_op, "fv_index_adr": fv_index_adr_op}
