"""The MQTT channel against a real broker."""

import asyncio
import json
import logging
import shutil
import subprocess
from pathlib import Path

import aiomqtt
import pytest

from monitor.notify.mqtt import MqttTopic
from monitor.notify.port import Accepted, Permanent, Transient, Unknown
from monitor.runtime.mqtt_broker import MqttBroker
from tests.eventually import eventually
from tests.real.broker import Broker
from tests.real.certificates import server_certificate
from tests.real.test_webhook import MESSAGE, NOTE

TOPIC = "desk/alerts"
PASSWORD = "a very secret password"


def topic(port: int, *, retain: bool = False, timeout_s: float = 5.0, **options: object) -> MqttTopic:
    broker = MqttBroker("127.0.0.1", port, **options)  # type: ignore[arg-type]
    return MqttTopic(broker, TOPIC, retain=retain, timeout_s=timeout_s)


def passwords(folder: Path) -> Path:
    """A password file of mosquitto that knows `monitor`."""
    program = shutil.which("mosquitto_passwd")
    if program is None:
        pytest.skip("needs mosquitto_passwd")
    file = folder / "passwords"
    subprocess.run([program, "-c", "-b", str(file), "monitor", PASSWORD], check=True, capture_output=True)
    return file


async def test_a_subscriber_gets_the_envelope(tmp_path: Path, free_port: int) -> None:
    """What the broker acknowledged is what a subscriber reads: the envelope with the exact note."""
    async with (
        Broker(tmp_path, free_port, "allow_anonymous true"),
        aiomqtt.Client("127.0.0.1", free_port) as reader,
    ):
        await reader.subscribe(TOPIC, qos=1)

        assert await topic(free_port).send(MESSAGE) == Accepted()

        message = await anext(reader.messages)
    assert isinstance(message.payload, bytes)
    assert json.loads(message.payload)["id"] == MESSAGE.id
    assert NOTE in message.payload
    assert not message.retain


async def test_the_last_message_is_kept_when_asked_for(tmp_path: Path, free_port: int) -> None:
    """With `retain` whoever comes later finds it."""
    async with Broker(tmp_path, free_port, "allow_anonymous true"):
        assert await topic(free_port, retain=True).send(MESSAGE) == Accepted()
        async with aiomqtt.Client("127.0.0.1", free_port) as late:
            await late.subscribe(TOPIC, qos=1)
            message = await anext(late.messages)

    assert message.retain


async def test_a_wrong_login_needs_a_person(tmp_path: Path, free_port: int, caplog: pytest.LogCaptureFixture) -> None:
    """The right password is accepted, the wrong one permanent; neither is seen anywhere."""
    caplog.set_level(logging.DEBUG)
    async with Broker(tmp_path, free_port, "allow_anonymous false", f"password_file {passwords(tmp_path)}"):
        right = topic(free_port, username="monitor", password=PASSWORD)
        wrong = topic(free_port, username="monitor", password="another very secret one")

        assert await right.send(MESSAGE) == Accepted()
        assert "connected to mqtt://127.0.0.1" in await right.check()
        refused = await wrong.send(MESSAGE)
        with pytest.raises(OSError, match=r"[Nn]ot authori[sz]ed|user name or password"):
            await wrong.check()

    assert isinstance(refused, Permanent)
    assert "very secret" not in refused.reason
    assert "very secret" not in f"{right!r} {wrong!r} {caplog.text}"


async def test_nobody_there_passes(free_port: int) -> None:
    """A broker that is down may come back."""
    assert isinstance(await topic(free_port).send(MESSAGE), Transient)


async def test_a_broker_that_says_nothing_passes(free_port: int) -> None:
    """Without an answer to the connection nothing was sent."""
    async with await asyncio.start_server(lambda reader, _: reader.read(), "127.0.0.1", free_port):
        assert isinstance(await topic(free_port, timeout_s=0.3).send(MESSAGE), Transient)


@pytest.mark.parametrize("hangs", [False, True])
async def test_lost_after_the_message_went_out(free_port: int, hangs: bool) -> None:
    """A broker that lets us in and then goes, or keeps silent, may have passed the message on."""
    loosed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(2)
        writer.write(b"\x20\x02\x00\x00")  # CONNACK, accepted
        while TOPIC.encode() not in await reader.read(65_536):
            pass
        if hangs:
            await loosed.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", free_port):
        outcome = await topic(free_port, timeout_s=0.5 if hangs else 5.0).send(MESSAGE)
        loosed.set()

    assert isinstance(outcome, Unknown)


async def test_certificates_are_checked(tmp_path: Path, free_port: int) -> None:
    """A broker whose authority is not trusted gets nothing; with `ca_file` it does."""
    certificate, key = server_certificate(tmp_path)
    lines = ("allow_anonymous true", f"certfile {certificate}", f"keyfile {key}")
    async with Broker(tmp_path, free_port, *lines):
        untrusted = await topic(free_port, tls=True).send(MESSAGE)
        trusted = await topic(free_port, tls=True, ca_file=str(certificate)).send(MESSAGE)

    assert isinstance(untrusted, Permanent)
    assert "ca_file" in untrusted.reason
    assert trusted == Accepted()


async def test_it_works_again_after_the_broker_was_away(tmp_path: Path, free_port: int) -> None:
    """Every message has a connection of its own, so nothing has to be made anew."""
    broker = Broker(tmp_path, free_port, "allow_anonymous true")
    channel = topic(free_port)
    async with broker:
        assert await channel.send(MESSAGE) == Accepted()
        broker.stop()
        assert isinstance(await channel.send(MESSAGE), Transient)
        await broker.start()
        assert await eventually(lambda: channel.send(MESSAGE)) == Accepted()
