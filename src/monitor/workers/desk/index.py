"""Episodes, outages and events of the alert history, and where in it the entries of each lie."""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping

import msgspec

from monitor.core.alerts.episodes import Episode, EpisodeBook
from monitor.core.alerts.notification import Evidence, Kind, Notification, Transition
from monitor.notify.render import headline
from monitor.workers.desk.past import Told

MOST = 10_000
"""Episodes that are remembered: some ten megabytes."""

_OUTAGES = (Kind.NO_DATA, Kind.DATA_BACK)
_OUTAGE_CAUSES = ("no data", "data back")
_UNTOLD = 20
"""Moves of the data watch that may still be told of: a commit writes all moves first, then what was said."""


class Subject(msgspec.Struct, frozen=True):
    """What was said of an episode's subject: see `EpisodeView`."""

    title: str
    metric: str
    unit: str
    limit: float | None
    simulated: bool


class Record:
    """What is known of one episode, outage or event. episode: its course. outage: it is one. subject: None while
    nothing was said of it. positions: of all its entries. last_note: of its last message, "" while there is none."""

    __slots__ = ("episode", "last_note", "outage", "positions", "subject")

    def __init__(self, episode: Episode, *, outage: bool, positions: list[str]) -> None:
        self.episode = episode
        self.outage = outage
        self.subject: Subject | None = None
        self.positions = positions
        self.last_note = ""

    @property
    def lasts(self) -> bool:
        """It has not ended."""
        return self.episode.ended is None


