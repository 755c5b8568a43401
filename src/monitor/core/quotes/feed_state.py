"""What the sources of a board last said of themselves."""

import msgspec

from monitor.core.event import FeedHealth
from monitor.core.instant import format_instant
from monitor.core.snapshot import FeedView

_FAILED = "failed"
_DEAD = ("down", _FAILED)


class FeedState(msgspec.Struct, frozen=True, array_like=True):
    """The last report of one source. since_ns: when it entered the state it is in."""

    health: FeedHealth
    since_ns: int

    def followed_by(self, report: FeedHealth) -> "FeedState":
        """The state after one more report: a repeated state goes on since it began."""
        return FeedState(report, self.since_ns if report.state == self.health.state else report.recv_ns)

    @property
    def dead(self) -> bool:
        """No quote can be expected from it now. A source that is connecting is not dead yet."""
        return self.health.state in _DEAD

    @property
    def failed(self) -> bool:
        """It has given up: a person must do something. A feed that is down may be back in a moment."""
        return self.health.state == _FAILED

    def view(self) -> FeedView:
        """For the snapshot."""
        health = self.health
        return FeedView(
            state=health.state,
            detail=health.detail,
            since=format_instant(self.since_ns),
            accepted=health.accepted,
            conflated=health.conflated,
            rejected=dict(sorted(health.rejected.items())),
            received=health.received,
        )
