"""Any HTTP endpoint that takes JSON: one POST per message, signed when there is a key, judged by its status.

The signature, `X-Monitor-Signature: sha256=<hex>`, is the HMAC-SHA256 of `<X-Monitor-Timestamp>.<body>`: neither the
body nor its time can be exchanged.
"""

import hashlib
import hmac
from pathlib import Path
from urllib.parse import quote, urlsplit

from monitor.notify.envelope import envelope
from monitor.notify.http import Answer, Lost, Poster, check_address, secrets_in
from monitor.notify.port import Accepted, Charting, Message, Outcome, PayloadRefused, Permanent, Transient
from monitor.runtime.clock import Clock, SystemClock

# 409: the same Idempotency-Key is being worked on. 425: too early (RFC 8470). The others of RFC 9110 say it themselves.
_LATER = frozenset({408, 409, 425, 429})
_PAYLOAD = frozenset({400, 413, 422})


class Webhook:
    """One endpoint.

    url: its address, taken as a secret. secret: key of the signature, None for none. ca_file: PEM file of the
    authorities to trust, None for the system's. timeout_s: of the whole request. clock: for the time that is signed.
    Raises ValueError, without the address, when `url` is none, and for a `ca_file` that cannot be read.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: str | None = None,
        ca_file: Path | None = None,
        timeout_s: float = 10.0,
        clock: Clock | None = None,
    ) -> None:
        check_address(url)
        self._url = url
        self._key = None if secret is None else secret.encode()
        self._clock = clock or SystemClock()
        hidden = (*secrets_in(url), *(() if secret is None else (secret,)))
        self._poster = Poster(secrets=hidden, timeout_s=timeout_s, ca_file=ca_file)

    def __repr__(self) -> str:
        return f"Webhook({urlsplit(self._url).hostname})"

    @property
    def charting(self) -> Charting:
        return Charting.NONE

    async def send(self, message: Message) -> Outcome:
        """One POST of the `Envelope`, no redirect followed, nothing repeated."""
        body = envelope(message)
        timestamp = str(self._clock.now_ns() // 1_000_000_000)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": quote(message.id, safe=":"),
            "X-Monitor-Timestamp": timestamp,
        }
        if self._key is not None:
            headers["X-Monitor-Signature"] = f"sha256={signature(self._key, timestamp, body)}"
        answer = await self._poster.post(self._url, body, headers)
        return answer.outcome if isinstance(answer, Lost) else _judge(answer)

    async def close(self) -> None:
        """Release what is open."""
        await self._poster.close()


def signature(key: bytes, timestamp: str, body: bytes) -> str:
    """What a receiver computes and compares, with `hmac.compare_digest`, before it believes a message.

    timestamp: the header `X-Monitor-Timestamp`, whole seconds since 1970-01-01 UTC; a receiver refuses old ones.

    >>> signature(b"key", "1794276000", b"{}")[:16]
    '4a50bc47e9442cfc'
    """
    return hmac.new(key, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _judge(answer: Answer) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Accepted()
    if status in _PAYLOAD:
        return PayloadRefused(answer.reason)
    if status in _LATER or not 400 <= status < 500:
        # A redirect too: a proxy or a login page stands in the way, which may pass.
        return Transient(answer.reason, retry_after_s=answer.retry_after_s)
    return Permanent(answer.reason)
