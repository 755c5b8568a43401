"""The law on skipping (tests/conftest.py): what is missing is named, and refused where everything must be there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CASES = """
import pytest

def test_passes(): pass

def test_lacks_a_server(): pytest.skip("needs a flux compensator")

@pytest.mark.skipif(True, reason="needs a flux compensator")
def test_lacks_it_too(): pass

def test_skips_for_another_reason(): pytest.skip("only on Tuesdays")
"""


def run(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_cases.py").write_text(CASES)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "test_cases.py"]
    environment = os.environ | {"CI": ci, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("ci", "code", "counts"), [("", 0, "1 passed, 3 skipped"), ("true", 1, "1 failed, 1 passed, 1 skipped, 1 error")]
)
def test_missing_tools(tmp_path: Path, ci: str, code: int, counts: str) -> None:
    """Without CI what is missing is listed at the end; with CI=true each such skip is a failure that names it."""
    found = run(tmp_path, ci)

    assert found.returncode == code
    assert counts in found.stdout
    assert ("2 skipped: needs a flux compensator" in found.stdout) == (not ci)
    assert "needs a flux compensator" in found.stdout
