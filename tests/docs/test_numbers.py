"""The worked examples of docs/numbers.md are what the program computes."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

from monitor.core.status import Status
from monitor.readouts import words
from tests.processes import environment
from tests.shared import needs_shared

PAGE = Path(__file__).parents[2] / "docs" / "numbers.md"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_example_gives_what_the_page_says():
    """The blocks, run from top to bottom with the program's own functions, print exactly what stands below them."""
    text = PAGE.read_text("utf-8")
    parser, runner = doctest.DocTestParser(), doctest.DocTestRunner(verbose=False)
    names: dict[str, object] = {}
    said: list[str] = []

    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start(1))
        example = parser.get_doctest(found.group(1), names, PAGE.name, str(PAGE), line)
        runner.run(example, out=said.append, clear_globs=False)
        names |= example.globs

    assert "".join(said) == ""
    assert runner.summarize(verbose=False).attempted > 60


@needs_shared
def test_an_explanation_is_what_is_printed():
    """The output below the command is the command's, line by line; blanks do not count."""
    text = PAGE.read_text("utf-8")
    ((command, printed),) = re.findall(r"^```console\n\$ monitor (.*)\n((?:.*\n)*?)^```", text, re.MULTILINE)

    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli", *shlex.split(command)],
        cwd=PAGE.parents[1],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line.split() for line in done.stdout.splitlines()] == [line.split() for line in printed.splitlines()]


def test_every_chapter_that_defines_a_number_has_an_example():
    """Each chapter that names a definition of DOMAIN computes something."""
    chapters = PAGE.read_text("utf-8").split("\n## ")[1:]

    for chapter in chapters:
        title = chapter.splitlines()[0]
        assert ("DOMAIN" in chapter) == bool(_BLOCK.search(chapter)), title


def test_each_dash_is_explained_as_it_is_shown():
    """Every word that can stand behind a dash has a row, with the statuses that it stands for."""
    rows = re.findall(r"^\| `(\w+)` \| ((?:`\w+`(?:, )?)+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    explained = {status: short for short, statuses in rows for status in re.findall(r"\w+", statuses)}

    for status, short in explained.items():
        assert words.short_status(status) == short
    numbered = {"OK", "OK_FALLBACK", "DEGRADED", "LIVE", "CLOSED"}
    assert {status.value for status in Status} - numbered <= set(explained)
