"""Bodies of requests: JSON, bounded, checked against our own types."""

from typing import TypeVar

import msgspec
from fastapi import Request
from starlette.requests import ClientDisconnect

from monitor.readouts.web.api.refusal import RefusedError

Body = TypeVar("Body")

MAX_BYTES = 16_384


async def read_body(request: Request, kind: type[Body]) -> Body:
    """The body as `kind`. Raises RefusedError: 413 when it is longer than `MAX_BYTES`, 415 when it does not say that
    it is JSON (which a page of another origin can only say after asking), 422 when it is no `kind`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415, "not JSON", hint="Send `Content-Type: application/json`")
    data = b""
    try:
        async for piece in request.stream():
            data += piece
            if len(data) > MAX_BYTES:
                raise RefusedError(413, "too long", reason=f"a body may have {MAX_BYTES:,} bytes")
    except ClientDisconnect:  # nobody reads the answer, and it is no mistake of ours
        raise RefusedError(422, "not usable", reason="body: the client left before all of it was here") from None
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedError(422, "not usable", reason=f"body: {error}"[:400]) from None
