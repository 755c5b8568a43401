"""The kinds of channels: what each needs to know, checked, with secrets still by reference.

Nothing here opens a file or reads the environment; whoever builds the real channels resolves each `Secret`.
"""

from typing import Literal, TypeAlias

import msgspec


class Secret(msgspec.Struct, frozen=True):
    """Where a secret is found: exactly one is set. env: a variable; file: a path; value: the secret itself, handed in
    by an override. Its text form never shows the value."""

    env: str | None = None
    file: str | None = None
    value: str | None = None

    def __repr__(self) -> str:
        return f"Secret({self.place})"

    @property
    def place(self) -> str:
        """Where it is set, for messages to people."""
        if self.env is not None:
            return f"variable {self.env}"
        return f"file {self.file}" if self.file is not None else "an override"


class _Channel(msgspec.Struct, frozen=True, kw_only=True):
    """What every channel has. fallback: name of the channel that takes over, None without one. rate_ms: least time
    between two messages."""

    name: str
    fallback: str | None = None
    rate_ms: int = 0


class Console(_Channel, frozen=True, kw_only=True):
    """Prints to standard output."""


class SlackWebhook(_Channel, frozen=True, kw_only=True):
    """A Slack incoming webhook. url: its whole address is the secret."""

    url: Secret
    rate_ms: int = 1000


class SlackBot(_Channel, frozen=True, kw_only=True):
    """A Slack app with a bot token (`xoxb-…`), which can edit and thread. channel: id, `C0123ABC`. base_url: of the Web
    API, ends with a slash. chart: upload the chart of an alert into its thread."""

    channel: str
    token: Secret
    base_url: str = "https://slack.com/api/"
    chart: bool = True
    rate_ms: int = 1000


class Smtp(_Channel, frozen=True, kw_only=True):
    """A mail server. tls: starttls is demanded, implicit is TLS from the first byte, none is for loopback only.
    user: None for no login. ca_file: own certificate authority, None for the system's. chart: show the chart inline."""

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None
    ca_file: str | None = None
    chart: bool = True


class Webhook(_Channel, frozen=True, kw_only=True):
    """Any HTTP endpoint that takes JSON. secret: key of the HMAC-SHA256 signature header, None for no signature.
    ca_file: as for `Smtp`."""

    url: Secret
    secret: Secret | None = None
    ca_file: str | None = None


class Mqtt(_Channel, frozen=True, kw_only=True):
    """A topic on an MQTT broker, QoS 1. tls: encrypted; without it only loopback brokers are allowed when there is a
    password. retain: the broker keeps the last message of the topic."""

    host: str
    topic: str
    port: int = 1883
    tls: bool = False
    user: str | None = None
    password: Secret | None = None
    ca_file: str | None = None
    retain: bool = False


class Apprise(_Channel, frozen=True, kw_only=True):
    """Any service that the library Apprise knows (an extra). url: its address holds the secrets."""

    url: Secret


Channel: TypeAlias = Console | SlackWebhook | SlackBot | Smtp | Webhook | Mqtt | Apprise
