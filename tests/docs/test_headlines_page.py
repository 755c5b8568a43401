"""The examples of docs/headlines.md are what the commands print."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.core.claims.measures import bases, measures
from monitor.readouts.headline import KINDS
from monitor.settings.board_file import load_board
from monitor.settings.claim_file import load_claims
from tests.processes import environment
from tests.shared import needs_shared

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "headlines.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```console\n\$ monitor (.*)\n((?:.*\n)*?)^```", PAGE, re.MULTILINE)


@needs_shared
@pytest.mark.parametrize(("command", "printed"), EXAMPLES, ids=[command[:40] for command, _ in EXAMPLES])
def test_an_example_is_what_is_printed(command: str, printed: str) -> None:
    """Word for word; blanks between the columns of a table do not count."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli", *shlex.split(command)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert len(EXAMPLES) == 3
    assert [line.split() for line in done.stdout.splitlines()] == [line.split() for line in printed.splitlines()]


def test_the_example_of_a_claim_can_be_read(tmp_path: Path) -> None:
    """The claim on the page is one that `monitor claims check` takes."""
    (block,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    path = tmp_path / "claims.toml"
    path.write_text(block, "utf-8")

    (claim,) = load_claims(path, load_board(ROOT / "config", "hk-us"))

    assert claim.basis == "USD"


@pytest.mark.parametrize("kind", ["instrument", "basket", "pair"])
def test_every_measure_is_listed(kind: str) -> None:
    """With its bases, in the row of its kind; and no other."""
    (row,) = re.findall(rf"^\| {kind} \| (.*) \| (.*) \|$", PAGE, re.MULTILINE)

    assert set(re.findall(r"`(\w+)`", row[0])) == set(measures(kind))
    first = measures(kind)[0]
    assert re.findall(r"`(\w+)`", row[1]) == [*bases(kind, first), first]


def test_every_kind_of_sentence_is_listed() -> None:
    """The page lists the kinds that `--only` takes, in their order."""
    (row,) = re.findall(r"`--only KIND` picks sentences: (.*?);", PAGE, re.DOTALL)

    assert tuple(re.findall(r"`(\w+)`", row)) == KINDS
