"""Operations of the domain vectors (DOMAIN section 13): each takes the input of a case and the calendars, and answers
in the shape of its `expected`, computed by the project's own functions."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import nan
from typing import Any, TypeAlias

import msgspec

from monitor.core.anchor import anchor_session, baseline, target_date
from monitor.core.baskets.cross_section import cross_section, tracking
from monitor.core.baskets.scheme import basket_return, capped, contributions_pp, normalised, scheme_weights
from monitor.core.coverage import coverage, member_status
from monitor.core.definition import CoveragePolicy, FilterParams, Scheme
from monitor.core.event import Quote
from monitor.core.instant import parse_instant
from monitor.core.pairs.spread import divergence
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.fx import currency_return, fixing, multiplier
from monitor.core.quotes.tick_filter import TickFilter
from monitor.core.reference import CorporateAction
from monitor.core.session import Calendar
from monitor.core.status import Status
from tests.vectors import alignment, baskets, fair_values, statistics, trends
from tests.vectors.board_replay import snapshot
from tests.vectors.compare import differences
from tests.vectors.result import CaseResult
from tests.vectors.times import instant_text

Calendars: TypeAlias = Mapping[str, Calendar]
Input: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Input, Calendars], Any]


def run_file(document: dict[str, Any], calendars: Calendars) -> Iterator[CaseResult]:
    """Every case of one file."""
    tolerance = document.get("tolerance", {})
    rel, absolute = tolerance.get("rel", 1e-9), tolerance.get("abs", 1e-12)
    for case in document["cases"]:
        if case["op"] not in OPERATIONS:
            yield CaseResult.unsupported(case["id"], f"not yet supported: suite {document['suite']}, op {case['op']}")
            continue
        found = sorted(differences(case["expected"], emit(case, calendars), rel, absolute))
        yield CaseResult.failed(case["id"], "; ".join(found[:5])) if found else CaseResult.passed(case["id"])


def emit(case: dict[str, Any], calendars: Calendars) -> Any:
    """What the project computes for a case, None for an operation that it does not support yet."""
    operation = OPERATIONS.get(case["op"])
    return None if operation is None else operation(case["input"], calendars)


def phase(given: Input, calendars: Calendars) -> dict[str, Any]:
    calendar, t = calendars[given["calendar"]], parse_instant(given["t"])
    return {
        "phase": calendar.phase(t),
        "phase_session": calendar.phase_session(t),
        "current_session": calendar.current_session(t),
    }


def active_seconds(given: Input, calendars: Calendars) -> dict[str, Any]:
    calendar = calendars[given["calendar"]]
    return {"seconds": calendar.active_seconds(parse_instant(given["t0"]), parse_instant(given["t1"]))}


def close_instant(given: Input, calendars: Calendars) -> dict[str, Any]:
    return {"close_instant": instant_text(calendars[given["calendar"]].close_instant(given["session"]))}


def anchor(given: Input, calendars: Calendars) -> dict[str, Any]:
    window, ref_date = given["window"], given["ref_date"]
    return {
        "target_date": target_date(window, ref_date),
        "anchor_session": anchor_session(calendars[given["calendar"]], window, ref_date, given["asof_session"]),
    }


def baseline_op(given: Input, calendars: Calendars) -> dict[str, Any]:
    calendar = calendars[given["calendar"]]
    start = anchor_session(calendar, given["window"], given["ref_date"], given["asof_session"])
    lag = {} if given.get("max_lag") is None else {"max_lag": given["max_lag"]}
    session, close, status = baseline(calendar, given["closes"].get, start, **lag)
    return {"anchor_session": start, "baseline_session": session, "baseline": close, "status": status}


def spread(given: Input, _: Calendars) -> Any:
    if given["r_a"] is None or given["r_b"] is None:
        return dict.fromkeys(msgspec.structs.asdict(divergence(0.0, 0.0)))
    return msgspec.structs.asdict(divergence(given["r_a"], given["r_b"], given.get("beta")))


def fx_rate(given: Input, _: Calendars) -> dict[str, Any]:
    return {"rate": multiplier(given["from"], given["to"], given["quotes"])}


def fx_fix(given: Input, _: Calendars) -> dict[str, Any]:
    day, rate = fixing(given["date"], given["table"])
    return {"fix_date": day, "rate": rate}


def ccy_return(given: Input, _: Calendars) -> Any:
    return msgspec.structs.asdict(currency_return(given["price"], given["baseline"], given["x_now"], given["x_base"]))


def basket_bh(given: Input, _: Calendars) -> dict[str, Any]:
    target = given.get("currency") or "LOCAL"
    worth_then, returns = {}, {}
    for member in given["members"]:
        currency = member.get("currency") or target
        into = currency if target == "LOCAL" else target
        now = multiplier(currency, into, given.get("fx_now") or {})
        base = multiplier(currency, into, given.get("fx_base") or {})
        found = currency_return(member["price"], member["baseline"], now, base)
        returns[member["symbol"]] = found.currency_return
        worth_then[member["symbol"]] = member["baseline"] * (base or nan)
    shares = {member["symbol"]: member["shares"] for member in given["members"] if member.get("shares") is not None}
    weights = scheme_weights(
        Scheme(given["scheme"]), worth_then, weights=given.get("weights"), shares=shares, cap=given.get("cap")
    )
    return {
        "weights": weights,
        "member_returns": returns,
        "basket_return": basket_return(weights, returns),
        "contributions_pp": contributions_pp(weights, returns),
        **msgspec.structs.asdict(cross_section(returns, weights, given.get("benchmark_return"))),
    }


def cap_weights(given: Input, _: Calendars) -> dict[str, Any]:
    return {"weights": capped(given["weights"], given["cap"])}


def cross_section_op(given: Input, _: Calendars) -> Any:
    weights = normalised(given["weights"])
    return msgspec.structs.asdict(cross_section(given["returns"], weights, given.get("benchmark_return")))


def tracking_op(given: Input, _: Calendars) -> Any:
    return msgspec.structs.asdict(tracking(given["basket_daily"], given["index_daily"]))


def ca_factor(given: Input, _: Calendars) -> dict[str, Any]:
    actions = msgspec.convert(given["actions"], list[CorporateAction])
    found = adjustment(
        actions, given["anchor_session"], given["asof_session"], total_return=bool(given.get("total_return"))
    )
    answer = msgspec.structs.asdict(found)
    start, price = given.get("baseline"), given.get("price")
    if start is not None:
        answer["adjusted_baseline"] = adjusted = start * found.price_factor
        if price is not None:
            answer["adjusted_return"] = (price - adjusted) / adjusted
            answer["raw_return"] = (price - start) / start
    return answer


def tick_filter(given: Input, calendars: Calendars) -> dict[str, Any]:
    instrument, close = given["instrument"], given.get("ref_close")
    params = {
        key: value
        for source in (instrument.get("filter"), given.get("params"))
        for key, value in (source or {}).items()
    }
    actions = msgspec.convert(given.get("actions") or [], list[CorporateAction])
    judge = TickFilter(
        instrument["symbol"],
        instrument["currency"],
        calendars[instrument["calendar"]],
        FilterParams(**params),
        [action for action in actions if action.symbol == instrument["symbol"]],
        lambda _: None if close is None else (given["ref_session"], close),
    )
    steps = []
    for tick in given["ticks"]:
        verdict = judge.check(as_quote(tick), given.get("fx_ratio"))
        state_price = None if judge.last is None else judge.last.price
        steps.append({"action": verdict.action, "reason": verdict, "state_price": state_price})
    return {"steps": steps}


def as_quote(tick: Mapping[str, Any]) -> Quote:
    """A tick of a vector as a quote. What is no number cannot be in one: it becomes a NaN, which no filter accepts."""
    number = partial(_number_or_nan, tick)
    whole = tick.get("event_time") is not None and tick.get("recv_time") is not None
    return Quote(
        symbol=tick.get("symbol", ""),
        source=tick.get("source", ""),
        event_ns=parse_instant(tick["event_time"]) if whole else 0,
        recv_ns=parse_instant(tick["recv_time"]) if whole else 0,
        price=number("price") if whole else nan,
        bid=number("bid"),
        ask=number("ask"),
        size=number("size"),
        currency=tick.get("currency"),
        seq=tick.get("seq"),
    )


def _number_or_nan(tick: Mapping[str, Any], key: str) -> float | None:
    value = tick.get(key)
    if value is None:
        return None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else nan


def basket_with_policy(given: Input, calendars: Calendars) -> dict[str, Any]:
    t = parse_instant(given["t"])
    policy = CoveragePolicy(**given["policy"])
    statuses, returns = {}, {}
    for member in given["members"]:
        calendar, symbol = calendars[member["calendar"]], member["symbol"]
        price, start, event_time = member.get("price"), member.get("baseline"), member.get("event_time")
        age_s = 0.0 if event_time is None else calendar.active_seconds(parse_instant(event_time), t)
        statuses[symbol] = member_status(
            has_price=price is not None,
            has_baseline=start is not None,
            halted=bool(member.get("halted")),
            active_age_s=age_s,
            stale_after_s=member.get("stale_after_s", given.get("stale_after_s", 60)),
            phase=calendar.phase(t),
        )
        if price is not None and start is not None:
            returns[symbol] = (price - start) / start
    ref_weights = {member["symbol"]: member["ref_weight"] for member in given["members"]}
    cover = coverage(statuses, ref_weights, policy)
    answer = {
        "member_status": statuses,
        "included": cover.included,
        "coverage_used": cover.used,
        "coverage_fresh": cover.fresh,
        "basket_return": None,
        "status": cover.status,
        "breadth_vs_bench": None,
    }
    if cover.status is not Status.INSUFFICIENT_COVERAGE:
        included = {symbol: returns[symbol] for symbol in cover.included}
        weights = scheme_weights(Scheme.CUSTOM, included, weights=ref_weights)
        answer["basket_return"] = basket_return(weights, included)
        benchmark = given.get("benchmark_return")
        answer["breadth_vs_bench"] = cross_section(included, weights, benchmark).breadth_vs_bench
    return answer


OPERATIONS: dict[str, Operation] = {
    "phase": phase,
    "active_seconds": active_seconds,
    "close_instant": close_instant,
    "anchor": anchor,
    "baseline": baseline_op,
    "spread": spread,
    "fx_rate": fx_rate,
    "fx_fix": fx_fix,
    "ccy_return": ccy_return,
    "basket_bh": basket_bh,
    "cap_weights": cap_weights,
    "cross_section": cross_section_op,
    "tracking": tracking_op,
    "ca_factor": ca_factor,
    "tick_filter": tick_filter,
    "basket_with_policy": basket_with_policy,
    "snapshot": snapshot,
    **alignment.OPERATIONS,
    **baskets.OPERATIONS,
    **statistics.OPERATIONS,
    **fair_values.OPERATIONS,
    **trends.OPERATIONS,
}
