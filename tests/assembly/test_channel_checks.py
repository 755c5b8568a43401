"""What doctor finds out about channels, against real servers; nothing is ever sent."""

import os
import ssl
from pathlib import Path

import pytest

from monitor.assembly.alerts.channel_checks import check_channel, check_heartbeat
from monitor.core.alerts.rules.rule_file import AlertConfig, parse_rules
from monitor.errors import ConfigError
from tests.real.broker import Broker
from tests.real.certificates import server_certificate
from tests.real.hook_fake import PATH, Reply, hook_fake
from tests.real.mail_server import mail_server


def config(channel: str, **override: str) -> AlertConfig:
    """An alert file with the channel `desk`."""
    return parse_rules(
        f"version = 1\n[channel]\ndesk = {{ {channel} }}\n",
        "alerts.toml",
        subjects={},
        windows=[],
        baskets={},
        calendars={},
        channel_overrides={"desk": override},
    )


async def check(channel: str, **override: str) -> str:
    return await check_channel(config(channel, **override), "desk", 2.0)


BOT = "kind = 'slack_bot', channel = 'C0AB1CD2E', token_env = 'T'"


async def test_console() -> None:
    """It has nothing to reach."""
    assert await check("kind = 'console'") == "standard output"


async def test_slack_is_asked_whose_token_it_is() -> None:
    """By `auth.test`, with the token in the header; a title of the workspace cannot bend the line."""
    async with hook_fake(Reply(200, '{"ok": true, "user": "moni\\ntor", "team": "Desk"}')) as fake:
        base_url = fake.url.replace(PATH, "/api/")
        said = await check(BOT, token="xoxb-right", base_url=base_url)

    assert "the token is that of moni tor in Desk" in said
    [request] = fake.requests
    assert request.path.startswith("/api/auth.test")
    assert request.headers["Authorization"] == "Bearer xoxb-right"


async def test_a_token_that_slack_refuses() -> None:
    """Slack's word for it and where to look, without the token."""
    async with hook_fake(Reply(200, '{"ok": false, "error": "invalid_auth"}')) as fake:
        base_url = fake.url.replace(PATH, "/api/")
        with pytest.raises(OSError, match=r"invalid_auth.*OAuth & Permissions") as refused:
            await check(BOT, token="xoxb-wrong-token", base_url=base_url)

    assert "xoxb" not in str(refused.value)


@pytest.mark.parametrize("kind", ["slack_webhook", "webhook"])
async def test_of_a_webhook_the_host_is_tried(kind: str, free_port: int) -> None:
    """Nothing is posted, and the address is not shown."""
    async with hook_fake() as fake:
        said = await check(f"kind = '{kind}', url_env = 'U'", url=fake.url)
    with pytest.raises(OSError, match="Connection refused") as refused:
        await check(f"kind = '{kind}', url_env = 'U'", url=f"http://127.0.0.1:{free_port}/verysecret")

    assert not fake.requests
    assert "name, TCP" in said
    assert "verysecret" not in said + str(refused.value)


async def test_a_webhook_with_an_authority_of_its_own(tmp_path: Path) -> None:
    """`ca_file` is what the certificate is checked with."""
    certificate, key = server_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    async with hook_fake(tls=context) as fake:
        said = await check("kind = 'webhook', url_env = 'U'", url=fake.url, ca_file=str(certificate))
        with pytest.raises(OSError, match="certificate is not to be trusted"):
            await check("kind = 'webhook', url_env = 'U'", url=fake.url)

    assert "TLS" in said


MAIL = "kind = 'smtp', host = '127.0.0.1', from = 'a@f.test', to = ['b@f.test']"


async def test_mail_logs_in_and_sends_nothing(tmp_path: Path, free_port: int) -> None:
    """STARTTLS, login, and a farewell; a wrong password is refused here and not at the alert."""
    files = server_certificate(tmp_path)
    with mail_server(free_port, tls=files, demand_auth=True) as box:
        more = {"port": str(box.port), "user": "monitor", "ca_file": str(files[0])}
        said = await check(MAIL, password="right", **more)
        with pytest.raises(OSError, match="535") as refused:
            await check(MAIL, password="verysecretwrong", **more)

    assert said == f"127.0.0.1:{box.port}: greeted, TLS (starttls), logged in"
    assert "verysecretwrong" not in str(refused.value)
    assert not box.mails
    assert not box.attempts


