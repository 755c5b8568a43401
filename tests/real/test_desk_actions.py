"""What people do at the desk, and what they see there: silences, dead letters, rules, channels, previews, charts."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.outbox import ChannelHealth, Delivery, Outbox, Status
from monitor.bus.redis import answer
from monitor.core.alerts.silence import Controls, Silence
from monitor.errors import ConfigError, UsageError
from monitor.readouts.desk import SilenceWanted
from tests.eventually import eventually
from tests.real import alert_bench
from tests.real.desk_bench import KEYS, RULES, SPREAD, START, Engine, desk_on, frame
from tests.real.test_alerting import Desk as Person
from tests.real.test_alerting import position_is, running

HOUR = 3_600_000


async def test_a_silence_holds_the_running_service_back(redis: Redis, redis_url: str) -> None:
    """Made at the desk, it silences what fires next; ended there, the episode that is open is told at once."""
    person, market = Person(), alert_bench.Market(redis)
    async with desk_on(redis) as desk, running(redis_url, person):
        await market.run(1.0, 1)
        made = await desk.silence(SilenceWanted(rule="wide", length="2h", why="index review"))
        assert (made.by, made.why, made.state) == ("dashboard", "index review", "on")
        assert (made.starts_ms, made.ends_ms) == (START, START + 2 * HOUR)
        await market.run(1.6, 70)
        await position_is(redis, market)
        (episode,) = await desk.episodes()
        assert (episode.told, person.messages) == (0, [])
        (rule,) = [one for one in await desk.rules() if one.rule == "wide"]
        assert (rule.phase, rule.silenced_by) == ("FIRING", made.id)

        ended = await desk.expire(made.id)
        assert (ended.state, ended.ends_ms) == ("over", START + 70_000)
        assert await desk.silences() == []
        assert await desk.silences(everything=True) == [ended]
        await market.run(1.6, 1)
        await eventually(lambda: [message.kind for message in person.messages] == ["FIRING"])
        story = await desk.story(episode.id)
        assert story.said[0].evidence.held_back == (f"silence {made.id}",)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (SilenceWanted(length="2h"), "a silence needs at least one of rule, instance and levels"),
        (SilenceWanted(rule="wide"), "give either length, as in length 2h, or until, as in until 14:30"),
        (SilenceWanted(rule="wide", length="2h", until="14:30"), "give either length"),
        (SilenceWanted(rule="wid", length="2h"), "rule wid fits nothing in the rule file: unknown rule 'wid'"),
        (SilenceWanted(rule="wid", length="2h"), "Did you mean wide?"),
        (SilenceWanted(instance="<script>", length="2h"), "instance <script> fits nothing"),
        (SilenceWanted(rule="*" * 5000, length="2h"), "rule has 5000 characters; allowed: up to 200"),
        (
            SilenceWanted(levels=("warn",), length="2h"),
            "levels: unknown level 'warn'; allowed: critical, info, warning",
        ),
        (SilenceWanted(rule="wide", length="two hours"), "length 'two hours' is not a duration"),
        (SilenceWanted(rule="wide", length="0s"), "length must be more than 0"),
        (SilenceWanted(rule="wide", length="9999999999d"), "length 9999999999d: a silence lasts at most 366 days"),
        (SilenceWanted(rule="wide", length="999999d"), "a rule that nobody wants gets `enabled = false`"),
        (SilenceWanted(rule="wide", length="8785h"), "length 8785h: a silence lasts at most 366 days"),
        (SilenceWanted(rule="wide", until="2027-11-11T10:00:01+08:00"), "01+08:00: a silence lasts at most 366 days"),
        (SilenceWanted(rule="wide", until="9999-12-31T23:59:59Z"), "59Z: a silence lasts at most 366 days"),
        (SilenceWanted(rule="wide", until="00:01"), "until 00:01: is over; on the board it is 10:00:00 HKT"),
        (SilenceWanted(rule="wide", until="0001-01-01T00:00:00+14:00"), "until '0001-01-01T00:00:00+14:00': allowed"),
        (SilenceWanted(rule="wide", until="soon" * 500), "until 'soonsoon"),
    ],
)
async def test_a_silence_that_cannot_be_meant(redis: Redis, wanted: SilenceWanted, says: str) -> None:
    """It is refused in the API's own words, shortly, and nothing is written."""
    await Engine(redis).play([frame(0)])
    async with desk_on(redis) as desk:
        with pytest.raises(UsageError) as refused:
            await desk.silence(wanted)
        assert says in str(refused.value)
        assert len(str(refused.value)) < 500
        assert await desk.silences(everything=True) == []


