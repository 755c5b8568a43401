import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import environment

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "configure.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```\n\$ ([A-Z_]+)=(\S*) monitor (.*)\n((?:.*\n)*?)^```", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("name", "value", "command", "printed"), EXAMPLES, ids=[name for name, *_ in EXAMPLES])
def test_a_refusal_reads_as_the_page_shows_it(name: str, value: str, command: str, printed: str) -> None:
    """Word for word; where a line ends does not count."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli", *shlex.split(command)],
        cwd=ROOT,
        env=environment(**{name: value}),
        capture_output=True,
        text=True,
        check=False,
    )

    assert len(EXAMPLES) == 2
    assert done.returncode == 2
    assert done.stderr.split() == printed.split()
