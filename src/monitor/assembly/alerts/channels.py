"""The channels of the alert file, open, each with its place among the others."""

import structlog

from monitor.assembly.alerts.senders import make_sender
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.errors import ConfigError
from monitor.workers.alerts.route import Route

log = structlog.get_logger(__name__)


def make_routes(config: AlertConfig, *, send_timeout_s: float) -> dict[str, Route]:
    """An open channel with its place among the others, for each that the file defines.

    A channel that nobody uses may lack its secret; it is left out then, and what still goes there (the end of an
    episode that was told there) goes to whoever gets NOTICEs.
    Raises ConfigError, naming channel and place, for a used one whose secret is missing or still the placeholder.
    """
    used = frozenset(config.used_channels)
    routes = {}
    for name in config.channels:
        try:
            routes[name] = make_route(config, name, send_timeout_s=send_timeout_s)
        except ConfigError as refused:
            if name in used:
                raise
            log.info("unused_channel_left_out", channel=name, reason=str(refused))
    return routes


def make_route(config: AlertConfig, name: str, *, send_timeout_s: float) -> Route:
    """The route of one channel of the file. Raises ConfigError as `make_routes`, and for a name that is not there."""
    channel = config.channels.get(name)
    if channel is None:
        raise ConfigError(config.where, f"channel.{name}", name, f"one of {', '.join(sorted(config.channels))}")
    sender = make_sender(channel, config.where, send_timeout_s)
    plan = config.service
    return Route(sender, channel.fallback, channel.rate_ms / 1000, plan.storm, plan.blind.notify)
