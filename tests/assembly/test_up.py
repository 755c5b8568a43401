"""What `monitor up` does before anything runs."""

from pathlib import Path

from monitor.assembly.up import LARGE_LOG, _put_aside


def test_large_logs_make_room(tmp_path: Path) -> None:
    """A log beyond the limit becomes the older copy, in place of the one before; a small one stays as it is."""
    (tmp_path / "spread.log").write_bytes(b"x" * (LARGE_LOG + 1))
    (tmp_path / "spread.log.1").write_text("older")
    (tmp_path / "ingest.log").write_text("small")

    _put_aside(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["ingest.log", "spread.log.1"]
    assert (tmp_path / "spread.log.1").stat().st_size == LARGE_LOG + 1
