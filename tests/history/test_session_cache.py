"""The kept session tables: the same as the library's, asked for only when they must be."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from monitor.errors import DataError
from monitor.history import session_cache
from monitor.history.library_sessions import library_sessions
from monitor.history.session_cache import SessionCache

START, END = date(2024, 1, 1), date(2024, 3, 31)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the tables of one range lie."""
    folder = tmp_path_factory.mktemp("kept") / "cache"
    SessionCache(folder)(["XHKG", "XSHG"], START, END)
    return folder


def _refuse(arguments: object) -> None:
    raise AssertionError(f"the library was asked: {arguments}")


def test_the_answer_of_the_process_is_that_of_the_library(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks, half days and zones survive the way through the process and the file; the second time nobody is asked."""
    monkeypatch.setattr(session_cache, "_ask", _refuse)

    assert SessionCache(kept)(["XHKG", "XSHG"], START, END) == library_sessions(["XHKG", "XSHG"], START, END)


def test_another_question_is_asked(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names, range and version of the library are part of the question."""
    monkeypatch.setattr(session_cache, "_ask", _refuse)

    with pytest.raises(AssertionError, match="XNYS"):
        SessionCache(kept)(["XNYS"], START, END)
    with pytest.raises(AssertionError, match="2024-04-01"):
        SessionCache(kept)(["XHKG", "XSHG"], START, date(2024, 4, 1))
    monkeypatch.setattr(session_cache, "version", lambda name: "5.0")
    with pytest.raises(AssertionError):
        SessionCache(kept)(["XHKG", "XSHG"], START, END)


def test_a_broken_file_is_replaced(tmp_path: Path) -> None:
    """What cannot be read is made anew, and read from then on."""
    file = tmp_path / "sessions.msgpack"
    file.write_bytes(b"\x93torn")

    found = SessionCache(tmp_path)(["XHKG"], START, END)

    assert found["XHKG"].days[0][0] == "2024-01-02"
    assert file.read_bytes() != b"\x93torn"
    assert os.listdir(tmp_path) == ["sessions.msgpack"]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """A file stands where the folder should be, as unwritable to root as a read-only disk: the answer still comes."""
    (tmp_path / "cache").write_text("in the way")

    assert SessionCache(tmp_path / "cache")(["XHKG"], START, END)["XHKG"].zone == "Asia/Hong_Kong"


def test_a_library_that_does_not_answer_is_named(tmp_path: Path) -> None:
    """The last line of its traceback is in the message."""
    with pytest.raises(DataError, match=r"exchange_calendars does not answer: ModuleNotFoundError.*xnone"):
        SessionCache(tmp_path)(["XNONE"], START, END)


def test_no_service_loads_pandas(tmp_path: Path) -> None:
    """A process that has built its calendars has neither pandas nor the library nor pyarrow in memory."""
    program = (
        "import sys; import monitor.assembly.ingest, monitor.assembly.spread, monitor.assembly.alerts.alerting;"
        "from monitor.assembly.site import Site; assert Site().calendars;"
        "print(sorted({'pandas', 'exchange_calendars', 'pyarrow'} & set(sys.modules)))"
    )
    environment = os.environ | {"MONITOR_DATA_DIR": str(tmp_path), "MONITOR_CONFIG_DIR": str(Path("config").absolute())}

    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
