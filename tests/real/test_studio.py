"""The process that draws: it is quick when warm, replaced when it dies, and never outlives or delays anybody."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.notify.chart import studio as studio_module
from monitor.notify.chart.picture import png
from monitor.notify.chart.spec import ChartPoint, ChartSpec
from monitor.notify.chart.studio import Studio
from tests.eventually import eventually

SPEC = ChartSpec(
    title="HSTECH ahead of Nasdaq-100",
    unit="pp",
    points=tuple(ChartPoint(i * 60_000, float(i)) for i in range(60)),
    first_ms=0,
    last_ms=60 * 60_000,
)
PATIENT_S = 60.0


def children() -> set[int]:
    """Processes of ours that draw."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid() and b"spawn_main" in command:
            found.add(int(process.name))
    return found


async def test_pictures_from_another_process() -> None:
    """Charts asked for together are drawn one by one by one process, as they would be here; one that cannot be drawn,
    in a zone that does not exist, is none and harms no other; and the process ends with the studio."""
    before = children()
    studio = Studio(PATIENT_S)
    broken = ChartSpec(title="", unit="pp", points=(), first_ms=0, last_ms=1, zone="Nowhere/Here")
    pictures = await asyncio.gather(*(studio.draw(spec) for spec in (SPEC, broken, SPEC)))

    assert pictures == [png(SPEC), None, png(SPEC)]
    assert len(children() - before) == 1

    await studio.close()
    await eventually(lambda: not children() - before)


async def test_this_process_does_not_load_matplotlib() -> None:
    """60 MB and half a second stay in the other one."""
    program = (
        "import asyncio, sys\n"
        "from monitor.notify.chart.studio import Studio\n"
        "from monitor.notify.chart.spec import ChartSpec\n"
        "async def main():\n"
        "    studio = Studio(60.0)\n"
        "    data = await studio.draw(ChartSpec(title='', unit='pp', points=(), first_ms=0, last_ms=1))\n"
        "    await studio.close()\n"
        "    print(data[1:4].decode(), 'matplotlib' in sys.modules)\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=subprocess.PIPE)
    output, _ = await process.communicate()

    assert output == b"PNG False\n"


async def test_a_dead_process_is_replaced() -> None:
    """After kill -9 the next chart comes from a new process, and nothing is lost."""
    before = children()
    studio = Studio(PATIENT_S)
    try:
        await studio.warm_up()
        (process,) = children() - before
        os.kill(process, signal.SIGKILL)
        await eventually(lambda: process not in children())

        assert await studio.draw(SPEC) is not None
        assert process not in children()
    finally:
        await studio.close()


async def test_a_process_that_hangs_is_replaced() -> None:
    """A chart that does not come in time is none, and the next one is drawn by somebody who listens."""
    before = children()
    studio = Studio(PATIENT_S)
    try:
        await studio.warm_up()
        (process,) = children() - before
        os.kill(process, signal.SIGSTOP)
        studio._limit_s = 0.2
        assert await studio.draw(SPEC) is None
        await eventually(lambda: process not in children())

        studio._limit_s = PATIENT_S
        assert await studio.draw(SPEC) is not None
    finally:
        await studio.close()


async def test_words_do_not_wait_for_a_process_that_starts() -> None:
    """The first chart after a start may be left out, in the time that was set; the process goes on starting."""
    studio = Studio(0.05)
    try:
        assert await studio.draw(SPEC) is None
        await studio.warm_up()
        studio._limit_s = PATIENT_S

        assert await studio.draw(SPEC) is not None
    finally:
        await studio.close()


def failing_start() -> None:
    """Of a process that has no memory for matplotlib, say."""
    raise MemoryError("none left")


async def test_a_process_that_does_not_start_is_let_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No chart, no error, nothing left behind, and not another process with every message."""
    before = children()
    monkeypatch.setattr(studio_module, "_warm_up", failing_start)
    studio = Studio(PATIENT_S)
    try:
        assert await studio.draw(SPEC) is None
        await eventually(lambda: not children() - before)
        monkeypatch.undo()

        assert await studio.draw(SPEC) is None
        assert not children() - before
    finally:
        await studio.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
async def test_it_ends_with_its_parent(how: signal.Signals) -> None:
    """Not even kill -9 of the service leaves a process behind, and Ctrl-C, which reaches both, prints no traceback of
    the one that draws."""
    program = (
        "import asyncio\n"
        "from monitor.notify.chart.studio import Studio\n"
        "async def main():\n"
        "    studio = Studio(60.0)\n"
        "    await studio.warm_up()\n"
        "    print(studio._pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "if __name__ == '__main__':\n"
        "    asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program), stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert parent.stdout is not None
    assert parent.stderr is not None
    child = int(await parent.stdout.readline())
    if how is signal.SIGKILL:
        parent.kill()
    else:
        os.killpg(parent.pid, how)
    await parent.wait()

    await eventually(lambda: not Path(f"/proc/{child}").exists())
    errors = (await parent.stderr.read()).decode()
    assert "SpawnProcess" not in errors
