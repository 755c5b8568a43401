"""A channel of the alert file into the adapter that sends."""

from importlib.util import find_spec
from pathlib import Path

from monitor.assembly.alerts.secrets import resolve
from monitor.core.alerts.channels.kinds import (
    Apprise,
    Channel,
    Console,
    Mqtt,
    Secret,
    SlackBot,
    SlackWebhook,
    Smtp,
    Webhook,
)
from monitor.errors import ConfigError
from monitor.notify import apprise, console, mqtt, webhook
from monitor.notify.mail import smtp
from monitor.notify.port import Channel as Sender
from monitor.notify.slack import bot as slack_bot
from monitor.notify.slack import webhook as slack_webhook
from monitor.runtime.mqtt_broker import MqttBroker

INSTALL_APPRISE = "pip install -e '.[apprise]'"


def longest_send_s(send_timeout_s: float) -> float:
    """How long any channel may take for one message, seconds: a mail is a conversation of several answers."""
    return 3 * send_timeout_s


def make_sender(channel: Channel, where: str, send_timeout_s: float) -> Sender:
    """The open channel. where: the alert file, for refusals. send_timeout_s: longest wait for one answer.

    Raises ConfigError, naming channel and key, for a secret that is missing or still the placeholder, for a value that
    the adapter refuses, and for Apprise when it is not installed.
    """
    try:
        return _Making(channel, where, send_timeout_s).sender()
    except ValueError as refused:
        if isinstance(refused, ConfigError):
            raise
        raise ConfigError(where, f"channel.{channel.name}", "a value that is refused", str(refused)) from None


class _Making:
    """One channel on its way to a sender."""

    def __init__(self, channel: Channel, where: str, send_timeout_s: float) -> None:
        self._channel = channel
        self._where = where
        self._timeout_s = send_timeout_s

    def sender(self) -> Sender:
        match self._channel:
            case Console():
                return console.Console()
            case SlackWebhook(url=url):
                return slack_webhook.SlackWebhook(self._needed("url", url), timeout_s=self._timeout_s)
            case SlackBot() as bot:
                return slack_bot.SlackBot(
                    bot.channel,
                    self._needed("token", bot.token),
                    base_url=bot.base_url,
                    chart=bot.chart,
                    timeout_s=self._timeout_s,
                )
            case Smtp() as mail:
                return self._smtp(mail)
            case Webhook(url=url, secret=secret, ca_file=ca_file):
                return webhook.Webhook(
                    self._needed("url", url),
                    secret=self._text("secret", secret),
                    ca_file=_path(ca_file),
                    timeout_s=self._timeout_s,
                )
            case Mqtt() as topic:
                return self._mqtt(topic)
            case Apprise(url=url):
                return self._apprise(url)

    def _smtp(self, mail: Smtp) -> Sender:
        return smtp.Mail(
            mail.host,
            mail.port,
            sender=mail.sender,
            recipients=mail.to,
            tls=smtp.Tls(mail.tls),
            user=mail.user,
            password=self._text("password", mail.password),
            ca_file=_path(mail.ca_file),
            chart=mail.chart,
            step_timeout_s=self._timeout_s * 1.5,
            timeout_s=longest_send_s(self._timeout_s),
        )

    def _mqtt(self, topic: Mqtt) -> Sender:
        broker = MqttBroker(
            topic.host,
            topic.port,
            where=f"{self._where}: channel.{topic.name}",
            tls=topic.tls,
            ca_file=topic.ca_file or "",
            username=topic.user or "",
            password=self._text("password", topic.password) or "",
            timeout_s=self._timeout_s,
        )
        return mqtt.MqttTopic(broker, topic.topic, retain=topic.retain, timeout_s=longest_send_s(self._timeout_s))

    def _apprise(self, url: Secret) -> Sender:
        if find_spec("apprise") is None:
            # Never by the project's name alone: on a public index that is somebody else's package.
            remedy = f"In a clone: {INSTALL_APPRISE}"
            key = f"channel.{self._channel.name}.kind"
            raise ConfigError(self._where, key, "apprise", "a kind whose package is installed", f"{remedy}.")
        return apprise.Apprise(self._needed("url", url), timeout_s=longest_send_s(self._timeout_s))

    def _needed(self, key: str, secret: Secret) -> str:
        return resolve(secret, self._where, f"channel.{self._channel.name}.{key}")

    def _text(self, key: str, secret: Secret | None) -> str | None:
        return None if secret is None else self._needed(key, secret)


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)
