"""The routes of the API together, and the document that tells of them."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from monitor.readouts.web.api.alerts import add_alerts
from monitor.readouts.web.api.answers import Schemas, json_answer
from monitor.readouts.web.api.boards import add_boards
from monitor.readouts.web.api.dead_letters import add_dead_letters
from monitor.readouts.web.api.health import add_health
from monitor.readouts.web.api.history import add_history
from monitor.readouts.web.api.manual import manual
from monitor.readouts.web.api.methods import Methods
from monitor.readouts.web.api.refusal import add_refusals
from monitor.readouts.web.api.silences import add_silences
from monitor.readouts.web.api.source import Source
from monitor.readouts.web.api.streams import add_streams

_ABOUT = """The newest state of one board, its past and its alerts. Times are UTC, missing values are `null` with a
`status` beside them, and every error has the form of `Problem`. On loopback no token is needed; elsewhere send
`Authorization: Bearer <token>`."""
_KEPT = {"cache-control": "max-age=300"}


def add_api(app: FastAPI, source: Source) -> None:
    """Serve the API of `source` from `app`. The caller runs `source.broadcast` beside it."""
    router, schemas = APIRouter(default_response_class=Response), Schemas()
    for add in (
        add_boards,
        add_history,
        add_alerts,
        add_silences,
        add_dead_letters,
        add_streams,
        add_health,
    ):
        add(router, source, schemas)
    document = _document(router.routes, schemas)

    @router.get("/api/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return json_answer(document, headers=_KEPT)

    @router.get("/api/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(manual(document), media_type="text/html; charset=utf-8", headers=_KEPT)

    app.include_router(router)
    app.add_middleware(Methods, routes=router.routes)
    add_refusals(app)


def _document(routes: Sequence[Any], schemas: Schemas) -> dict[str, Any]:
    document = get_openapi(title="Monitor", version=version("monitor"), description=_ABOUT, routes=routes)
    parts = document.setdefault("components", {})
    parts["schemas"] = schemas.components()
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{}, {"token": []}]
    return document
