"""Words of a server, made fit to be shown to people and written to logs."""

from collections.abc import Iterable

_LONGEST = 120
_SHORTEST_SECRET = 4
"""Shorter secrets would blank out ordinary words."""


def shown(text: str, secrets: Iterable[str] = (), longest: int = _LONGEST) -> str:
    """`text` in one printable line of at most `longest` characters, without the secrets that a server may repeat."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            text = text.replace(secret, "***")
    text = text[: 8 * longest]  # cut only now: half a secret is not found
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
