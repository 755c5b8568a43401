"""Episodes of the desk: what a real engine left in a real history, told again without reading it twice."""

import random
from collections.abc import Iterator

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.alerts.episodes import Episode, open_episode
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import Frame
from monitor.errors import UsageError
from monitor.readouts.desk import EpisodeView
from tests.eventually import eventually
from tests.real.desk_bench import KEYS, START, Engine, config, desk_on, explained, frame

WIDE = f"wide:hstech-ndx:{START}"


def wandering(seconds: range, seed: int) -> Iterator[Frame]:
    """A market that goes everywhere: over every limit and back, with holes."""
    draw = random.Random(seed)
    values = {"spread": 0.0, "gap": 0.0, "edge": 100.0, "fall": 0.0, "far": 0.0}
    for second in seconds:
        values = {name: value + draw.gauss(0, 0.8) for name, value in values.items()}
        values = {name: value * 0.97 if name != "edge" else 100 + (value - 100) * 0.9 for name, value in values.items()}
        shown = {name: None if second % 50 in range(10, 16) else value for name, value in values.items()}
        yield frame(second, **shown)


def lasting(engine: Engine) -> list[Episode]:
    """The episodes that the engine is in, with the peaks that it remembers."""
    rules, instances = engine.config.rules, engine.state.instances
    found = [open_episode(*key.split(":", 1), one, rules.get(key.split(":", 1)[0])) for key, one in instances.items()]
    return [episode for episode in found if episode is not None]


async def test_an_episode_while_it_lasts_and_after(redis: Redis) -> None:
    """Level, peak, limit, messages and end are those of the engine, and follow it; nothing is lost by looking early."""
    engine = Engine(redis)
    async with desk_on(redis) as desk:
        assert await desk.episodes() == []
        await engine.play(frame(second, spread=1.75 + second / 10, simulated=True) for second in range(10))
        (lasting,) = await desk.episodes()
        assert (lasting.id, lasting.kind, lasting.level, lasting.end_ms) == (WIDE, "FIRING", "critical", None)
        assert (lasting.title, lasting.metric) == ("HSTECH ahead of Nasdaq-100", "hstech-ndx.spread_pp.1d")
        assert (lasting.unit, lasting.window, lasting.limit, lasting.told) == ("pp", "1d", 2.5, 2)
        assert lasting.peak == pytest.approx(2.65)
        assert (lasting.simulated, lasting.ended_by) == (True, "")

        await engine.play(frame(second, spread=0.5, simulated=True) for second in range(10, 13))
        (over,) = await desk.episodes()
        assert (over.end_ms, over.ended_by, over.told) == (START + 11_000, "RESOLVED", 3)


@pytest.mark.parametrize(("seed", "together"), [(1, 1), (2, 7)])
async def test_every_story_is_the_one_of_explain(redis: Redis, seed: int, together: int) -> None:
    """Of a market that went everywhere: the episodes are those that the engine went through, each told in the very
    lines that a search through the whole history gives; also when one commit holds several snapshots."""
    engine = Engine(redis)
    async with desk_on(redis) as desk:
        for begin in range(0, 300, 100):  # followed in portions, as it grows
            await engine.play(wandering(range(begin, begin + 100), seed + begin), together=together)
            await desk.episodes()
        found: list[EpisodeView] = []

        async def up_to_now() -> bool:  # the desk holds what the engine remembers for a moment
            found[:] = await desk.episodes(limit=1000)
            return {one.id: one.peak for one in found if one.end_ms is None and one.kind != "NO_DATA"} == {
                episode.key: episode.peak for episode in lasting(engine)
            }

        await eventually(up_to_now)
        outages = [episode for episode in found if episode.kind == "NO_DATA"]
        assert {one.id: (one.end_ms, one.told, one.kind == "EVENT") for one in found if one not in outages} == {
            episode.key: (episode.ended, episode.said, episode.event) for episode in engine.book.episodes
        }
        assert {one.id: one.peak for one in found if one.end_ms is not None and one not in outages} == {
            episode.key: episode.peak for episode in engine.book.episodes if episode.ended is not None
        }
        assert len(outages) == 6
        assert [one.end_ms is not None for one in found] == sorted(one.end_ms is not None for one in found)
        over = [one.start_ms for one in found if one.end_ms is not None]
        assert over == sorted(over, reverse=True)
        assert {one.rule for one in found} == {"wide", "gap", "edge", "fall", "far"}
        for one in found:
            story = await desk.story(one.id)
            assert story.moments == await explained(redis, one.id)
            assert story.episode == one
            assert len(story.said) == one.told


