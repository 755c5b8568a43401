"""What happened to one rule over some time, in little room: counts of everything, and the few episodes worth naming."""

import msgspec
from msgspec.structs import replace

from monitor.core.alerts.episodes import Episode
from monitor.core.alerts.rules.rule import RANK

LISTED = 3
"""How many episodes of a rule are kept by themselves; the others only count."""


class Outage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stretch without valid data that was told or recorded. started: its anchor; ended: None while it lasts; both
    epoch ms."""

    instance: str
    started: int
    ended: int | None = None

    def length_ms(self, t: int) -> int:
        """From start to end, at `t` when it still lasts then."""
        return (t if self.ended is None else self.ended) - self.started


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule since the previous digest. Its size does not grow with what happens.

    title, unit: of the rule when it was last heard of. each: it has several instances, which need naming. messages:
    notifications of all kinds.
    told, untold: episodes and events that were announced, and that were not. told_ms: length of the told ones
    together. notable, missed: the few highest and longest told and untold ones, the first of them first. peaks: the
    lowest and the highest peak of the told ones, None without any. held_back: reason → untold episodes that it kept
    back.
    outages: stretches without valid data, of all instances; outage: the longest, None without one.
    """

    title: str = ""
    unit: str = ""
    each: bool = False
    messages: int = 0
    told: int = 0
    untold: int = 0
    told_ms: int = 0
    notable: tuple[Episode, ...] = ()
    missed: tuple[Episode, ...] = ()
    peaks: tuple[float, float] | None = None
    held_back: dict[str, int] = {}
    outages: int = 0
    outage: Outage | None = None

    @property
    def level(self) -> str:
        """The highest level of any told episode that is kept, "" without one."""
        return self.notable[0].level if self.notable else ""

    def with_messages(self, count: int) -> "Account":
        """The account after so many more notifications."""
        return replace(self, messages=self.messages + count)

    def with_episode(self, episode: Episode, t: int) -> "Account":
        """The account with one more episode, as it stands at `t`."""
        if not episode.told:
            held_back = dict(self.held_back)
            for reason in episode.held_back:
                held_back[reason] = held_back.get(reason, 0) + 1
            missed = _most(self.missed, episode, t)
            return replace(self, untold=self.untold + 1, missed=missed, held_back=held_back)
        peaks = self.peaks
        if episode.peak is not None:
            low, high = peaks or (episode.peak, episode.peak)
            peaks = (min(low, episode.peak), max(high, episode.peak))
        return replace(
            self,
            told=self.told + 1,
            told_ms=self.told_ms + episode.length_ms(t),
            notable=_most(self.notable, episode, t),
            peaks=peaks,
        )

    def with_outage(self, outage: Outage, t: int) -> "Account":
        """The account with one more outage, as it stands at `t`."""
        longest = self.outage
        if longest is None or outage.length_ms(t) > longest.length_ms(t):
            longest = outage
        return replace(self, outages=self.outages + 1, outage=longest)


def _most(kept: tuple[Episode, ...], episode: Episode, t: int) -> tuple[Episode, ...]:
    """The kept ones with another in its place, as many as are listed."""
    weight = _weight(episode, t)
    if len(kept) == LISTED and _weight(kept[-1], t) <= weight:
        return kept
    return tuple(sorted((*kept, episode), key=lambda one: _weight(one, t))[:LISTED])


def _weight(episode: Episode, t: int) -> tuple[int, int, int]:
    """The highest level comes first, then the longest, then the earliest."""
    return -RANK.get(episode.level, -1), -episode.length_ms(t), episode.start
