"""docs/boards.md: the board of five minutes is one."""

import re
import shutil
import textwrap
from pathlib import Path

from tests.processes import environment, run_monitor

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "boards.md").read_text("utf-8")
BOARD, RULES = (textwrap.dedent(block) for block in re.findall(r"^   ```toml\n(.*?)^   ```", PAGE, re.M | re.S))


def test_the_board_of_the_page_and_its_rules_are_read(tmp_path: Path) -> None:
    """Both files, saved where the page says, pass the check that it names; the rule speaks of the board's pair."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    (config / "alerts").mkdir()
    (config / "boards" / "mine.toml").write_text(BOARD)
    (config / "alerts" / "mine.toml").write_text(RULES)
    env = environment(MONITOR_CONFIG_DIR=str(config), MONITOR_BOARD="mine")

    checked = run_monitor("config", "check", env=env)
    listed = run_monitor("alerts", "check", env=env)

    assert checked.returncode == 0, checked.stderr
    assert "boards/mine.toml: 5 instruments, 1 baskets, 1 pairs" in checked.stdout
    assert listed.returncode == 0, listed.stderr
    assert "alerts/mine.toml" in listed.stdout
    assert "1 rule" in listed.stdout


def test_a_board_without_rules_of_its_own_goes_by_the_shared_file(tmp_path: Path) -> None:
    """Rules on pairs that the board does not have are refused by file, line and name, not passed over."""
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    (config / "boards" / "mine.toml").write_text(BOARD)

    checked = run_monitor("config", "check", env=environment(MONITOR_CONFIG_DIR=str(config), MONITOR_BOARD="mine"))

    assert checked.returncode == 2
    assert re.search(r"alerts\.toml:\d+: rule hstech-ixic-ahead: metric: unknown subject", checked.stderr)
