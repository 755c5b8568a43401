"""The chart of a message: the metric up to the moment the message speaks of, from what the board keeps of the past."""

from typing import Protocol

from monitor.notify.bulletin import Note


class Charts(Protocol):
    """Whatever makes the chart of a note. The same note always has the same chart: nothing after `note.t` is in it."""

    async def chart(self, note: Note) -> bytes | None:
        """PNG; None when the note has none (a metric without a kept past, no drawing within two seconds, Redis away).
        Never raises but for cancellation: words do not wait for pictures."""
        ...

    async def close(self) -> None:
        """End what draws. No chart is asked for afterwards."""
        ...
