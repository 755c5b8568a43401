"""How much one of a board's streams holds."""

import msgspec


class StreamDepth(msgspec.Struct, frozen=True, kw_only=True):
    """stream: `quotes`, `snapshots`, `daily`, `alerts:history`, `alerts:outbox:<channel>` or `alerts:dead:<channel>`,
    the end of its key. length: entries in it, 0 when it does not exist. newest_ms: time in the id of its newest entry,
    epoch milliseconds UTC: of snapshots and daily readings on the log's clock, of the others when it was written; None
    when there was none."""

    stream: str
    length: int
    newest_ms: int | None
