"""Who may ask: token, host names, origins; and the headers every answer carries. Plain ASGI, for HTTP and websockets.

On loopback no token is needed, but the request must name a loopback host: otherwise any web page could reach the
board through a name that it points at 127.0.0.1 (DNS rebinding). Elsewhere every client shows the token, as
`Authorization: Bearer …`, or once as `?token=…`, which becomes a cookie and leaves the address bar.
"""

import hashlib
import hmac
from http.cookies import CookieError, SimpleCookie
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.core.loopback import is_loopback

COOKIE = "monitor_token"
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by container health checks, which have no token; they tell no number."""

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

_SIGN_IN = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Monitor: token needed</title>
<style>body{font:16px/1.5 system-ui;max-width:26rem;margin:15vh auto;padding:0 1rem}input{width:100%;padding:.5rem;
box-sizing:border-box;margin:.5rem 0}button{padding:.5rem 1rem}</style>
<h1>Token needed</h1><p>This dashboard can be reached from other machines, so it asks for the token that its operator
has set.</p><form method="get"><input name="token" type="password" autocomplete="current-password" autofocus
aria-label="token"><button>Open</button></form><p><a href="/">I have shown it before</a></p>"""


class Guard:
    """Middleware. token: "" where none is demanded, which is only safe on loopback. public_url: an address under
    which a reverse proxy offers this server; its host and origin are accepted too."""

    def __init__(self, app: ASGIApp, *, token: str = "", public_url: str = "") -> None:
        self._app = app
        self._token = token.encode()
        self._cookie = hmac.new(self._token, b"monitor dashboard", hashlib.sha256).hexdigest().encode()
        self._public = urlsplit(public_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "http":
            await refusal(scope, receive, send_with_headers)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that may not pass; None when it may."""
        headers = Headers(scope=scope)
        if not self._host_is_ours(headers):
            return JSONResponse({"error": "unknown host name", "hint": "open it by the name of this machine"}, 403)
        if not self._origin_is_ours(headers):
            return JSONResponse({"error": "requests from other origins are refused"}, 403)
        if not self._token or scope["path"] in OPEN_PATHS:
            return None
        if self._shows_token(headers):
            return None
        return self._token_from_address(scope) or self._unauthorised(headers)

    def _host_is_ours(self, headers: Headers) -> bool:
        if self._token:
            return True
        host = headers.get("host", "").lower()
        return host in _known(self._public) or is_loopback(_split(f"//{host}").hostname or "")

    def _origin_is_ours(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return True
        return _split(origin).netloc.lower() in _known(headers.get("host", "").lower(), self._public)

    def _shows_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), self._token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and hmac.compare_digest(cookie.value.encode(), self._cookie)

    def _token_from_address(self, scope: Scope) -> Response | None:
        """Right `?token=`: a cookie and the same address without it."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if scope["type"] != "http" or len(given) != 1 or not hmac.compare_digest(given[0].encode(), self._token):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        # Slashes at the front are folded: `//elsewhere` would be the address of another machine.
        path = "/" + scope["path"].lstrip("/\\")
        answer = RedirectResponse(path + (f"?{rest}" if rest else ""), 303)
        answer.set_cookie(
            COOKIE,
            self._cookie.decode(),
            max_age=30 * 86_400,
            httponly=True,
            samesite="strict",
            secure=scope["scheme"] == "https",
        )
        answer.headers["cache-control"] = "no-store"
        return answer

    def _unauthorised(self, headers: Headers) -> Response:
        challenge = {"www-authenticate": "Bearer", "cache-control": "no-store"}
        if "text/html" in headers.get("accept", ""):
            return HTMLResponse(_SIGN_IN, 401, challenge)
        hint = "send `Authorization: Bearer <token>`, or open the page once with `?token=<token>`"
        return JSONResponse({"error": "token missing or wrong", "hint": hint}, 401, challenge)


def _split(address: str) -> SplitResult:
    """The parts of an address that a client sent; of one that is none, empty parts, which are nobody's."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _known(*hosts: str) -> set[str]:
    return {host for host in hosts if host}
