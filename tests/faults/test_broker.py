"""What brokers and publishers do wrong, against a real mosquitto and against servers that only pretend to be one."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import Client

from monitor.feeds.mqtt.feed import MqttFeed
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import SystemClock
from monitor.runtime.mqtt_broker import MqttBroker
from tests.eventually import eventually
from tests.faults.lab import MS, SECRET, SYMBOLS, ingesting, short_backoff
from tests.faults.tls import CERTIFICATES, Certificate, certificate_files
from tests.real.broker import Broker

OPEN = "allow_anonymous true"
SOURCE = "mqtt"
FUTURE_MS = MS + 40 * 365 * 86_400_000


def feed_of(port: int, host: str = "127.0.0.1", *, backoff: Backoff | None = None, **options: Any) -> MqttFeed:
    """A feed with short waits and a password that nobody may see."""
    options = {"username": "me", "password": SECRET, "timeout_s": 5.0} | options
    return MqttFeed(
        MqttBroker(host, port, **options),
        clock=SystemClock(),
        market_open=lambda _: True,
        backoff=backoff or short_backoff(),
    )


def quote(price: float, symbol: str = SYMBOLS[0], ms: int = MS) -> str:
    """A payload by the project's convention."""
    return json.dumps({"symbol": symbol, "price": price, "ts": ms})


async def publish(port: int, *payloads: str | bytes) -> None:
    """One message each, one after the other, on topics of their own, so that none gives way to another."""
    async with Client("127.0.0.1", port) as client:
        for number, payload in enumerate(payloads):
            await client.publish(f"md/v1/US/S{number}/quote", payload, qos=1)


