"""A recording on a disk without room."""

from pathlib import Path

import pytest

from monitor.core.event import Beat
from monitor.errors import DataError
from monitor.feeds.recordings.recording import recording_writer

FULL = Path("/dev/full")
"""A device of Linux that takes no byte."""

pytestmark = pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
@pytest.mark.parametrize("events", [1, 20_000])
def test_a_full_disk_is_said_in_a_sentence(suffix: str, events: int, tmp_path: Path) -> None:
    """File and reason, and no traceback of a library: at the first flush, or when the file is completed."""
    out = tmp_path / f"full{suffix}"
    out.symlink_to(FULL)

    def record() -> None:
        with recording_writer(out) as writer:
            for second in range(events):
                writer.write(Beat(second * 1_000_000_000))

    with pytest.raises(DataError, match="No space left on device") as told:
        record()

    assert str(out) in str(told.value)
    assert len(str(told.value)) < 300
