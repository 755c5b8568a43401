"""Log files that are kept small while a process writes them."""

import asyncio
import sys
from pathlib import Path

import pytest

from monitor.errors import UsageError
from monitor.runtime.journals import Journals
from monitor.runtime.supervise import Supervisor
from tests.eventually import eventually
from tests.runtime.test_supervise import child

WRITES = """
import sys
for count in map(int, sys.stdin):
    print("x" * count, file=sys.stderr, flush=True)
    print("written", flush=True)
"""


async def test_what_is_large_is_put_aside_under_its_writer(tmp_path: Path) -> None:
    """A file beyond the limit becomes the one older copy, byte for byte; its writer, who has it open all the while,
    goes on at its beginning. A small file, and files of other names, stay as they are."""
    journal, older = tmp_path / "spread.log", tmp_path / "spread.log.1"
    (tmp_path / "ingest.log").write_text("small")
    (tmp_path / "data.bin").write_bytes(b"x" * 5000)
    journals = Journals(tmp_path, ["*.log"], large=1000)
    with journal.open("ab") as output:
        writer = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WRITES), stdin=-1, stdout=-1, stderr=output
        )
    stdin, stdout = writer.stdin, writer.stdout
    assert stdin is not None
    assert stdout is not None

    async def write(count: int) -> str:
        stdin.write(b"%d\n" % count)
        assert await stdout.readline() == b"written\n"
        journals.trim()
        return journal.read_text()

    assert await write(900) == "x" * 900 + "\n"
    assert await write(500) == ""
    assert older.read_text() == "x" * 900 + "\n" + "x" * 500 + "\n"
    assert await write(3) == "xxx\n"
    assert await write(2000) == ""
    assert older.read_text() == "xxx\n" + "x" * 2000 + "\n"
    stdin.close()
    await writer.wait()

    assert (tmp_path / "ingest.log").read_text() == "small"
    assert not (tmp_path / "ingest.log.1").exists()
    assert (tmp_path / "data.bin").stat().st_size == 5000


async def test_it_goes_on_while_others_run(tmp_path: Path) -> None:
    """Days later too: files that grow large after the start are put aside, again and again."""
    journal, older = tmp_path / "spread.log", tmp_path / "spread.log.1"
    keeping = asyncio.create_task(Journals(tmp_path, ["*.log"], large=10, every_s=0.01).run())
    for text in ("first beyond", "second beyond"):
        journal.write_text(text)
        await eventually(lambda text=text: older.exists() and older.read_text() == text)  # type: ignore[misc]
    keeping.cancel()


async def test_a_disk_that_takes_no_copy_keeps_the_file(tmp_path: Path) -> None:
    """Where the older copy cannot be written nothing is thrown away, and other files have their turn."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.log").write_text("beyond all limits")
    (tmp_path / "a.log.1").mkdir()

    Journals(tmp_path, ["*.log"], large=10).trim()

    assert (tmp_path / "a.log").read_text() == "beyond all limits"
    assert (tmp_path / "b.log").read_text() == ""


async def test_last_words_after_the_file_was_put_aside(tmp_path: Path) -> None:
    """Why a child refused its configuration is told although its log went on from nothing since it began."""
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.log").write_text("x" * 5000)
    program = "import os, sys\nos.ftruncate(2, 0)\nprint('error: no such board', file=sys.stderr)\nsys.exit(2)"
    refusing = child(tmp_path, "a", program)

    with pytest.raises(UsageError, match="no such board"):
        await asyncio.wait_for(Supervisor([refusing]).run(asyncio.Event()), 60)
