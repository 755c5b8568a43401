"""What makes up the meaning of a rule: when it changes, the rule is judged anew (ALERTING section 10)."""

import hashlib
import json
from typing import Any

import msgspec

from monitor.core.alerts.rules.rule import Session
from monitor.core.alerts.rules.schema import PredicateTable, RuleTable


def definition_of(table: RuleTable, session: Session | None) -> str:
    """SHA-256 of the parsed values that make up what the rule means; "60s" and "1m" give the same."""
    meaning = {
        "metric": table.metric,
        "when": _predicate(table.when),
        "clear": _predicate(table.clear),
        "levels": {
            name: {"when": _predicate(level.when), "clear": _predicate(level.clear)}
            for name, level in table.levels.items()
        },
        "severity": table.severity,
        "for": table.for_,
        "clear_for": table.clear_for,
        "max_gap": table.max_gap,
        "stale_after": table.stale_after,
        "session": None if session is None else msgspec.to_builtins(session),
        "require_live": sorted(set(table.require_live)),
        "gap_counts": table.gap_counts,
    }
    canonical = json.dumps(meaning, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _predicate(table: PredicateTable | None) -> dict[str, Any] | None:
    if table is None:
        return None
    found: dict[str, Any] = table.model_dump(exclude_none=True)
    if table.moves is not None and table.moves.within is not None:
        found["moves"].setdefault("direction", "any")
    return found
