"""A service as a process: how it stops and what its exit code says."""

import signal
import subprocess
import sys
import textwrap

import pytest

PRELUDE = """
import asyncio, sys
from monitor.errors import ConfigError, UnreachableError
from monitor.runtime.logs import configure
from monitor.runtime.serve import serve
configure("probe", format="json")

def ready():
    print("ready", flush=True)
"""


def run(body: str, *signals: signal.Signals) -> tuple[int, str, str]:
    """Run a service made of `body`; send the signals once it says that it is ready, each after another line of it."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = ""
    for number in signals:
        first += process.stdout.readline()
        process.send_signal(number)
    rest, errors = process.communicate(timeout=200)
    return process.returncode, first + rest, errors


WAITING = """
async def main(service):
    ready()
    await service.stop.wait()
    print("drained")

sys.exit(serve("probe", main))
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_lets_the_service_finish(number: signal.Signals, code: int) -> None:
    """SIGTERM and Ctrl-C end the service after its last words, with exit code 0 and 130."""
    found, output, _ = run(WAITING, number)

    assert found == code
    assert output == "ready\ndrained\n"


def test_the_deadline_ends_a_service_that_does_not() -> None:
    """A service that ignores the signal is cancelled after its drain deadline."""
    found, output, errors = run(
        """
        async def main(service):
            ready()
            try:
                await asyncio.Event().wait()
            finally:
                print("cancelled")

        sys.exit(serve("probe", main, drain_s=0.05))
        """,
        signal.SIGTERM,
    )

    assert found == 1
    assert output == "ready\ncancelled\n"
    assert "drain_deadline_passed" in errors


def test_a_second_signal_ends_at_once() -> None:
    """Who presses Ctrl-C twice does not wait for the drain."""
    found, output, _ = run(
        """
        async def main(service):
            ready()
            await service.stop.wait()
            ready()
            await asyncio.Event().wait()

        sys.exit(serve("probe", main, drain_s=600))
        """,
        signal.SIGINT,
        signal.SIGINT,
    )

    assert found == 130
    assert output == "ready\nready\n"


def test_background_tasks_end_with_main() -> None:
    """What was spawned is cancelled when the main function returns, and that is no error."""
    found, output, errors = run(
        """
        async def background():
            try:
                await asyncio.Event().wait()
            finally:
                print("background ended")

        async def main(service):
            service.spawn(background(), "background")
            await asyncio.sleep(0)

        sys.exit(serve("probe", main))
        """
    )

    assert (found, output, errors) == (0, "background ended\n", "")


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        ("ConfigError('monitor.toml:3', 'feed', 'yaho', 'sim, yahoo')", 2, "error: monitor.toml:3: feed: found 'yaho'"),
        ("UnreachableError('Redis', 'at redis://u:secret@h/0')", 3, "error: cannot reach Redis: at redis://u:***@h/0"),
    ],
)
@pytest.mark.parametrize("place", ["main", "background"])
def test_expected_errors_are_one_sentence(error: str, code: int, sentence: str, place: str) -> None:
    """An error of our own family gives its exit code and one sentence without secrets or traceback, wherever raised."""
    found, _, errors = run(
        f"""
        async def fail():
            raise {error}

        async def main(service):
            if {place!r} == "background":
                service.spawn(fail(), "background")
                await asyncio.Event().wait()
            await fail()

        sys.exit(serve("probe", main))
        """
    )

    assert found == code
    assert errors.startswith(sentence)
    assert "Traceback" not in errors


def test_a_bug_shows_its_traceback() -> None:
    """Any other error ends with 1 and a traceback in the log."""
    found, _, errors = run(
        """
        async def main(service):
            raise KeyError("oops")

        sys.exit(serve("probe", main))
        """
    )

    assert found == 1
    assert "service_failed" in errors
    assert "KeyError" in errors


def test_uvloop_runs_the_service() -> None:
    """Services run on uvloop."""
    _, output, _ = run(
        """
        async def main(service):
            print(type(asyncio.get_running_loop()).__module__)

        sys.exit(serve("probe", main))
        """
    )

    assert output == "uvloop\n"
