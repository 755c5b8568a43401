"""When to say that alerting is blind, when again, and when that it is over."""

from collections.abc import Mapping

import msgspec

from monitor.core.alerts.blindness.sight import Cause, Judgement

REPEAT_S = 1800.0
"""A blindness that goes on is told again after so long, seconds (ALERTING 17)."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A blindness that people know of. since_ms, told_ms: when it began and when it was last told, epoch ms of the wall
    clock. times: how often it was told."""

    since_ms: int
    told_ms: int
    times: int = 1


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """Something to say. over: it has ended. lasted_s: for how long it has lasted, seconds. told: as it has to be
    remembered once it was said; of an end, the last that was told."""

    cause: Cause
    over: bool
    lasted_s: float
    told: Told


class _Known:
    """A blindness that was told. Times with _s are of the monotonic clock. over_s: since when it has been over."""

    def __init__(self, told: Told, began_s: float, told_s: float) -> None:
        self.told = told
        self.began_s = began_s
        self.told_s = told_s
        self.over_s: float | None = None


class Telling:
    """Each cause once, again every `repeat_s`, and its end.

    told: what people know from before a restart, by cause. now_s, now_ms: now, by the monotonic and by the wall clock;
    the wall clock is used to date things and to bridge a restart, never to wait.
    """

    def __init__(self, told: Mapping[Cause, Told], now_s: float, now_ms: int, *, repeat_s: float = REPEAT_S) -> None:
        self._repeat_s = repeat_s
        self._known = {
            cause: _Known(
                one,
                now_s - max(0, now_ms - one.since_ms) / 1000,
                # A clock that was set back meanwhile must not silence us for longer.
                now_s - min(max(0, now_ms - one.told_ms) / 1000, repeat_s),
            )
            for cause, one in told.items()
        }

    def words(self, judgement: Judgement, now_s: float, now_ms: int, *, speaks: bool, settle_s: float) -> list[Word]:
        """What to say now. speaks: this process is the one that tells of new causes. settle_s: how long a cause must be
        over before its end is told, so that one that comes and goes is one blindness."""
        words = []
        for cause, lasted_s in judgement.blind.items():
            known = self._known.get(cause)
            if known is None:
                if speaks:
                    told = Told(since_ms=now_ms - round(lasted_s * 1000), told_ms=now_ms)
                    self._known[cause] = _Known(told, now_s - lasted_s, now_s)
                    words.append(Word(cause=cause, over=False, lasted_s=lasted_s, told=told))
                continue
            known.over_s = None
            if not speaks:
                del self._known[cause]  # another process leads now: it tells this one, and its end
            elif now_s - known.told_s >= self._repeat_s:
                known.told = Told(since_ms=known.told.since_ms, told_ms=now_ms, times=known.told.times + 1)
                known.told_s = now_s
                words.append(Word(cause=cause, over=False, lasted_s=now_s - known.began_s, told=known.told))
        for cause, known in list(self._known.items()):
            if cause in judgement.blind:
                continue
            if cause in judgement.unknown:
                known.over_s = None
                continue
            known.over_s = now_s if known.over_s is None else known.over_s
            if now_s - known.over_s >= settle_s:
                del self._known[cause]
                lasted_s = known.over_s - known.began_s
                words.append(Word(cause=cause, over=True, lasted_s=lasted_s, told=known.told))
        return words
