"""The whole OpenAPI document against a running dashboard: schemathesis looks for what is not as it says."""

import asyncio
import sys
from pathlib import Path

from redis.asyncio import Redis

from tests.eventually import eventually
from tests.readouts.publishing import publish
from tests.readouts.sample import alert, sample
from tests.real.api.alarm import EPISODE, RULE, alarm
from tests.real.api.served import Start

_KNOWN = f"""
[parameters]
"path.board" = "hk-us"
"path.pair" = "hstech-ixic"
"path.basket" = "mag7"
"path.symbol" = "HSTECH"
"path.rule" = "{RULE}"
"path.episode" = "{EPISODE}"

[[operations]]
include-path = "/api/boards/{{board}}/history"
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "409", "422"]
"""
"""Names that exist, so that what lies behind them is reached; what comes for others, the other tests tell. A document
cannot say that `until` has to be later than `since`."""


async def test_nothing_is_other_than_the_document_says(redis: Redis, start: Start, tmp_path: Path) -> None:
    """Whatever is sent, well formed or not: no error of the server, no status, type or body that the document does not
    have, nothing accepted that it forbids and nothing refused that it allows."""
    await publish(redis, sample(), alert())
    await alarm(redis)
    config = tmp_path / "schemathesis.toml"
    config.write_text(_KNOWN)
    async with start(fresh_s=600) as server:
        await eventually(lambda: server.live.newest)
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
            f"{server.url}/api/openapi.json",
            *("--max-examples", "5", "--max-time", "10", "--seed", "1", "--generation-database", "none"),
            *("--exclude-path-regex", "/events$"),  # it never ends; test_streams asks it
            *("--request-timeout", "60", "--warnings", "off", "--no-color"),
        ]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        text = (await process.communicate())[0].decode()

    assert process.returncode == 0, text
    assert " passed" in text
