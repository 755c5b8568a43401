"""Where the monitor keeps what must survive a restart on a machine without a server of its own."""

import os
from pathlib import Path


def state_folder() -> Path:
    """`$XDG_STATE_HOME/monitor`, or `~/.local/state/monitor`. Not created here."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "monitor"


def redis_socket(data_dir: Path) -> Path:
    """Socket of the embedded Redis that runs on `data_dir`. One `monitor up` at a time owns a data folder."""
    return data_dir / "redis.sock"
