"""What statistics say about a pair, with the history they are made of."""

from monitor.core.definition import Pair
from monitor.core.explain.explanation import Explanation
from monitor.core.explain.pairs import explain_spread
from monitor.core.pairs.history import PairHistory, PairReturns
from monitor.core.stats.regression import covariance
from monitor.core.stats.rolling import CONSISTENCY, RobustZ
from monitor.core.status import Status
from monitor.core.views.pair import StatisticsView
from monitor.core.workings import Workings

_DAY = "1D"

STATISTICS = {"z", "robust_z", "ewma_z", "beta", "corr"}


def explain_statistic(workings: Workings, pair: Pair, measure: str, value: float | None) -> Explanation:
    """One statistic of a pair. value: of the metric. Raises KeyError for a pair without statistics."""
    view = workings.snapshot.pair_views[pair.id]
    found = view.statistics
    if found is None or view.lag is None:
        raise KeyError(measure)
    history = PairReturns([], [], [])
    if view.lag.session_a is not None:
        series = PairHistory(workings.side(pair.a), workings.side(pair.b), workings.definition.statistics)
        history = series.lag_returns(view.lag.session_a, workings.moment, workings.rates)
    label = f"{pair.name} ({pair.id}) "
    match measure:
        case "z":
            return _z(workings, pair, found, history, label, value)
        case "robust_z":
            return _robust(workings, pair, found, history, label, value)
        case "ewma_z":
            return _ewma(workings, pair, found, label, value)
        case _:
            return _regression(found, history, measure, label, value)


def _z(
    workings: Workings, pair: Pair, found: StatisticsView, history: PairReturns, label: str, value: float | None
) -> Explanation:
    spreads = _spreads(history)
    mean = _moment("mean", "mean", found.mean, found.z_status, "mean(x)", spreads)
    std = _moment("deviation", "standard deviation (n − 1)", found.std, found.z_status, "std(x)", spreads)
    return Explanation(
        name="result",
        label=f"{label}z-score of the 1D spread",
        value=value,
        unit="z",
        formula="(spread − mean) / deviation",
        status=found.z_status,
        notes=_sample(found, workings),
        parts=[_spread_now(workings, pair, "lag_spread_pp"), mean, std],
    )


def _robust(
    workings: Workings, pair: Pair, found: StatisticsView, history: PairReturns, label: str, value: float | None
) -> Explanation:
    spreads = _spreads(history)
    own = workings.definition.statistics
    robust = RobustZ(own.lookback, own.min_obs)
    for spread in spreads.values():
        robust.update(spread)
    score = robust.score(None)
    return Explanation(
        name="result",
        label=f"{label}robust z-score of the 1D spread",
        value=value,
        unit="z",
        formula="scale × (spread − middle) / deviation",
        status=found.robust_status,
        notes=_sample(found, workings),
        parts=[
            Explanation(name="scale", label="makes it comparable with a z-score", value=CONSISTENCY),
            _spread_now(workings, pair, "lag_spread_pp"),
            _moment("middle", "median", score.centre, found.robust_status, "median(x)", spreads),
            _moment("deviation", "median absolute deviation", score.scale, found.robust_status, "mad(x)", spreads),
        ],
    )


def _ewma(workings: Workings, pair: Pair, found: StatisticsView, label: str, value: float | None) -> Explanation:
    own = workings.definition.statistics
    parts = [
        _moment("mean", "exponentially weighted mean", found.ewma_mean, found.ewma_status),
        _moment("deviation", "exponentially weighted deviation", found.ewma_std, found.ewma_status),
    ]
    if workings.snapshot.pair_views[pair.id].sync is not None:
        parts.insert(0, _spread_now(workings, pair, "sync_spread_pp"))
    return Explanation(
        name="result",
        label=f"{label}exponentially weighted z-score of the 1D spread under SYNC",
        value=value,
        unit="z",
        formula="(spread − mean) / deviation",
        status=found.ewma_status,
        notes=[
            f"{found.ewma_n} samples, one every {own.sample_s} s while either market trades (at least {own.min_obs})",
            f"a sample counts half after {own.halflife:g} more",
        ],
        parts=parts,
    )


def _regression(
    found: StatisticsView, history: PairReturns, measure: str, label: str, value: float | None
) -> Explanation:
    steps = [
        (session, a, b)
        for session, a, b in zip(history.sessions, history.a, history.b, strict=True)
        if a is not None and b is not None
    ]
    y, x = {session: a for session, a, _ in steps}, {session: b for session, _, b in steps}
    sums = covariance([(a, b) for _, a, b in steps]) if steps else None
    words = {"xy": "sum of products of deviations", "xx": "sum of squares, b", "yy": "sum of squares, a"}
    needed = ("xy", "xx") if measure == "beta" else ("xy", "xx", "yy")
    returns = {"yy": y, "xx": x}
    return Explanation(
        name="result",
        label=f"{label}{'beta of a on b' if measure == 'beta' else 'correlation of a and b'}, returns under LAG",
        value=value,
        unit="ratio",
        formula="xy / xx" if measure == "beta" else "xy / sqrt(xx × yy)",
        status=Status.OK if value is not None else found.beta_status,
        notes=[f"{len(steps)} sessions, {found.first_session} to {found.last_session}"],
        parts=[
            Explanation(
                name=name,
                label=words[name],
                value=None if sums is None else getattr(sums, name),
                series=returns.get(name, {}),
            )
            for name in needed
        ],
    )


def _moment(
    name: str, label: str, value: float | None, status: str, formula: str = "", series: dict[str, float] | None = None
) -> Explanation:
    """A number about the history. status: of the score it is for."""
    return Explanation(
        name=name,
        label=label,
        value=value,
        unit="pp",
        formula=formula if value is not None else "",
        status=Status.OK if value is not None else status,
        series=series or {},
    )


def _spread_now(workings: Workings, pair: Pair, measure: str) -> Explanation:
    view = workings.snapshot.pair_views[pair.id]
    policy = view.lag if measure == "lag_spread_pp" else view.sync
    if policy is None or _DAY not in policy.spreads:
        return Explanation(name="spread", label="1D spread now", value=None, status=Status.NO_PRICE)
    value = policy.spreads[_DAY].spread_pp
    return explain_spread(workings, pair, measure, _DAY, value, name="spread")


def _spreads(history: PairReturns) -> dict[str, float]:
    """The 1D spreads under LAG before today, percentage points, by session of a."""
    return {
        session: 100 * (a - b)
        for session, a, b in zip(history.sessions, history.a, history.b, strict=True)
        if a is not None and b is not None
    }


def _sample(found: StatisticsView, workings: Workings) -> list[str]:
    own = workings.definition.statistics
    return [
        f"{found.n} sessions, {found.first_session} to {found.last_session}; at most {own.lookback}, at least "
        f"{own.min_obs}; today is not among them"
    ]
