"""Operations of the vectors of suites 06 and 13: basket paths, market value, valuation, flows."""

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.core.baskets.path import Rebalance, chain_linked, rebalanced
from monitor.core.baskets.value import Earning, Holding, Valuation, discount, market_value, valuation
from monitor.core.flows import flows
from monitor.core.prices.fx import multiplier


def basket_path_op(given: dict[str, Any], _: Any) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.structs.asdict(
        rebalanced(
            given["sessions"],
            given["closes"],
            given["weights"],
            Rebalance(given.get("rebalance") or "NONE"),
            given.get("live"),
            given.get("live_session"),
        )
    )
    if answer["live_level"] is None:
        del answer["live_level"]
    return answer


def cap_path_op(given: dict[str, Any], _: Any) -> dict[str, Any]:
    return {"levels": chain_linked(given["closes"], given["shares"])}


def market_value_op(given: dict[str, Any], _: Any) -> dict[str, Any]:
    holdings = {
        member["symbol"]: Holding(
            price=member["price"],
            baseline=member["baseline"],
            shares_now=member["shares_now"],
            shares_then=member["shares_then"],
            fx_now=rate(member["currency"], "USD", given.get("fx_now")),
            fx_base=rate(member["currency"], "USD", given.get("fx_base")),
            price_factor=member.get("price_factor") or 1.0,
        )
        for member in given["members"]
    }
    found = market_value(holdings)
    return {
        "value_now_usd": found.now,
        "value_then_usd": found.then,
        "value_added_constant_shares_usd": found.constant_shares,
        "value_added_actual_usd": found.actual,
        "by_member_usd": found.by_member,
    }


def valuation_op(given: dict[str, Any], _: Any) -> Any:
    return msgspec.structs.asdict(valued(given["members"], given.get("fx")))


def valuation_pair_op(given: dict[str, Any], _: Any) -> dict[str, Any]:
    field = f"pe_{given['method']}"
    pe_a, pe_b = (getattr(valued(given[side], given.get("fx")), field) for side in ("a", "b"))
    return {"pe_a": pe_a, "pe_b": pe_b, "discount": discount(pe_a, pe_b)}


def flows_op(given: dict[str, Any], _: Any) -> Any:
    return msgspec.structs.asdict(flows([(row["buy"], row["sell"]) for row in given["rows"]], given["n"]))


def valued(members: list[dict[str, Any]], quotes: Mapping[str, float | None] | None) -> Valuation:
    return valuation(
        {
            member["symbol"]: Earning(
                price=member["price"],
                eps=in_price_currency(member, quotes),
                fx=rate(member["currency"], "USD", quotes),
                shares=member.get("shares"),
            )
            for member in members
        }
    )


def in_price_currency(member: Mapping[str, Any], quotes: Mapping[str, float | None] | None) -> float | None:
    x = multiplier(member.get("eps_currency") or member["currency"], member["currency"], quotes or {})
    return None if x is None or member.get("eps") is None else member["eps"] * x


def rate(currency: str, target: str, quotes: Mapping[str, float | None] | None) -> float:
    found = multiplier(currency, target, quotes or {})
    assert found is not None, f"no rate from {currency} to {target}"
    return found


OPERATIONS = {
    "basket_path": basket_path_op,
    "cap_path": cap_path_op,
    "market_value": market_value_op,
    "valuation": valuation_op,
    "valuation_pair": valuation_pair_op,
    "flows": flows_op,
}
