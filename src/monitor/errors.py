"""Every error that the monitor raises on purpose, as one tree.

    MonitorError
    ├── UsageError            exit 2   the command line asks for something that does not exist
    ├── ConfigError           exit 2   a configuration file or variable is wrong
    ├── DataError             exit 2   a data file cannot be read as what it claims to be
    ├── UnreachableError      exit 3   Redis, a broker, a mail server does not answer
    └── FencedError           exit 3   another process holds the lease: this one must stop writing

Classes carry facts; the sentence is composed from them in one place. Anything else that reaches the top is a bug
and shows its traceback.
"""


class MonitorError(Exception):
    """Root of the family. `exit_code` is what the command line ends with (DESIGN section 5)."""

    exit_code = 1


class UsageError(MonitorError, ValueError):
    """The command line names something that does not exist or cannot be combined."""

    exit_code = 2


class ConfigError(MonitorError, ValueError):
    """A configuration value is refused.

    where: file (with line, where known) or environment variable that holds the value.
    key: dotted path of the key, "" for the file as a whole.
    found: what stands there, already redacted where it is a secret.
    allowed: what may stand there.
    hint: what to do next, "" when `allowed` says it all.
    """

    exit_code = 2

    def __init__(self, where: str, key: str, found: object, allowed: str, hint: str = "") -> None:
        self.where = where
        self.key = key
        self.found = found
        self.allowed = allowed
        self.hint = hint
        subject = f"{where}: {key}" if key else where
        sentence = f"{subject}: found {found!r}; allowed: {allowed}"
        super().__init__(_with_hint(sentence, hint))


class DataError(MonitorError, ValueError):
    """A data file or one of its rows is not what it claims to be.

    where: file, with `:line` where known. problem: what was found. hint: what to do next.
    """

    exit_code = 2

    def __init__(self, where: str, problem: str, hint: str = "") -> None:
        self.where = where
        self.problem = problem
        self.hint = hint
        super().__init__(_with_hint(f"{where}: {problem}", hint))


class UnreachableError(MonitorError, ConnectionError):
    """A peer does not answer. what: its name without secrets. hint: what to check."""

    exit_code = 3

    def __init__(self, what: str, reason: str, hint: str = "") -> None:
        self.what = what
        self.reason = reason
        self.hint = hint
        super().__init__(_with_hint(f"cannot reach {what}: {reason}", hint))


class FencedError(MonitorError, RuntimeError):
    """A write carried an outdated fencing token: another process owns the lease now."""

    exit_code = 3


def _with_hint(sentence: str, hint: str) -> str:
    return f"{sentence.rstrip('.')}. {hint}" if hint else sentence
