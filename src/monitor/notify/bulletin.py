"""What the service says that no single rule said: a storm, the day's digest, that it is blind, that a reload failed.

A bulletin is in words already when it is made: what it was made from is gone, or has changed, by the time it is sent.
"""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from monitor.core.alerts.notification import Notification


class BulletinKind(StrEnum):
    """Kinds of messages outside the state machine (ALERTING section 17)."""

    STORM = "STORM"
    DIGEST = "DIGEST"
    BLIND = "BLIND"
    SIGHT = "SIGHT"
    NOTICE = "NOTICE"


class Bulletin(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="bulletin"):
    """One message in words, to be sent to every channel in `notify`. All texts are plain, nothing is escaped.

    id: derived from what happened where that can be (`digest:XHKG:2026-11-20`), the same after every restart.
    thread: what later bulletins on the same matter share. level: info, warning or critical. t: epoch ms of the cause,
    of the snapshot where there is one, else of the wall clock. title, lead: as of `port.Message`. facts: label, text.
    about: ids of the notes it stands for. simulated: its numbers are invented. chart: metric to draw and since when,
    epoch ms; None for no chart.
    """

    id: str
    kind: BulletinKind
    thread: str
    level: str
    t: int
    notify: tuple[str, ...]
    title: str
    lead: str
    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    board: str = ""
    simulated: bool = False
    chart: tuple[str, int] | None = None


Note: TypeAlias = Notification | Bulletin
"""Whatever waits in an outbox; in JSON the key `type` tells them apart."""
