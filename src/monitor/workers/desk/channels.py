"""The channels of the alert file as the faces show them."""

from collections.abc import Mapping

from monitor.bus.channel_reports import ChannelReport, ChannelReports
from monitor.core.alerts.channels.kinds import (
    Apprise,
    Channel,
    Console,
    Mqtt,
    SlackBot,
    SlackWebhook,
    Smtp,
    Webhook,
)
from monitor.notify.wording import one_line, shortened
from monitor.readouts.desk import ChannelView

_KINDS: dict[type, str] = {
    Console: "console",
    SlackWebhook: "slack_webhook",
    SlackBot: "slack_bot",
    Smtp: "smtp",
    Webhook: "webhook",
    Mqtt: "mqtt",
    Apprise: "apprise",
}
"""As the alert file spells them."""

_LONGEST = 300


async def channel_views(reports: ChannelReports, channels: Mapping[str, Channel]) -> list[ChannelView]:
    """How each channel fares, in the order of the file."""
    found = await reports.of(list(channels))
    return [_view(channel, report) for channel, report in zip(channels.values(), found, strict=True)]


def _view(channel: Channel, report: ChannelReport) -> ChannelView:
    health = report.health
    if health is None or (health.healthy and health.accepted_ms is None):
        state = "unknown"
    else:
        state = "ok" if health.healthy else "down"
    return ChannelView(
        name=channel.name,
        kind=_KINDS[type(channel)],
        state=state,
        reason="" if health is None or health.healthy else shortened(one_line(health.reason), _LONGEST),
        waiting=report.waiting,
        dead=report.dead,
        fallback=channel.fallback or "",
    )
