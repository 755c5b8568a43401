"""Channels of the alert file into the adapters that send: secrets are looked up here and nowhere else."""

import os
from collections.abc import Mapping
from pathlib import Path

from monitor.core.alerts.channels.kinds import Channel, Console, Secret, SlackWebhook, Smtp
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.placeholder import is_placeholder
from monitor.errors import ConfigError
from monitor.notify import console
from monitor.notify.mail import smtp
from monitor.notify.port import Channel as Sender
from monitor.notify.slack import webhook
from monitor.runtime import logs
from monitor.settings.refusal import REDACTED
from monitor.workers.alerts.route import Route


def longest_send_s(send_timeout_s: float) -> float:
    """How long any channel may take for one message, seconds: a mail is a conversation of several answers."""
    return 3 * send_timeout_s


def make_routes(config: AlertConfig, *, send_timeout_s: float) -> dict[str, Route]:
    """An open channel with its place among the others, for each channel that a rule uses.

    Raises ConfigError, naming channel and place, for a secret that is missing or still the placeholder.
    """
    return {name: make_route(config, name, send_timeout_s=send_timeout_s) for name in config.used_channels}


def make_route(config: AlertConfig, name: str, *, send_timeout_s: float) -> Route:
    """The route of one channel of the file. Raises ConfigError as `make_routes`, and for a name that is not there."""
    channel = config.channels.get(name)
    if channel is None:
        raise ConfigError(config.where, f"channel.{name}", name, f"one of {', '.join(sorted(config.channels))}")
    try:
        sender = _sender(channel, config.where, send_timeout_s)
    except ValueError as refused:
        if isinstance(refused, ConfigError):
            raise
        raise ConfigError(config.where, f"channel.{name}", "a value that is refused", str(refused)) from None
    return Route(sender, channel.fallback, channel.rate_ms / 1000)


def _sender(channel: Channel, where: str, send_timeout_s: float) -> Sender:
    match channel:
        case Console():
            return console.Console()
        case SlackWebhook():
            return webhook.SlackWebhook(_secret(channel.url, where, f"{channel.name}.url"), timeout_s=send_timeout_s)
        case Smtp():
            password = None
            if channel.password is not None:
                password = _secret(channel.password, where, f"{channel.name}.password")
            return smtp.Mail(
                channel.host,
                channel.port,
                sender=channel.sender,
                recipients=channel.to,
                tls=smtp.Tls(channel.tls),
                user=channel.user,
                password=password,
                ca_file=Path(channel.ca_file) if channel.ca_file else None,
                step_timeout_s=send_timeout_s * 1.5,
                timeout_s=longest_send_s(send_timeout_s),
            )
        case _:
            raise ConfigError(where, f"channel.{channel.name}", type(channel).__name__, "a kind that can be sent to")


def _secret(secret: Secret, where: str, key: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text of a secret, and from now on no log line shows it."""
    if secret.value is not None:
        text = secret.value
    elif secret.env is not None:
        text = environ.get(secret.env, "")
    else:
        assert secret.file is not None
        try:
            text = Path(secret.file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            found = f"no readable {secret.place}"
            raise ConfigError(where, f"channel.{key}", found, "a file with the secret") from error
    if not text:
        raise ConfigError(where, f"channel.{key}", "nothing", "a secret", f"Set it in the {secret.place}.")
    if is_placeholder(text):
        hint = f"Put the real one into the {secret.place}."
        raise ConfigError(where, f"channel.{key}", REDACTED, "a secret, not the placeholder of a template", hint)
    logs.hide([text])
    return text
