"""One HTTP request for one message: sent once, answered or lost, and never more than that (decision 0010).

Clients that follow redirects, repeat what may have arrived or log addresses break what the outbox promises, and the
address of a webhook is a secret. So every request has a connection of its own, a redirect is an answer like any other,
and whether the request went out is known.
"""

import json
import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, unquote, urlsplit

import aiohttp
import msgspec
from yarl import URL

from monitor.notify.port import Permanent, Transient, Unknown
from monitor.notify.trust import trusting
from monitor.notify.wording import one_line, shortened

JSON = {"Content-Type": "application/json; charset=utf-8"}
"""Headers of a request whose body is JSON."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
"""Headers of a request whose body is a form."""

SMALL = 4096
"""Bytes of an answer that are enough to judge it by a word."""

_LARGEST_REASON = 200
_LONGEST_PAUSE_S = 86_400.0
_SHORTEST_SECRET = 7
"""Pieces of an address below this length are ordinary words: `services`, `api/v1`."""

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_AS_IT_STANDS = re.compile(r"[!-~]+")
_SPLITTING = re.compile(r"[\x00-\x20\x7f]")
_HIDDEN = "[redacted]"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the other side said.

    status: of HTTP; redirects are not followed. text: its body, or the beginning of it, as it came and therefore never
    shown. complete: the body was read to its end. reason: status and first words for people and logs, without secrets
    and control characters. retry_after_s: how long the service asks to be left alone, at most a day; the longer of
    header and body; None when it asks for nothing.
    """

    status: int
    text: str
    reason: str
    complete: bool = True
    retry_after_s: float | None = None

    def __repr__(self) -> str:
        return f"Answer({self.reason!r})"


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """There was no answer. reason: for people and logs. sent: the request went out, so it may have been acted upon.
    untrusted: the certificate of the other side is not trusted; nothing was sent then."""

    reason: str
    sent: bool = False
    untrusted: bool = False

    @property
    def outcome(self) -> Permanent | Transient | Unknown:
        """What that means for a message that was to be delivered (ALERTING section 16)."""
        if self.untrusted:
            return Permanent(self.reason)
        return Unknown(self.reason) if self.sent else Transient(self.reason)


class Poster:
    """Sends requests, each once and over a connection of its own.

    secrets: texts that no reason may show, see `secrets_in`. timeout_s: of a whole request, connecting included.
    ca_file: PEM file of the authorities to trust, None for the system's; ValueError when it cannot be read.
    """

    def __init__(self, *, secrets: Iterable[str] = (), timeout_s: float = 10.0, ca_file: Path | None = None) -> None:
        self._secrets = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
        self._timeout_s = timeout_s
        self._trust = None if ca_file is None else trusting(ca_file)
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        largest: int = SMALL,
        timeout_s: float | None = None,
    ) -> Answer | Lost:
        """One POST. largest: bytes of the answer that are read. timeout_s: None for that of the poster. Raises
        ValueError, without the address, when `url` is none (`check_address`)."""
        return await self._request("POST", url, body, headers, largest, timeout_s)

    async def get(
        self, url: str, headers: Mapping[str, str], *, largest: int = SMALL, timeout_s: float | None = None
    ) -> Answer | Lost:
        """One GET, under the same rules as `post`."""
        return await self._request("GET", url, None, headers, largest, timeout_s)

    async def close(self) -> None:
        """Release what is open. A later request would open it again."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
        largest: int,
        timeout_s: float | None,
    ) -> Answer | Lost:
        address = _address(url)
        progress = _Progress()
        try:
            async with self._open().request(
                method,
                address,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._timeout_s if timeout_s is None else timeout_s),
                trace_request_ctx=progress,
            ) as response:
                return await self._read(response, largest)
        except aiohttp.ClientConnectorCertificateError:
            return Lost(reason="the certificate of the other side is not trusted", untrusted=True)
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            # The text of these errors may hold the address; their class says enough.
            what = type(failure).__name__
            if progress.sent:
                return Lost(reason=f"no answer after the request went out ({what})", sent=True)
            return Lost(reason=f"no connection ({what})")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_went_out)
            # A kept connection may have been closed by the other side meanwhile, and then nobody could say whether the
            # message arrived.
            connector = aiohttp.TCPConnector(force_close=True, ssl=self._trust or True)
            self._session = aiohttp.ClientSession(
                connector=connector, trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse, largest: int) -> Answer:
        raw, complete = b"", False
        try:
            async for chunk in response.content.iter_chunked(largest):
                raw += chunk
                if len(raw) > largest:
                    break
            else:
                complete = True
        except (aiohttp.ClientError, TimeoutError, OSError):
            # A refusal is one whatever became of its words; a success is none before its words are here.
            if 200 <= response.status < 300:
                raise
        text = raw[:largest].decode(errors="replace")
        return Answer(
            status=response.status,
            text=text,
            reason=f"{response.status} {self._shown(text, complete)}".strip(),
            complete=complete,
            retry_after_s=_pause_s(response.headers, text),
        )

    def _shown(self, text: str, complete: bool) -> str:
        if not complete and self._secrets:
            # The cut may have gone through a secret, and half of one is not found below.
            text = text[: max(0, len(text) - len(self._secrets[0]))]
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return shortened(one_line(text), _LARGEST_REASON)


def check_address(url: str) -> None:
    """Raise ValueError, which does not repeat it, when `url` is no http(s) address with a host."""
    _address(url)


def _address(url: str) -> URL:
    try:
        # Quoting again what is quoted already would break signed addresses.
        address = URL(url, encoded=_AS_IT_STANDS.fullmatch(url) is not None)
        sound = address.scheme in ("http", "https") and bool(address.host) and bool(address.port)
    except ValueError:
        sound = False
    if not sound or _SPLITTING.search(url):
        raise ValueError("this is no http(s) address") from None
    return address


def secrets_in(url: str) -> tuple[str, ...]:
    """What must not be shown of an address that is a secret: the whole of it, path and query, the longer pieces of
    the path, the values of the query, the password, each also as it reads unquoted."""
    parts = urlsplit(url)
    pieces = [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query)), parts.password or ""]
    secrets = [url, parts.path, parts.query, *(piece for piece in pieces if len(piece) >= _SHORTEST_SECRET)]
    found = (text for secret in secrets for text in (secret, unquote(secret)))
    return tuple(dict.fromkeys(text for text in found if text.strip("/")))


class _Progress:
    """How far one request came. sent: its headers were handed to the network."""

    def __init__(self) -> None:
        self.sent = False


async def _went_out(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True


def _pause_s(headers: Mapping[str, str], text: str) -> float | None:
    named = [_header_pause_s(headers), _body_pause_s(text)]
    pauses = [seconds for seconds in named if seconds is not None]
    return min(max(pauses), _LONGEST_PAUSE_S) if pauses else None


def _header_pause_s(headers: Mapping[str, str]) -> float | None:
    """RFC 9110 10.2.3: seconds, or a date. A date counts from the server's own, so that our clock does not matter."""
    wanted = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(wanted):
        return float(wanted)
    try:
        until, now = parsedate_to_datetime(wanted), parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _body_pause_s(text: str) -> float | None:
    """`{"retry_after": 1}`, as Slack has it."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    seconds = body.get("retry_after") if isinstance(body, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        return None
    return float(min(seconds, _LONGEST_PAUSE_S))
