"""Who may ask: token, host names, origins; and the headers every answer carries. Plain ASGI, for HTTP and websockets.

On loopback no token is needed, but the request must name a loopback host: otherwise any web page could reach the
board through a name that it points at 127.0.0.1 (DNS rebinding). Elsewhere every client shows the token, as
`Authorization: Bearer …`, or once as `?token=…`, which becomes a cookie and leaves the address bar.

Pages of other servers are refused, in every method and over WebSockets, unless their origin is named; then they show
the token in the header, because no cookie of ours goes with their requests. What changes something needs our own
origin, a named one, or, from programs, which have none, the token in the header: a cookie alone is not enough.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.core.loopback import is_loopback
from monitor.readouts.web.api.refusal import Problem, problem_response
from monitor.readouts.web.plain_page import sign_in

COOKIE = "monitor_token"
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by container health checks, which have no token; they tell no number."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WRONG_S = 0.1
"""One wrong token is answered at a time, and takes as long: whoever guesses gets ten tries a second, from everywhere
together."""
_WAITING = 100
_MAY_ASK = {
    "access-control-allow-methods": "GET, HEAD, POST, DELETE",
    "access-control-allow-headers": "authorization, content-type, if-none-match, last-event-id",
    "access-control-max-age": "600",
}

_HEADERS = {
    # NiceGUI compiles templates in the browser and starts from inline scripts, hence the two unsafe words. Everything
    # else, and every connection, must come from this server.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Middleware. token: "" where none is demanded, which is only safe on loopback. public_url: an address under
    which a reverse proxy offers this server; its host and origin are accepted too. cors_origins: exact origins whose
    pages may read and act."""

    def __init__(
        self, app: ASGIApp, *, token: str = "", public_url: str = "", cors_origins: Sequence[str] = ()
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._cookie = hmac.new(self._token, b"monitor dashboard", hashlib.sha256).hexdigest().encode()
        public = urlsplit(public_url.lower())
        self._public = public.netloc
        self._encrypted = self._public if public.scheme == "https" else ""
        self._origins = frozenset(origin.lower() for origin in cors_origins)
        self._wrong = asyncio.Lock()
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        shared = self._shared(headers)

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                found = MutableHeaders(scope=message)
                for name, value in (_HEADERS | shared).items():
                    found.setdefault(name, value)
                if self._origins:
                    found.add_vary_header("Origin")
            await send(message)

        refusal = await self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    async def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        """The answer to a request that may not pass, or that is answered here; None when it may pass."""
        if not self._host_is_ours(headers):
            return _forbidden("unknown host name", "open it by the name of this machine, or set dashboard.public_url")
        if not self._origin_is_ours(headers):
            return _forbidden("pages of other origins are refused", "dashboard.cors_origins names those that may")
        if self._is_preflight(scope, headers):
            return Response(status_code=204, headers=_MAY_ASK)
        if not self._token or scope["path"] in OPEN_PATHS:
            return None
        in_address = _in_address(scope)
        if scope["type"] == "http" and any(_same(given.encode(), self._token) for given in in_address):
            return self._signed_in(scope, headers)
        by_header = self._token_in_header(headers)
        if by_header:
            return None
        by_cookie = self._token_in_cookie(headers)
        if by_header is None and by_cookie:
            if scope["type"] == "http" and scope["method"] not in _SAFE and "origin" not in headers:
                return _forbidden("a cookie is not enough", "send `Authorization: Bearer <token>`")
            return None
        if by_header is False or by_cookie is False or in_address:
            return await self._wrong_token(headers)
        return _unauthorised(headers, wrong=False)

    async def _wrong_token(self, headers: Headers) -> Response:
        """The answer to a token that is none of ours, one after the other."""
        if self._waiting >= _WAITING:
            return _problem(429, "too many wrong tokens", "try again later", {"retry-after": "10"})
        self._waiting += 1
        try:
            async with self._wrong:
                await asyncio.sleep(_WRONG_S)
        finally:
            self._waiting -= 1
        return _unauthorised(headers, wrong=True)

    def _is_preflight(self, scope: Scope, headers: Headers) -> bool:
        """A browser asks on behalf of a page of another origin whether it may ask."""
        return (
            scope["type"] == "http"
            and scope["method"] == "OPTIONS"
            and "access-control-request-method" in headers
            and headers.get("origin", "").lower() in self._origins
        )

    def _shared(self, headers: Headers) -> dict[str, str]:
        """What lets the browser hand an answer to a page of a named origin."""
        origin = headers.get("origin", "")
        if origin.lower() not in self._origins:
            return {}
        return {"access-control-allow-origin": origin, "access-control-expose-headers": "etag, location, x-next"}

    def _host_is_ours(self, headers: Headers) -> bool:
        if self._token:
            return True
        host = headers.get("host", "").lower()
        return host in _known(self._public) or is_loopback(_split(f"//{host}").hostname or "")

    def _origin_is_ours(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None or origin.lower() in self._origins:
            return True
        return _split(origin).netloc.lower() in _known(headers.get("host", "").lower(), self._public)

    def _token_in_header(self, headers: Headers) -> bool | None:
        """Whether the header shows the token; None when it shows none."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        return _same(given.strip().encode(), self._token) if scheme.lower() == "bearer" else None

    def _token_in_cookie(self, headers: Headers) -> bool | None:
        """Whether a cookie of ours shows the token; None when there is none."""
        given = _cookies(headers)
        return any(_same(value.encode(), self._cookie) for value in given) if given else None

    def _signed_in(self, scope: Scope, headers: Headers) -> Response:
        """A cookie, and the same address without the token."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # Slashes at the front are folded: `//elsewhere` would be the address of another machine.
        path = quote("/" + scope["path"].lstrip("/\\"))
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(
            COOKIE,
            self._cookie.decode(),
            max_age=30 * 86_400,
            httponly=True,
            samesite="strict",
            # Behind a proxy that encrypts, what arrives here is in clear: then the name that was asked for tells.
            secure=scope["scheme"] == "https" or headers.get("host", "").lower() in _known(self._encrypted),
        )
        answer.headers["cache-control"] = "no-store"
        return answer


def _in_address(scope: Scope) -> list[str]:
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return [value for name, value in query if name == "token"]


def _cookies(headers: Headers) -> list[str]:
    """Values of the cookies of our name. Each is read by itself: a browser also sends what other ports of this host
    have set, in whatever form, and that must not hide ours."""
    pairs = [pair.partition("=") for line in headers.getlist("cookie") for pair in line.split(";")]
    return [value.strip() for name, _, value in pairs if name.strip() == COOKIE]


def _same(given: bytes, right: bytes) -> bool:
    """Compared in the same time whatever is given, also when it is shorter or longer."""
    return hmac.compare_digest(hashlib.sha256(given).digest(), hashlib.sha256(right).digest())


def _unauthorised(headers: Headers, *, wrong: bool) -> Response:
    challenge = {"www-authenticate": "Bearer"}
    if "text/html" in headers.get("accept", ""):
        return HTMLResponse(sign_in(wrong=wrong), 401, challenge | {"cache-control": "no-store"})
    hint = "send `Authorization: Bearer <token>`, or open the page once with `?token=<token>`"
    return _problem(401, "wrong token" if wrong else "token missing", hint, challenge)


def _forbidden(error: str, hint: str) -> Response:
    return _problem(403, error, hint)


def _problem(status: int, error: str, hint: str, headers: dict[str, str] | None = None) -> Response:
    return problem_response(status, Problem(error=error, hint=hint), headers)


def _split(address: str) -> SplitResult:
    """The parts of an address that a client sent; of one that is none, empty parts, which are nobody's."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _known(*hosts: str) -> set[str]:
    return {host for host in hosts if host}