class EpisodeIndex:
    """Built from the entries of the history in their order. names: of the board's subjects, by id. most: how many
    episodes are remembered; of more, the oldest that are over go."""

    def __init__(self, names: Mapping[str, str], *, most: int = MOST) -> None:
        self._names = names
        self._most = most
        self.begin()

    def begin(self) -> None:
        """Forget everything."""
        self._book = EpisodeBook()
        self._records: dict[str, Record] = {}
        self._open: set[str] = set()
        self._by_start: list[tuple[int, str]] = []
        self._by_instance: dict[str, list[tuple[int, str]]] = {}
        self._pending: dict[str, list[str]] = {}
        self._watched: dict[str, list[tuple[int, str]]] = {}
        self._said: dict[tuple[str, str, Kind], str] = {}
        self.rules: dict[str, None] = {}
        """Ids of the rules that something was told of."""

    def take(self, position: str, told: Told) -> None:
        """Take one entry into account."""
        self.rules[told.rule] = None
        if isinstance(told, Transition):
            self._moved(position, told)
        else:
            self._note(position, told)
        if len(self._records) > self._most:
            self._forget_oldest()

    @property
    def anything_lasts(self) -> bool:
        """Whether an episode or outage has not ended."""
        return bool(self._open)

    def has_instance(self, instance: str) -> bool:
        """Whether anything of that subject is remembered."""
        return instance in self._by_instance

    def get(self, key: str) -> Record | None:
        """The record of an id, `rule:instance:<start>`."""
        return self._records.get(key)

    def keys(self) -> Iterator[str]:
        """All ids, the newest first."""
        return (key for _, key in reversed(self._by_start))

    def last_said(self, rule: str, instance: str | None, kind: Kind) -> str | None:
        """Position of the last message of that kind; None when there is none. instance: None for any."""
        return self._said.get((rule, instance or "", kind))

    def lasting(self, rule: str | None, instance: str | None) -> list[Record]:
        """What has not ended, in no order."""
        return [record for key in self._open if _fits(record := self._records[key], rule, instance)]

    def over(self, rule: str | None, instance: str | None, before_ms: int | None) -> Iterator[Record]:
        """What has ended and began before then, the newest first."""
        order = self._by_start if instance is None else self._by_instance.get(instance, [])
        end = len(order) if before_ms is None else bisect_left(order, (before_ms, ""))
        for at in range(end - 1, -1, -1):
            record = self._records[order[at][1]]
            if not record.lasts and _fits(record, rule, instance):
                yield record

    def _moved(self, position: str, moved: Transition) -> None:
        key = f"{moved.rule}:{moved.instance}"
        if moved.cause in _OUTAGE_CAUSES:
            watched = self._watched.setdefault(key, [])
            watched.append((moved.t, position))
            del watched[:-_UNTOLD]
        elif moved.after == "PENDING":
            self._pending[key] = [position]
        elif moved.before == "PENDING" and moved.after == "OK":
            self._pending.pop(key, None)
        start = moved.t if moved.crossed else moved.episode
        if start is None:
            return
        self._book.add([moved], ())
        episode = self._book.get(f"{key}:{start}")
        assert episode is not None
        record = self._records.get(episode.key)
        if record is None:
            record = self._add(Record(episode, outage=False, positions=self._pending.pop(key, [])))
        elif record.outage:  # it began with the last value before the data went: the same instant, the same id
            record.outage = False
            record.positions += self._pending.pop(key, [])
            episode = self._put(msgspec.structs.replace(episode, messages=record.episode.messages))
        if moved.cause not in _OUTAGE_CAUSES:
            record.positions.append(position)
        self._update(record, episode)

    def _note(self, position: str, note: Notification) -> None:
        self._said[note.rule, "", note.kind] = self._said[note.rule, note.instance, note.kind] = position
        if note.kind in _OUTAGES:
            record = self._watch(note)
        else:
            self._book.add((), [note])
            episode = self._book.get(note.subject_key)
            known = self._records.get(note.subject_key)
            if episode is None or known is None:
                return  # its transitions are older than what is remembered
            record = known
            self._update(record, episode)
        record.positions.append(position)
        record.last_note = position
        record.subject = self._subject(note, record.subject)

    def _watch(self, note: Notification) -> Record:
        """The outage that a message speaks of, with that message counted."""
        record = self._records.get(note.subject_key)
        if record is None:
            begun = Episode(rule=note.rule, instance=note.instance, start=note.episode, fired=note.t, level=note.level)
            record = self._add(Record(begun, outage=True, positions=[]))
        record.positions += [at for t, at in self._watched.get(f"{note.rule}:{note.instance}", ()) if t == note.t]
        told = msgspec.structs.replace(record.episode, messages=(*record.episode.messages, (note.t, note.kind)))
        self._update(record, told if record.outage else self._put(told))
        if note.kind is Kind.DATA_BACK:
            # Told again in another session, an outage has a new anchor; its end is the end of all of them.
            for _, key in self._by_instance[note.instance]:
                other = self._records[key]
                if other.outage and other.lasts and other.episode.rule == note.rule:
                    reason = note.reason or Kind.DATA_BACK.value
                    self._update(other, msgspec.structs.replace(other.episode, ended=note.t, reason=reason))
        return record

    def _subject(self, note: Notification, before: Subject | None) -> Subject:
        evidence: Evidence = note.evidence
        limit = evidence.limit
        if before is not None and limit is None:
            limit = before.limit
        title = headline(note, self._names) if evidence.title or before is None else before.title
        return Subject(
            title=title,
            metric=evidence.metric or (before.metric if before else ""),
            unit=evidence.unit or (before.unit if before else ""),
            limit=limit,
            simulated=evidence.simulated,
        )

    def _add(self, record: Record) -> Record:
        episode = record.episode
        self._records[episode.key] = record
        entry = (episode.start, episode.key)
        insort(self._by_start, entry)
        insort(self._by_instance.setdefault(episode.instance, []), entry)
        return record

    def _put(self, episode: Episode) -> Episode:
        self._book.put(episode)
        return episode

    def _update(self, record: Record, episode: Episode) -> None:
        record.episode = episode
        if record.lasts:
            self._open.add(episode.key)
        else:
            self._open.discard(episode.key)

    def _forget_oldest(self) -> None:
        """A tenth of all at once: each time the lists are made anew."""
        over = [key for _, key in self._by_start if key not in self._open]
        for key in over[: max(self._most // 10, 1)]:
            del self._records[key]
            self._book.drop(key)
        self._by_start = [entry for entry in self._by_start if entry[1] in self._records]
        for instance, order in list(self._by_instance.items()):
            left = [entry for entry in order if entry[1] in self._records]
            if left:
                self._by_instance[instance] = left
            else:
                del self._by_instance[instance]


def _fits(record: Record, rule: str | None, instance: str | None) -> bool:
    episode = record.episode
    return rule in (None, episode.rule) and instance in (None, episode.instance)
