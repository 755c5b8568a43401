"""History on disk: whole files, made once, real and invented ones apart."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest

from monitor.core.daily import DailyRecord
from monitor.core.metrics.statuses import OK
from monitor.errors import DataError
from monitor.history.files import HistoryFiles
from monitor.history.history_store import HistoryStore
from monitor.history.history_table import MinuteRows
from monitor.history.new_file import create_file
from tests.eventually import eventually

CLOSE = DailyRecord(
    session="2025-03-10",
    market="XHKG",
    t=1_741_594_200_000,
    metrics={"b.price.now": 1.1, "a.return_pct.1d": None, "a.price.now": 1e-7 / 3},
    statuses={"b.price.now": "STALE DELAYED"},
)


def minutes(*values: float, metric: str = "price.now", simulated: bool = False):
    rows = MinuteRows()
    for i, value in enumerate(values):
        rows.add(
            1_741_570_200_000 + 60_000 * i,
            "0700.HK",
            {metric: (value, value + 1, value - 1, value, OK)},
            simulated=simulated,
        )
    return rows.table()


@pytest.fixture
def store(tmp_path: Path) -> HistoryStore:
    return HistoryStore(tmp_path / "history" / "small", simulated=False)


def test_a_record_comes_back_exactly(store: HistoryStore) -> None:
    """Every metric of a close, the missing ones and the last bit of each number."""
    assert store.write_daily(CLOSE)

    assert store.daily("2025-03-10", "XHKG") == CLOSE
    assert store.files.closes() == [("2025-03-10", "XHKG")]


def test_a_file_is_never_rewritten(store: HistoryStore) -> None:
    """The same record again changes nothing; another one for the same close is an error that names the file, which
    stays to the byte."""
    store.write_daily(CLOSE)
    path = store.files.daily("2025-03-10", "XHKG")
    before = path.read_bytes(), path.stat().st_mtime_ns

    assert not store.write_daily(CLOSE)
    with pytest.raises(DataError, match=r"2025-03-10_XHKG.parquet: holds other numbers"):
        store.write_daily(msgspec.structs.replace(CLOSE, metrics=CLOSE.metrics | {"b.price.now": 1.2}))

    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_invented_numbers_never_stand_among_real_ones(tmp_path: Path) -> None:
    """The two halves are folders of their own, and the real one refuses simulated records and minutes."""
    real, simulated = (HistoryStore(tmp_path, simulated=half) for half in (False, True))
    invented = msgspec.structs.replace(CLOSE, simulated=True)

    with pytest.raises(DataError, match="simulated"):
        real.write_daily(invented)
    with pytest.raises(DataError, match="simulated"):
        real.write_minutes("2025-03-10", minutes(1.0, simulated=True))
    assert simulated.write_daily(invented)
    assert simulated.write_minutes("2025-03-10", minutes(1.0, simulated=True))
    assert real.files.closes() == []
    assert real.files.days() == []
    assert simulated.daily("2025-03-10", "XHKG").simulated


def test_a_file_of_an_older_version_is_refused(store: HistoryStore) -> None:
    """Minutes without status, which would be taken for good ones, are an error that names the file and what to do."""
    path = store.files.minutes("2025-03-10")
    path.parent.mkdir(parents=True)
    pq.write_table(minutes(1.0).drop_columns(["status", "simulated"]), path)

    with pytest.raises(DataError, match=r"minutes/2025-03-10.parquet: was written by an older version.*status") as told:
        store.minutes("2025-03-10")
    assert "Move it away" in str(told.value)


def test_live_minutes_count_and_a_recording_fills_the_holes(store: HistoryStore) -> None:
    """Of a minute that both have the live bar counts, and a difference is told; what only the recording has is
    added."""
    store.write_minutes("2025-03-10", minutes(1.0, 2.0))
    store.write_minutes("2025-03-10", minutes(1.0, 2.5, 3.0), replayed=True)

    rows, differing = store.minutes("2025-03-10")

    assert differing == 1
    assert rows["close"].to_pylist() == [1.0, 2.0, 3.0]
    assert store.files.days() == ["2025-03-10"]
    assert store.minutes("2025-03-11")[0].num_rows == 0


def test_unfinished_files_are_no_history(store: HistoryStore) -> None:
    """What a killed writer left behind is seen by no reader, and removed when it is an hour old."""
    store.write_daily(CLOSE)
    store.write_minutes("2025-03-10", minutes(1.0))
    for file in (store.files.daily("2025-03-11", "XHKG"), store.files.minutes("2025-03-11")):
        for age_s in (0, 7200):
            torn = file.with_name(f".{file.name}.{age_s}.tmp")
            torn.write_bytes(b"PAR1 half")
            os.utime(torn, (time.time() - age_s,) * 2)

    assert store.files.closes() == [("2025-03-10", "XHKG")]
    assert store.files.days() == ["2025-03-10"]
    store.files.sweep()
    left = sorted(path.name for path in store.files.daily("", "").parent.iterdir())
    assert left == [".2025-03-11_XHKG.parquet.0.tmp", "2025-03-10_XHKG.parquet"]


def test_a_file_that_is_no_history_is_named(store: HistoryStore) -> None:
    """Rubbish under the name of a record is a sentence with the file in it."""
    path = store.files.daily("2025-03-10", "XHKG")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"rubbish")

    with pytest.raises(DataError, match=r"2025-03-10_XHKG.parquet: is no file of history"):
        store.daily("2025-03-10", "XHKG")


def test_of_two_writers_one_wins(tmp_path: Path) -> None:
    """A file that appeared while another process was writing its own stays as it is."""
    path = tmp_path / "x"

    def slow(stream) -> None:
        stream.write(b"late")
        path.write_bytes(b"early")

    assert not create_file(path, slow)
    assert path.read_bytes() == b"early"
    assert [file.name for file in tmp_path.iterdir()] == ["x"]


_READER = """
import sys
from pathlib import Path
from monitor.history.history_store import HistoryStore

opened = []
sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
assert HistoryStore(Path(sys.argv[1]), simulated=False).daily("2025-03-10", "XHKG").t
assert not [path for path in opened if path.endswith(".parquet")]
"""


def test_a_process_may_end_right_after_reading(tmp_path: Path) -> None:
    """Arrow's threads that read one of Python's files abort a process that ends at once (one of eight on a busy
    machine), so that Python opens none."""
    HistoryStore(tmp_path, simulated=False).write_daily(CLOSE)

    readers = [start("-c", _READER, tmp_path) for _ in range(4)]

    assert [reader.wait() for reader in readers] == [0] * 4


_WRITER = """
import sys, time
from pathlib import Path
from monitor.history.new_file import create_file

def write(stream):
    for _ in range(1000):
        stream.write(b"x" * 4096)
        stream.flush()
        time.sleep(0.001)

create_file(Path(sys.argv[1]), write)
"""


def start(*command: str | Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, *command])


async def test_kill_9_while_writing_leaves_no_half_file(store: HistoryStore) -> None:
    """A writer is killed in the middle of a file: no file of that name is there, no reader finds anything, and the next
    writer makes it whole."""
    path = store.files.daily("2025-03-10", "XHKG")
    process = start("-c", _WRITER, path)

    def half_written() -> bool:
        return any(file.stat().st_size > 8192 for file in path.parent.glob(".*"))

    await eventually(half_written)
    process.send_signal(signal.SIGKILL)
    process.wait()

    assert not path.exists()
    assert HistoryFiles(path.parent.parent, simulated=False).closes() == []
    assert store.write_daily(CLOSE)
    assert store.daily("2025-03-10", "XHKG") == CLOSE