async def test_the_longest_silence(redis: Redis) -> None:
    """It lasts to the last millisecond of what is allowed, given as a length or as an end."""
    await Engine(redis).play([frame(0)])
    async with desk_on(redis) as desk:
        by_length = await desk.silence(SilenceWanted(rule="wide", length="366d"))
        by_end = await desk.silence(SilenceWanted(rule="wide", until="2027-11-11T10:00:00+08:00"))
        assert by_length.ends_ms == by_end.ends_ms == START + 366 * 24 * HOUR


async def test_ends_of_silences(redis: Redis) -> None:
    """A time of day is Hong Kong's; texts are one line of bounded length; an unknown id has the nearest."""
    await Engine(redis).play([frame(0)])
    async with desk_on(redis) as desk:
        today = await desk.silence(SilenceWanted(instance="HST*", until="14:30", by="lee\n" * 100, why="x" * 5000))
        later = await desk.silence(SilenceWanted(levels=("info",), until="2026-11-11T09:00:00+08:00"))

        assert (today.ends_ms, later.ends_ms) == (START + 4 * HOUR + HOUR // 2, START + 23 * HOUR)
        assert (len(today.by), len(today.why)) == (200, 1000)
        assert "\n" not in today.by
        assert (later.levels, later.rule, later.instance) == (["info"], None, None)
        with pytest.raises(UsageError, match="unknown silence 's-none'"):
            await desk.expire("s-none")


async def bury(redis: Redis, channel: str, *, reason: str = "no_service") -> str:
    """Give up what waits in a channel's outbox first; returns the id of the note."""
    outbox = Outbox(redis, KEYS, channel)
    entry = await outbox.next()
    assert entry is not None
    await outbox.bury(entry, Delivery(created_ms=1, status=Status.DEAD, reason=reason), at_ms=START)
    return entry.id


async def test_a_letter_is_put_back_once(redis: Redis) -> None:
    """Of two who retry at the same time one puts each letter back; the outbox has it once."""
    engine = Engine(redis)
    await engine.play(frame(second, edge=90 + 20 * (second % 2)) for second in range(12))
    async with desk_on(redis) as desk:
        ids = [await bury(redis, "desk") for _ in range(5)]
        letters = await desk.dead_letters()
        assert [letter.id for letter in letters] == ids[::-1]
        assert {(letter.kind, letter.level, letter.title, letter.reason) for letter in letters} == {
            ("EVENT", "warning", "Nasdaq-100 through 100 · NDX Nasdaq-100", "no_service")
        }
        waiting = await Outbox(redis, KEYS, "desk").depth()
        both = await asyncio.gather(desk.retry("desk", None), desk.retry("desk", None))

        assert sorted(letter.id for put_back in both for letter in put_back) == sorted(ids)
        assert await desk.dead_letters("desk") == []
        assert await Outbox(redis, KEYS, "desk").depth() == waiting + 5


async def test_letters_by_id_and_of_nobody(redis: Redis) -> None:
    """One note is put back by its id, wherever it was given up; what does not exist is refused with what does."""
    await Engine(redis).play(frame(second, edge=90 + 20 * (second % 2)) for second in range(4))
    async with desk_on(redis) as desk:
        first, _ = [await bury(redis, "hook") for _ in range(2)]
        assert [letter.id for letter in await desk.retry(None, first)] == [first]
        for channel, identifier, says in (
            (None, None, "say which dead letters: channel, id, or both"),
            ("hok", None, "Did you mean hook?"),
            (None, first, f"id: unknown dead letter '{first}'"),
            ("desk", "x" * 5000, "id: unknown dead letter 'xxx"),
        ):
            with pytest.raises(UsageError) as refused:
                await desk.retry(channel, identifier)
            assert says in str(refused.value)
            assert len(str(refused.value)) < 1000
        with pytest.raises(UsageError, match="unknown channel 'hok'"):
            await desk.dead_letters("hok")
        await answer(redis.xadd(KEYS.dead("gone"), {"x": "y"}))
        strange, _ = await desk.dead_letters()
        assert (strange.channel, strange.id, strange.kind, strange.title) == ("gone", "", "", "")


async def test_channels_and_how_they_fare(redis: Redis) -> None:
    """Down with its reason, well, or not used yet; with what waits and what was given up. No secret is needed."""
    await Engine(redis).play(frame(second, edge=90 + 20 * (second % 2)) for second in range(4))
    async with desk_on(redis) as desk:
        await bury(redis, "hook")
        hurt = ChannelHealth(healthy=False, since_ms=1, reason="404 no_service")
        await answer(redis.hset(KEYS.channel_health, "hook", msgspec.json.encode(hurt)))
        console, hook = await desk.channels()

        assert (console.name, console.kind, console.state, console.waiting) == ("desk", "console", "unknown", 2)
        assert (hook.kind, hook.state, hook.reason) == ("slack_webhook", "down", "404 no_service")
        assert (hook.waiting, hook.dead, hook.fallback) == (1, 1, "desk")
        well = ChannelHealth(accepted_ms=2)
        await answer(redis.hset(KEYS.channel_health, "hook", msgspec.json.encode(well)))
        await answer(redis.hset(KEYS.channel_health, "desk", "rubbish"))
        assert [channel.state for channel in await desk.channels()] == ["unknown", "ok"]


async def test_rules_with_state_and_lines(redis: Redis) -> None:
    """What goes on comes first; every level has its lines; what has no line has none; words as in messages."""
    await Engine(redis).play(frame(second, spread=2.0, far=0.5) for second in range(4))
    async with desk_on(redis) as desk:
        first, *_ = found = await desk.rules()
        rules = {(one.rule, one.instance): one for one in found}

        assert (first.rule, first.phase, first.level, first.since_ms) == ("wide", "FIRING", "warning", START)
        assert (first.value, first.limit, first.metric, first.window) == (2.0, 1.5, SPREAD, "1d")
        assert first.condition == "> +1.50 pp, critical > +2.50 pp"
        assert first.bounds == [("warning", ">", 1.5), ("critical", ">", 2.5)]
        assert first.clears[0] == ("warning", "<", 1.2)
        assert rules["fall", "HSTECH"].condition == "a move < -1.0 % within 5 s"
        assert (rules["fall", "HSTECH"].bounds, rules["fall", "HSTECH"].clears) == ([], [])
        assert rules["edge", "NDX"].condition == "crosses 100.00 upwards"
        assert rules["edge", "NDX"].bounds == [("warning", ">", 100.0)]
        far = rules["far", "mag7"]
        assert far.title == "Far from its past · mag7 Magnificent 7"
        assert far.condition == "> +3.0 % or < -3.0 %"
        assert far.bounds == [("warning", ">", 3.0), ("warning", "<", -3.0)]
        assert len(found) == 6


async def test_rules_are_read_again(redis: Redis, tmp_path: Path) -> None:
    """A changed file counts; one that is refused leaves the rules as they were and is said with its line."""
    file = tmp_path / "alerts.toml"
    async with desk_on(redis, file) as desk:
        with pytest.raises(ConfigError, match="No such file"):
            await desk.rules()
        assert await desk.episodes() == []
        file.write_text(RULES, "utf-8")
        assert len(await desk.rules()) == 6
        assert await desk.rules_refused() == ""

        file.write_text(RULES.replace('"wide"', '"broad"'), "utf-8")
        assert "broad" in {one.rule for one in await desk.rules()}
        file.write_text(RULES.replace("above = 1.5", "abve = 1.5"), "utf-8")
        assert "alerts.toml:10: rule wide" in await desk.rules_refused()
        assert "broad" in {one.rule for one in await desk.rules()}
        file.write_text(RULES, "utf-8")
        assert await desk.rules_refused() == ""
        assert "wide" in {one.rule for one in await desk.rules()}


async def test_a_preview_of_what_was_said_and_of_what_was_not(redis: Redis) -> None:
    """The last message of that kind, or invented numbers; each says which, and nothing is sent."""
    await Engine(redis).play(frame(second, spread=2.0) for second in range(4))
    async with desk_on(redis) as desk:
        waiting = await Outbox(redis, KEYS, "desk").depth()
        (said,) = await desk.preview("wide")
        (made,) = await desk.preview("wide", kind="resolved", channel="hook")

        assert (said.id, said.kind) == (f"wide:hstech-ndx:{START}:FIRING", "FIRING")
        assert said.source == "from the message of 2026-11-10 10:00:02 HKT"
        assert made.source == "from made-up data (no such message is on file)"
        assert made.payload["text"].startswith("[RESOLVED]")
        assert [one.channel for one in await desk.preview("edge")] == ["desk", "hook"]
        assert await Outbox(redis, KEYS, "desk").depth() == waiting
        for asked, says in (
            ({"rule": "wid"}, "Did you mean wide?"),
            ({"rule": "wide", "kind": "EVENT"}, "kind EVENT: rule wide can cause FIRING, RESOLVED"),
            ({"rule": "wide", "channel": "hok"}, "channel: unknown channel 'hok'"),
            ({"rule": "wide", "instance": "x" * 5000}, "instance: unknown instance 'xxx"),
        ):
            with pytest.raises(UsageError) as refused:
                await desk.preview(**asked)
            assert says in str(refused.value)
            assert len(str(refused.value)) < 400


async def test_what_a_story_says(redis: Redis) -> None:
    """Each message in words, with what became of it on each channel; one without a record says so."""
    await Engine(redis).play(frame(second, edge=90 + 20 * (second % 2)) for second in range(2))
    identifier = f"edge:NDX:{START + 1000}"
    async with desk_on(redis) as desk:
        accepted = Delivery(created_ms=1, status=Status.ACCEPTED, attempts=2, ended_ms=START + 1500)
        await answer(redis.hset(KEYS.jobs("desk"), f"{identifier}:EVENT", accepted.to_json()))
        await answer(redis.hdel(KEYS.jobs("hook"), f"{identifier}:EVENT"))
        (said,) = (await desk.story(identifier)).said

        assert said.headline.startswith("[WARNING EVENT] Nasdaq-100 through 100 · NDX")
        assert said.lines[0] == said.lines[0].strip() != ""
        assert [(one.channel, one.status, one.attempts) for one in said.deliveries] == [
            ("desk", "accepted", 2),
            ("hook", "unknown", 0),
        ]
        await answer(redis.hset(KEYS.jobs("hook"), f"{identifier}:EVENT", "rubbish"))
        with pytest.raises(UsageError, match="cannot be told"):
            await desk.story(identifier)


async def test_the_chart_of_an_episode(redis: Redis) -> None:
    """The picture of the last message, drawn once for all who ask; none for an episode that nobody was told of."""
    engine = Engine(redis)
    await engine.play(frame(second, spread=1.0 + second / 10) for second in range(12))
    identifier = f"wide:hstech-ndx:{START + 6000}"
    async with desk_on(redis) as desk:
        story = await desk.story(identifier)
        assert story.chart
        one, other = await asyncio.gather(desk.chart(identifier), desk.chart(identifier))
        assert one is not None
        assert one.startswith(b"\x89PNG")
        assert other is one
        assert await desk.chart(identifier) is one

        silence = Silence(id="s-1", starts=START, ends=START + HOUR, rule="*")
        await engine.play((frame(12, edge=90), frame(13, edge=110)), Controls((silence,)))
        untold = f"edge:NDX:{START + 13_000}"
        assert not (await desk.story(untold)).chart
        assert await desk.chart(untold) is None
        with pytest.raises(UsageError, match="nothing is on file"):
            await desk.chart("nobody")
