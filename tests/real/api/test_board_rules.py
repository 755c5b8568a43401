"""The alert file of one board, as the dashboard knows it."""

import shutil
from pathlib import Path

from redis.asyncio import Redis

from monitor.assembly.alerts.desk import make_desk
from monitor.assembly.alerts.rules import load_rules
from monitor.assembly.site import Site
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.runtime.clock import SystemClock
from tests.eventually import eventually

_OWN = """
version = 1

[defaults]
notify = ["console"]

[channel]
console = { kind = "console" }

[[rule]]
id = "mine"
title = "HSTECH ahead"
metric = "hstech-ixic.spread_pp.1d"
unit = "pp"
when = { above = 2.0 }
clear = { below = 1.5 }
for = "60s"
"""


async def test_a_board_with_rules_of_its_own_shows_those(redis: Redis, site: Site, tmp_path: Path) -> None:
    """The alert desk goes by the file that alerting goes by, also when one for this board comes or goes while it
    runs."""
    shutil.copytree(site.folder, tmp_path / "config")
    here = Site(tmp_path / "config")
    clock = SystemClock()
    desk = make_desk(here, redis, clock, LiveBoard(BoardReader(redis, here.keys), clock))

    async def in_force() -> bool:
        return {view.rule for view in await desk.rules()} == {rule.id for rule in load_rules(here).rules.rules}

    try:
        assert await in_force()
        (here.folder / "alerts").mkdir()
        own = here.folder / "alerts" / "hk-us.toml"
        own.write_text(_OWN)
        await eventually(in_force)
        assert {view.rule for view in await desk.rules()} == {"mine"}
        own.unlink()
        await eventually(in_force)
        assert len(await desk.rules()) > 1
    finally:
        await desk.close()
