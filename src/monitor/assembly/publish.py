"""The publisher service: the board on an MQTT broker."""

import re
from socket import gethostname

from monitor.assembly.mqtt import make_broker
from monitor.assembly.service import Parts, run_service
from monitor.assembly.site import Site
from monitor.readouts.live import LiveBoard
from monitor.readouts.mqtt.messages import BoardMessages
from monitor.readouts.mqtt.outlet import UP, MqttOutlet
from monitor.readouts.reader import BoardReader
from monitor.runtime import metrics
from monitor.wire.mqtt_topics import status_topic
from monitor.workers.publish import publish


def run(site: Site) -> int:
    """The service `monitor publish`; returns its exit code."""
    settings = site.settings.publish
    broker = make_broker(settings, "publish")
    messages = BoardMessages(
        site.calendars,
        prefix=settings.prefix,
        quotes=settings.quotes,
        pairs=settings.pairs,
        baskets=settings.baskets,
    )
    status = status_topic(settings.prefix, settings.name or default_name(site.settings.board))

    async def main(parts: Parts) -> None:
        def heard(state: str, detail: str) -> None:
            parts.heart.state = state
            parts.heart.detail["broker"] = detail
            metrics.PUBLISHER_UP.set(state == UP)

        def beat() -> None:
            parts.heart.progress()
            parts.heart.detail["board"] = live.problem or "followed"

        live = LiveBoard(BoardReader(parts.commands, site.keys), parts.clock, beat=beat)
        await publish(
            live,
            messages,
            MqttOutlet(broker, status, heard=heard),
            stop=parts.service.stop,
            board_every_s=settings.board_every_s,
        )

    return run_service(site, "publish", main)


def default_name(board: str) -> str:
    """Name of a publisher that was given none: host and board, in the letters that a name may have."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", f"{gethostname()}-{board}")[:64]
