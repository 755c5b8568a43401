"""Values that somebody meant to fill in and did not."""

import re
from urllib.parse import SplitResult, parse_qsl, urlsplit

from monitor.core.loopback import is_loopback

_GAP = re.compile(r"<[^>]+>")
_WORDS = re.compile(
    r"change[-_ ]?(me|this)|replace[-_ ]?(me|this)|fill[-_ ]?(me[-_ ]?)?in|placeholder|\byour[-_ ][\w-]+", re.IGNORECASE
)
_EXES = re.compile(r"x+", re.IGNORECASE)
_EXAMPLE_HOST = re.compile(r"(^|[.@])example\.(com|net|org)$|\.(example|invalid)$", re.IGNORECASE)
_SAMPLE_SEGMENT = re.compile(r"X{3,}|x{8,}|[Tt]0{8}")
"""A piece of a path as the pages about Slack webhooks print it."""


def is_placeholder(text: str) -> bool:
    """Whether a secret, URL, host or mail address is still the one from a template: CHANGE_ME, `<token>`, the hook of
    team T00000000, or an address in a domain that is reserved for examples (RFC 2606).

    >>> is_placeholder("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")
    True

    A URL that points at this machine is taken as meant: local servers are made to look like the real thing. So are
    sockets and folders, whatever their names, and nothing at all: what is not used stays empty.

    >>> is_placeholder("http://127.0.0.1:9099/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")
    False
    >>> is_placeholder("unix:///srv/placeholder/redis.sock")
    False
    """
    text = text.strip()
    if "://" not in text:
        return any(pattern.search(text) for pattern in (_GAP, _WORDS, _EXAMPLE_HOST)) or _is(_EXES, text)
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return _GAP.search(text) is not None
    return not is_loopback(host) and (_GAP.search(text) is not None or (host != "" and _is_sample(parts, host)))


def _is_sample(url: SplitResult, host: str) -> bool:
    if _EXAMPLE_HOST.search(host) or any(_is(_SAMPLE_SEGMENT, segment) for segment in url.path.split("/")):
        return True
    # A word like "placeholder" may be part of any path. It counts where a secret stands, and as the whole end of a
    # path, which is where webhooks have theirs.
    secrets = [host, url.username or "", url.password or "", *(value for _, value in parse_qsl(url.query))]
    return any(_WORDS.search(part) for part in secrets) or _is(_WORDS, url.path.rpartition("/")[2])


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None
