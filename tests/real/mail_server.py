"""A real SMTP server (aiosmtpd) that refuses what the test tells it to."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Mailbox:
    """rcpt: address → refusal. data: answers of the next DATA commands, then `250 OK`; "hang" never answers, "cut"
    closes. sender: answer to MAIL. farewell: what QUIT does, "hang" or "cut", "" for what it should. login: answer to a
    wrong password. mails: what was taken, with its recipients. names: what the client of each called itself.
    commands_in_clear: AUTH or MAIL seen outside TLS."""

    port: int
    rcpt: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    sender: str = "250 OK"
    farewell: str = ""
    login: str = "535 5.7.8 Authentication credentials invalid"
    mails: list[tuple[tuple[str, ...], EmailMessage]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    attempts: int = 0
    commands_in_clear: int = 0
    logins: list[str] = field(default_factory=list)
    password: str = "right"

    @property
    def ids(self) -> list[str]:
        """Our ids of the mails that were taken, in order."""
        return [mail["X-Alert-Id"] for _, mail in self.mails]

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if session.ssl is None:
            self.commands_in_clear += 1
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.sender

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.attempts += 1
        answer = self.data.pop(0) if self.data else "250 OK"
        await _misbehave(server, answer)
        if answer.startswith("250"):
            mail = cast(EmailMessage, message_from_bytes(cast(bytes, envelope.content), policy=policy.default))
            self.mails.append((tuple(envelope.rcpt_tos), mail))
            self.names.append(session.host_name or "")
        return answer

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await _misbehave(server, self.farewell)
        return "221 Bye"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.login.decode())
        if data.password.decode() == self.password:
            return AuthResult(success=True)
        # handled=True would leave the client waiting for an answer that never comes (aiosmtpd 1.4.6).
        return AuthResult(success=False, handled=False, message=self.login)


async def _misbehave(server: SMTP, how: str) -> None:
    if how == "hang":
        await asyncio.sleep(30)
    if how == "cut":
        assert server.transport is not None
        server.transport.abort()


@contextmanager
def mail_server(
    port: int, *, tls: tuple[Path, Path] | None = None, implicit: bool = False, demand_auth: bool = False
) -> Iterator[Mailbox]:
    """A running server. tls: certificate and key; without `implicit` they serve STARTTLS."""
    mailbox = Mailbox(port)
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    options: dict[str, Any] = {"ssl_context": context} if implicit else {"tls_context": context}
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        ready_timeout=60.0,
        server_hostname="mail.test",  # or it would ask the name service at every connection
        port=port,
        authenticator=mailbox.authenticate if demand_auth else None,
        auth_required=demand_auth,
        auth_require_tls=tls is not None and not implicit,
        require_starttls=tls is not None and not implicit,
        **options,
    )
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
