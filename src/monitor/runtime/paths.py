"""Where the monitor keeps what must survive a restart on a machine without a server of its own."""

import hashlib
import os
import tempfile
from pathlib import Path

_LONGEST_SOCKET = 100  # bytes; the kernel's limit is 108 on Linux and 104 on macOS, with the closing zero


def state_folder() -> Path:
    """`$XDG_STATE_HOME/monitor`, or `~/.local/state/monitor`. Not created here."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "monitor"


def redis_socket(data_dir: Path) -> Path:
    """Socket of the embedded Redis that runs on `data_dir`. One `monitor up` at a time owns a data folder.

    In `data_dir` itself, unless that name is longer than a socket's may be: then in a folder of the same user in the
    system's temporary directory, named after `data_dir`.
    """
    socket = data_dir.absolute() / "redis.sock"
    if len(os.fsencode(socket)) <= _LONGEST_SOCKET:
        return socket
    digest = hashlib.sha256(os.fsencode(data_dir.absolute())).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"monitor-{os.getuid()}-{digest}" / "redis.sock"
