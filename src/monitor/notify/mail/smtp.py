"""Mail over SMTP: one transaction for all recipients, encrypted or not at all (ALERTING sections 14 and 16)."""

import asyncio
import contextlib
import socket
import ssl
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import aiosmtplib

from monitor.core.loopback import is_loopback
from monitor.notify.mail.body import mail, thread_name
from monitor.notify.port import Accepted, Charting, Message, Outcome, Permanent, Transient, Unknown
from monitor.notify.wording import one_line, shortened
from monitor.runtime.clock import Clock, SystemClock

_FAREWELL_S = 1.0
_NAME_S = 1.0
_LARGEST_REASON = 200
_HIDDEN = "***"


class Tls(StrEnum):
    """How the connection is protected. STARTTLS is demanded, never merely tried; NONE is for loopback addresses."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


class Mail:
    """One mail server and the people written to through it.

    sender, recipients: plain addresses. user, password: None means that the server asks for none. ca_file: PEM file
    with the certificates to trust; None means the system's. step_timeout_s: longest wait for one answer of the
    server; timeout_s: for the whole transaction. chart: show the chart of an alert inside the mail. Raises ValueError
    when `tls` is none and the host is no loopback address, or when `ca_file` holds no certificate.

    `Accepted.reference` is what the subject says after its bracket: later mails of the episode, which get it as
    `Message.parent`, say the same, so that mail programs keep them together.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        sender: str,
        recipients: Sequence[str],
        tls: Tls = Tls.STARTTLS,
        user: str | None = None,
        password: str | None = None,
        ca_file: Path | None = None,
        chart: bool = True,
        step_timeout_s: float = 15.0,
        timeout_s: float = 30.0,
        clock: Clock | None = None,
    ) -> None:
        if tls is Tls.NONE and not is_loopback(host):
            raise ValueError(f"mail to {host} must be encrypted: tls = none is for loopback addresses only")
        self._host = host
        self._port = port
        self._sender = sender
        self._recipients = tuple(recipients)
        self._tls = tls
        self._user = user
        self._password = password
        self._chart = chart
        self._context = _trusting(ca_file) if tls is not Tls.NONE else None
        self._step_timeout_s = step_timeout_s
        self._timeout_s = timeout_s
        self._clock = clock or SystemClock()
        self._own_name = ""

    def __repr__(self) -> str:
        return f"Mail({self._host}:{self._port}, {self._tls})"

    @property
    def charting(self) -> Charting:
        return Charting.INLINE if self._chart else Charting.NONE

    async def send(self, message: Message) -> Outcome:
        """One transaction for the recipients that are not settled yet."""
        attempt = _Attempt()
        try:
            async with asyncio.timeout(self._timeout_s):
                outcome = await self._transact(message, attempt)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as failure:
            return _judge(failure, attempt, self._secrets)
        else:
            await attempt.take_leave()
            return outcome
        finally:
            attempt.hang_up()

    async def check(self) -> str:
        """Connect, encrypt and log in as for a mail, send none; says where. Raises OSError with the reason in words."""
        attempt = _Attempt()
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._enter(attempt)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as failure:
            reason = _judge(failure, attempt, self._secrets).reason
            raise OSError(f"{self._host}:{self._port}: {reason}") from None
        else:
            await attempt.take_leave()
        finally:
            attempt.hang_up()
        protection = "in clear" if self._tls is Tls.NONE else f"TLS ({self._tls})"
        return f"{self._host}:{self._port}: greeted, {protection}{'' if self._user is None else ', logged in'}"

    async def close(self) -> None:
        """Nothing to release: every message has a connection of its own."""

    @property
    def _secrets(self) -> tuple[str, ...]:
        """The password as a server may quote it: as it was sent, the longer form first, and as it is."""
        if not self._password:
            return ()
        sent = (f"\0{self._user}\0{self._password}", self._password)
        return (*(b64encode(text.encode()).decode() for text in sent), self._password)

    async def _enter(self, attempt: "_Attempt") -> aiosmtplib.SMTP:
        """Connected, encrypted and logged in."""
        client = attempt.client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=await self._name(),
            timeout=self._step_timeout_s,
            use_tls=self._tls is Tls.IMPLICIT,
            start_tls=self._tls is Tls.STARTTLS,
            tls_context=self._context,
        )
        await client.connect()
        if self._user is not None:
            await client.login(self._user, self._password or "")
        return client

    async def _name(self) -> str:
        """What EHLO says that we are called. Asked once: no mail waits for the name service but the first, and that one
        not for long."""
        if not self._own_name:
            self._own_name = socket.gethostname()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_NAME_S):
                    self._own_name = await asyncio.to_thread(socket.getfqdn)
        return self._own_name

    async def _transact(self, message: Message, attempt: "_Attempt") -> Outcome:
        client = await self._enter(attempt)
        await client.mail(self._sender)
        answers = {
            address: await _offer(client, address) for address in self._recipients if address not in message.settled
        }
        taken = tuple(address for address, refusal in answers.items() if refusal is None)
        deferred = {a: r for a, r in answers.items() if r is not None and r.code < 500}
        refused = {a: _sentence(r) for a, r in answers.items() if r is not None and r.code >= 500}
        if taken:
            now = datetime.fromtimestamp(self._clock.now_ns() / 1e9, UTC)
            letter = mail(message, sender=self._sender, recipients=self._recipients, at=now)
            attempt.data = True
            await client.data(letter.as_bytes())
        if deferred:
            return Transient(_list({a: _sentence(r) for a, r in deferred.items()}), settled=(*taken, *refused))
        if refused and not taken:
            return Permanent(_list(refused))
        return Accepted(refused=refused, reference=thread_name(message))


