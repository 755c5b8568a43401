"""What the doctor says of processes that run: here the publishers."""

import asyncio

import pytest

from monitor.assembly.feed_checks import publisher_checks
from monitor.assembly.reach import UnreachedError
from monitor.runtime.health import Health


def publisher(state: str, **detail: str) -> Health:
    return Health(
        service="publish", instance="desk-1", version="1", pid=1, started=0, written=0, state=state, detail=detail
    )


def test_a_publisher_at_its_broker_is_well() -> None:
    """With its instance and what it says of the broker, doubts included; other services are not asked."""
    ingest = Health(service="ingest", instance="i", version="1", pid=1, started=0, written=0)
    [(name, check)] = publisher_checks([ingest, publisher("up", broker="mqtt://127.0.0.1:1883", board="followed")])

    assert (name, asyncio.run(check())) == ("publisher in desk-1", "up mqtt://127.0.0.1:1883")


@pytest.mark.parametrize(
    ("running", "said"),
    [
        (publisher("down", broker="connection refused", board="followed"), "connection refused"),
        (publisher("", board="followed"), "not connected"),
        (publisher("up", broker="mqtt://127.0.0.1:1883", board="no snapshot yet"), "no snapshot yet"),
    ],
)
def test_one_that_cannot_publish_fails_the_check(running: Health, said: str) -> None:
    """The broker away, not there yet, or nothing to say: each with its reason."""
    [(_, check)] = publisher_checks([running])

    with pytest.raises(UnreachedError, match=said):
        asyncio.run(check())
