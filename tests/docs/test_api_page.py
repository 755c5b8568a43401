"""docs/api.md: every address is described, and every example runs as it stands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from redis.asyncio import Redis

from monitor.assembly.site import Site
from monitor.readouts.web.api.broadcast import Content
from tests.docs.conftest import RunningMonitor
from tests.docs.test_docs import ROOT
from tests.real.api.conftest import site as site
from tests.real.api.served import served

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
HERE = "127.0.0.1:8080"


def blocks(language: str) -> list[str]:
    """The code blocks of the page in that language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


async def test_every_address_is_described(redis: Redis, site: Site) -> None:
    """Each address of the OpenAPI document stands in a table of the page with each method that changes something, and
    so does every parameter of it."""
    async with served(redis, site) as server:
        _, document, _ = await server.get("/api/openapi.json")

    for path, methods in document["paths"].items():
        assert f"`{path}`" in PAGE, path
        for method, operation in methods.items():
            assert method == "get" or re.search(rf"\| {method.upper()} `{re.escape(path)}`", PAGE), (method, path)
            for parameter in operation.get("parameters", []):
                name = parameter["name"]
                assert parameter["in"] == "path" or re.search(rf"\b{name}\b", PAGE, re.IGNORECASE), (path, name)


def test_every_content_and_event_is_described() -> None:
    """Each kind of stream is named."""
    for content in get_args(Content):
        assert content in PAGE


@pytest.mark.xdist_group("running_monitor")
@pytest.mark.parametrize("example", blocks("sh"), ids=lambda example: example.strip().splitlines()[0][-40:])
def test_shell_examples_run(example: str, running_monitor: RunningMonitor, tmp_path: Path) -> None:
    """Every line of a shell block ends well and says something, and no answer is an error."""
    for program in ("bash", "curl", "jq"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    script = example.replace(HERE, running_monitor.url.removeprefix("http://"))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=os.environ | {"MONITOR_DASHBOARD__TOKEN": ""},
        cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert '"error"' not in done.stdout


@pytest.mark.xdist_group("running_monitor")
@pytest.mark.parametrize("example", blocks("python"), ids=lambda example: example.strip().splitlines()[0])
def test_python_examples_run(example: str, running_monitor: RunningMonitor, tmp_path: Path) -> None:
    """Every Python block prints something; those that follow the board print until they are stopped."""
    script = tmp_path / "example.py"
    script.write_text(example.replace(HERE, running_monitor.url.removeprefix("http://")))
    endless = "for name, data in events()" in example or "for message in socket" in example
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if endless:
            assert process.stdout is not None
            assert process.stdout.readline()
            assert process.poll() is None
        else:
            printed, errors = process.communicate(timeout=200)
            assert process.returncode == 0, errors
            assert printed.strip()
    finally:
        process.kill()
        process.communicate()
