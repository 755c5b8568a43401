"""The tables of `[channel]` as pydantic sees them: one class a kind, with types and known keys. What the values mean is
checked by `reading`.

The keys `url`, `token`, `password` and `secret` are fields because an override may bring them from the environment; in
the file itself they are refused before a table is made.
"""

from typing import Literal

from pydantic import Field

from monitor.core.alerts.rules.schema import Duration, Table

SECRETS = ("url", "token", "password", "secret")
"""Keys that would hold a secret in the file itself; `<key>_env` and `<key>_file` say where it is found instead."""


class ChannelTable(Table):
    """What every channel has."""

    fallback: str | None = None
    rate: Duration = 0


class ConsoleTable(ChannelTable):
    """`kind = "console"`."""

    kind: Literal["console"]


class SlackWebhookTable(ChannelTable):
    """`kind = "slack_webhook"`."""

    kind: Literal["slack_webhook"]
    url: str | None = None
    url_env: str | None = None
    url_file: str | None = None
    rate: Duration = 1000


class SlackBotTable(ChannelTable):
    """`kind = "slack_bot"`."""

    kind: Literal["slack_bot"]
    channel: str
    token: str | None = None
    token_env: str | None = None
    token_file: str | None = None
    base_url: str = "https://slack.com/api/"
    chart: bool = True
    rate: Duration = 1000


class SmtpTable(ChannelTable):
    """`kind = "smtp"`."""

    kind: Literal["smtp"]
    host: str
    port: int = Field(587, ge=1, le=65535)
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str | None = None
    password: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    sender: str = Field(alias="from")
    to: list[str] = Field(min_length=1)
    ca_file: str | None = None
    chart: bool = True


class WebhookTable(ChannelTable):
    """`kind = "webhook"`."""

    kind: Literal["webhook"]
    url: str | None = None
    url_env: str | None = None
    url_file: str | None = None
    secret: str | None = None
    secret_env: str | None = None
    secret_file: str | None = None
    ca_file: str | None = None


class MqttTable(ChannelTable):
    """`kind = "mqtt"`."""

    kind: Literal["mqtt"]
    host: str
    port: int = Field(1883, ge=1, le=65535)
    topic: str
    tls: bool = False
    user: str | None = None
    password: str | None = None
    password_env: str | None = None
    password_file: str | None = None
    ca_file: str | None = None
    retain: bool = False


class AppriseTable(ChannelTable):
    """`kind = "apprise"`."""

    kind: Literal["apprise"]
    url: str | None = None
    url_env: str | None = None
    url_file: str | None = None


TABLES: dict[str, type[ChannelTable]] = {
    "console": ConsoleTable,
    "slack_bot": SlackBotTable,
    "slack_webhook": SlackWebhookTable,
    "smtp": SmtpTable,
    "webhook": WebhookTable,
    "mqtt": MqttTable,
    "apprise": AppriseTable,
}
"""Kind → its table."""


def keys_of(table: type[ChannelTable]) -> dict[str, object]:
    """Keys as they are written in the file → type of their values."""
    return {field.alias or name: field.annotation for name, field in table.model_fields.items()}
