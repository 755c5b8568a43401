"""A dashboard with the sample's past and alerts in a process of its own, for tests in a browser:
`python -m tests.real.dashboard_process REDIS_URL PORT [PAUSE_S]`. Of the pair `titans_mag7` and the basket `titans`
nothing is on file. PAUSE_S: between two pushes to a page, for imitating hours of them.

NiceGUI's application belongs to its whole process, so a test that restarts the server needs another process.
"""

import asyncio
import signal
import sys

from monitor.bus.health import HealthKeys
from monitor.bus.redis import command_client
from monitor.bus.stream_depths import StreamDepths
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.web import create_app
from monitor.readouts.web.pages.shell import PAUSE_S, add_pages
from monitor.runtime.clock import SystemClock
from monitor.wire.keys import Keys
from monitor.workers.dashboard import dashboard
from tests.core.market import CALENDARS
from tests.readouts.sample_paths import SampleDesk, SamplePast


async def main(redis_url: str, port: int, pause_s: float = PAUSE_S) -> None:
    clock = SystemClock()
    redis = command_client(redis_url, name="dashboard")
    keys = Keys("monitor", "hk-us")
    healths = HealthKeys(redis, keys)
    live = LiveBoard(
        BoardReader(redis, keys),
        clock,
        gap_s=min(pause_s, 0.1),
        health=healths.read,
        depths=StreamDepths(redis, keys).read,
    )
    past, desk = SamplePast("titans_mag7", "titans"), SampleDesk()
    app = create_app(live, clock, healths.metrics, past=past, desk=desk, pages=False)
    add_pages(app, live, clock, past, desk, healths.metrics, CALENDARS, pause_s=pause_s)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await dashboard(app, live, host="127.0.0.1", port=port, stop=stop)
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:])))
