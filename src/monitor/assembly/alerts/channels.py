"""The channels of the alert file, open, each with its place among the others."""

from monitor.assembly.alerts.senders import make_sender
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.errors import ConfigError
from monitor.workers.alerts.route import Route


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
    sender = make_sender(channel, config.where, send_timeout_s)
    return Route(sender, channel.fallback, channel.rate_ms / 1000)
