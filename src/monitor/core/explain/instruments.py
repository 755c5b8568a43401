"""The metrics of one instrument: price, return, age, trend, alerts on its data, fair value."""

import msgspec

from monitor.core.definition import ProxyMethod
from monitor.core.explain.explanation import NO_NUMBER, Explanation
from monitor.core.explain.returns import explain_price, explain_return
from monitor.core.instant import format_instant
from monitor.core.proxies.estimate import Estimate
from monitor.core.status import Status
from monitor.core.trends.regime import Regime
from monitor.core.views.instrument import TrendView
from monitor.core.workings import Workings

_FAIR_FORMULAS = {
    "move": "close × (1 + beta × (live × k − ref) / ref)",
    "members": "close × (1 + beta × m)",
    "parity": "adr × rate / ratio × (1 + usual)",
}
_INPUTS = {
    "close": "official close of the target",
    "beta": "beta of the target on what the proxy stands for",
    "live": "price of the proxy now",
    "k": "change of its exchange rate and share basis since the reference",
    "ref": "price of the proxy at the target's close",
    "m": "weighted move of the members by their ADRs",
    "adr": "price of the ADR",
    "rate": "exchange rate now",
    "ratio": "ordinary shares in one ADR",
    "usual": "usual premium",
}

RECORD = "RECORD"
"""Status of a number of sessions that there is none of: no close in the history reached this price."""

_PRICE_AGAINST = "100 × (price − {0}) / {0}"


def explain_instrument(workings: Workings, symbol: str, measure: str, window: str, value: float | None) -> Explanation:
    """One metric of an instrument. window: as on the board, or `now`. value: of the metric. Raises KeyError for a
    measure that instruments do not have."""
    label = f"{workings.legs[symbol].instrument.name} ({symbol})"
    match measure:
        case "return_pct":
            return _return(workings, symbol, label, window, value)
        case "price":
            found = explain_price(workings, workings.legs[symbol], workings.cut.points[symbol])
            return msgspec.structs.replace(found, name="result", label=f"{label} price")
        case "age_seconds":
            return _age(workings, symbol, label, value)
        case "data_alerts":
            return _data_alerts(workings, symbol, label, value)
        case "fair_value" | "fair_move_pct" | "premium_pct":
            return _fair_value(workings, symbol, label, measure, value)
        case _:
            return _trend(workings, symbol, label, measure, value)


def _return(workings: Workings, symbol: str, label: str, window: str, value: float | None) -> Explanation:
    index = workings.definition.windows.index(window)
    found = explain_return(workings, workings.legs[symbol], workings.cut, index, "r")
    return Explanation(
        name="result",
        label=f"{label} {window} return",
        value=value,
        unit="pct",
        formula="100 × r",
        status=found.status,
        notes=[f"reference date of the board: {workings.snapshot.ref_date or 'none, no session yet'}"],
        parts=[found],
    )


def _age(workings: Workings, symbol: str, label: str, value: float | None) -> Explanation:
    point = workings.cut.points[symbol]
    notes = [f"board at {workings.snapshot.t}"]
    if point.event_ns is not None:
        notes.append(f"price of {format_instant(point.event_ns)}")
    status = Status.NO_PRICE if value is None else point.status
    return Explanation(name="result", label=f"{label} age", value=value, unit="seconds", status=status, notes=notes)


def _data_alerts(workings: Workings, symbol: str, label: str, value: float | None) -> Explanation:
    concerning = (symbol, workings.legs[symbol].instrument.calendar)
    parts = [
        Explanation(
            name="n", label=f"{alert.kind} {alert.subject}", value=1.0, notes=[f"since {alert.since}", alert.detail]
        )
        for alert in workings.snapshot.data_alerts
        if alert.subject in concerning
    ]
    return Explanation(
        name="result", label=f"{label} data alerts", value=value, unit="count", formula="sum(n)", parts=parts
    )


_TREND = {
    "drawdown_pct": ("below its peak", _PRICE_AGAINST.format("peak"), "pct"),
    "run_up_pct": ("above its trough", _PRICE_AGAINST.format("trough"), "pct"),
    "from_52w_high_pct": ("from its 52-week high", _PRICE_AGAINST.format("high"), "pct"),
    "from_52w_low_pct": ("from its 52-week low", _PRICE_AGAINST.format("low"), "pct"),
    "sessions_since_high": ("sessions since it was so high", "", "count"),
    "sessions_since_low": ("sessions since it was so low", "", "count"),
    "regime": ("regime (1 bull, 0 correction, −1 bear)", "", "count"),
}


def _trend(workings: Workings, symbol: str, label: str, measure: str, value: float | None) -> Explanation:
    trend = workings.snapshot.instruments[symbol].trend
    words, formula, unit = _TREND[measure]
    if trend is None:
        raise KeyError(measure)
    price = explain_price(workings, workings.legs[symbol], workings.cut.points[symbol])
    notes = [f"closes in a row since {trend.history_start}"] if trend.history_start else []
    if trend.status == Status.WARMUP:
        notes.append(f"fewer than {workings.definition.regime.min_closes} closes in a row")
    if trend.status == Status.OK:
        notes += _regime_notes(workings, trend) if measure == "regime" else _record_notes(trend, measure)
    return Explanation(
        name="result",
        label=f"{label} {words}",
        value=value,
        unit=unit,
        formula=formula,
        status=_trend_status(trend, measure) if value is None else trend.status,
        notes=notes,
        parts=[price, *_against(trend, measure)],
    )


