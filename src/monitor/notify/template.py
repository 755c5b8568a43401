"""The rule's own sentence (`message.summary`): a Jinja2 template in a sandbox, of plain text, over the evidence.

Escaping is left to the channels, which do it for all text alike.
"""

from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.core.alerts.notification import Notification
from monitor.notify.wording import HONG_KONG, NEW_YORK, clock, duration, measured, number, one_line, shortened

# fmt: off
VARIABLES = frozenset((
    "id", "rule", "instance", "kind", "level", "title", "metric", "unit", "value", "move", "threshold", "clear",
    "distance", "peak", "t", "start", "held_s", "today", "last_30_sessions", "simulated", "reason",
))
# fmt: on
"""What a template may use. value, move, threshold, clear, distance, peak: numbers in `unit` or none; t, start: epoch
milliseconds; held_s: seconds; the rest are texts, counts and flags."""

_LONGEST = 2000


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    for unit in ("pct", "pp", "z", "ratio", "price", "usd_bn", "seconds", "count"):
        environment.filters[unit] = lambda value, unit=unit: number(value, unit)
    environment.filters["regime"] = lambda value: measured(value, "count", "regime")
    environment.filters["duration"] = duration
    environment.filters["hkt"] = lambda at_ms: clock(at_ms, HONG_KONG)
    environment.filters["et"] = lambda at_ms: clock(at_ms, NEW_YORK)
    return environment


_ENVIRONMENT = _environment()


def check_template(source: str) -> None:
    """Raise ValueError, with the reason in words, when `source` could not be rendered: syntax, filter, variable."""
    try:
        unknown = find_undeclared_variables(_ENVIRONMENT.parse(source)) - VARIABLES
        _ENVIRONMENT.from_string(source)
    except TemplateError as broken:
        raise ValueError(f"template cannot be read: {broken}") from broken
    if unknown:
        raise ValueError(
            f"undefined variable {sorted(unknown)[0]!r}; a template may use {', '.join(sorted(VARIABLES))}"
        )


def render_template(source: str, note: Notification) -> str:
    """One line of text. Raises ValueError, whatever went wrong inside, so that the built-in text can step in."""
    evidence = note.evidence
    facts = {
        "id": note.id,
        "rule": note.rule,
        "instance": note.instance,
        "kind": note.kind.value,
        "level": note.level,
        "reason": note.reason,
        "title": evidence.title,
        "metric": evidence.metric,
        "unit": evidence.unit,
        "value": evidence.value,
        "move": evidence.move,
        "threshold": evidence.limit,
        "clear": evidence.clear[0][1] if evidence.clear else None,
        "distance": evidence.distance,
        "peak": evidence.peak,
        "t": note.t,
        "start": evidence.start,
        "held_s": evidence.held_ms / 1000,
        "today": evidence.today,
        "last_30_sessions": evidence.last_30_sessions,
        "simulated": evidence.simulated,
    }
    try:
        return shortened(one_line(_ENVIRONMENT.from_string(source).render(facts)), _LONGEST)
    except Exception as failed:  # a template may raise anything its expressions can raise
        raise ValueError(f"{type(failed).__name__}: {failed}") from failed