async def test_back_page_by_page(redis: Redis) -> None:
    """Going on before the oldest one shown comes past each episode once; filters leave the others out."""
    engine = Engine(redis)
    await engine.play(wandering(range(400), 3))
    async with desk_on(redis) as desk:
        everything = await desk.episodes(limit=1000)
        page = await desk.episodes(limit=5)
        seen = list(page)
        while page:
            page = await desk.episodes(limit=5, before_ms=page[-1].start_ms)
            seen += page

        assert seen == everything
        assert len(everything) > 20
        wide = await desk.episodes(limit=1000, rule="wide", instance="hstech-ndx")
        assert wide == [one for one in everything if one.rule == "wide"]
        assert await desk.episodes(instance="HSTECH") == [one for one in everything if one.rule == "fall"][:50]
        with pytest.raises(UsageError, match="Did you mean wide"):
            await desk.episodes(rule="wid")
        with pytest.raises(UsageError, match="Did you mean HSTECH"):
            await desk.episodes(instance="HSTEC")
        with pytest.raises(UsageError, match="1 to 1000"):
            await desk.episodes(limit=0)


async def test_what_nobody_was_told_of(redis: Redis) -> None:
    """A silenced episode has the words of the rule file and no messages; a basket is called by its name."""
    silence = Silence(id="s-1", starts=START - 1000, ends=START + 100_000, rule="*")
    engine = Engine(redis)
    await engine.play((frame(second, far=-4.0, edge=90 + 4 * second) for second in range(6)), Controls((silence,)))
    async with desk_on(redis) as desk:
        crossed, far = sorted(await desk.episodes(), key=lambda one: one.rule)

        assert (far.title, far.told, far.limit) == ("Far from its past · mag7 Magnificent 7", 0, -3.0)
        assert (far.metric, far.unit, far.level, far.end_ms) == ("mag7.return_pct.1d", "pct", "warning", None)
        assert (crossed.kind, crossed.told, crossed.level, crossed.ended_by) == ("EVENT", 0, "warning", "")
        assert crossed.end_ms == crossed.start_ms
        await engine.play(frame(second, far=-4.0) for second in range(101, 103))
        (told,) = [one for one in await desk.episodes() if one.rule == "far"]
        assert (told.title, told.told) == (far.title, 1)


async def test_entries_that_cannot_be_read(redis: Redis) -> None:
    """Whatever lies in the history beside what the engine wrote is passed over, also when a story is told."""
    engine = Engine(redis)
    await engine.play(frame(second, spread=2.0) for second in range(4))
    (good,) = await answer(redis.xrevrange(KEYS.alert_history, count=1))
    note = msgspec.json.decode(good[1][b"d"])["notification"]
    rubbish = [
        {"x": "1"},
        {"d": b"\xff\xfe"},
        {"d": "[" * 100_000},
        {"d": "null"},
        {"d": '{"transition": 7}'},
        {"d": '{"news": {"a": 1}}'},
        {"d": msgspec.json.encode({"notification": {**note, "t": 10**18}})},
        {"d": msgspec.json.encode({"notification": {**note, "rule": "stranger", "kind": "NEWS"}})},
        {"d": '{"bulletin": {"id": "digest:XHKG:2026-11-20"}}'},
    ]
    async with desk_on(redis) as desk:
        for fields in rubbish:
            await answer(redis.xadd(KEYS.alert_history, fields))
        await engine.play(frame(second, spread=0.0) for second in range(4, 7))

        (episode,) = await desk.episodes()
        assert (episode.ended_by, episode.told) == ("RESOLVED", 2)
        assert (await desk.story(WIDE)).moments == await explained(redis, WIDE)


