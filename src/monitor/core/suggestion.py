"""What somebody may have meant who wrote a name that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A suggestion, or an empty text when nothing is near.

    >>> did_you_mean("slack_webhok", ["console", "slack_webhook"])
    'Did you mean slack_webhook?'
    """
    spelled = {candidate.lower(): candidate for candidate in candidates}
    near = get_close_matches(name.lower(), spelled, 1, 0.6)
    return f"Did you mean {spelled[near[0]]}?" if near else ""