class _Attempt:
    """How far one transaction came. data: the message itself was on its way."""

    def __init__(self) -> None:
        self.client: aiosmtplib.SMTP | None = None
        self.data = False

    async def take_leave(self) -> None:
        """QUIT. What comes of it changes nothing: the mail was taken, or refused, before."""
        if self.client is not None:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self.client.quit(timeout=_FAREWELL_S)

    def hang_up(self) -> None:
        if self.client is not None:
            self.client.close()


async def _offer(client: aiosmtplib.SMTP, address: str) -> aiosmtplib.SMTPRecipientRefused | None:
    """None when the server takes mail for the address, else its refusal."""
    try:
        await client.rcpt(address)
    except aiosmtplib.SMTPRecipientRefused as refusal:
        return refusal
    return None


def _judge(failure: Exception, attempt: _Attempt, secrets: Sequence[str]) -> Permanent | Transient | Unknown:
    """The class of ALERTING section 16 that a failed transaction belongs to. secrets: must not be in the reason."""
    words = f"{type(failure).__name__}: {failure}"
    for secret in secrets:
        words = words.replace(secret, _HIDDEN)
    reason = shortened(one_line(words), _LARGEST_REASON)
    if isinstance(failure, aiosmtplib.SMTPResponseException):
        return Transient(reason) if 400 <= failure.code < 500 else Permanent(reason)
    if _is_about_trust(failure):
        return Permanent(reason)
    if attempt.data:
        return Unknown(f"no reply after DATA ({type(failure).__name__})")
    if isinstance(failure, aiosmtplib.SMTPException) and not isinstance(failure, ConnectionError | TimeoutError):
        # STARTTLS or AUTH not offered, no common mechanism: the server is not what the configuration says it is.
        return Permanent(reason)
    return Transient(reason)


def _is_about_trust(failure: BaseException | None) -> bool:
    while failure is not None:
        if isinstance(failure, ssl.SSLError):
            return True
        failure = failure.__cause__ or failure.__context__
    return False


def _trusting(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError) as unreadable:
        raise ValueError(f"ca_file {ca_file} holds no readable certificate: {unreadable}") from unreadable


def _sentence(refusal: aiosmtplib.SMTPRecipientRefused) -> str:
    return shortened(one_line(f"{refusal.code} {refusal.message}"), _LARGEST_REASON)


def _list(refusals: dict[str, str]) -> str:
    return "; ".join(f"{address}: {reason}" for address, reason in refusals.items())
