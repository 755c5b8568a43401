"""Servers with certificates that are right, and wrong in every usual way."""

import datetime
import ssl
from pathlib import Path

import msgspec

from tests.real.certificates import server_certificate


class Certificate(msgspec.Struct, frozen=True):
    """host: whose it is. days: from now until it expires. known: its authority is trusted. problem: part of what a
    client must say of it, "" for nothing."""

    name: str
    host: str = "127.0.0.1"
    days: int = 1
    known: bool = True
    problem: str = ""


CERTIFICATES = (
    Certificate("good"),
    Certificate("self-signed", known=False, problem="self-signed certificate"),
    Certificate("expired", days=-1, problem="certificate has expired"),
    Certificate("wrong host", host="quotes.example.org", problem="IP address mismatch"),
)


def certificate_files(folder: Path, certificate: Certificate) -> tuple[Path, Path, Path]:
    """PEM files: the server's certificate, its key, and the authorities that its clients trust."""
    pem, key = server_certificate(folder, certificate.host, datetime.timedelta(days=certificate.days))
    if certificate.known:
        return pem, key, pem
    other = folder / "other"
    other.mkdir()
    return pem, key, server_certificate(other)[0]


def server_context(folder: Path, certificate: Certificate) -> tuple[ssl.SSLContext, Path]:
    """TLS for a server, and the file of authorities that its clients trust."""
    pem, key, authorities = certificate_files(folder, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context, authorities
