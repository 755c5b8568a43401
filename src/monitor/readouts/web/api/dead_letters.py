"""Dead letters: messages that a channel gave up."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response
from msgspec import UNSET, Meta, UnsetType

from monitor.readouts.desk import DeadLetterView
from monitor.readouts.web.api.answers import BoardId, ChannelName, Schemas, json_answer
from monitor.readouts.web.api.body import read_body
from monitor.readouts.web.api.refusal import RefusedError, refusing
from monitor.readouts.web.api.source import Source

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """What channels gave up, the newest first; at most 500 of each channel."""

    dead_letters: list[DeadLetterView]


class Retry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which letters are to be tried again: those of a channel, or one message on all channels, or on one. id: of the
    message."""

    channel: Name | UnsetType = UNSET
    id: Name | UnsetType = UNSET


_ALSO = {"anyOf": [{"required": [name]} for name in ("channel", "id")], "examples": [{"channel": "slack"}]}


class Retried(msgspec.Struct, frozen=True, kw_only=True):
    """The letters that were put back into their outboxes."""

    retried: list[DeadLetterView]


def add_dead_letters(router: APIRouter, source: Source, schemas: Schemas) -> None:
    """Routes of dead letters."""

    @router.get(
        "/api/boards/{board}/dead-letters", responses=schemas.answers(DeadLetters, 404, 422, 503), tags=["dead letters"]
    )
    async def dead_letters(board: BoardId, channel: ChannelName = None) -> Response:
        """What channels gave up."""
        source.check_board(board)
        with refusing(404, "unknown channel"):
            return json_answer(DeadLetters(dead_letters=await source.desk.dead_letters(channel)))

    @router.post(
        "/api/boards/{board}/dead-letters/retry",
        responses=schemas.answers(Retried, 404, 413, 415, 422, 503, said="They wait to be sent again"),
        openapi_extra=schemas.body(Retry, _ALSO),
        tags=["dead letters"],
    )
    async def retry(board: BoardId, request: Request) -> Response:
        """Put dead letters back into their outboxes."""
        source.check_board(board)
        asked = await read_body(request, Retry)
        if asked.channel is UNSET and asked.id is UNSET:
            raise RefusedError(422, "not usable", reason="body: name a channel, the id of a message, or both")
        with refusing(404, "unknown channel or message"):
            return json_answer(Retried(retried=await source.desk.retry(asked.channel or None, asked.id or None)))
