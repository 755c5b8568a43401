"""An alert as alerting leaves it: in the history, and as a dead letter."""

import msgspec
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.alerts.notification import Kind, Transition
from tests.notify.notes import START, note
from tests.readouts.publishing import KEYS

RULE = "hstech-ndx-apart"
"""Of the shipped file."""
EPISODE = f"{RULE}:hstech-ndx:{START}"


async def alarm(redis: Redis, *, title: str = "HSTECH ahead of Nasdaq-100") -> None:
    """One episode of a rule of the shipped file in the history, and its first message as a dead letter."""
    told = note(Kind.FIRING, rule=RULE, title=title)
    fired = Transition(
        t=told.t, seq=42, rule=RULE, instance="hstech-ndx", before="PENDING", after="FIRING", cause="held",
        level="warning", episode=START, since=START, value=1.62,
    )  # fmt: skip
    for document in ({"transition": fired}, {"notification": told}):
        await answer(redis.xadd(KEYS.alert_history, {"d": msgspec.json.encode(document)}))
    letter = {"id": told.id, "note": msgspec.json.encode(told), "reason": "no such channel", "at_ms": "1794276100000"}
    await answer(redis.xadd(KEYS.dead("desk"), letter))
