"""Silences: somebody wants no messages for a while (ALERTING section 9)."""

from collections.abc import Mapping

import msgspec

from monitor.core.instant import MILLISECOND, format_instant, parse_instant, to_milliseconds

LONGEST_DAYS = 366
"""How long a silence lasts at most, whoever asks: the board's next year, leap days and all. Longer is a slip of the
keyboard, or a rule that nobody wants."""

_KEYS = {"rule", "instance", "level"}


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Active for starts ≤ t < ends, milliseconds UTC.

    rule, instance: names in which `*` stands for any run of characters; levels: levels of messages. Every one that is
    not None must match; at least one is not None. by, why: for people.
    """

    id: str
    starts: int
    ends: int
    rule: str | None = None
    instance: str | None = None
    levels: tuple[str, ...] | None = None
    by: str = ""
    why: str = ""

    def expire(self, t: int) -> "Silence":
        """The silence as it stands once ended at `t`; one that ends earlier anyway stays as it is."""
        return msgspec.structs.replace(self, ends=min(self.ends, t))


class Controls(msgspec.Struct, frozen=True):
    """What people have set beside the rules."""

    silences: tuple[Silence, ...] = ()


def silence_from(document: Mapping[str, object]) -> Silence:
    """The silence that `{id, match: {rule?, instance?, level?: [..]}, starts, ends, by, why}` stands for.

    starts and ends are ISO-8601 with an offset.

    Raises ValueError when there is no id, when `match` is empty or names anything else, or a time has no offset.
    """
    identifier, match = document.get("id"), document.get("match")
    if not isinstance(identifier, str) or not identifier:
        raise ValueError("a silence has an `id`")
    if not isinstance(match, Mapping) or not match or not set(match) <= _KEYS:
        raise ValueError("a silence matches on at least one of rule, instance and level")
    names = {key: match.get(key) for key in ("rule", "instance")}
    if not all(name is None or isinstance(name, str) for name in names.values()):
        raise ValueError("`rule` and `instance` of a silence are names, in which `*` stands for any characters")
    levels = match.get("level")
    if levels is not None and not (isinstance(levels, list) and all(isinstance(level, str) for level in levels)):
        raise ValueError("`level` of a silence is a list of levels")
    return Silence(
        id=identifier,
        starts=to_milliseconds(parse_instant(str(document.get("starts")))),
        ends=to_milliseconds(parse_instant(str(document.get("ends")))),
        rule=names["rule"],
        instance=names["instance"],
        levels=None if levels is None else tuple(levels),
        by=str(document.get("by", "")),
        why=str(document.get("why", "")),
    )


def document_of(silence: Silence) -> dict[str, object]:
    """The document of ALERTING section 9 that `silence_from` reads back as an equal silence; times in UTC."""
    match: dict[str, object] = {}
    if silence.rule is not None:
        match["rule"] = silence.rule
    if silence.instance is not None:
        match["instance"] = silence.instance
    if silence.levels is not None:
        match["level"] = list(silence.levels)
    return {
        "id": silence.id,
        "match": match,
        "starts": format_instant(silence.starts * MILLISECOND),
        "ends": format_instant(silence.ends * MILLISECOND),
        "by": silence.by,
        "why": silence.why,
    }


def matches(silence: Silence, rule: str, instance: str, level: str) -> bool:
    """Whether every key of the silence matches a message of `level`; names must match as a whole."""
    return (
        (silence.rule is None or _fits(silence.rule, rule))
        and (silence.instance is None or _fits(silence.instance, instance))
        and (silence.levels is None or level in silence.levels)
    )


def _fits(wildcard: str, name: str) -> bool:
    """Whether the whole name is what `wildcard` says. One look from left to right: a regular expression would try every
    way to share the name among many `*`."""
    first, *rest = wildcard.split("*")
    if not rest:
        return name == wildcard
    *inner, last = rest
    if not name.startswith(first) or not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in inner:
        found = name.find(part, at, max(end, 0))
        if found < 0:
            return False
        at = found + len(part)
    return at <= end
