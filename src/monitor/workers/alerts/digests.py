"""The digests of a board: kept with every frame, and put into words with what only Redis knows."""

from collections import Counter
from collections.abc import Collection

import msgspec
import structlog

from monitor.bus.deliveries import Deliveries
from monitor.bus.outbox import Status
from monitor.core.alerts.diary import Diary, digest_id, keep
from monitor.core.alerts.digest import Cast, Digest, compose
from monitor.core.alerts.engine.machine import Step
from monitor.core.alerts.engine.state import AlertState
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.alerts.silence import Controls
from monitor.core.instant import MILLISECOND, parse_instant
from monitor.core.metrics.frame import Frame
from monitor.core.snapshot import Snapshot
from monitor.notify.bulletin import Bulletin
from monitor.notify.digest_words import Delivered, word_digest
from monitor.readouts.headline import headlines
from monitor.readouts.reader import BoardReader

log = structlog.get_logger(__name__)

_MINUTE_MS = 60_000


class Digests:
    """Makes the digests that an alert file asks for. cast: who appears on the board."""

    def __init__(self, cast: Cast, deliveries: Deliveries, board: BoardReader) -> None:
        self._cast = cast
        self._deliveries = deliveries
        self._board = board

    def keep(
        self, diary: Diary, before: AlertState, frame: Frame, result: Step, config: AlertConfig, controls: Controls
    ) -> tuple[Diary, list[Digest]]:
        """Take one frame into account, with the state before it and what `step` made of it; returns the diary to store
        with that state, and the digests that are due with this frame."""
        diary, due = keep(diary, before, frame, result, config.rules, config.service.digest.calendars)
        return diary, [compose(one, frame, result.state, config.rules, controls, self._cast) for one in due]

    async def word(self, digest: Digest, config: AlertConfig) -> Bulletin:
        """The digest as it is sent. Raises what redis-py raises: it can be asked again."""
        notify = config.service.digest.notify
        return word_digest(
            digest,
            notify,
            delivered=await self._count(digest, notify, config.channels),
            headline=await self._headline(digest.t),
        )

    async def _count(self, digest: Digest, notify: Collection[str], channels: Collection[str]) -> Delivered | None:
        """Since the previous digest was made, without one as far back as records are kept; None when a record cannot be
        read."""
        try:
            return await self._counted(digest, notify, channels)
        except ValueError as broken:
            log.warning("digest_without_counts", reason=str(broken))
            return None

    async def _counted(self, digest: Digest, notify: Collection[str], channels: Collection[str]) -> Delivered:
        since_ms = 0
        if digest.previous is not None:
            identifier = digest_id(digest.calendar, digest.previous)
            records = await self._deliveries.of([(channel, identifier) for channel in notify])
            since_ms = max((record.created_ms for record in records if record is not None), default=0)
        late = folded = 0
        dead: Counter[str] = Counter()
        for channel in channels:
            for delivery in await self._deliveries.settled(channel, since_ms):
                late += delivery.late_ms is not None
                folded += delivery.status is Status.FOLDED
                dead[channel] += delivery.status is Status.DEAD
        return Delivered(late=late, folded=folded, dead={channel: count for channel, count in dead.items() if count})

    async def _headline(self, t: int) -> str | None:
        """The board's leading sentence, when the board stands in the same minute as the frame."""
        document, _ = await self._board.newest()
        if document is None:
            return None
        try:
            snapshot = msgspec.json.decode(document, type=Snapshot)
            if parse_instant(snapshot.t) // MILLISECOND // _MINUTE_MS != t // _MINUTE_MS:
                return None
            found = headlines(snapshot, ["lead"])
        except Exception as broken:  # the readout may be another program's: its faults must not end alerting
            log.warning("digest_without_headline", reason=str(broken) or repr(broken))
            return None
        return found[0].text if found else None