async def test_mail_that_nobody_takes(free_port: int) -> None:
    """In words, with the address."""
    with pytest.raises(OSError, match=f"127.0.0.1:{free_port}: "):
        await check(MAIL, port=str(free_port), tls="none")


async def test_mqtt_connects_and_publishes_nothing(tmp_path: Path, free_port: int) -> None:
    """The broker's address is what is told."""
    async with Broker(tmp_path, free_port, "allow_anonymous true"):
        said = await check("kind = 'mqtt', host = '127.0.0.1', topic = 'a'", port=str(free_port))
    with pytest.raises(OSError, match=f"mqtt://127.0.0.1:{free_port}"):
        await check("kind = 'mqtt', host = '127.0.0.1', topic = 'a'", port=str(free_port))

    assert said == f"connected to mqtt://127.0.0.1:{free_port}"


async def test_apprise_is_set_up(tmp_path: Path) -> None:
    """An address that Apprise reads is all that can be known without sending; one it cannot read names the channel."""
    assert "send-test" in await check("kind = 'apprise', url_env = 'U'", url="json://127.0.0.1/verysecret")
    with pytest.raises(ConfigError, match=r"alerts.toml: channel.desk: .*Apprise cannot read this address") as refused:
        await check("kind = 'apprise', url_env = 'U'", url="verysecret://x")

    assert "verysecret" not in str(refused.value)


async def test_apprise_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names the command that installs it."""
    monkeypatch.setattr("monitor.assembly.alerts.senders.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"channel\.desk\.kind: .*pip install -e '\.\[apprise\]'"):
        await check("kind = 'apprise', url_env = 'U'", url="json://127.0.0.1/x")


@pytest.mark.parametrize(
    ("channel", "key"),
    [
        (BOT, "token"),
        ("kind = 'webhook', url_env = 'T'", "url"),
        ("kind = 'mqtt', host = '127.0.0.1', topic = 'a', user = 'u', password_env = 'T'", "password"),
        ("kind = 'apprise', url_env = 'T'", "url"),
    ],
)
@pytest.mark.parametrize(("value", "found"), [(None, "found 'nothing'"), ("CHANGE_ME", "placeholder")])
async def test_a_secret_that_is_not_there(
    channel: str, key: str, value: str | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File, key and variable are named."""
    monkeypatch.delenv("T", raising=False)
    if value is not None:
        monkeypatch.setitem(os.environ, "T", value)
    with pytest.raises(ConfigError, match=rf"alerts\.toml: channel\.desk\.{key}: .*variable T") as refused:
        await check(channel)

    assert found in str(refused.value)
    assert "CHANGE_ME" not in str(refused.value)


async def test_a_secret_file_is_read_and_stripped(tmp_path: Path) -> None:
    """What an editor leaves at the end of a file is no part of the secret; a file that is missing is named."""
    file = tmp_path / "hook"
    async with hook_fake() as fake:
        file.write_text(f"{fake.url}\n")
        assert "name, TCP" in await check(f"kind = 'webhook', url_file = '{file}'")
    with pytest.raises(ConfigError, match=r"channel\.desk\.url: found 'no readable file .*nobody'"):
        await check(f"kind = 'webhook', url_file = '{tmp_path}/nobody'")


async def test_the_heartbeats_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is reached and not fetched."""
    async with hook_fake() as fake:
        monkeypatch.setenv("BEAT", fake.url)
        found = parse_rules(
            "version = 1\nblind = { heartbeat_env = 'BEAT' }",
            "alerts.toml",
            subjects={},
            windows=[],
            baskets={},
            calendars={},
        )
        said = await check_heartbeat(found)

    assert "name, TCP" in said
    assert not fake.requests
