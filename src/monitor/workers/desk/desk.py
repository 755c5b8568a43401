"""The alert desk of one board: what pages, API and terminal show of alerts, and what people do there."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import msgspec
from redis.asyncio import Redis

from monitor.bus.alert_history import AlertHistory
from monitor.bus.channel_reports import ChannelReports
from monitor.bus.redis import TROUBLE
from monitor.bus.silences import Silences
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.notification import Notification, Transition
from monitor.core.alerts.silence import Silence
from monitor.errors import DataError, MonitorError, UnreachableError, UsageError
from monitor.readouts.desk import (
    AlertEvent,
    ChannelView,
    DeadLetterView,
    EpisodeView,
    PreviewView,
    RuleView,
    SilenceView,
    SilenceWanted,
    StoryView,
)
from monitor.runtime.clock import Clock
from monitor.runtime.shared_answers import SharedAnswers
from monitor.wire.keys import Keys
from monitor.workers.alerts.charts import BoardCharts, has_chart
from monitor.workers.desk import preview as previews
from monitor.workers.desk import silences as silencing
from monitor.workers.desk.asked import API
from monitor.workers.desk.channels import channel_views
from monitor.workers.desk.dead_letters import check_retry, dead_newest, dead_retry, owners
from monitor.workers.desk.dead_letters import view_of as letter_view
from monitor.workers.desk.episodes import Episodes
from monitor.workers.desk.following import Following
from monitor.workers.desk.index import EpisodeIndex, Record
from monitor.workers.desk.moments import lines_of
from monitor.workers.desk.past import told_by
from monitor.workers.desk.pictures import Pictures
from monitor.workers.desk.preview import Sample, sample_of
from monitor.workers.desk.rule_book import RuleBook
from monitor.workers.desk.rules import rule_views
from monitor.workers.desk.said import said_view
from monitor.workers.desk.state import read_state
from monitor.workers.desk.story import Kept, named, tell, unknown_id

_BY = "dashboard"
_LONGEST_ID = 300
_SUGGESTED_FROM = 1000
"""So many of the newest ids are compared with one that is not on file: that takes some milliseconds."""

_MOST_MOMENTS = 2000
_FIRST_MOMENTS = 200
_MOST_EVENTS = 1000
_STATE_GOOD_S = 1.0
_SILENCES_GOOD_S = 0.5
_FAILURE_GOOD_S = 0.5
"""Of either: a Redis that hangs is not waited for once a viewer."""


class BoardDesk:
    """It implements `readouts.desk.Desk`.

    client: a command client. book: the alert rules. charts: draws; its process starts with the first chart. names: of
    the board's subjects, by id. now_ms: the board's clock. dashboard: address for links in messages, "" for none.
    simulated: the board's numbers are invented. gap_s: how often the history is read at most, seconds.
    """

    def __init__(
        self,
        client: Redis,
        keys: Keys,
        clock: Clock,
        book: RuleBook,
        charts: BoardCharts,
        *,
        names: Mapping[str, str],
        now_ms: Callable[[], Awaitable[int]],
        dashboard: str = "",
        simulated: bool = False,
        gap_s: float = 0.1,
    ) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._book = book
        self._names = names
        self._now_ms = now_ms
        self._dashboard = dashboard
        self._history = AlertHistory(client, keys)
        self._index = EpisodeIndex(names)
        self._episodes = Episodes(self._index, names, simulated=simulated)
        self._following = Following(self._history, self._index.take, self._index.begin, gap_s=gap_s)
        self._pictures = Pictures(charts)
        self._reports = ChannelReports(client, keys)
        self._on_file = Silences(client, keys)
        self._shared = SharedAnswers(2, failure_s=_FAILURE_GOOD_S)

    async def close(self) -> None:
        """End what is under way, and the process that draws."""
        await self._following.close()
        await self._pictures.close()

    async def rules_refused(self) -> str:
        """See `Desk`."""
        await self._book.look()
        return self._book.refused

    async def episodes(
        self, *, limit: int = 50, before_ms: int | None = None, rule: str | None = None, instance: str | None = None
    ) -> list[EpisodeView]:
        """See `Desk`."""
        await self._following.catch_up()
        config, state = await self._book.look(), await self._engine_state()
        return self._episodes.views(config, state, limit=limit, before_ms=before_ms, rule=rule, instance=instance)

    async def story(self, identifier: str) -> StoryView:
        """See `Desk`."""
        record = await self._record(identifier)
        config = await self._book.look()
        transitions, notes, left_out = await self._entries(record)
        kept = Kept(transitions, notes, ())
        channels = () if config is None else tuple(config.channels)
        with _telling_of(record.episode.key):
            story = await tell(self._client, self._keys, identifier, kept, channels)
            told = [(said.notification, said.deliveries) for said in story.told]
            moments = lines_of(story.id, story.transitions, told)
            said = [said_view(note, deliveries, self._dashboard) for note, deliveries in told]
        if left_out:
            moments.insert(1, f"{left_out:,} moments between the first {_FIRST_MOMENTS} and the last are left out")
        return StoryView(
            episode=self._episodes.view(record, config, await self._engine_state()),
            moments=moments,
            said=said,
            chart=bool(notes) and has_chart(notes[-1]),
        )

    async def chart(self, identifier: str) -> bytes | None:
        """See `Desk`."""
        record = await self._record(identifier)
        note = await self._note(record.last_note) if record.last_note else None
        return None if note is None else await self._pictures.of(note)

    async def silences(self, *, everything: bool = False) -> list[SilenceView]:
        """See `Desk`."""
        found, now_ms = await self._known_silences(), await self._now_ms()
        return [silencing.view_of(silence, now_ms) for silence in found if everything or silence.ends > now_ms]

    async def silence(self, wanted: SilenceWanted) -> SilenceView:
        """See `Desk`."""
        config = await self._book.rules()
        silencing.check(wanted, config.rules, API)
        wanted = msgspec.structs.replace(wanted, by=wanted.by.strip() or _BY)
        now_ms = await self._now_ms()
        silence = await silencing.start(self._on_file, wanted, now_ms, API)
        self._shared.forget("silences")
        return silencing.view_of(silence, now_ms)

    async def expire(self, identifier: str) -> SilenceView:
        """See `Desk`."""
        now_ms = await self._now_ms()
        silence, _ = await silencing.expire(self._on_file, identifier, now_ms)
        self._shared.forget("silences")
        return silencing.view_of(silence, now_ms)

    async def dead_letters(self, channel: str | None = None) -> list[DeadLetterView]:
        """See `Desk`."""
        config = await self._book.look()
        known = () if config is None else config.channels
        channels = await owners(self._client, self._keys, known, channel, API)
        return [letter_view(letter, self._names) for letter in await dead_newest(self._client, self._keys, channels)]

    async def retry(self, channel: str | None, identifier: str | None) -> list[DeadLetterView]:
        """See `Desk`."""
        config = await self._book.rules()
        channels = check_retry(config.channels, channel, identifier, API)
        at_ms = self._clock.now_ns() // 1_000_000
        revived = await dead_retry(self._client, self._keys, channels, at_ms, identifier)
        return [letter_view(letter, self._names) for letter in revived]

    async def rules(self) -> list[RuleView]:
        """See `Desk`."""
        config = await self._book.rules()
        state, silences = await self._known_state(), await self._known_silences()
        return rule_views(state, config.rules, silences, self._names, await self._now_ms())

    async def preview(
        self, rule: str, *, instance: str | None = None, kind: str | None = None, channel: str | None = None
    ) -> list[PreviewView]:
        """See `Desk`."""
        config = await self._book.rules()
        sample = sample_of(config, rule, instance, kind, channel, API)
        now_ms = self._clock.now_ns() // 1_000_000
        board, dashboard = self._keys.board, self._dashboard
        with _telling_of(rule):
            return await previews.preview(config, sample, self._last, now_ms=now_ms, board=board, dashboard=dashboard)

    async def channels(self) -> list[ChannelView]:
        """See `Desk`."""
        config = await self._book.rules()
        return await channel_views(self._reports, config.channels)

    async def events(self, after: str | None, count: int = 100) -> list[AlertEvent]:
        """See `Desk`."""
        return await self._following.after(after, max(1, min(count, _MOST_EVENTS)))

    async def _record(self, identifier: str) -> Record:
        await self._following.catch_up()
        record = self._index.get(named(identifier[:_LONGEST_ID]).key)
        if record is not None:
            return record
        newest = [key for key, _ in zip(self._index.keys(), range(_SUGGESTED_FROM), strict=False)]
        further = "" if self._following.whole else "; `monitor alerts explain` looks back further"
        raise UsageError(unknown_id(identifier[:_LONGEST_ID], newest) + further)

    async def _known_silences(self) -> Sequence[Silence]:
        return await self._shared.of("silences", self._on_file.list, age_s=_SILENCES_GOOD_S)

    async def _known_state(self) -> AlertState:
        return await self._shared.of("state", lambda: read_state(self._client, self._keys), age_s=_STATE_GOOD_S)

    async def _engine_state(self) -> AlertState:
        """What the engine remembers; nothing when that cannot be read, so that the history is shown all the same."""
        if not self._index.anything_lasts and self._following.whole:
            return AlertState()
        try:
            return await self._known_state()
        except DataError:
            return AlertState()

    async def _entries(self, record: Record) -> tuple[list[Transition], list[Notification], int]:
        """What is on file of a record, oldest first; and how many moments of a very long one are left out."""
        positions = record.positions
        left_out = max(len(positions) - _MOST_MOMENTS, 0)
        if left_out:
            positions = positions[:_FIRST_MOMENTS] + positions[_FIRST_MOMENTS + left_out :]
        found = [told_by(entry.data) async for entry in self._history.at(positions)]
        transitions = [told for told in found if isinstance(told, Transition)]
        notes = [told for told in found if isinstance(told, Notification)]
        return transitions, notes, left_out

    async def _note(self, position: str) -> Notification | None:
        async for entry in self._history.at([position]):
            told = told_by(entry.data)
            return told if isinstance(told, Notification) else None
        return None

    async def _last(self, sample: Sample) -> Notification | None:
        """The last such message of the history; what Redis is troubled by is no reason to show nothing."""
        instance = None if sample.any_instance else sample.entry.subject
        try:
            await self._following.catch_up()
            position = self._index.last_said(sample.entry.rule.id, instance, sample.kind)
            return None if position is None else await self._note(position)
        except TROUBLE as trouble:
            raise UnreachableError("Redis", str(trouble)) from trouble


@contextmanager
def _telling_of(what: str) -> Iterator[None]:
    """Meanwhile something is put into words that this program may not have written into Redis: what cannot be is
    refused. what: it is about."""
    try:
        yield
    except MonitorError:
        raise
    except (ArithmeticError, LookupError, ValueError) as broken:
        reason = f"{type(broken).__name__}: {broken}"[:_LONGEST_ID]
        raise UsageError(f"what is on file about {what} cannot be told: {reason}") from None
