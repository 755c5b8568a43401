from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.assembly.site import Site
from tests.processes import environment
from tests.real.api.served import Start, served

_CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The shipped board, with an empty folder of its own for data."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("data")
        shared = Path(environment()["MONITOR_DATA_DIR"]) / "cache"
        shared.mkdir(parents=True, exist_ok=True)
        (folder / "cache").symlink_to(shared)  # sessions of calendars are worked out but once
        patch.setenv("MONITOR_DATA_DIR", str(folder))
        yield Site(_CONFIG)


@pytest.fixture
def start(redis: Redis, site: Site) -> Start:
    """Starts dashboards on the test's Redis."""
    return partial(served, redis, site)
