"""Why a WebSocket connection ended, whether coming back helps, and how to tell it without secrets."""

import os
from ssl import SSLCertVerificationError
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI
from websockets.frames import CloseCode

_MAX_RETRY_AFTER_S = 300.0


def is_fatal(error: BaseException) -> bool:
    """Is coming back useless until a person has changed something, whatever the vendor?

    Fatal: an address that is none; HTTP 401, 403 and 404 to the handshake (key, permission, path). Everything else
    passes by itself: refused and reset connections, name resolution, time-outs, TLS trouble on the way, HTTP 429 and
    5xx, frames that are too big. What a close code means is the vendor's to say (`Vendor.closed`).
    """
    if isinstance(error, InvalidURI):
        return True
    return isinstance(error, InvalidStatus) and error.response.status_code in (401, 403, 404)


def retry_after_s(error: BaseException) -> float:
    """Seconds that a refusing server asked us to wait, at most five minutes; 0 when it named no number."""
    if not isinstance(error, InvalidStatus):
        return 0.0
    wanted = error.response.headers.get("Retry-After", "")
    return min(float(wanted), _MAX_RETRY_AFTER_S) if wanted.isascii() and wanted.isdecimal() else 0.0


def describe(error: BaseException) -> str:
    """Why a connection ended, in a few words without secrets: the texts of some exceptions contain the address."""
    if isinstance(error, InvalidStatus):
        return f"the server answered HTTP {error.response.status_code}"
    if isinstance(error, InvalidURI):
        return "the address is no ws:// or wss:// URL"
    if isinstance(error, ConnectionClosed):
        close = error.rcvd or error.sent
        return f"closed with code {close.code}" if close else "the connection broke off"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)  # its own text is the loop's and names a call
    # The loop's own words for a name with several addresses.
    if isinstance(error, OSError) and str(error).startswith("Multiple exceptions"):
        return "none of its addresses answers"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__


def was_too_big(error: BaseException) -> bool:
    """Did we end the connection because of a frame beyond the limit?"""
    return (
        isinstance(error, ConnectionClosed)
        and error.sent is not None
        and error.sent.code == CloseCode.MESSAGE_TOO_BIG
        and error.rcvd_then_sent is not True
    )


def public_url(url: str) -> str:
    """The address without user, password, query and fragment: what may be shown."""
    return server_of(url) + urlsplit(url).path


def server_of(url: str) -> str:
    """The address without anything but the server: what may be shown of one that is a secret as a whole."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}"
