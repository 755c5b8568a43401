"""Boards: the newest snapshot, whole and in parts."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import StringConstraints

from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView
from monitor.readouts.live import Observation
from monitor.readouts.web.api.answers import (
    BasketId,
    BoardId,
    IfNoneMatch,
    PairId,
    Schemas,
    Symbol,
    json_answer,
    tagged,
)
from monitor.readouts.web.api.refusal import unknown
from monitor.readouts.web.api.source import Source
from monitor.readouts.web.api.stream_events import Numbers

View = TypeVar("View")

Patterns = list[Annotated[str, StringConstraints(max_length=200)]]
"""Names of metrics, `*` for anything, as they stand in an address."""


class Boards(msgspec.Struct, frozen=True, kw_only=True):
    """Ids of the boards that can be asked for."""

    boards: list[str]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What every part of a snapshot says of the whole. t: ISO-8601 UTC. seq: of the snapshot. simulated: at least one
    value on the board comes from the simulator."""

    board: str
    t: str
    seq: int
    simulated: bool
    id: str


class PairPart(Part, frozen=True, kw_only=True):
    """One pair of the newest snapshot."""

    pair: PairView


class BasketPart(Part, frozen=True, kw_only=True):
    """One basket of the newest snapshot. basket: None when there is no more of it than its windows."""

    basket: BasketView | None
    windows: dict[str, BasketWindow]


class InstrumentPart(Part, frozen=True, kw_only=True):
    """One instrument of the newest snapshot."""

    instrument: InstrumentView


def add_boards(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of the newest snapshot."""
    errors = (304, 404, 422, 503)

    @router.get("/api/boards", responses=schemas.answers(Boards), tags=["boards"])
    async def boards() -> Response:
        """The boards that can be asked for."""
        return json_answer(Boards(boards=[source.live.board]))

    @router.get("/api/boards/{board}", responses=schemas.answers(Snapshot, *errors), tags=["boards"])
    async def snapshot(board: BoardId, if_none_match: IfNoneMatch = None) -> Response:
        """The newest snapshot, byte for byte as the calculator wrote it."""
        newest = source.newest(board)
        headers, same = tagged(newest, if_none_match)
        return same or Response(newest.document, media_type="application/json", headers=headers)

    @router.get("/api/boards/{board}/pairs/{pair}", responses=schemas.answers(PairPart, *errors), tags=["boards"])
    async def pair(board: BoardId, pair: PairId, if_none_match: IfNoneMatch = None) -> Response:
        """One pair: its legs, its spreads under every policy, its statistics."""
        newest = source.newest(board)
        view = known("pair", pair, newest.snapshot.pair_views)
        headers, same = tagged(newest, if_none_match)
        return same or json_answer(PairPart(**_whole(newest, pair), pair=view), headers=headers)

    @router.get("/api/boards/{board}/baskets/{basket}", responses=schemas.answers(BasketPart, *errors), tags=["boards"])
    async def basket(board: BoardId, basket: BasketId, if_none_match: IfNoneMatch = None) -> Response:
        """One basket: its return, contributions and coverage over every window."""
        newest = source.newest(board)
        windows = known("basket", basket, newest.snapshot.baskets)
        headers, same = tagged(newest, if_none_match)
        view = newest.snapshot.basket_views.get(basket)
        return same or json_answer(BasketPart(**_whole(newest, basket), basket=view, windows=windows), headers=headers)

    @router.get(
        "/api/boards/{board}/instruments/{symbol}", responses=schemas.answers(InstrumentPart, *errors), tags=["boards"]
    )
    async def instrument(board: BoardId, symbol: Symbol, if_none_match: IfNoneMatch = None) -> Response:
        """One instrument: its price with age, source and phase, and its returns."""
        newest = source.newest(board)
        view = known("instrument", symbol, newest.snapshot.instruments)
        headers, same = tagged(newest, if_none_match)
        return same or json_answer(InstrumentPart(**_whole(newest, symbol), instrument=view), headers=headers)

    @router.get("/api/boards/{board}/metrics", responses=schemas.answers(Numbers, *errors), tags=["boards"])
    async def metrics(
        board: BoardId,
        match: Annotated[Patterns, Query(description="Names, `*` for anything; none: all", max_length=50)] = [],  # noqa: B006
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        """The newest snapshot as flat numbers, `<subject>.<measure>.<window>`, and what has to be said of some."""
        newest = source.newest(board)
        headers, same = tagged(newest, if_none_match)
        if same is not None:
            return same
        events = source.broadcast.events_of(newest)
        found = events.metrics if not match else _matching(match, events.metrics)
        said = {name: status for name, status in events.statuses.items() if name in found}
        return json_answer(events.numbers(found, said, reset=not match), headers=headers)


def known(noun: str, name: str, views: Mapping[str, View]) -> View:
    """The view of that name. Raises RefusedError: 404 with the nearest name that there is."""
    if name not in views:
        raise unknown(noun, name, views)
    return views[name]


def _whole(newest: Observation, identifier: str) -> dict[str, Any]:
    snapshot = newest.snapshot
    return {
        "board": snapshot.board,
        "t": snapshot.t,
        "seq": snapshot.seq,
        "simulated": snapshot.simulated,
        "id": identifier,
    }


def _matching(patterns: Patterns, metrics: Mapping[str, float | None]) -> dict[str, float | None]:
    wanted: set[str] = set()
    for pattern in patterns:
        matching = [name for name in metrics if fnmatchcase(name, pattern)]
        if not matching:
            raise unknown("metric", pattern, metrics)
        wanted.update(matching)
    return {name: value for name, value in metrics.items() if name in wanted}
