"""Any metric of a board by its name."""

from collections.abc import Collection
from difflib import get_close_matches

from monitor.core.explain.baskets import explain_basket_metric
from monitor.core.explain.explanation import Explanation
from monitor.core.explain.instruments import explain_instrument
from monitor.core.explain.pairs import SPREAD_MEASURES, explain_pe_discount, explain_spread
from monitor.core.explain.statistics import STATISTICS, explain_statistic
from monitor.core.metrics.catalogue import parse_metric
from monitor.core.workings import Workings
from monitor.errors import UsageError

_SUGGESTIONS = 5


def explain(workings: Workings, name: str) -> Explanation:
    """How a metric of the board came about, by its name; `value` is that of the metric.

    Raises UsageError with the nearest names when the board has no such metric.
    """
    metrics = workings.metrics
    if name not in metrics:
        raise UsageError(unknown_metric(name, metrics))
    subject, measure, lower = parse_metric(name)
    window = next((own for own in workings.definition.windows if own.lower() == lower), lower)
    value = metrics[name]
    if subject in workings.legs:
        found = explain_instrument(workings, subject, measure, window, value)
    elif subject in workings.composites:
        found = explain_basket_metric(workings, subject, measure, window, value)
    else:
        found = _of_pair(workings, subject, measure, window, value)
    return found


def _of_pair(workings: Workings, pair_id: str, measure: str, window: str, value: float | None) -> Explanation:
    pair = next(pair for pair in workings.definition.pairs if pair.id == pair_id)
    if measure in SPREAD_MEASURES:
        return explain_spread(workings, pair, measure, window, value)
    if measure in STATISTICS:
        return explain_statistic(workings, pair, measure, value)
    return explain_pe_discount(workings, pair, value)


def unknown_metric(name: str, known: Collection[str]) -> str:
    """What to say of a name that is no metric: the part that is wrong, and the nearest that are right."""
    near = get_close_matches(name, known, n=_SUGGESTIONS, cutoff=0.6)
    if not near:
        subjects = sorted({parse_metric(metric).subject for metric in known})
        return f"{name!r} is no metric of this board. A metric is <subject>.<measure>.<window>; subjects: " + ", ".join(
            subjects
        )
    return f"{name!r} is no metric of this board. Did you mean {', '.join(near)}?"
