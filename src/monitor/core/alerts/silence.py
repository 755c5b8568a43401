"""Silences: somebody wants no messages for a while (ALERTING section 9)."""

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from monitor.core.instant import parse_instant, to_milliseconds

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

    Raises ValueError when `match` is empty or names anything else, or a time has no offset.
    """
    match = document.get("match")
    if not isinstance(match, Mapping) or not match or not set(match) <= _KEYS:
        raise ValueError("a silence matches on at least one of rule, instance and level")
    levels = match.get("level")
    if levels is not None and not (isinstance(levels, list) and all(isinstance(level, str) for level in levels)):
        raise ValueError("`level` of a silence is a list of levels")
    return Silence(
        id=str(document["id"]),
        starts=to_milliseconds(parse_instant(str(document["starts"]))),
        ends=to_milliseconds(parse_instant(str(document["ends"]))),
        rule=match.get("rule"),
        instance=match.get("instance"),
        levels=None if levels is None else tuple(levels),
        by=str(document.get("by", "")),
        why=str(document.get("why", "")),
    )


def matches(silence: Silence, rule: str, instance: str, level: str) -> bool:
    """Whether every key of the silence matches a message of `level`; names must match as a whole."""
    return (
        (silence.rule is None or _pattern(silence.rule).fullmatch(rule) is not None)
        and (silence.instance is None or _pattern(silence.instance).fullmatch(instance) is not None)
        and (silence.levels is None or level in silence.levels)
    )


@lru_cache(maxsize=1024)
def _pattern(wildcard: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in wildcard.split("*")), re.DOTALL)
