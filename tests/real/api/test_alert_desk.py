"""Alerts over HTTP: what is read, and what people do."""

import json

from redis.asyncio import Redis

from monitor.bus.redis import answer
from tests.eventually import eventually
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import sample
from tests.real.api.alarm import EPISODE, RULE, alarm
from tests.real.api.served import BOARD, Start


async def test_an_episode_and_its_story(redis: Redis, start: Start) -> None:
    """The list names the episode, its page tells what was said, and a name that looks like markup stays text."""
    await publish(redis, sample())
    await alarm(redis, title="<script>alert(1)</script>")
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, episodes, _ = await server.get(f"{BOARD}/alerts/episodes")
        _, none, _ = await server.get(f"{BOARD}/alerts/episodes?rule=hstech-ndx-year")
        _, story, _ = await server.get(f"{BOARD}/alerts/episodes/{EPISODE}")
        missing, body, _ = await server.get(f"{BOARD}/alerts/episodes/{RULE}:hstech-ndx:1")

    (episode,) = episodes["episodes"]
    assert (episode["id"], episode["kind"], episode["told"]) == (EPISODE, "FIRING", 1)
    assert none["episodes"] == []
    assert story["said"][0]["kind"] == "FIRING"
    assert "<script>alert(1)</script>" in json.dumps(story)
    assert (missing, body["error"]) == (404, "unknown episode")
    assert EPISODE in body["reason"]


async def test_a_silence_from_its_beginning_to_its_end(redis: Redis, start: Start) -> None:
    """A silence is made, listed, shown at its rule, ended, and then listed only with those that are over."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        wanted = {"rule": RULE, "length": "2h", "by": "kim", "why": "<b>budget</b>"}
        status, made, said = await server.ask("POST", f"{BOARD}/silences", json=wanted)
        _, listed, _ = await server.get(f"{BOARD}/silences")
        over, ended, _ = await server.ask("DELETE", said.headers["Location"])

        async def gone() -> bool:
            return (await server.get(f"{BOARD}/silences"))[1] == {"silences": []}

        await eventually(gone)
        _, everything, _ = await server.get(f"{BOARD}/silences?all=true")

    assert (status, made["rule"], made["by"], made["why"]) == (201, RULE, "kim", "<b>budget</b>")
    assert made["ends_ms"] - made["starts_ms"] == 7_200_000
    assert [one["id"] for one in listed["silences"]] == [made["id"]]
    assert (over, ended["id"]) == (200, made["id"])
    assert [one["id"] for one in everything["silences"]] == [made["id"]]


IMPOSSIBLE: list[tuple[object, int, str]] = [
    ({"length": "2h"}, 422, "name at least one of rule, instance and levels"),
    ({"rule": RULE}, 422, "give either length"),
    ({"rule": RULE, "length": "2h", "until": "14:30"}, 422, "give either length"),
    ({"rule": RULE, "length": "soon"}, 422, "$.length"),
    ({"rule": None, "length": "2h"}, 422, "$.rule"),
    ({"rule": RULE, "length": "2h", "minutes": 5}, 422, "unknown field `minutes`"),
    ({"rule": "hstech-ndx-appart", "length": "2h"}, 409, RULE),
    ({"rule": RULE, "until": "2020-01-01T00:00:00Z"}, 409, "2020"),
    ({"rule": RULE, "length": "999999d"}, 409, "length 999999d: a silence lasts at most 366 days"),
    ({"rule": RULE, "until": "2099-01-01T00:00:00Z"}, 409, "a silence lasts at most 366 days"),
    ([], 422, "Expected `object`"),
]


async def test_what_cannot_be_silenced(redis: Redis, start: Start) -> None:
    """A silence that could mean nothing is refused, and the reason says what to change."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        for wanted, status, reason in IMPOSSIBLE:
            found, body, _ = await server.ask("POST", f"{BOARD}/silences", json=wanted)
            assert found == status, wanted
            assert reason in body["reason"], wanted


async def test_dead_letters_are_sent_again(redis: Redis, start: Start) -> None:
    """A dead letter is listed with its reason, put back into the outbox, and then gone from the list."""
    await publish(redis, sample())
    await alarm(redis)
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, listed, _ = await server.get(f"{BOARD}/dead-letters?channel=desk")
        (letter,) = listed["dead_letters"]
        status, retried, _ = await server.ask("POST", f"{BOARD}/dead-letters/retry", json={"id": letter["id"]})
        unknown, body, _ = await server.ask("POST", f"{BOARD}/dead-letters/retry", json={"channel": "dask"})

        async def gone() -> bool:
            return (await server.get(f"{BOARD}/dead-letters"))[1] == {"dead_letters": []}

        await eventually(gone)

    assert (letter["channel"], letter["reason"]) == ("desk", "no such channel")
    assert (status, [one["id"] for one in retried["retried"]]) == (200, [letter["id"]])
    assert await answer(redis.xlen(KEYS.outbox("desk"))) == 1
    assert unknown == 404
    assert "desk" in body["reason"]


async def test_rules_previews_and_channels(redis: Redis, start: Start) -> None:
    """Every instance of every rule, how its message would look, and where it would go; nothing is sent."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, rules, _ = await server.get(f"{BOARD}/rules")
        status, shown, _ = await server.get(f"{BOARD}/rules/{RULE}/preview")
        _, channels, _ = await server.get(f"{BOARD}/channels")
        wrong = [
            (await server.get(f"{BOARD}/rules/{path}"))[:2]
            for path in ("hstech-ndx-appart/preview", f"{RULE}/preview?channel=dask", f"{RULE}/preview?kind=SHOUT")
        ]

    assert RULE in {one["rule"] for one in rules["rules"]}
    assert rules["refused"] == ""
    assert status == 200
    assert {one["channel"] for one in shown["previews"]} <= {one["name"] for one in channels["channels"]}
    assert await redis.keys("*outbox*") == []
    assert [status for status, _ in wrong] == [404] * 3
    assert wrong[0][1]["hint"] == f"Did you mean {RULE}?"
