"""Silences: nobody wants to hear of something for a while."""

from typing import Annotated, Literal
from urllib.parse import quote

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from msgspec import UNSET, Meta, UnsetType

from monitor.readouts.desk import SilenceView, SilenceWanted
from monitor.readouts.web.api.answers import BoardId, Schemas, SilenceId, json_answer
from monitor.readouts.web.api.body import read_body
from monitor.readouts.web.api.refusal import NO_STORE, RefusedError, refusing
from monitor.readouts.web.api.source import Source

_CLOCK = r"([01]?[0-9]|2[0-3]):[0-5][0-9]"
_INSTANT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})"

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Level = Literal["info", "warning", "critical"]


class NewSilence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A silence that begins now. rule, instance: names, `*` for any run of characters; levels: of messages; at least
    one of the three. length: a duration such as `2h`; until: HH:MM in Hong Kong, or an instant with Z or an offset;
    exactly one of the two, at most 366 days from now. by, why: for people."""

    rule: Name | UnsetType = UNSET
    instance: Name | UnsetType = UNSET
    levels: Annotated[list[Level], Meta(min_length=1, max_length=3)] | UnsetType = UNSET
    length: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,5}(s|m|h|d)$")] | UnsetType = UNSET
    until: Annotated[str, Meta(pattern=f"^({_CLOCK}|{_INSTANT})$", max_length=40)] | UnsetType = UNSET
    by: Annotated[str, Meta(max_length=80)] = ""
    why: Annotated[str, Meta(max_length=500)] = ""

    def wanted(self) -> SilenceWanted:
        """As the desk takes it. Raises RefusedError when nothing is named, or not exactly one end."""
        if self.rule is UNSET and self.instance is UNSET and self.levels is UNSET:
            raise RefusedError(422, "not usable", reason="body: name at least one of rule, instance and levels")
        if (self.length is UNSET) == (self.until is UNSET):
            raise RefusedError(422, "not usable", reason="body: give either length, as in 2h, or until, as in 14:30")
        return SilenceWanted(
            rule=self.rule or None,
            instance=self.instance or None,
            levels=tuple(self.levels or ()),
            length=self.length or None,
            until=self.until or None,
            by=self.by,
            why=self.why,
        )


_ALSO = {
    "anyOf": [{"required": [name]} for name in ("rule", "instance", "levels")],
    "oneOf": [{"required": [name]} for name in ("length", "until")],
    "examples": [{"rule": "spread-1d-wide", "length": "2h", "by": "kim", "why": "budget speech"}],
}


class Silences(msgspec.Struct, frozen=True, kw_only=True):
    """Silences, by their beginning, the newest last."""

    silences: list[SilenceView]


def add_silences(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of silences."""

    @router.get("/api/boards/{board}/silences", responses=schemas.answers(Silences, 404, 422, 503), tags=["silences"])
    async def silences(
        board: BoardId,
        all: Annotated[bool, Query(description="Also those that are over, which are kept for 30 days")] = False,
    ) -> Response:
        """Silences that are on or to come."""
        source.check_board(board)
        return json_answer(Silences(silences=await source.desk.silences(everything=all)))

    @router.post(
        "/api/boards/{board}/silences",
        status_code=201,
        responses=schemas.answers(SilenceView, 404, 409, 413, 415, 422, 503, status=201, said="It is on"),
        openapi_extra=schemas.body(NewSilence, _ALSO),
        tags=["silences"],
    )
    async def silence(board: BoardId, request: Request) -> Response:
        """Start a silence now. What it hides is still decided, counted and kept; nobody is told."""
        source.check_board(board)
        wanted = (await read_body(request, NewSilence)).wanted()
        with refusing(409, "cannot be silenced"):
            made = await source.desk.silence(wanted)
        place = f"/api/boards/{quote(board, safe='')}/silences/{quote(made.id, safe='')}"
        return json_answer(made, 201, NO_STORE | {"location": place})

    @router.delete(
        "/api/boards/{board}/silences/{silence}",
        responses=schemas.answers(SilenceView, 404, 422, 503, said="It is over"),
        tags=["silences"],
    )
    async def expire(board: BoardId, silence: SilenceId) -> Response:
        """End a silence now. It stays on file for 30 days."""
        source.check_board(board)
        with refusing(404, "unknown silence"):
            return json_answer(await source.desk.expire(silence))
