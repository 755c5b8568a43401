"""Values that somebody meant to fill in and did not."""

import re

_PLACEHOLDER = re.compile(
    r"change[-_ ]?(me|this)|replace[-_ ]?(me|this|with)|fill[-_ ]?in|placeholder|your[-_ ]\w+"
    r"|<[^>]*>|x{4,}|/T0{4,}|\bexample\.(com|org|net)\b|\.(example|invalid)\b",
    re.IGNORECASE,
)


def is_placeholder(value: str) -> bool:
    """Whether a value is still the one from a template: CHANGE_ME, `<token>`, XXXXXXXX, hooks of team T00000000,
    or an address in a domain that is reserved for examples (RFC 2606).

    >>> is_placeholder("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")
    True
    >>> is_placeholder("http://127.0.0.1:9099/hook")
    False
    """
    return _PLACEHOLDER.search(value) is not None
