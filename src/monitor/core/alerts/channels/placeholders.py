"""What somebody copied from an example into a channel and did not fill in."""

import re
from urllib.parse import urlsplit

from monitor.core.alerts.channels.kinds import Apprise, Channel, Mqtt, Secret, SlackBot, SlackWebhook, Smtp, Webhook
from monitor.core.loopback import is_loopback
from monitor.core.placeholder import is_placeholder

_SAMPLE_CONVERSATION = re.compile(r"[CGD](0123ABC|0?123456789?0?|0?X{3,})")
"""Ids of channels as pages about Slack print them."""


def placeholder_in(channel: Channel) -> tuple[str, str] | None:
    """Key and value of a placeholder that the channel still holds, "" for a secret; None when it holds none, as far as
    can be seen without resolving secrets. What goes to this machine may name whom it likes."""
    match channel:
        case SlackWebhook() | Apprise():
            return _secret_in(url=channel.url)
        case Webhook():
            return _secret_in(url=channel.url, secret=channel.secret)
        case SlackBot():
            found = _secret_in(token=channel.token)
            if found or is_loopback(urlsplit(channel.base_url).hostname or ""):
                return found
            if _SAMPLE_CONVERSATION.fullmatch(channel.channel):
                return "channel", channel.channel
            return _text_in(("base_url", channel.base_url))
        case Smtp():
            found = _secret_in(password=channel.password)
            if found or is_loopback(channel.host):
                return found
            return _text_in(("host", channel.host), *(("to", address) for address in channel.to))
        case Mqtt():
            found = _secret_in(password=channel.password)
            return found if found or is_loopback(channel.host) else _text_in(("host", channel.host))
    return None


def _secret_in(**secrets: Secret | None) -> tuple[str, str] | None:
    for key, secret in secrets.items():
        if secret is not None and secret.value is not None and _unfilled(secret.value):
            return key, ""
    return None


def _text_in(*texts: tuple[str, str]) -> tuple[str, str] | None:
    return next(((key, text) for key, text in texts if _unfilled(text)), None)


def _unfilled(text: str) -> bool:
    return not text.strip() or is_placeholder(text)
