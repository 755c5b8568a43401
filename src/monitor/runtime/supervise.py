"""Child processes that are kept running: for `monitor up`, where no container engine does it."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import structlog

from monitor.errors import UsageError
from monitor.runtime.backoff import Backoff
from monitor.runtime.child import die_with_parent

log = structlog.get_logger(__name__)

REFUSED = 2
"""Exit code of a child that was asked something impossible: starting it again would change nothing."""


class Child(msgspec.Struct, frozen=True):
    """One process to keep running.

    argv: program and arguments. environment: its whole environment. log: file that its standard error is appended to;
    its folder is created. on_line: called with each line of its standard output, without the line end; None: those go
    to `log` too.
    """

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    on_line: Callable[[str], None] | None = None


class Supervisor:
    """Starts children in order, restarts those that die, stops them in reverse order.

    stop_s: how long a child may take to stop before it is killed, seconds. first_s, cap_s: back-off between restarts;
    a child that lived for `reset_after_s` starts it anew. on_death: is told, in a sentence, that a child died. Children
    cannot outlive this process on Linux.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        stop_s: float = 15.0,
        first_s: float = 0.25,
        cap_s: float = 15.0,
        reset_after_s: float = 30.0,
        on_death: Callable[[str], None] = lambda sentence: None,
    ) -> None:
        self.restarts = {child.name: 0 for child in children}
        self._children = children
        self._stop_s = stop_s
        self._backoff = (first_s, cap_s, reset_after_s)
        self._on_death = on_death
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    def pid(self, name: str) -> int | None:
        """Process id of a child, None while it does not run."""
        process = self._processes.get(name)
        return process.pid if process is not None and process.returncode is None else None

    async def run(self, stop: asyncio.Event) -> None:
        """Keep all children running until `stop` is set, then stop them.

        Raises UsageError, after stopping the others, when a child refuses its configuration (exit code 2): with its
        last words.
        """
        keeping: list[asyncio.Task[None]] = []
        stopping = asyncio.create_task(stop.wait())
        try:
            for child in self._children:
                keeping.append(asyncio.create_task(self._keep(child), name=f"keep:{child.name}"))
                await asyncio.sleep(0)
            done, _ = await asyncio.wait([stopping, *keeping], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is not stopping:
                    task.result()
        finally:
            stopping.cancel()
            for task in keeping:
                task.cancel()
            await asyncio.gather(stopping, *keeping, return_exceptions=True)
            for child in reversed(self._children):
                await self._stop(child.name)

    async def _keep(self, child: Child) -> None:
        first_s, cap_s, reset_after_s = self._backoff
        backoff = Backoff(first_s, cap_s, reset_after_s=reset_after_s)
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            last_words = await self._live(child)
            code = self._processes[child.name].returncode
            if code == REFUSED:
                raise UsageError(f"{child.name} refused to start: {last_words or f'see {child.log}'}")
            backoff.lived(loop.time() - started)
            delay = backoff.next()
            log.warning(
                "child_died", child=child.name, exit_code=code, restart_in_s=round(delay, 2), log=str(child.log)
            )
            when = f" in {delay:.0f} s" if delay >= 1 else ""
            self._on_death(f"{child.name} died (exit code {code}); it starts again{when}. Log: {child.log}")
            await asyncio.sleep(delay)
            self.restarts[child.name] += 1

    async def _live(self, child: Child) -> str:
        """Start the child and wait for its end; returns the last line it wrote to standard error."""
        child.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with child.log.open("ab") as journal:
            begin = journal.tell()
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                env=dict(child.environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if child.on_line else journal,
                stderr=journal,
                start_new_session=True,  # Ctrl-C reaches this process only, which then stops them in order
                preexec_fn=die_with_parent,
            )
            self._processes[child.name] = process
        if child.on_line is not None and process.stdout is not None:
            await _carry(process.stdout, child.on_line)
        await process.wait()
        return _last_line(child.log, begin)

    async def _stop(self, name: str) -> None:
        process = self._processes.get(name)
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        drain = asyncio.create_task(_discard(process.stdout))
        try:
            async with asyncio.timeout(self._stop_s):
                await process.wait()
        except TimeoutError:
            log.warning("child_killed", child=name, after_s=self._stop_s)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        finally:
            drain.cancel()


async def _carry(stdout: asyncio.StreamReader, on_line: Callable[[str], None]) -> None:
    while True:
        try:
            line = await stdout.readline()
        except ValueError:  # longer than the reader's limit; what follows is read as the next line
            continue
        if not line:
            return
        on_line(line.decode(errors="replace").rstrip("\r\n"))


async def _discard(stdout: asyncio.StreamReader | None) -> None:
    """Read on while a child stops, so that a full pipe does not hold it up."""
    while stdout is not None and await stdout.read(65_536):
        pass


def _last_line(journal: Path, begin: int) -> str:
    with journal.open("rb") as file:
        end = file.seek(0, 2)
        # A file that has become shorter was put aside meanwhile: all of it came later.
        file.seek(max(begin if begin <= end else 0, end - 4000))
        lines: deque[bytes] = deque((line for line in file.read().splitlines() if line.strip()), maxlen=1)
    return lines[0].decode(errors="replace").removeprefix("error: ") if lines else ""
