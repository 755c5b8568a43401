"""What the blind alarm knows from one start to the next, in a file of its own: Redis may be what is away."""

from pathlib import Path

import msgspec
import structlog

from monitor.core.alerts.blindness.sight import Cause
from monitor.core.alerts.blindness.telling import Told
from monitor.history.new_file import replacing

log = structlog.get_logger(__name__)


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """The file's content. leads: when somebody was last seen to lead, it was the process of this machine, so that its
    voice is the one that counts; None when nobody was ever seen. host: the machine that says so; containers may share
    the folder. told: blindness that people know of and whose end they do not."""

    leads: bool | None = None
    host: str = ""
    told: dict[Cause, Told] = {}


class MemoryFile:
    """The file at `path`; its folder is made. A folder that cannot be written costs a warning, once, and nothing else:
    after a restart the alarm may then repeat itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._warned = False

    def read(self) -> Memory:
        """What was kept; an empty memory when there is none, or none that can be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Memory)
        except FileNotFoundError:
            return Memory()
        except (OSError, msgspec.MsgspecError) as unreadable:
            log.warning("blind_memory_unreadable", path=str(self._path), reason=type(unreadable).__name__)
            return Memory()

    def write(self, memory: Memory) -> None:
        """Keep it, whole or not at all. Blocks for as long as the disk takes."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as stream:
                stream.write(msgspec.json.encode(memory))
        except OSError as unwritable:
            if not self._warned:
                log.warning("blind_memory_unwritable", path=str(self._path), reason=unwritable.strerror)
            self._warned = True
        else:
            self._warned = False
