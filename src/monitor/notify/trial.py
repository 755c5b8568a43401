"""One message with made-up numbers, marked TEST, to see whether a channel works."""

from monitor.core.alerts.notification import Evidence, Kind, LegEvidence, Notification
from monitor.notify.port import Channel, Outcome
from monitor.notify.render import Circumstances, word


async def send_test(channel: Channel, name: str, at_ms: int) -> Outcome:
    """Try the channel once, through the path that alerts take. name: of the channel. at_ms: now, epoch ms UTC."""
    return await channel.send(word(_made_up(name, at_ms), Circumstances(test=True)))


def _made_up(name: str, at_ms: int) -> Notification:
    start = at_ms - 60_000
    return Notification(
        id=f"test:{name}:{start}:{Kind.FIRING}",
        kind=Kind.FIRING,
        rule="test",
        instance=name,
        episode=start,
        level="info",
        t=at_ms,
        seq=0,
        notify=(name,),
        evidence=Evidence(
            title=f"Test of channel {name}, all numbers are made up",
            metric="hstech-ixic.spread_pp.1d",
            unit="pp",
            severity="info",
            definition="00000000",
            t=at_ms,
            seq=0,
            start=start,
            value=1.62,
            trigger=((">", 1.5),),
            clear=(("<", 1.2),),
            limit=1.5,
            distance=0.12,
            held_ms=60_000,
            legs=(LegEvidence(symbol="HSTECH", price=6301.4, currency="HKD", change_pct=1.9, live=True, age_s=0.4),),
        ),
    )
