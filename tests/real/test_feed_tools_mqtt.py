"""The feed tools against a real broker: what it keeps is heard, and whom it does not let in is told why."""

import asyncio
import json
import time
from pathlib import Path

from aiomqtt import Client

from tests.processes import environment, run_monitor
from tests.real.broker import Broker

PASSWORD = "s3cret-of-the-broker"


def variables(port: int) -> dict[str, str]:
    return environment(
        MONITOR_FEED="mqtt",
        MONITOR_FEEDS__MQTT__PORT=str(port),
        MONITOR_FEEDS__MQTT__USERNAME="desk",
        MONITOR_FEEDS__MQTT__PASSWORD=PASSWORD,
    )


async def test_a_broker_is_probed_under_the_boards_own_symbols(tmp_path: Path, free_port: int) -> None:
    """A kept price comes on subscribing, with its own age; the doctor logs in and says so."""
    async with Broker(tmp_path, free_port, "allow_anonymous true"):
        async with Client("127.0.0.1", free_port) as client:
            minute_ago_ms = time.time_ns() // 1_000_000 - 60_000
            quote = {"v": 1, "symbol": "0700.HK", "price": 635.5, "ts": minute_ago_ms, "session": "regular"}
            await client.publish("md/v1/HK/0700/quote", json.dumps(quote), qos=1, retain=True)
        asked = ["feeds", "probe", "--symbols", "0700.HK", "--seconds", "2", "--json"]
        probe = await asyncio.to_thread(run_monitor, *asked, env=variables(free_port))
        doctor = await asyncio.to_thread(run_monitor, "doctor", env=variables(free_port))

    assert probe.returncode == 0, probe
    [feed] = json.loads(probe.stdout)
    [line] = feed["lines"]
    assert (line["symbol"], line["source_symbol"], line["price"]) == ("0700.HK", "0700.HK", 635.5)
    assert (line["sessions"], line["quotes"]) == (["regular"], 1)
    assert line["delay_s"] >= 60
    assert f"ok      feed mqtt: 127.0.0.1:{free_port}: name, TCP; connected: " in doctor.stdout
    assert PASSWORD not in probe.stdout + probe.stderr + doctor.stdout + doctor.stderr


async def test_a_login_that_is_refused_is_told(tmp_path: Path, free_port: int) -> None:
    """The port answers and the broker does not want us: the doctor says which of the two, and what to do."""
    (tmp_path / "passwords").write_text("")
    lines = ["allow_anonymous false", f"password_file {tmp_path / 'passwords'}"]
    async with Broker(tmp_path, free_port, *lines):
        doctor = await asyncio.to_thread(run_monitor, "doctor", env=variables(free_port))
        probe = await asyncio.to_thread(run_monitor, "feeds", "probe", "--seconds", "1", env=variables(free_port))

    assert doctor.returncode == 1
    [verdict] = [line for line in doctor.stdout.splitlines() if "feed mqtt:" in line]
    assert verdict.startswith("FAILED  feed mqtt: ")
    assert "ot authorized" in verdict
    assert "Check key" in verdict
    assert probe.returncode == 3
    assert "ot authorized" in probe.stdout
    assert PASSWORD not in probe.stdout + probe.stderr + doctor.stdout + doctor.stderr
