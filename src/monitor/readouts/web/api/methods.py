"""Which methods an address of the API knows: HEAD beside every GET, OPTIONS, and a plain answer to all others."""

from collections.abc import Sequence

from fastapi.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.readouts.web.api.refusal import Problem, problem_response

_ROOM = "/api/"
_SHOWN = 200


class Methods:
    """Middleware before the routes, so that no page answers what was meant for the API. routes: of the API."""

    def __init__(self, app: ASGIApp, *, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = [route for route in routes if isinstance(route, Route)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        known = self._known(scope["path"])
        method = scope["method"]
        if known and method == "HEAD" and "GET" in known:
            await self._app({**scope, "method": "GET"}, receive, _Headers(send))
        elif known and method not in known:
            await _other_method(method, known)(scope, receive, send)
        elif not known and f"{scope['path']}/".startswith(_ROOM):
            problem = Problem(error="no such resource", found=scope["path"][:_SHOWN], hint="/api/docs lists them all")
            await problem_response(404, problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _known(self, path: str) -> set[str]:
        found: set[str] = set()
        for route in self._routes:
            if route.path_regex.match(path):
                found |= route.methods or set()
        return found


def _other_method(method: str, known: set[str]) -> Response:
    allowed = {"allow": ", ".join(sorted(known | {"OPTIONS"} | ({"HEAD"} if "GET" in known else set())))}
    if method == "OPTIONS":
        return Response(status_code=204, headers=allowed)
    return problem_response(405, Problem(error="method not allowed", hint=f"Allowed: {allowed['allow']}"), allowed)


class _Headers:
    """Sends an answer without its body, and ends it at once: a stream would never."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._ended = False

    async def __call__(self, message: Message) -> None:
        if self._ended:
            return
        await self._send(message)
        if message["type"] == "http.response.start":
            self._ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
