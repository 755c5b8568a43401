"""Slack through an incoming webhook: one POST per message, judged by the body first (ALERTING section 16).

aiohttp is used directly: the webhook client of slack_sdk follows redirects, repeats a POST whose answer got lost and
logs the address, which is the secret here.
"""

import json
import re
from types import SimpleNamespace, TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp

from monitor.core.placeholder import is_placeholder
from monitor.notify.port import Accepted, Charting, Message, Outcome, PayloadRefused, Permanent, Transient, Unknown
from monitor.notify.slack.blocks import slack_payload
from monitor.notify.wording import one_line, shortened

_PERMANENT = frozenset(
    {
        "no_service",
        "no_service_id",
        "no_team",
        "no_active_hooks",
        "invalid_token",
        "channel_not_found",
        "channel_is_archived",
        "action_prohibited",
        "user_not_found",
        "posting_to_general_channel_denied",
        "team_disabled",
    }
)
_PAYLOAD = frozenset({"invalid_payload", "invalid_blocks", "invalid_attachments", "too_many_attachments", "no_text"})
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
_LONGEST_PAUSE_S = 86_400.0
_LARGEST_BODY = 4096
_LARGEST_REASON = 200


class SlackWebhook:
    """One incoming webhook.

    url: the secret address Slack gave; http is allowed so that a local server can take its place. timeout_s: of the
    whole request. Raises ValueError, without the address, when `url` is no address or still the documented placeholder.
    """

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        _check(url)
        self._url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    def __repr__(self) -> str:
        return f"SlackWebhook({urlsplit(self._url).hostname})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        """One POST, no redirect followed, nothing repeated."""
        body = json.dumps(slack_payload(message), ensure_ascii=False).encode()
        progress = _Progress()
        try:
            async with self._open().post(
                self._url,
                data=body,
                headers={"Content-Type": "application/json; charset=utf-8"},
                allow_redirects=False,
                trace_request_ctx=progress,
            ) as response:
                answer = await _beginning(response)
                return self._judge(response.status, response.headers.get("Retry-After"), answer)
        except aiohttp.ClientConnectorCertificateError:
            return Permanent("the certificate of the webhook's host is not trusted")
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            # The text of these errors may hold the address; their class says enough.
            what = type(failure).__name__
            if progress.sent:
                return Unknown(f"no answer after the request went out ({what})")
            return Transient(f"no connection ({what})")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_went_out)
            # A fresh connection for each message: a kept one may have been closed by the other side meanwhile, and then
            # nobody could say whether the message arrived.
            connector = aiohttp.TCPConnector(force_close=True, limit=2)
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    def _judge(self, status: int, retry_after: str | None, answer: str) -> Outcome:
        if status == 200 and answer == "ok":
            return Accepted()
        answer = answer.strip()
        word = answer if answer.isidentifier() else ""
        reason = f"{status} {self._redacted(answer)}".strip()
        if word in _PERMANENT or (status != 200 and "invalid_token" in answer):
            return Permanent(reason)
        if word in _PAYLOAD:
            return PayloadRefused(reason)
        if status == 429:
            return Transient(reason, retry_after_s=_longest_pause(retry_after, answer))
        if status in (401, 403, 404, 410):
            return Permanent(reason)
        if status == 400:
            return PayloadRefused(reason)
        return Transient(reason)

    def _redacted(self, answer: str) -> str:
        parts = urlsplit(self._url)
        for secret in (self._url, parts.path, *(piece for piece in parts.path.split("/") if len(piece) > 6)):
            if secret.strip("/"):
                answer = answer.replace(secret, "[redacted]")
        return shortened(one_line(answer), _LARGEST_REASON)


async def _beginning(response: aiohttp.ClientResponse) -> str:
    raw = b""
    async for chunk in response.content.iter_chunked(_LARGEST_BODY):
        raw += chunk
        if len(raw) >= _LARGEST_BODY:
            break
    return raw.decode(errors="replace")


class _Progress:
    """How far one request came. sent: its headers were handed to the network."""

    def __init__(self) -> None:
        self.sent = False


async def _went_out(
    session: aiohttp.ClientSession, context: SimpleNamespace, params: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.sent = True


def _longest_pause(header: str | None, answer: str) -> float | None:
    """Seconds the service asks for, the longer of header and body, at most a day; None when it names none."""
    named = [header] if header else []
    try:
        body = json.loads(answer)
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("retry_after"), int | float):
        named.append(str(body["retry_after"]))
    seconds = [float(text) for text in named if _NUMBER.fullmatch(text)]
    return min(max(seconds), _LONGEST_PAUSE_S) if seconds else None


def _check(url: str) -> None:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("a Slack webhook is an http(s) address; copy it from the app's page 'Incoming Webhooks'")
    if is_placeholder(url):
        raise ValueError(
            "the Slack webhook is still a placeholder of the documentation; put the app's own address there"
        )
