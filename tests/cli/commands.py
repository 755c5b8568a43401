"""Many commands of the monitor, each in a process of its own, without paying for the imports each time.

`python -m tests.cli.commands` has everything imported, reads one request a line, and forks: the child becomes
`monitor …` with its own variables, standard streams and exit code.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self


class Done(NamedTuple):
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str


class Commands:
    """A context manager: `run("config", "check", env=…)` runs `monitor config check`."""

    def __enter__(self) -> Self:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.commands"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.communicate()

    def run(self, *arguments: str | Path, env: Mapping[str, str]) -> Done:
        """Run one command to its end. The test's own time limit is that of the command."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        request = {"arguments": list(map(str, arguments)), "env": dict(env)}
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return Done(**json.loads(self._server.stdout.readline()))


def serve() -> None:
    """Answer requests until standard input ends."""
    import monitor.assembly.alerts.backtest
    import monitor.assembly.alerts.check
    import monitor.assembly.alerts.dead
    import monitor.assembly.alerts.deliveries
    import monitor.assembly.alerts.explain
    import monitor.assembly.alerts.listing
    import monitor.assembly.alerts.preview
    import monitor.assembly.alerts.silences
    import monitor.assembly.alerts.test
    import monitor.assembly.claims
    import monitor.assembly.doctor
    import monitor.assembly.explain
    import monitor.assembly.feed_list
    import monitor.assembly.feed_probe
    import monitor.assembly.feed_tail
    import monitor.assembly.headline
    import monitor.assembly.offline
    import monitor.assembly.record
    import monitor.assembly.replay
    import monitor.assembly.up
    import monitor.assembly.watch
    import monitor.cli  # noqa: F401

    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            child = os.fork()
            if child == 0:
                _become(request["arguments"], request["env"], out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            written = []
            for file in (out, err):
                file.seek(0)
                written.append(file.read().decode())
        print(json.dumps({"code": code, "out": written[0], "err": written[1]}), flush=True)


def _become(arguments: list[str], env: dict[str, str], out: int, err: int) -> None:
    """Be the command. Does not return: what would print a traceback does, and ends with 1."""
    from monitor.cli import main

    null = os.open(os.devnull, os.O_RDONLY)
    for wanted, number in ((null, 0), (out, 1), (err, 2)):
        os.dup2(wanted, number)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["monitor", *arguments]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    serve()
