"""A new alert file while the service runs: all of it or nothing, and nobody loses an episode by it."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.bus.alert_store import AlertStore
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.errors import ConfigError
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.assignment import Assignment
from monitor.workers.alerts.reloading import Reloading
from monitor.workers.alerts.route import Route
from tests.eventually import eventually
from tests.real.alert_bench import KEYS, RULES, START, Market, config, service
from tests.real.test_alerting import Desk, position_is

BAD = RULES.replace("clear = { below = 1.2 }", "clear = { below = 1.9 }")
FIRING = f"wide:hstech-ndx:{START}:FIRING"
RESOLVED = f"wide:hstech-ndx:{START}:RESOLVED"


def to_mail(text: str) -> str:
    """The same file, whose rule tells `mail` instead of `desk`."""
    return text.replace('notify = ["desk"]\nmessage', 'notify = ["mail"]\nmessage')


class Office:
    """A rule file, what watches it, and every channel it may name."""

    def __init__(self, folder: Path, desks: Mapping[str, Desk]) -> None:
        self.file = folder / "alerts.toml"
        self.file.write_text(RULES, "utf-8")
        self.desks = desks
        self.hangup = asyncio.Event()
        self.reads = 0
        self.accepted: list[Assignment] = []
        self.refused: list[Bulletin] = []
        self.missing: set[str] = set()
        self.reloading = Reloading(
            self.file.read_bytes, self._read, self._open, SystemClock(), hangup=self.hangup, look_s=0.05
        )

    def _read(self) -> AlertConfig:
        self.reads += 1
        try:
            text = self.file.read_text("utf-8")
        except OSError as error:
            raise ConfigError("alerts.toml", "", str(error.strerror), "a readable file") from None
        return config(text)

    def _open(self, found: AlertConfig) -> Assignment:
        for name in found.channels:
            if name in self.missing:
                raise ConfigError("alerts.toml", f"channel.{name}", "nothing", "a secret")
        return Assignment(found, {name: Route(self.desks[name]) for name in found.channels})

    def write(self, text: str) -> None:
        """Put a new file in the place of the old one, in one go."""
        new = self.file.with_suffix(".new")
        new.write_text(text, "utf-8")
        os.replace(new, self.file)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """The watch alone, without a service."""
        watching = asyncio.create_task(self.reloading.run(self.accepted.append, self.refused.append))
        try:
            yield
        finally:
            watching.cancel()

    @asynccontextmanager
    async def open(self, redis_url: str) -> AsyncIterator[None]:
        """The whole service."""
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(service(redis_url, self.desks["desk"], stop, reloading=self.reloading))
            try:
                yield
            finally:
                stop.set()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A file with one rule and the channel `desk`."""
    return Office(tmp_path, {"desk": Desk(), "mail": Desk()})


async def test_a_new_file_is_accepted_as_a_whole(office: Office) -> None:
    """Its rules and its channels come together, once."""
    async with office.watched():
        office.write(RULES.replace("1.5", "1.6"))
        await eventually(lambda: len(office.accepted) == 1)
        office.write(RULES.replace("1.5", "1.7"))
        await eventually(lambda: len(office.accepted) == 2)

    assert office.accepted[1].config.rules.rules[0].levels[0].condition.limit(1) == 1.7
    assert office.reads == 2
    assert office.refused == []


async def test_a_bad_file_is_refused_once(office: Office) -> None:
    """One NOTICE for each reason, with file and line; the same reason again, in other words around it, is none."""
    async with office.watched():
        office.write(BAD)
        await eventually(lambda: len(office.refused) == 1)
        office.write(BAD + "\n# still thinking\n")
        await eventually(lambda: office.reads == 2)
        office.write(BAD.replace("unit = ", "units = "))
        await eventually(lambda: len({notice.id for notice in office.refused}) == 2)

    first, second, third = office.refused
    assert first.kind is BulletinKind.NOTICE
    assert first.id == second.id != third.id
    assert first.lead.startswith("alerts.toml:7: rule wide: clear: ")
    assert office.accepted == []


