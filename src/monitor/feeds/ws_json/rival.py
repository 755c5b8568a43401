"""Notices another process that uses the same key: each of the two throws the other one out, for ever (FEEDS 13.8)."""

MOST_KICKS = 6
"""Connections in a row, granted and soon ended by the server, that are no accident any more."""


class Rival:
    """Counts connections that served and were ended by the server at once. soon_s: what counts as at once."""

    def __init__(self, soon_s: float) -> None:
        self._soon_s = soon_s
        self._kicks = 0

    def ended(self, *, served: bool, lived_s: float) -> bool:
        """A connection ended with a close frame of the server's; is this the work of another process? served: it was
        granted, or had delivered; a server that lets nobody in is only broken."""
        self._kicks = self._kicks + 1 if served and lived_s < self._soon_s else 0
        return self._kicks >= MOST_KICKS
