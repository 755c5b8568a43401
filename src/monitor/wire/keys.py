"""Every Redis key of the monitor, in one place. Documented for outside readers in docs/redis.md.

All keys of one board share its hash tag `{board}`, so that a cluster keeps them on one master and a script or MULTI may
touch them together. No command ever needs keys of two boards.
"""


class Keys:
    """Names of one board's keys. prefix: first part of every key, `monitor` unless configured. board: its id."""

    def __init__(self, prefix: str, board: str) -> None:
        self.prefix = prefix
        self.board = board
        self._root = f"{prefix}:{{{board}}}"

    @property
    def quotes(self) -> str:
        """Stream: the log."""
        return f"{self._root}:quotes"

    @property
    def snapshots(self) -> str:
        """Stream: metrics of every boundary, id `<boundary ms>-0`."""
        return f"{self._root}:snapshots"

    @property
    def readout(self) -> str:
        """String: newest whole snapshot, JSON."""
        return f"{self._root}:readout"

    @property
    def version(self) -> str:
        """Counter: how many times the readout was written; each message on `updates` carries it."""
        return f"{self._root}:version"

    def subject(self, subject: str) -> str:
        """Hash: `measure.window` → number of one instrument, basket or pair, plus status, as_of and age_s."""
        return f"{self._root}:readout:{subject}"

    def history(self, subject: str) -> str:
        """Stream: one-minute bars of one subject's headline metrics, id `<beginning of the minute, ms>-0`."""
        return f"{self._root}:history:{subject}"

    @property
    def daily(self) -> str:
        """Stream: all metrics at each exchange's close, id `<boundary ms>-<n>`."""
        return f"{self._root}:daily"

    @property
    def last(self) -> str:
        """Hash: symbol → last accepted quote, JSON."""
        return f"{self._root}:last"

    @property
    def updates(self) -> str:
        """Pub/sub channel: subjects that changed with each snapshot."""
        return f"{self._root}:updates"

    @property
    def checkpoint(self) -> str:
        """String: state of the calculator and its position in the log."""
        return f"{self._root}:checkpoint"

    @property
    def reference(self) -> str:
        """Hash: what the calculator started from (`d`, JSON of closes, corporate actions, fixings, shares), and a
        `digest` of it."""
        return f"{self._root}:reference"

    def lease(self, role: str) -> str:
        """String with TTL: owner and fencing token of `role` (`spread`, `alerting`)."""
        return f"{self._root}:lease:{role}"

    def fence(self, role: str) -> str:
        """Counter: the last fencing token handed out for `role`."""
        return f"{self._root}:fence:{role}"

    @property
    def alert_state(self) -> str:
        """Hash: `version`, `position` (last snapshot id), `head` of the engine's state and `diary` of the digests."""
        return f"{self._root}:alerts:state"

    @property
    def alert_instances(self) -> str:
        """Hash: `rule:instance` → JSON of what happened to that instance of the alert engine."""
        return f"{self._root}:alerts:instances"

    @property
    def alert_windows(self) -> str:
        """Hash: `rule:instance@<t / 10 s>` → JSON of the observations that a rule on moves looks back on."""
        return f"{self._root}:alerts:windows"

    @property
    def alert_active(self) -> str:
        """Hash: `rule:instance` → JSON of every instance that is PENDING, FIRING or CLEARING."""
        return f"{self._root}:alerts:active"

    @property
    def alert_history(self) -> str:
        """Stream: transitions and notifications with their evidence."""
        return f"{self._root}:alerts:history"

    def outbox(self, channel: str) -> str:
        """Stream: notifications that wait to be sent on `channel`."""
        return f"{self._root}:alerts:outbox:{channel}"

    def jobs(self, channel: str) -> str:
        """Hash: notification id → JSON of its delivery on `channel`."""
        return f"{self._root}:alerts:jobs:{channel}"

    def dead(self, channel: str) -> str:
        """Stream: notifications that `channel` refused for good."""
        return f"{self._root}:alerts:dead:{channel}"

    def threads(self, channel: str) -> str:
        """Hash: episode → JSON of where `channel` keeps its first message."""
        return f"{self._root}:alerts:threads:{channel}"

    @property
    def storms(self) -> str:
        """Hash: channel → JSON of what its storm control remembers."""
        return f"{self._root}:alerts:storms"

    @property
    def silences(self) -> str:
        """Hash: id → JSON of a silence, those that have ended included for 30 days."""
        return f"{self._root}:alerts:silences"

    @property
    def channel_health(self) -> str:
        """Hash: channel → JSON of its health."""
        return f"{self._root}:alerts:channels"

    def health(self, service: str, instance: str) -> str:
        """String with TTL: last progress and version of one process."""
        return f"{self.prefix}:health:{service}:{instance}"

    def metrics(self, service: str, instance: str) -> str:
        """String with TTL: Prometheus text of one process."""
        return f"{self.prefix}:metrics:{service}:{instance}"
