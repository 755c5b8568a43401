"""Values that somebody meant to fill in and did not."""

import re
from urllib.parse import urlsplit

from monitor.core.loopback import is_loopback

_PLACEHOLDER = re.compile(
    r"change[-_ ]?(me|this)|replace[-_ ]?(me|this)|fill[-_ ]?(me[-_ ]?)?in|placeholder|\byour[-_ ]\w+"
    r"|<[^>]+>|^x+$|/x{8,}$|/t0{8}/|://[^/]*\bexample\.(com|net|org)\b|://[^/]*\.(example|invalid)\b",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Whether a value is still the one from a template: CHANGE_ME, `<token>`, the hook of team T00000000, or an address
    in a domain that is reserved for examples (RFC 2606).

    >>> is_placeholder("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")
    True

    Whatever points at this machine is taken as meant: local servers are made to look like the real thing.

    >>> is_placeholder("http://127.0.0.1:9099/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")
    False
    """
    if "://" in value and is_loopback(_host(value)):
        return False
    return _PLACEHOLDER.search(value) is not None


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
