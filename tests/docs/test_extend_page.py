"""docs/extend.md names files that exist: a guide to moved files is worse than none."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "extend.md").read_text("utf-8")


def test_every_file_and_name_of_the_page_exists() -> None:
    """Paths in inline code are there, and so are the capital names that a row says to look for in them."""
    paths = set(re.findall(r"`((?:src|tests|config|docs)/[\w./-]*)`", PAGE))

    assert len(paths) > 30
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
    for name, path in (
        ("BUILT_IN", "settings/feed_folder.py"),
        ("BUILDERS", "assembly/feeds.py"),
        ("HEADLINES", "core/bars.py"),
    ):
        assert f"`{name}`" in PAGE
        assert re.search(rf"^{name}\b", (ROOT / "src" / "monitor" / path).read_text("utf-8"), re.M), name
    assert "def screens_of" in (ROOT / "src/monitor/readouts/web/pages/shell.py").read_text("utf-8")
    assert "WIRES" in "".join(file.read_text("utf-8") for file in (ROOT / "tests" / "faults").glob("*.py"))
