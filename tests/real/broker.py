"""A private mosquitto that can be stopped and started on one port."""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.eventually import eventually


class Broker:
    """mosquitto on 127.0.0.1. lines: of its configuration, after the listener."""

    def __init__(self, folder: Path, port: int, *lines: str) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            pytest.skip("needs mosquitto")
        self.port = port
        self._program = program
        self._config = folder / "mosquitto.conf"
        # As root mosquitto would become the user mosquitto, who may not read a test's files.
        self._config.write_text("\n".join([f"listener {port} 127.0.0.1", "persistence false", "user root", *lines]))
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Returns when the broker accepts connections."""
        self._spawn()
        await eventually(self._accepts)

    def _spawn(self) -> None:
        command = [self._program, "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)
            self._process = None

    async def __aenter__(self) -> "Broker":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop()

    async def _accepts(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "mosquitto did not start"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True
