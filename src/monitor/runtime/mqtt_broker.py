"""An MQTT broker as the monitor connects to it: address, login, TLS, protocol, and what its refusals mean.

Used by both directions, quotes in and the board out (FEEDS 7.2, 7.3 and 7.5).
"""

import asyncio
import ssl
from secrets import token_hex
from socket import gethostname
from typing import Any, Literal, cast

import structlog
from aiomqtt import Client, Message, MqttCodeError, MqttError, ProtocolVersion, Will
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.core.loopback import is_loopback
from monitor.errors import ConfigError

log = structlog.get_logger(__name__)

SESSION_KEPT_S = 3_600
"""How long a broker that speaks MQTT 5 keeps a session that is not begun anew, seconds."""

# Reason codes of MQTT 5 that a person must resolve: protocol version, client id, user name or password, permission,
# banned. paho reports the codes 1, 2, 4 and 5 of MQTT 3.1.1 under these numbers too.
_FATAL_CODES = (132, 133, 134, 135, 138)
# What paho makes of a code that it does not know, and of a connection that ends without any.
_UNSPECIFIED = 128
_TAKEN_OVER = 142


class MqttBroker:
    """Where a broker is and how it wants to be talked to.

    where: table of the settings, for refusals. tls: use it (the port does not follow: 8883 by custom). ca_file: PEM
    file of trusted authorities, "" for the system's. cert_file, key_file: PEM files of a client certificate, "" for
    none. insecure: do not check the broker's certificate; only on this machine. client_id: see `client_id_of`.
    transport: `tcp`, or `websockets` at `path`. keepalive_s: seconds between pings. clean_start: begin without what the
    broker kept for this client id; False needs an id that stays. timeout_s: longest wait for an answer.
    Raises ConfigError when TLS cannot be set up as asked, or a session is to be kept for an id that changes.
    """

    def __init__(
        self,
        host: str,
        port: int = 1883,
        *,
        where: str = "mqtt",
        tls: bool = False,
        insecure: bool = False,
        ca_file: str = "",
        cert_file: str = "",
        key_file: str = "",
        username: str = "",
        password: str = "",
        client_id: str = "",
        protocol: Literal["3.1.1", "5"] = "3.1.1",
        transport: Literal["tcp", "websockets"] = "tcp",
        path: str = "/mqtt",
        keepalive_s: int = 30,
        clean_start: bool = True,
        timeout_s: float = 10.0,
    ) -> None:
        if not clean_start and (not client_id or "{rand}" in client_id):
            allowed = "true, or a client_id of your own without {rand}: a session is kept for a name"
            raise ConfigError(where, "clean_start", clean_start, allowed)
        scheme = {"tcp": "mqtt", "websockets": "ws"}[transport] + ("s" if tls else "")
        self.host = host
        self.address = f"{scheme}://{host}:{port}{path if transport == 'websockets' else ''}"
        """For people, without a secret."""
        self.own_id = bool(client_id) and "{rand}" not in client_id
        """The client id is the same at each start, so another client may have it too."""
        self.client_id = client_id_of(client_id)
        self._in_clear = bool(password) and not tls and not is_loopback(host)
        self._options: dict[str, Any] = {
            "hostname": host,
            "port": port,
            "username": username or None,
            "password": password or None,
            "identifier": self.client_id,
            "protocol": ProtocolVersion.V5 if protocol == "5" else ProtocolVersion.V311,
            "transport": transport,
            "websocket_path": path if transport == "websockets" else None,
            "keepalive": keepalive_s,
            "timeout": timeout_s,
            "tls_context": tls_context(host, ca_file, cert_file, key_file, insecure, where=where) if tls else None,
        }
        self._options |= _session(clean_start, protocol)

    def client(self, *, queue: asyncio.Queue[Message] | None = None, will: Will | None = None) -> Client:
        """A client for one connection; needs a running loop. Enter it to connect.

        queue: where messages wait to be read; what is left in it is read by the next client that is given it. aiomqtt's
        clients can be entered again, but one that lost its connection then no longer sees that the broker refuses it.
        """
        if self._in_clear:
            self._in_clear = False  # said once
            log.warning("mqtt_password_in_clear", broker=self.address, hint="set tls, or keep to a private network")
        factory = None if queue is None else cast("type[asyncio.Queue[Message]]", lambda maxsize: queue)
        return Client(**self._options, queue_type=factory, will=will)


