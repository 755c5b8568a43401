"""`monitor alerts send-test` on every kind of channel, as a command of its own against local servers."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import aiomqtt
import pytest

from tests.processes import environment, run_monitor
from tests.real.broker import Broker
from tests.real.hook_fake import PATH, HookFake, Reply, hook_fake

CONFIG = Path(__file__).parents[2] / "config"
CHANNELS = """
version = 1
[channel]
console = { kind = "console" }
bot = { kind = "slack_bot", channel = "C0AB1CD2E", token_env = "LAB_TOKEN" }
hook = { kind = "webhook", url_env = "LAB_HOOK", secret_env = "LAB_KEY" }
bus = { kind = "mqtt", host = "127.0.0.1", topic = "desk/alerts" }
phone = { kind = "apprise", url_env = "LAB_PHONE" }
"""
SECRET = "averysecretvalue"


class Lab(NamedTuple):
    """Servers for every kind, and the environment of the command."""

    fake: HookFake
    reader: aiomqtt.Client
    env: dict[str, str]

    async def send_test(self, channel: str) -> tuple[int, str]:
        """Exit code, and all that was written."""
        done = await asyncio.to_thread(run_monitor, "alerts", "send-test", channel, env=self.env)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
async def lab(tmp_path: Path, free_port: int) -> AsyncIterator[Lab]:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    (config / "alerts.toml").write_text(CHANNELS)
    async with (
        hook_fake() as fake,
        Broker(tmp_path, free_port, "allow_anonymous true"),
        aiomqtt.Client("127.0.0.1", free_port) as reader,
    ):
        fake.usual = Reply(200, '{"ok": true, "ts": "1794276000.000100", "channel": "C0AB1CD2E"}')
        await reader.subscribe("desk/alerts", qos=1)
        yield Lab(
            fake,
            reader,
            environment(
                MONITOR_CONFIG_DIR=str(config),
                LAB_TOKEN=f"xoxb-{SECRET}",
                LAB_HOOK=f"{fake.url}/{SECRET}",
                LAB_KEY=SECRET,
                LAB_PHONE=fake.url.replace("http://", f"json://monitor:{SECRET}@"),
                MONITOR_CHANNELS__BOT__BASE_URL=fake.url.replace(PATH, "/api/"),
                MONITOR_CHANNELS__BUS__PORT=str(free_port),
                MONITOR_LOG__LEVEL="DEBUG",
            ),
        )


async def test_every_kind_gets_a_marked_message(lab: Lab) -> None:
    """Each arrives once, marked TEST, and the command ends with 0; no secret is written, even at DEBUG."""
    results = await asyncio.gather(*map(lab.send_test, ("console", "bot", "hook", "bus", "phone")))
    published = await asyncio.wait_for(anext(lab.reader.messages), 60)

    for code, said in results:
        assert (code, "accepted" in said, SECRET in said) == (0, True, False), said
    by_path = {request.path: request for request in lab.fake.requests}
    assert len(lab.fake.requests) == 3
    slack, hook, phone = by_path["/api/chat.postMessage"], by_path[f"{PATH}/{SECRET}"], by_path[PATH]
    assert "TEST" in json.loads(slack.body)["text"]
    assert json.loads(hook.body)["marks"] == ["TEST"]
    assert hook.headers["X-Monitor-Signature"].startswith("sha256=")
    assert "TEST" in json.loads(phone.body)["title"]
    assert isinstance(published.payload, bytes)
    assert json.loads(published.payload)["marks"] == ["TEST"]


async def test_a_failure_ends_with_1_and_its_class(lab: Lab) -> None:
    """What a person must change is told apart from what may pass; the reason holds no secret."""
    lab.fake.usual = Reply(403, f"no {SECRET}")
    hook = await lab.send_test("hook")
    lab.fake.usual = Reply(200, '{"ok": false, "error": "not_in_channel"}')
    bot = await lab.send_test("bot")
    lab.env["MONITOR_CHANNELS__BUS__PORT"] = "1"
    bus = await lab.send_test("bus")

    assert [code for code, _ in (hook, bot, bus)] == [1, 1, 1]
    assert "Permanent: 403" in hook[1]
    assert "Permanent" in bot[1]
    assert "not_in_channel" in bot[1]
    assert "Transient" in bus[1]
    assert SECRET not in hook[1] + bot[1] + bus[1]
