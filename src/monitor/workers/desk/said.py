"""The messages of an episode as the faces show them."""

from collections.abc import Mapping

from monitor.bus.outbox import Delivery
from monitor.core.alerts.notification import Notification
from monitor.notify.plain_text import plain_text
from monitor.notify.render import Circumstances, word
from monitor.notify.wording import one_line, shortened
from monitor.readouts.desk import DeliveryView, SaidView

_LONGEST = 300
_UNKNOWN = "unknown"


def said_view(note: Notification, deliveries: Mapping[str, Delivery], dashboard: str) -> SaidView:
    """What a message said, undisturbed, and what became of it. deliveries: by channel. dashboard: address for links."""
    message = word(note, Circumstances(dashboard=dashboard))
    headline, _, rest = plain_text(message).partition("\n")
    return SaidView(
        id=note.id,
        kind=note.kind.value,
        level=note.level,
        t=note.t,
        headline=headline,
        lines=rest.strip("\n").split("\n"),
        evidence=note.evidence,
        deliveries=[
            _delivery(channel, deliveries.get(channel)) for channel in dict.fromkeys((*note.notify, *deliveries))
        ],
    )


def _delivery(channel: str, delivery: Delivery | None) -> DeliveryView:
    if delivery is None:
        return DeliveryView(channel=channel, status=_UNKNOWN, attempts=0, ended_ms=None, reason="")
    return DeliveryView(
        channel=channel,
        status=delivery.status.value,
        attempts=delivery.attempts,
        ended_ms=delivery.ended_ms,
        reason=shortened(one_line(delivery.reason), _LONGEST),
    )