FAULTS: dict[str, tuple[list[str | bytes], list[str], int]] = {
    "rubbish": (["rubbish", b"\x00\x01", "{", "[" * 1_000], ["BAD_PAYLOAD"] * 4, 0),
    "no UTF-8": ([b'{"symbol": "\xff\xfe"}'], ["BAD_PAYLOAD"], 0),
    "of another kind": (['{"online": true}', "[]", "7", "null"], ["MISSING_SYMBOL"] * 3 + ["NO_RECORD"], 0),
    "a payload of 2 MiB": (["x" * (2 << 20)], ["PAYLOAD_TOO_BIG"], 0),
    "a price that is none": ([quote(1.0).replace("1.0", bad) for bad in ("NaN", '"abc"')], ["BAD_FIELD"] * 2, 0),
    "a price of nothing": ([quote(0.0, ms=MS + 1), quote(-1.0, ms=MS + 1)], ["NON_POSITIVE"] * 2, 0),
    "no symbol": ([quote(1.0, "")], ["MISSING_SYMBOL"], 0),
    "the wrong case": ([quote(1.0, "nvda")], ["UNKNOWN_SYMBOL"], 0),
    "repetition": ([quote(100.0)] * 2, ["DUPLICATE"] * 2, 0),
    "out of order": ([quote(90.0, ms=MS - 1)], ["OUT_OF_ORDER"], 0),
    "ancient": ([quote(90.0, ms=86_400_000)], ["OUT_OF_ORDER"], 0),
    "from the future": ([quote(90.0, ms=FUTURE_MS)], [], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
async def test_it_is_counted_and_the_connection_stays(name: str, tmp_path: Path, free_port: int) -> None:
    """A good message, the fault, a good message: both are in the log, the fault is under its reason."""
    payloads, reasons, accepted = FAULTS[name]
    async with Broker(tmp_path, free_port, OPEN), ingesting(feed_of(free_port)) as lab:
        await eventually(lambda: "up" in lab.names(SOURCE))
        await publish(free_port, quote(100.0), *payloads, quote(101.0, ms=MS + 2))
        await lab.counts(SOURCE, accepted=2 + accepted, **Counter(reasons))
        assert (lab.prices(SOURCE)[0], lab.prices(SOURCE)[-1]) == (100.0, 101.0)
        assert lab.names(SOURCE) == ["connecting", "up"]


async def test_a_burst(tmp_path: Path, free_port: int) -> None:
    """5,000 messages at once: what gives way to newer ones is counted, and the last of each topic is in the log."""
    async with Broker(tmp_path, free_port, OPEN, "max_queued_messages 0"), ingesting(feed_of(free_port)) as lab:
        await eventually(lambda: "up" in lab.names(SOURCE))
        async with Client("127.0.0.1", free_port) as client:
            for number in range(5_000):
                symbol = SYMBOLS[number % len(SYMBOLS)]
                await client.publish(f"md/v1/US/{symbol}/quote", quote(1.0 + number, symbol, MS + number))
        await eventually(lambda: lab.told(SOURCE)[-1].received == 5_000)
        health = lab.told(SOURCE)[-1]
        assert health.accepted + health.conflated == 5_000
        assert [lab.prices(SOURCE, symbol)[-1] for symbol in SYMBOLS] == [4997.0, 4998.0, 4999.0, 5000.0]
        assert all(one.received == one.accepted + one.conflated for one in lab.told(SOURCE))


async def test_a_restart(tmp_path: Path, free_port: int) -> None:
    """A broker that is down at the start and goes away later is waited for; quotes flow again after each."""
    broker = Broker(tmp_path, free_port, OPEN)
    async with ingesting(feed_of(free_port)) as lab:
        await eventually(lambda: "down" in lab.names(SOURCE))
        for number in range(2):
            async with broker:
                await eventually(lambda: lab.names(SOURCE)[-1] == "up")
                await publish(free_port, quote(100.0 + number, ms=MS + number))
                await eventually(lambda: lab.prices(SOURCE)[-1:] == [100.0 + number])  # noqa: B023
            await eventually(lambda: lab.names(SOURCE)[-1] != "up")
        assert any("refused" in reason for reason in lab.reasons(SOURCE))


@pytest.mark.parametrize("protocol", ["3.1.1", "5"])
async def test_a_password_that_is_refused(protocol: str, tmp_path: Path, free_port: int) -> None:
    """The feed stops with a clear word instead of knocking for ever."""
    (tmp_path / "passwords").write_text("")
    lines = ["allow_anonymous false", f"password_file {tmp_path / 'passwords'}"]
    async with Broker(tmp_path, free_port, *lines), ingesting(feed_of(free_port, protocol=protocol)) as lab:
        await eventually(lambda: lab.names(SOURCE) == ["connecting", "failed"])
        assert "authori" in lab.states(SOURCE)[-1][1].lower()


@pytest.mark.parametrize("certificate", CERTIFICATES, ids=lambda certificate: certificate.name)
async def test_tls(certificate: Certificate, tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker whose certificate is not right gets no password; the reason is told. A good one is taken."""
    pem, key, authority = certificate_files(tmp_path, certificate)
    lines = [OPEN, f"certfile {pem}", f"keyfile {key}"]
    feed = feed_of(free_port, tls=True, ca_file=str(authority))
    async with Broker(tmp_path, free_port, *lines), ingesting(feed) as lab:
        if not certificate.problem:
            await eventually(lambda: "up" in lab.names(SOURCE))
            return
        await eventually(lambda: lab.names(SOURCE)[:3] == ["connecting", "down", "connecting"])
        assert "certificate" in lab.reasons(SOURCE)[0]
        assert "up" not in lab.names(SOURCE)


async def test_accept_then_close_is_met_with_growing_pauses(free_port: int) -> None:
    """A port that lets everyone in and throws them out at once, or talks of something else, is no broker."""

    async def throw_out(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    asked: list[float] = []

    class Told(Backoff):
        def next(self) -> float:
            asked.append(super().next())
            return asked[-1]

    backoff = Told(0.001, 0.02, draw=lambda: 1.0)
    listening = await asyncio.start_server(throw_out, "127.0.0.1", free_port)
    async with listening, ingesting(feed_of(free_port, backoff=backoff, timeout_s=0.1)) as lab:
        await eventually(lambda: len(asked) >= 7)
        assert asked[:7] == [0.001, 0.002, 0.004, 0.008, 0.016, 0.02, 0.02]
        assert "up" not in lab.names(SOURCE)


async def test_a_peer_that_never_answers(free_port: int) -> None:
    """The connection stands, and the handshake is not answered: after its time it is tried anew."""
    connections = 0

    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(ignore, "127.0.0.1", free_port)
    async with listening, ingesting(feed_of(free_port, timeout_s=0.2)) as lab:
        await eventually(lambda: connections >= 2)
        assert lab.names(SOURCE)[:3] == ["connecting", "down", "connecting"]


async def test_a_name_that_does_not_exist() -> None:
    """Resolving names fails while a line is down; that passes by itself."""
    async with ingesting(feed_of(1883, "no-such-host.invalid")) as lab:
        await eventually(lambda: lab.names(SOURCE)[:3] == ["connecting", "down", "connecting"])
        assert "name" in lab.reasons(SOURCE)[0].lower()
