"""What `monitor doctor` asks of a channel: can it be reached, does it let us in? Nothing is sent."""

from pathlib import Path
from urllib.parse import urlsplit

from monitor.assembly.alerts.secrets import resolve
from monitor.assembly.alerts.senders import make_sender
from monitor.assembly.reach import UnreachedError, reach
from monitor.core.alerts.channels.kinds import Console, SlackBot, SlackWebhook, Webhook
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.notify.mail.smtp import Mail
from monitor.notify.mqtt import MqttTopic
from monitor.notify.slack.answers import Refused
from monitor.notify.slack.web_api import WebApi
from monitor.notify.trust import trusting
from monitor.notify.wording import one_line, shortened

_LONGEST_NAME = 80
_SEND_TEST = "`monitor alerts send-test` sends a message"


async def check_channel(config: AlertConfig, name: str, timeout_s: float) -> str:
    """What was found. timeout_s: longest wait for one answer.

    Mail and MQTT log in, Slack is asked whose token it is; of a webhook no more than its host can be tried.
    Raises ConfigError for what cannot be set up, OSError for what cannot be reached or does not let us in.
    """
    channel = config.channels[name]
    sender = make_sender(channel, config.where, timeout_s)
    try:
        match channel:
            case Console():
                return "standard output"
            case SlackBot():
                token = resolve(channel.token, config.where, f"channel.{name}.token")
                return await _whose_token(WebApi(token, channel.base_url, timeout_s=timeout_s))
            case SlackWebhook(url=url):
                return await _way(resolve(url, config.where, f"channel.{name}.url"))
            case Webhook(url=url, ca_file=ca_file):
                return await _way(resolve(url, config.where, f"channel.{name}.url"), ca_file)
        if isinstance(sender, Mail | MqttTopic):
            return await sender.check()
        return f"set up; {_SEND_TEST}"
    finally:
        await sender.close()


async def check_heartbeat(config: AlertConfig) -> str:
    """The way to the host that the heartbeat goes to. Raises as `check_channel`; only for a file that has one."""
    assert config.service.blind.heartbeat is not None
    return await _way(resolve(config.service.blind.heartbeat, config.where, "blind.heartbeat"))


async def _whose_token(api: WebApi) -> str:
    try:
        answer = await api.read("auth.test", {})
    finally:
        await api.close()
    if isinstance(answer, Refused):
        reason = getattr(answer.outcome, "reason", "")
        raise UnreachedError(f"{api.host}: {reason}. Look at the app's page 'OAuth & Permissions'")
    user, team = (shortened(one_line(str(answer.get(key, "?"))), _LONGEST_NAME) for key in ("user", "team"))
    return f"{api.host}: the token is that of {user} in {team}; {_SEND_TEST}"


async def _way(url: str, ca_file: str | None = None) -> str:
    parts = urlsplit(url)
    tls = parts.scheme == "https"
    trust = trusting(Path(ca_file)) if ca_file is not None else None
    found = await reach(parts.hostname or "", parts.port or (443 if tls else 80), tls=tls, trust=trust)
    return f"{found}; {_SEND_TEST}"