def _trend_status(trend: TrendView, measure: str) -> str:
    """Why a measure of a trend has no value."""
    if trend.status != Status.OK:
        return trend.status
    return Regime.UNDEFINED if measure == "regime" else RECORD


def _against(trend: TrendView, measure: str) -> list[Explanation]:
    """The old price that the one of now is compared with."""
    year = "closes of the last twelve months and the price of now"
    peak = _level("peak", "peak", trend.peak, f"{trend.peak_session}", trend.status)
    trough = _level("trough", "trough", trend.trough, f"{trend.trough_session}", trend.status)
    match measure:
        case "drawdown_pct":
            return [peak]
        case "run_up_pct":
            return [trough]
        case "from_52w_high_pct":
            return [_level("high", "52-week high", trend.high_52w, year, trend.status)]
        case "from_52w_low_pct":
            return [_level("low", "52-week low", trend.low_52w, year, trend.status)]
        case "regime":
            return [peak, trough]
        case _:
            return []


def _level(name: str, label: str, value: float | None, note: str, status: str) -> Explanation:
    notes = [] if value is None else [note]
    return Explanation(name=name, label=label, value=value, status=status, notes=notes)


def _record_notes(trend: TrendView, measure: str) -> list[str]:
    if not measure.startswith("sessions_since_"):
        return []
    high = measure.endswith("_high")
    found, word = (trend.highest_since, "high") if high else (trend.lowest_since, "low")
    if found is None:
        return [f"a record: no close since {trend.history_start} was as {word}"]
    return [f"last close as {word}: {found}; the session before now counts as 1"]


def _regime_notes(workings: Workings, trend: TrendView) -> list[str]:
    own = workings.definition.regime
    return [
        f"by official closes {trend.state} since {trend.since}; with the price of now {trend.provisional_state}",
        f"bull: +{100 * own.up:g} % from the trough; correction: −{100 * own.correction:g} % from the peak; "
        f"bear: −{100 * own.down:g} %",
    ]


def _fair_value(workings: Workings, symbol: str, label: str, measure: str, value: float | None) -> Explanation:
    estimate = workings.estimates[symbol]
    fair = explain_estimate(workings, symbol)
    start = _input(estimate, "close", "official close")
    price = explain_price(workings, workings.legs[symbol], workings.cut.points[symbol])
    status: str = estimate.status if value is None else Status.OK
    if measure == "fair_value":
        return msgspec.structs.replace(fair, name="result", label=f"{label} {fair.label}")
    if measure == "fair_move_pct":
        words, formula, parts = "implied move since its close", "100 × (fair − close) / close", [fair, start]
    else:
        usual = _input(estimate, "usual", "usual premium")
        words, formula = "premium over parity", "100 × (price − fair / (1 + usual)) / (fair / (1 + usual))"
        parts = [price, fair, usual]
        if value is None and estimate.status is Status.OK:
            status = NO_NUMBER  # only an ADR has a parity
    return Explanation(
        name="result", label=f"{label} {words}", value=value, unit="pct", formula=formula, status=status, parts=parts
    )


def _input(estimate: Estimate, name: str, label: str) -> Explanation:
    value = estimate.inputs.get(name)
    why = estimate.status if estimate.status is not Status.OK else NO_NUMBER
    return Explanation(name=name, label=label, value=value, status=Status.OK if value is not None else why)


def _kind(estimate: Estimate, symbol: str) -> str:
    """Which of the formulas an estimate was made by, or would have been."""
    if estimate.method is not ProxyMethod.ADR:
        return "move"
    return "members" if estimate.proxy == symbol else "parity"


def explain_estimate(workings: Workings, symbol: str) -> Explanation:
    """FV-1 to FV-4 with the numbers of the proxy. Raises KeyError for an instrument without one."""
    estimate = workings.estimates[symbol]
    notes = [f"estimate by {estimate.method} from {estimate.proxy}"]
    if estimate.ref_ns is not None:
        notes.append(f"reference price of {format_instant(estimate.ref_ns)}")
    if estimate.live_ns is not None:
        notes.append(f"price of {format_instant(estimate.live_ns)}")
    formula = _FAIR_FORMULAS[_kind(estimate, symbol)]
    parts = [
        Explanation(name=name, label=_INPUTS[name], value=value)
        for name, value in estimate.inputs.items()
        if name in formula
    ]
    if "coverage" in estimate.inputs:
        notes.append(f"{100 * estimate.inputs['coverage']:.4g} % of the index has an ADR price")
    return Explanation(
        name="fair",
        label="fair value",
        value=estimate.value,
        unit=workings.legs[symbol].instrument.currency,
        formula=formula,
        status=estimate.status,
        notes=notes,
        parts=parts,
    )
