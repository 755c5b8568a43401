"""The dashboard's start in a container: which token it gets, and that no token is printed."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "services" / "dashboard" / "with-token"


@pytest.fixture
def start(tmp_path):
    """Runs the script with a `monitor` that prints the token and the arguments it was given."""
    programs, state, secrets = (tmp_path / name for name in ("bin", "state", "secrets"))
    for folder in (programs, state, secrets):
        folder.mkdir()
    fake = programs / "monitor"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$MONITOR_DASHBOARD__TOKEN" "$@"\n')
    fake.chmod(0o755)
    (programs / "python").symlink_to(sys.executable)

    def run(token: str = "", secret: str | None = None) -> subprocess.CompletedProcess[str]:
        if secret is not None:
            (secrets / "dashboard_token").write_text(secret)
        environment = {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "MONITOR_DATA_DIR": str(state),
            "MONITOR_SECRETS_DIR": str(secrets),
            "MONITOR_DASHBOARD__TOKEN": token,
        }
        return subprocess.run(
            [str(SCRIPT), "dashboard"], env=environment, capture_output=True, text=True, check=True, timeout=30
        )

    run.kept = state / "dashboard.token"
    return run


def test_the_first_start_draws_a_token_and_later_ones_keep_it(start):
    """Without any token one of 32 random bytes is drawn, kept for its owner alone, and never printed."""
    first = start()
    token, command = first.stdout.split()

    assert command == "dashboard"
    assert len(token) == 43
    assert start.kept.read_text().strip() == token
    assert stat.S_IMODE(start.kept.stat().st_mode) == 0o600
    assert token not in first.stderr
    assert "docker compose exec dashboard cat" in first.stderr
    assert start().stdout.split()[0] == token


def test_a_secret_file_wins_over_the_drawn_token(start):
    """The token of the operator counts; the empty file that stands for no secret does not."""
    drawn = start(secret="").stdout.split()[0]
    given = start(secret="from the file\n")

    assert given.stdout.splitlines()[0] == "from the file"
    assert given.stderr == ""
    assert drawn != "from the file"


def test_a_variable_wins_over_both(start):
    """A token in the environment is taken as it is."""
    assert start(token="from the variable", secret="from the file").stdout.splitlines()[0] == "from the variable"
