"""Where Slack keeps a message: what `Accepted.reference` of the bot says."""

import re

import msgspec

_FORM = re.compile(r"([^:\s]{1,80}):([0-9]{1,20}\.[0-9]{1,10})(:STORM)?")


class Place(msgspec.Struct, frozen=True):
    """A message, by the id of its channel and its timestamp, which together never change (docs.slack.dev: a `ts` is
    unique within a channel). storm: it tells of many episodes, so none of them may have it for itself.

    As text `C0123ABC:1794276000.000100`, with `:STORM` behind it where it is one.
    """

    channel: str
    ts: str
    storm: bool = False

    @classmethod
    def read(cls, reference: str | None) -> "Place | None":
        """The place that a reference names; None without one, and for words that are not the bot's, such as those of
        the channel that had this name before."""
        form = _FORM.fullmatch(reference or "")
        return None if form is None else cls(form[1], form[2], form[3] is not None)

    def __str__(self) -> str:
        return f"{self.channel}:{self.ts}{':STORM' if self.storm else ''}"
