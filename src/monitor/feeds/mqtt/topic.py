"""A topic with named levels (FEEDS 7.3): what is subscribed to, and what the levels of a message's topic say. Pure."""

import re

from monitor.errors import ConfigError

LEVEL = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A named level, in a topic and in a text over its levels."""


class TopicTemplate:
    """A topic with named levels: `md/v1/{market}/{code}/quote`. `{name}` stands for one whole level, `+` for one that
    has no name, a last level `#` for any rest, none included.

    where: file or table, for refusals. Raises ConfigError when it is not usable as a filter.
    """

    def __init__(self, template: str, *, where: str = "feeds.mqtt") -> None:
        levels = template.split("/")
        rest = levels[-1] == "#"
        self.names = [found[1] for level in levels if (found := LEVEL.fullmatch(level))]
        """The names of its levels, in order."""
        if not template or len(set(self.names)) != len(self.names):
            raise ConfigError(where, "topic", template, "a topic in which every {name} occurs once")
        if template.startswith("$") or any(_is_torn(level) for level in (levels[:-1] if rest else levels)):
            allowed = "levels that are text, {name} or +, and # at the end"
            raise ConfigError(where, "topic", template, allowed)
        pattern = "/".join(_pattern(level) for level in (levels[:-1] if rest else levels))
        self._pattern = re.compile(pattern + ("(?:/.*)?" if rest and levels[:-1] else ".*" if rest else ""), re.DOTALL)
        self._wild_from_the_start = levels[0] in ("+", "#") or LEVEL.fullmatch(levels[0]) is not None
        self.filter = "/".join("+" if LEVEL.fullmatch(level) else level for level in levels)
        """What is sent in SUBSCRIBE."""

    def match(self, topic: str) -> dict[str, str] | None:
        """The named levels of a topic, None when the template does not cover it."""
        if self._wild_from_the_start and topic.startswith("$"):  # MQTT 5.0, 4.7.2: those are the broker's own
            return None
        found = self._pattern.fullmatch(topic)
        return found.groupdict() if found else None


def _is_torn(level: str) -> bool:
    """Holds a sign that means something, without being it."""
    return level != "+" and not LEVEL.fullmatch(level) and any(sign in level for sign in "+#{}\0")


def _pattern(level: str) -> str:
    named = LEVEL.fullmatch(level)
    if named:
        return f"(?P<{named[1]}>[^/]*)"
    return "[^/]*" if level == "+" else re.escape(level)
