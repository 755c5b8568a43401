"""What is refused in the alert file, where, and why."""

from collections.abc import Iterable

from monitor.core.suggestion import did_you_mean
from monitor.errors import ConfigError


class AlertFileError(ConfigError):
    """A part of the alert file is refused: `file:line: rule <id>: <key>: reason`.

    where: the file. line: 1-based line of the rule's `[[rule]]`, None when unknown or not about a rule. rule: id of the
    rule, None when it is about something else, which `part` then names ("channel desk", "" for the file as a whole).
    key: top-level key of that part. reason: a phrase that says what is wrong and what is allowed.
    """

    def __init__(
        self, where: str, key: str, reason: str, *, rule: str | None = None, part: str = "", line: int | None = None
    ) -> None:
        super().__init__(where, key, "", reason)
        self.rule = rule
        self.line = line
        self.reason = reason
        place = where if line is None else f"{where}:{line}"
        subject = f"rule {rule}" if rule is not None else part
        # The sentence has the form that ALERTING section 3 fixes, not the family's usual one.
        self.args = (": ".join(piece for piece in (place, subject, key, reason) if piece),)


class RefusedError(ValueError):
    """A value of one rule or channel is refused; `AlertFileError` adds where. key: its top-level key; the text is the
    reason."""

    def __init__(self, key: str, reason: str) -> None:
        self.key = key
        super().__init__(reason)


def unknown(noun: str, name: str, known: Iterable[str], *, listed: bool = True) -> str:
    """Why a name that does not exist is refused, with what it may have been meant to be.

    listed: whether what exists is few enough to be told in full.

    >>> unknown("channel", "desc", ["desk", "mail"])
    "unknown channel 'desc'; allowed: desk, mail. Did you mean desk?"
    """
    names = sorted(known)
    reason = f"unknown {noun} {name!r}"
    if listed:
        reason += f"; allowed: {', '.join(names) or 'none'}"
    return ". ".join(filter(None, (reason, did_you_mean(name, names))))