async def test_a_message_that_cannot_be_told(redis: Redis) -> None:
    """A note of another hand, with a unit that nobody knows, is refused in a sentence; the list of episodes stands."""
    engine = Engine(redis)
    await engine.play(frame(second, spread=2.0) for second in range(4))
    (last,) = await answer(redis.xrevrange(KEYS.alert_history, count=1))
    note = msgspec.json.decode(last[1][b"d"])["notification"]
    note["evidence"]["unit"] = "bananas"
    await answer(redis.xdel(KEYS.alert_history, last[0]))
    await answer(redis.xadd(KEYS.alert_history, {"d": msgspec.json.encode({"notification": note})}))
    async with desk_on(redis) as desk:
        assert [one.unit for one in await desk.episodes()] == ["bananas"]
        with pytest.raises(UsageError, match=f"what is on file about {WIDE} cannot be told"):
            await desk.story(WIDE)


async def test_a_history_that_was_lost(redis: Redis) -> None:
    """When Redis comes back without it, what it held is no longer shown, and what comes then is."""
    engine = Engine(redis)
    await engine.play(frame(second, spread=2.0) for second in range(4))
    async with desk_on(redis) as desk:
        assert len(await desk.episodes()) == 1
        await redis.flushall()
        assert await desk.episodes() == []
        await Engine(redis).play(frame(second, edge=90 + 4 * second) for second in range(6))
        assert [one.rule for one in await desk.episodes()] == ["edge"]


async def test_an_id_that_is_not_on_file(redis: Redis) -> None:
    """It is refused with the nearest that are; a message's id leads to its episode, one that was never said does
    not."""
    await Engine(redis).play(frame(second, spread=2.0) for second in range(4))
    async with desk_on(redis) as desk:
        assert (await desk.story(f"{WIDE}:FIRING")).episode.id == WIDE
        for wrong in ("wide", f"wide:hstech-ndx:{START + 1}", "x" * 100_000, "wide:hstech-ndx:9999999999999999999"):
            with pytest.raises(UsageError, match="nothing is on file about") as refused:
                await desk.story(wrong)
            assert len(str(refused.value)) < 1000
            assert WIDE in str(refused.value)
        with pytest.raises(UsageError, match="was never said"):
            await desk.story(f"{WIDE}:REMINDER:1")


async def test_the_rule_may_be_gone(redis: Redis) -> None:
    """Episodes of a rule that has left the file are shown, told or not."""
    await Engine(redis).play(frame(second, spread=2.0, far=4.0) for second in range(4))
    async with desk_on(redis) as desk:
        desk._book.config = config('version = 1\n[channel]\ndesk = { kind = "console" }')
        desk._book._seen = desk._book._digest()
        titles = {one.rule: one.title for one in await desk.episodes()}

        assert titles == {"wide": "HSTECH ahead of Nasdaq-100", "far": "Far from its past · mag7 Magnificent 7"}


async def test_what_holds_an_announcement_back_is_told_while_it_lasts(redis: Redis) -> None:
    """An episode that another rule inhibits names that rule, although no transition says it; one that was told and one
    that nothing held back name nothing."""
    engine = Engine(redis)
    async with desk_on(redis) as desk:
        await engine.play(frame(second, spread=2.0, far=4.0 if second > 3 else 0.0) for second in range(7))

        found = {episode.rule: episode for episode in await desk.episodes()}

        assert (found["far"].told, found["far"].held_back) == (0, ["wide"])
        assert (found["wide"].told, found["wide"].held_back) == (1, [])