def is_fatal(error: BaseException) -> bool:
    """Is coming back useless until a person has changed something? Only when the broker says that it does not want
    this client as it is: user name, password, client id, protocol version, ban. The rest passes by itself."""
    return code_of(error) in _FATAL_CODES


def explain(error: BaseException, *, connected: bool) -> str:
    """What went wrong, for people, with a hint where the error itself says too little. connected: the broker had let us
    in before."""
    code = code_of(error)
    if code == _UNSPECIFIED:
        if connected:
            return "the broker closed the connection"
        return (
            "the broker refuses the connection with a code that MQTT does not know; "
            "Webull's 103 and 104 mean a wrong App Key, 105 more than five connections of one key"
        )
    if code == _TAKEN_OVER:
        return "another client came with the same client id: give each its own"
    cause = error.__cause__ if isinstance(error.__cause__, MqttError | OSError) else error
    text = str(cause) or type(cause).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"{text}: the broker's certificate is not signed by a known authority; set ca_file"
    return text


def code_of(error: BaseException) -> int | None:
    """The reason code that the broker gave, of what caused the error or of itself; None when it gave none. The cause
    goes first: a call that met a lost connection has a code of its own, which only says that it was lost."""
    for found in (error.__cause__, error):
        if isinstance(found, MqttCodeError) and found.rc is not None:
            return number_of(found.rc)
    return None


def number_of(code: Any) -> int:
    """A granted QoS or reason code as number: an int with MQTT 3.1.1, a ReasonCode with 5."""
    return int(getattr(code, "value", code))


def client_id_of(template: str) -> str:
    """The client id that `template` asks for; "" gives a unique one, short enough for every broker (23 characters).

    `{hostname}` and `{rand}` are filled in. Two clients with one id kick each other out for ever.
    """
    random = token_hex(4)
    if not template:
        return f"monitor-{random}"
    return template.replace("{hostname}", gethostname()).replace("{rand}", random)


def tls_context(
    host: str, ca_file: str = "", cert_file: str = "", key_file: str = "", insecure: bool = False, *, where: str
) -> ssl.SSLContext:
    """What TLS to `host` must check, and what it shows. Raises ConfigError for files that cannot be read, for a key
    without a certificate, and for `insecure` elsewhere than on this machine."""
    if insecure and not is_loopback(host):
        raise ConfigError(where, "insecure", True, "false for a broker on another machine", "Set ca_file instead.")
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(where, "ca_file", ca_file, "a readable PEM file", _said(error)) from None
    if key_file and not cert_file:
        raise ConfigError(where, "cert_file", "nothing", "the certificate that key_file belongs to")
    if cert_file:
        try:
            context.load_cert_chain(cert_file, key_file or None, password="")
        except (OSError, ssl.SSLError) as error:
            allowed = "PEM files of a certificate and of its key, without a pass phrase"
            raise ConfigError(where, "cert_file", cert_file, allowed, _said(error)) from None
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _said(error: OSError) -> str:
    return f"It says: {error.strerror or type(error).__name__}."


def _session(clean_start: bool, protocol: str) -> dict[str, Any]:
    """Without a clean start the broker keeps what it could not deliver: by default with MQTT 3.1.1, for a stated time
    with 5."""
    if protocol != "5":
        return {"clean_session": clean_start}
    if clean_start:
        return {"clean_start": True}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_KEPT_S
    return {"clean_start": False, "properties": properties}
