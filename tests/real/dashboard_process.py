"""A dashboard with the sample's past and alerts in a process of its own, for tests in a browser:
`python -m tests.real.dashboard_process REDIS_URL PORT`.

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
from monitor.runtime.clock import SystemClock
from monitor.wire.keys import Keys
from monitor.workers.dashboard import dashboard
from tests.readouts.sample_paths import SampleDesk, SamplePast


async def main(redis_url: str, port: int) -> None:
    clock = SystemClock()
    redis = command_client(redis_url, name="dashboard")
    keys = Keys("monitor", "hk-us")
    healths = HealthKeys(redis, keys)
    live = LiveBoard(BoardReader(redis, keys), clock, health=healths.read, depths=StreamDepths(redis, keys).read)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    app = create_app(live, clock, healths.metrics, past=SamplePast(), desk=SampleDesk())
    await dashboard(app, live, host="127.0.0.1", port=port, stop=stop)
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
