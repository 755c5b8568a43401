"""One state for several connections: the routine end of a socket is no trouble, a refusal is."""

import asyncio

from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP
from monitor.feeds.yahoo.joined_state import JoinedState
from tests.eventually import eventually


class Told:
    """How often there was something new."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


async def test_one_connection_is_what_it_says() -> None:
    told = Told()
    joined = JoinedState(1, told)

    assert joined.now() == (CONNECTING, "")
    joined.put(0, UP, "wss://example.org/")
    assert joined.now() == (UP, "wss://example.org/")
    joined.put(0, FAILED, "the server answered HTTP 403")
    assert joined.now() == (FAILED, "the server answered HTTP 403")
    assert told.count == 2


async def test_a_connection_that_lived_is_renewed_without_ever_being_down() -> None:
    """The server ends sockets after 20 to 25 minutes: no board may turn red for the second until the next stands."""
    joined = JoinedState(1, Told(), lasted_s=0.0)
    seen = []
    for state in (UP, DOWN, CONNECTING, UP):
        joined.put(0, state, "closed with code 1000" if state == DOWN else "address")
        seen.append(joined.now())

    assert seen == [
        (UP, "address"),
        (CONNECTING, "renewing the connection: closed with code 1000"),
        (CONNECTING, "renewing the connection: closed with code 1000"),
        (UP, "address"),
    ]


async def test_one_that_does_not_come_back_in_time_is_down() -> None:
    """The grace ends by itself, and is told."""
    told = Told()
    joined = JoinedState(1, told, grace_s=0.01, lasted_s=0.0)
    joined.put(0, UP, "address")
    joined.put(0, DOWN, "the connection broke off")
    assert joined.now()[0] == CONNECTING

    await eventually(lambda: joined.now() == (DOWN, "the connection broke off"))
    assert told.count == 3


async def test_accept_then_close_is_no_renewal() -> None:
    """A connection that did not live is down at once, each time."""
    joined = JoinedState(1, Told(), lasted_s=60.0)
    joined.put(0, UP, "address")
    joined.put(0, DOWN, "closed with code 1000")

    assert joined.now() == (DOWN, "closed with code 1000")


async def test_several_connections_are_as_good_as_their_best() -> None:
    """And the detail says what is wrong with the worst."""
    joined = JoinedState(3, Told())
    joined.put(0, UP, "a")
    joined.put(1, DOWN, "no answer in time")
    joined.put(2, UP, "c")
    assert joined.now() == (UP, "2 of 3 connections up: no answer in time")

    joined.put(1, UP, "b")
    assert joined.now() == (UP, "3 of 3 connections up: a")
    for number in range(3):
        joined.put(number, FAILED, "the server answered HTTP 404")
    assert joined.now() == (FAILED, "0 of 3 connections up: the server answered HTTP 404")


async def test_after_the_end_nothing_is_told() -> None:
    told = Told()
    joined = JoinedState(1, told, grace_s=0.0, lasted_s=0.0)
    joined.put(0, UP, "address")
    joined.put(0, DOWN, "closed")
    joined.close()
    await asyncio.sleep(0)

    assert told.count == 2
