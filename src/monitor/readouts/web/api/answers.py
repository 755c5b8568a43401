"""How answers are made and how OpenAPI tells of them: JSON of our own types, as msgspec writes it."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import Header, Path, Query
from fastapi.responses import Response

from monitor.readouts.live import Observation
from monitor.readouts.web.api.refusal import NO_STORE, Problem

_REFERENCE = "#/components/schemas/{name}"
_SAID = {
    304: "It is what the client has already",
    401: "The token is missing or wrong",
    403: "From a name or a page that is not ours",
    404: "There is no such thing; `hint` names the nearest",
    409: "It cannot be done as things are; `reason` tells why",
    413: "The body is longer than 16 kB",
    415: "The body is not JSON",
    422: "A parameter or the body is not usable; `reason` says which",
    429: "Too many wrong tokens at once",
    503: "Not available now; `reason` tells why",
}

BoardId = Annotated[str, Path(max_length=200, description="Id of the board, as `/api/boards` lists it")]
PairId = Annotated[str, Path(max_length=200, description="Id of a pair, as the snapshot has it")]
BasketId = Annotated[str, Path(max_length=200, description="Id of a basket, as the snapshot has it")]
Symbol = Annotated[str, Path(max_length=200, description="Symbol of an instrument, as the snapshot has it")]
RuleId = Annotated[str, Path(max_length=200, description="Id of an alert rule")]
EpisodeId = Annotated[str, Path(max_length=200, description="Id of an episode: `rule:instance:<start, epoch ms>`")]
SilenceId = Annotated[str, Path(max_length=200, description="Id of a silence")]
ChannelName = Annotated[str | None, Query(max_length=200, description="Of this channel alone")]
IfNoneMatch = Annotated[str | None, Header(description="The `ETag` of what the client has", max_length=1_000)]


def json_answer(body: object, status: int = 200, headers: Mapping[str, str] = NO_STORE) -> Response:
    """`body` as JSON, kept by no cache unless `headers` say otherwise."""
    return Response(msgspec.json.encode(body), status, dict(headers), "application/json")


def tagged(observation: Observation, if_none_match: str | None) -> tuple[dict[str, str], Response | None]:
    """Headers of an answer that is the same as long as the snapshot is, and the answer 304 for who has it already."""
    headers = {"etag": f'"{observation.tag}"', "cache-control": "no-cache"}
    given = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    return headers, Response(status_code=304, headers=headers) if {headers["etag"], "*"} & given else None


class Schemas:
    """Gathers the types that answers are made of, for the components of the OpenAPI document."""

    def __init__(self) -> None:
        self._kinds: dict[type, None] = {Problem: None}

    def answers(
        self, kind: type | None, *errors: int, status: int = 200, said: str = "", media: Mapping[str, Any] | None = None
    ) -> dict[int | str, dict[str, Any]]:
        """`responses` of a route: JSON of `kind`, and `media` (type → schema) where it can answer with something else;
        and the errors it may answer with. said: what the answer is, where the types do not tell."""
        content = {} if kind is None else {"application/json": {"schema": self.reference(kind)}}
        content |= {name: {"schema": schema} for name, schema in (media or {}).items()}
        found: dict[int | str, dict[str, Any]] = {status: {"description": said or "As asked", "content": content}}
        for error in sorted({401, 403, 429, *errors}):
            found[error] = {"description": _SAID[error]}
            if error != 304:
                found[error]["content"] = {"application/json": {"schema": self.reference(Problem)}}
        return found

    def body(self, kind: type, extra: Mapping[str, Any]) -> dict[str, Any]:
        """`openapi_extra` of a route that takes `kind` as JSON. extra: what its schema demands besides."""
        schema = {**msgspec.json.schema_components([kind])[1][kind.__name__], **extra}
        return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}

    def reference(self, kind: type) -> dict[str, str]:
        """`$ref` to the schema of `kind`."""
        self._kinds[kind] = None
        return {"$ref": _REFERENCE.format(name=kind.__name__)}

    def components(self) -> dict[str, Any]:
        """Schemas of all types that were asked for and of what they are made of, by name."""
        return dict(msgspec.json.schema_components(list(self._kinds), ref_template=_REFERENCE)[1])
