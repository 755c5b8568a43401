"""Acceptance scenario 19 with real processes: Redis goes away and comes back under a running `monitor alerting`."""

import asyncio
import json
import os
import shutil
import time
from pathlib import Path

import pytest

from monitor.bus.redis import TROUBLE, answer
from monitor.core.metrics.frame import Frame
from monitor.runtime.ending import end
from monitor.wire.keys import Keys
from tests.eventually import eventually
from tests.processes import fleet
from tests.real.hook_fake import HookFake, hook_fake

pytestmark = [pytest.mark.xdist_group("heavy2"), pytest.mark.timeout(300)]

CONFIG = Path(__file__).parents[2] / "config"
KEYS = Keys("blind", "hk-us")
METRIC = "hstech-ndx.spread_pp.1d"
START = 1_794_276_000_000
RULES = f"""
version = 1
blind = {{ after = "3s" }}
[defaults]
notify = ["hook"]
[channel]
hook = {{ kind = "webhook", url_env = "LAB_HOOK", secret_env = "LAB_KEY" }}
[[rule]]
id = "wide"
metric = "{METRIC}"
unit = "pp"
when = {{ above = 1.5 }}
clear = {{ below = 1.2 }}
for = "60s"
clear_for = "30s"
"""


class Calculator:
    """A snapshot every 20 ms, each a second after the one before, whether or not Redis is there."""

    def __init__(self, redis: object) -> None:
        self.redis = redis
        self.second = 0
        self.value = 1.6
        self.until = 40

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.02)
            # Once it has reached its second it repeats itself: complete snapshots come whether or not anything changes.
            t = START + self.second * 1000
            frame = Frame(t=t, seq=self.second, metrics={METRIC: self.value})
            try:
                entry = {"v": "1", "d": frame.to_json()}
                await answer(self.redis.xadd(KEYS.snapshots, entry, id=f"{t}-*"))  # type: ignore[attr-defined]
            except TROUBLE:
                continue
            self.second += self.second < self.until


def kinds(fake: HookFake) -> list[str]:
    return [json.loads(request.body)["kind"] for request in fake.requests]


def sights(fake: HookFake) -> list[str]:
    """What was told of seeing. A machine that stood still for a while may have had a blindness of its own before."""
    return [kind for kind in kinds(fake) if kind in ("BLIND", "SIGHT")]


def episode(fake: HookFake) -> list[str]:
    return [kind for kind in kinds(fake) if kind in ("FIRING", "RESOLVED")]


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
async def test_redis_away_under_the_running_service(short_dir: Path) -> None:
    """No exit, no spinning, one BLIND sent directly; afterwards one SIGHT, and the episode goes on as if nothing had
    been: each of its messages once."""
    config = short_dir / "config"
    shutil.copytree(CONFIG, config)
    (config / "alerts.toml").write_text(RULES)
    async with hook_fake() as fake:
        variables = {"MONITOR_CONFIG_DIR": str(config), "LAB_HOOK": fake.url, "LAB_KEY": "averysecretkey"}
        async with fleet(MONITOR_REDIS__PREFIX=KEYS.prefix, **variables) as lab:
            calculator = Calculator(lab.client)
            writing = asyncio.create_task(calculator.run())
            try:
                service = lab.start("alerting")

                async def decided() -> bool:
                    assert service.poll() is None, lab.journal("alerting")
                    position = await answer(lab.client.hget(KEYS.alert_state, "position")) or b"0-0"
                    return int(position.partition(b"-")[0]) >= START + 40_000

                try:
                    await eventually(decided)
                except TimeoutError:
                    written = f"{await lab.client.xlen(KEYS.snapshots)} snapshots, the last {calculator.second}"
                    pytest.fail(f"nothing was decided ({written}, {writing}): {lab.journal('alerting')}")
                await eventually(lambda: len(sights(fake)) % 2 == 0)
                before = len(sights(fake))
                lab.processes[lab.REDIS].kill()
                lab.processes[lab.REDIS].wait(60)
                began, used = time.monotonic(), processor_s(service.pid)
                await eventually(lambda: sights(fake)[before:] == ["BLIND"])
                lines = len((lab.folder / "alerting.log").read_bytes().splitlines())
                until = time.monotonic() + 2.0  # the outage goes on: it is what happens meanwhile that counts
                await eventually(lambda: time.monotonic() >= until)
                assert sights(fake)[before:] == ["BLIND"]
                share = (processor_s(service.pid) - used) / (time.monotonic() - began)
                more = len((lab.folder / "alerting.log").read_bytes().splitlines()) - lines
                await lab.start_redis()
                await eventually(lambda: sights(fake)[before : before + 2] == ["BLIND", "SIGHT"])
                calculator.until = 61
                await eventually(lambda: episode(fake) == ["FIRING"])
                calculator.value, calculator.until = 1.0, 100
                await eventually(lambda: episode(fake) == ["FIRING", "RESOLVED"])
                assert service.poll() is None
                assert await lab.stop("alerting") == 0
                journal = (lab.folder / "alerting.log").read_text()
            finally:
                await end(writing)

    assert episode(fake) == ["FIRING", "RESOLVED"]
    assert share < 0.5, "it spins"
    assert more < 20, "it floods its log"
    assert fake.url.rpartition("/")[2] not in journal
    assert "averysecretkey" not in journal
    request = [one for one in fake.requests if json.loads(one.body)["kind"] == "BLIND"][before // 2]
    blind = json.loads(request.body)
    assert blind["level"] == "critical"
    assert "Redis does not answer" in blind["title"]
    assert "X-Monitor-Signature" in request.headers