async def test_a_channel_that_cannot_be_opened_refuses_the_file(office: Office) -> None:
    """A missing secret keeps the old rules; once it is there SIGHUP is enough, the file need not change."""
    office.missing = {"mail"}
    async with office.watched():
        office.write(RULES.replace("[channel]", '[channel]\nmail = { kind = "console" }'))
        await eventually(lambda: len(office.refused) == 1)
        office.missing = set()
        office.hangup.set()
        await eventually(lambda: len(office.accepted) == 1)

    assert set(office.accepted[0].routes) == {"desk", "mail"}


async def test_a_file_that_is_being_written_is_waited_for(office: Office) -> None:
    """Half a file may be valid: only what stood still between two looks is read."""
    async with office.watched():
        for length in range(200, len(RULES), 40):
            office.file.write_text(RULES[:length], "utf-8")
            await asyncio.sleep(0.02)
        office.write(RULES.replace("1.5", "1.6"))
        await eventually(lambda: len(office.accepted) == 1)

    assert office.refused == []


async def test_a_file_that_has_gone_is_refused(office: Office) -> None:
    """The rules in force stay; the same file back again is no news."""
    async with office.watched():
        office.file.unlink()
        await eventually(lambda: len(office.refused) == 1)
        office.write(RULES)
        office.hangup.set()
        await eventually(lambda: len(office.accepted) == 1)


async def test_episodes_survive_new_rules(office: Office, redis: Redis, redis_url: str) -> None:
    """29: a bad file keeps the old rules and is told once; other words and channels disturb no timer; a removed rule
    closes what it told, where it was told, even though no rule uses that channel any more."""
    market, desk, mail = Market(redis), office.desks["desk"], office.desks["mail"]
    notices = RULES.replace("[channel]", 'blind = { notify = ["desk"] }\n[channel]\nmail = { kind = "console" }')
    async with office.open(redis_url):
        office.write(notices.replace("HSTECH ahead", "China ahead"))
        await eventually(lambda: office.reads == 1)
        await market.run(1.6, 40)
        await position_is(redis, market)

        office.write(notices.replace("1.2", "1.9"))
        await eventually(lambda: any("clear" in message.lead for message in desk.messages))
        office.write(to_mail(notices.replace("HSTECH ahead", "China ahead")))
        await eventually(lambda: office.reads == 3)
        await market.run(1.6, 21)
        await eventually(lambda: mail.ids == [FIRING])

        office.write(notices.partition("[[rule]]")[0])
        await eventually(lambda: office.reads == 4)
        await market.run(1.6, 2)
        await eventually(lambda: mail.ids == [FIRING, RESOLVED])

    assert "China ahead" in mail.messages[0].summary
    assert [message.kind for message in desk.messages] == ["NOTICE"]
    assert (await AlertStore(redis, KEYS).load()).instances.keys() == {"order"}


async def test_a_channel_that_left_loses_nothing(office: Office, redis: Redis, redis_url: str) -> None:
    """What waits for a channel that the new file does not define, and the end of an episode told there, become its dead
    letters and reach whoever hears NOTICEs."""
    market, desk, mail = Market(redis), office.desks["desk"], office.desks["mail"]
    both = RULES.replace("[channel]", 'blind = { notify = ["desk"] }\n[channel]\nmail = { kind = "console" }')
    async with office.open(redis_url):
        office.write(to_mail(both))
        await eventually(lambda: office.reads == 1)
        await market.run(1.6, 61)
        await eventually(lambda: mail.ids == [FIRING])

        office.write(both.replace('mail = { kind = "console" }', ""))
        await eventually(lambda: office.reads == 2)
        await market.run(1.0, 31)
        await eventually(lambda: desk.ids == [RESOLVED])

    assert mail.ids == [FIRING]
    assert await redis.xlen(KEYS.dead("mail")) == 1
    assert await redis.xlen(KEYS.outbox("mail")) == 0
