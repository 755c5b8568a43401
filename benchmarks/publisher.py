"""A private MQTT broker, and a publisher in a process of its own that sends prebuilt quotes by the project's topics."""

import contextlib
import multiprocessing
import shutil
import subprocess
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.processes import accepts, end, free_port, wait_for
from benchmarks.streamer import Stream

_LEAST_SLEEP_S = 0.001


class Mosquitto:
    """A broker on loopback. A context manager: leaving it ends it. It remembers nothing when it is restarted."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise SystemExit("needs mosquitto")
        self.port = free_port()
        # As root mosquitto would become the user mosquitto, who may not read this folder.
        lines = (f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence false", "user root")
        (folder / "mosquitto.conf").write_text("\n".join(lines))
        self._command = [program, "-c", str(folder / "mosquitto.conf")]
        self._process = self._started()

    def restart(self) -> None:
        """Kill it and start it again at once."""
        self._process.kill()
        self._process.wait()
        self._process = self._started()
        wait_for(lambda: accepts(self.port), 120.0, "mosquitto")

    def __enter__(self) -> "Mosquitto":
        wait_for(lambda: accepts(self.port), 120.0, "mosquitto")
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)

    def _started(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def private_broker(folder: Path) -> Iterator[int]:
    """The port of a `Mosquitto`, which lives as long as the block."""
    with Mosquitto(folder) as broker:
        yield broker.port


class Publisher:
    """The publishing process, with the interface of a `Streamer`: QoS 0, each quote at its time or as fast as possible.

    port: of the broker.
    """

    def __init__(self, stream: Stream, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.settings = {"FEED": "mqtt", "FEEDS__MQTT__HOST": "127.0.0.1", "FEEDS__MQTT__PORT": str(port)}
        self.sent_at = context.Array("d", stream.count, lock=False)
        """Monotonic clock, seconds, at which each quote was given to the client; 0 before."""
        self._go = context.Event()
        self._first_ms = context.Value("q", stream.first_ms, lock=False)
        self._process: BaseProcess = context.Process(
            target=_main, args=(stream, port, self._go, self._first_ms, self.sent_at), daemon=True
        )

    def go(self, first_ms: int | None = None) -> None:
        """Begin to publish. first_ms: time of the first quote of a paced stream, far enough ahead to make all."""
        if first_ms is not None:
            self._first_ms.value = first_ms
        self._go.set()

    def __enter__(self) -> "Publisher":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(10)


def _main(stream: Stream, port: int, go: Any, first_ms: Any, sent_at: Any) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", port)
    client.loop_start()
    go.wait()
    stream = msgspec.structs.replace(stream, first_ms=first_ms.value)
    messages = [(quote.topic, quote.payload) for quote in stream.messages()]
    for number, (topic, payload) in enumerate(messages):
        ahead_s = stream.event_ms(number) / 1000 - time.time()
        if stream.paced and ahead_s > 0:
            time.sleep(max(ahead_s, _LEAST_SLEEP_S))
        sent_at[number] = time.monotonic()
        client.publish(topic, payload)
    while True:  # until the benchmark ends it: the client's thread may still be sending
        time.sleep(1.0)
