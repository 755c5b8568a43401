"""What the alert file says about the service as a whole: `storm`, `digest` and `blind` (ALERTING section 17)."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
from pydantic import Field, ValidationError

from monitor.core.alerts.channels.kinds import Secret
from monitor.core.alerts.channels.secret_reading import read_secret
from monitor.core.alerts.rules.refusal import AlertFileError, RefusedError, unknown
from monitor.core.alerts.rules.schema import Duration, Table, first_fault

SECTIONS = ("storm", "digest", "blind")


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """Storm control of each channel, on the wall clock. At most `most` openings leave singly in any `window_ms`; an
    opening waits up to `group_wait_ms` for company."""

    most: int = 5
    window_ms: int = 60_000
    group_wait_ms: int = 1_000


class DigestPlan(msgspec.Struct, frozen=True, kw_only=True):
    """At whose close a digest is sent, and to whom. calendars: names; empty for no digest."""

    calendars: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()


class BlindPlan(msgspec.Struct, frozen=True, kw_only=True):
    """When the service itself counts as blind, and who hears of it. notify: also gets every NOTICE.

    heartbeat: address that is fetched every `heartbeat_every_ms` while all is well, so that somebody else notices the
    death of the host; None for none.
    """

    after_ms: int = 15_000
    notify: tuple[str, ...] = ()
    heartbeat: Secret | None = None
    heartbeat_every_ms: int = 60_000


class ServicePlan(msgspec.Struct, frozen=True, kw_only=True):
    """The three of them."""

    storm: Storm = Storm()
    digest: DigestPlan = DigestPlan()
    blind: BlindPlan = BlindPlan()


class _StormTable(Table):
    max: int = Field(5, ge=1, le=1000)
    window: Duration = 60_000
    group_wait: Duration = 1_000


class _DigestTable(Table):
    closes: list[str] = Field(min_length=1)
    notify: list[str]


class _BlindTable(Table):
    after: Duration = 15_000
    notify: list[str] | None = None
    heartbeat_env: str | None = None
    heartbeat_file: str | None = None
    heartbeat_every: Duration = 60_000


def read_service(
    document: Mapping[str, Any],
    *,
    where: str,
    calendars: Collection[str],
    channels: Collection[str],
    notify: tuple[str, ...],
) -> ServicePlan:
    """`storm`, `digest` and `blind` of the file. notify: of `[defaults]`; blind alarms go there unless it says whom.

    Raises AlertFileError for what is unknown or out of range.
    """
    section = ""
    try:
        section = "storm"
        storm = _StormTable.model_validate(document.get(section, {}))
        _positive("window", storm.window)
        section = "digest"
        digest = _DigestTable.model_validate(document[section]) if section in document else None
        if digest is not None:
            _known("closes", "calendar", digest.closes, calendars)
            _known("notify", "channel", digest.notify, channels)
        section = "blind"
        blind = _BlindTable.model_validate(document.get(section, {}))
        _positive("after", blind.after)
        _positive("heartbeat_every", blind.heartbeat_every)
        told = notify if blind.notify is None else tuple(blind.notify)
        _known("notify", "channel", told, channels)
        heartbeat = read_secret("heartbeat", env=blind.heartbeat_env, file=blind.heartbeat_file)
    except ValidationError as refused:
        key, reason = first_fault(refused)
        raise AlertFileError(where, key, reason, part=section) from None
    except RefusedError as refused:
        raise AlertFileError(where, refused.key, str(refused), part=section) from None
    return ServicePlan(
        storm=Storm(most=storm.max, window_ms=storm.window, group_wait_ms=storm.group_wait),
        digest=DigestPlan()
        if digest is None
        else DigestPlan(calendars=tuple(dict.fromkeys(digest.closes)), notify=tuple(dict.fromkeys(digest.notify))),
        blind=BlindPlan(
            after_ms=blind.after,
            notify=tuple(dict.fromkeys(told)),
            heartbeat=heartbeat,
            heartbeat_every_ms=blind.heartbeat_every,
        ),
    )


def _positive(key: str, duration_ms: int) -> None:
    if duration_ms == 0:
        raise RefusedError(key, "must be more than 0")


def _known(key: str, noun: str, names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise RefusedError(key, unknown(noun, name, known))
