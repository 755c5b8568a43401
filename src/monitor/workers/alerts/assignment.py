"""What an accepted alert file asks of the service, with everything opened that it names."""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.notify.heartbeat import Heartbeat
from monitor.workers.alerts.route import Route


class Assignment(NamedTuple):
    """config: the checked file. routes: an open channel for each that the file defines and that can be opened.
    heartbeat: None when the file names none."""

    config: AlertConfig
    routes: Mapping[str, Route]
    heartbeat: Heartbeat | None = None

    async def close(self) -> None:
        """Close every channel. None is used afterwards."""
        for route in self.routes.values():
            await route.channel.close()
