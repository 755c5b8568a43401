"""The past of the board: rows of stored history, and the paths that charts are drawn from."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response

from monitor.core.instant import (
    DAY_MS,
    MILLISECOND,
    beginning_of,
    end_of,
    format_instant,
    parse_instant,
    to_milliseconds,
)
from monitor.core.paths.path import BasketDay, PairPath, Span
from monitor.readouts.web.api.answers import BasketId, BoardId, PairId, Schemas, json_answer
from monitor.readouts.web.api.boards import Patterns, known
from monitor.readouts.web.api.refusal import NO_STORE, RefusedError, refusing
from monitor.readouts.web.api.source import Source

_ANYTIME = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
_FUTURE = "nothing is on file yet: `since` is later than the newest snapshot"
_LOOK_BACK_MS = {"1m": DAY_MS, "1d": 366 * DAY_MS}
_MOST_ROWS = 10_000
_ROWS = {"1m": 1_000, "1d": _MOST_ROWS}
"""Where no limit is given. One close has all metrics of the board, more than a thousand."""
_COLUMNS = {
    "1m": ("t", "metric", "open", "high", "low", "close", "status", "simulated"),
    "1d": ("session", "market", "t", "metric", "value", "status", "simulated"),
}


class History(msgspec.Struct, frozen=True, kw_only=True):
    """Stored history, oldest first. since, until: ends of the window, ISO-8601 UTC, the second not within it. rows: of
    `1m` with t (beginning of the minute), metric, open, high, low, close, status, simulated; of `1d` with session,
    market, t, metric, value, status, simulated. status: OK, or what has to be said of the value: `STALE DELAYED`,
    ESTIMATE. next: `since` of a call for the rows that follow; null when these are all. reason: why there are
    none, else ""."""

    board: str
    every: str
    since: str
    until: str
    rows: list[dict[str, Any]]
    next: str | None
    reason: str


def add_history(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of the past."""
    errors = (404, 422, 503)

    @router.get(
        "/api/boards/{board}/history",
        responses=schemas.answers(History, *errors, 409, media={"text/csv": {"type": "string"}}),
        tags=["history"],
    )
    async def history(
        board: BoardId,
        metric: Annotated[Patterns, Query(description="Names, `*` for anything; none: all", max_length=50)] = [],  # noqa: B006
        since: Annotated[
            str | None,
            Query(
                description="From here on: an instant with Z or an offset, or a date (UTC). Without it a day back, of "
                "`1d` a year",
                json_schema_extra=_ANYTIME,
                max_length=40,
            ),
        ] = None,
        until: Annotated[
            str | None,
            Query(
                description="Up to here, or to the end of this date. Without it up to now",
                json_schema_extra=_ANYTIME,
                max_length=40,
            ),
        ] = None,
        every: Annotated[
            Literal["1m", "1d"], Query(description="1m: one-minute bars. 1d: every metric at each exchange's close")
        ] = "1m",
        limit: Annotated[
            int | None,
            Query(description="At most so many rows. Without it 1,000, of `1d` 10,000", ge=1, le=_MOST_ROWS),
        ] = None,
        format: Annotated[Literal["json", "csv"], Query(description="In CSV `X-Next` is `next`")] = "json",
    ) -> Response:
        """Stored history of metrics, as `monitor history` gives it."""
        newest = source.newest(board)
        now_ms = to_milliseconds(parse_instant(newest.snapshot.t))
        since_ms = now_ms - _LOOK_BACK_MS[every] if since is None else _milliseconds("since", since, beginning_of)
        until_ms = now_ms + 1 if until is None else _milliseconds("until", until, end_of)
        if until is not None and until_ms <= since_ms:
            reason = f"until {until} is not later than since {since or _shown(since_ms)}"
            raise RefusedError(422, "not usable", reason=reason, found=until)
        rows: list[dict[str, Any]] = []
        more = False
        if since_ms < until_ms:
            with refusing(404, "unknown metric"):
                rows, more = await source.past.rows(metric, since_ms, until_ms, every, limit or _ROWS[every])
        rows, onward = _whole_moments(rows) if more else (rows, None)
        if format == "csv":
            headers = NO_STORE | ({"x-next": onward} if onward else {})
            return Response(_csv(rows, _COLUMNS[every]), media_type="text/csv; charset=utf-8", headers=headers)
        reason = "" if rows else "nothing is on file within this window"
        if since_ms >= until_ms:
            reason = _FUTURE
        return json_answer(
            History(
                board=board,
                every=every,
                since=_shown(since_ms),
                until=_shown(until_ms),
                rows=rows,
                next=onward,
                reason=reason,
            )
        )

    @router.get("/api/boards/{board}/pairs/{pair}/path", responses=schemas.answers(PairPath, *errors), tags=["history"])
    async def path(
        board: BoardId, pair: PairId, span: Annotated[Span, Query(description="How far back")] = "today"
    ) -> Response:
        """What the legs of a pair, their spread and its z-score were since an anchor, up to now."""
        newest = source.newest(board)
        known("pair", pair, newest.snapshot.pair_views)
        return json_answer(await source.past.pair(pair, span, newest.snapshot))

    @router.get(
        "/api/boards/{board}/baskets/{basket}/day", responses=schemas.answers(BasketDay, *errors), tags=["history"]
    )
    async def day(board: BoardId, basket: BasketId) -> Response:
        """A basket through the day: its return, dispersion and breadth minute by minute."""
        newest = source.newest(board)
        known("basket", basket, newest.snapshot.baskets)
        return json_answer(await source.past.basket(basket, newest.snapshot))


def _milliseconds(name: str, text: str, read: Any) -> int:
    try:
        # A plus sign that was not written %2B arrives as a space.
        return to_milliseconds(read(text.replace(" ", "+")))
    except (ValueError, OverflowError) as error:
        hint = "Write a date (2025-02-21, in UTC) or an instant (2025-02-21T08:10:00Z)"
        raise RefusedError(422, "not usable", reason=f"{name}: {error}"[:400], hint=hint, found=text) from None


def _whole_moments(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str | None]:
    """The rows without those of the last moment, which may not be complete, and where to go on: at that moment.

    Raises RefusedError when there is no other moment among them."""
    last: str = rows[-1]["t"]
    whole = [row for row in rows if row["t"] != last]
    if not whole:
        raise RefusedError(
            409,
            "limit too small",
            reason="there are more rows of one moment",
            hint="Raise `limit`, or name fewer metrics",
        )
    return whole, last


def _csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A header and a line a row. Numbers as short as they are exact, a missing value is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _shown(milliseconds: int) -> str:
    try:
        return format_instant(milliseconds * MILLISECOND)
    except OverflowError:  # the offset of an instant led beyond what a calendar has
        return "9999-12-31T23:59:59.999Z" if milliseconds > 0 else "0001-01-01T00:00:00.000Z"
