"""How a message of a rule looks on a channel. Nothing is sent."""

from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec

from monitor.core.alerts.notification import Kind, Notification
from monitor.core.alerts.rules.refusal import unknown
from monitor.core.alerts.rules.rule import Entry, RuleSet
from monitor.core.alerts.rules.rule_file import AlertConfig
from monitor.core.alerts.trial.made_up import kinds_of, made_up
from monitor.errors import UnreachableError, UsageError
from monitor.notify.render import Circumstances, word
from monitor.notify.wording import dated
from monitor.readouts.desk import PreviewView
from monitor.workers.alerts.deciding import with_summary
from monitor.workers.desk.asked import Names
from monitor.workers.desk.past import Told
from monitor.workers.desk.payloads import payload_of

_LONGEST = 100


class Sample(msgspec.Struct, frozen=True):
    """A message to be shown. any_instance: one about another subject of the rule does as well. channels: on which."""

    entry: Entry
    kind: Kind
    any_instance: bool
    channels: tuple[str, ...]

    def is_like(self, told: Told) -> bool:
        """Whether an entry of the history is such a message."""
        return (
            isinstance(told, Notification)
            and (told.rule, told.kind) == (self.entry.rule.id, self.kind)
            and (self.any_instance or told.instance == self.entry.subject)
        )


Last = Callable[[Sample], Awaitable[Notification | None]]
"""Finds the last such message on file; None when there is none. May raise UnreachableError."""


def sample_of(
    config: AlertConfig, rule: str, instance: str | None, kind: str | None, channel: str | None, names: Names
) -> Sample:
    """What is asked for. instance: None for any; kind: None for the usual one of the rule; channel: None for those that
    the rule notifies. Raises UsageError for names that do not exist."""
    entry = _entry(config.rules, rule, instance, names)
    wanted = _kind(entry, kind, names)
    return Sample(entry, wanted, instance is None, _channels(config, entry, channel, names))


async def preview(
    config: AlertConfig, sample: Sample, last: Last, *, now_ms: int, board: str, dashboard: str
) -> list[PreviewView]:
    """The message on each of the channels.

    The numbers are those of the last such message on file; where there is none, or Redis does not answer, they are made
    up, at `now_ms`. board: its id. dashboard: its address for links, "" for none.
    """
    note, source = await _note(config.rules, sample, last, now_ms, board)
    message = word(note, Circumstances(dashboard=dashboard))
    shown = [(name, payload_of(config.channels[name], message)) for name in sample.channels]
    return [
        PreviewView(
            id=note.id,
            channel=name,
            kind=sample.kind.value,
            source=source,
            payload=payload.document,
            text=payload.text,
            html=payload.html,
        )
        for name, payload in shown
    ]


async def last_of(past: AsyncIterator[Told], sample: Sample) -> Notification | None:
    """The newest such message of a past that comes newest first."""
    async for told in past:
        if sample.is_like(told):
            assert isinstance(told, Notification)
            return told
    return None


def _entry(rules: RuleSet, rule: str, instance: str | None, names: Names) -> Entry:
    found = rules.get(rule)
    if found is None:
        raise UsageError(unknown("rule", rule[:_LONGEST], [other.id for other in rules.rules]))
    if instance is not None and instance not in found.subjects:
        raise UsageError(f"{names.instance}: {unknown('instance', instance[:_LONGEST], found.subjects)}")
    return rules.entries[f"{rule}:{found.subjects[0] if instance is None else instance}"]


def _kind(entry: Entry, kind: str | None, names: Names) -> Kind:
    possible = kinds_of(entry)
    if not possible:
        raise UsageError(f"rule {entry.rule.id} causes no messages")
    if kind is None:
        return possible[0]
    if kind.upper() not in possible:
        raise UsageError(f"{names.kind} {kind[:_LONGEST]}: rule {entry.rule.id} can cause {', '.join(possible)}")
    return Kind(kind.upper())


def _channels(config: AlertConfig, entry: Entry, channel: str | None, names: Names) -> tuple[str, ...]:
    if channel is not None:
        if channel not in config.channels:
            raise UsageError(f"{names.channel}: {unknown('channel', channel[:_LONGEST], config.channels)}")
        return (channel,)
    if not entry.rule.notify:
        known = ", ".join(config.channels)
        raise UsageError(f"rule {entry.rule.id} notifies nobody; say which {names.channel}: {known}")
    return entry.rule.notify


async def _note(rules: RuleSet, sample: Sample, last: Last, now_ms: int, board: str) -> tuple[Notification, str]:
    """A note and where it comes from, in words."""
    try:
        note = await last(sample)
        why = "no such message is on file"
    except UnreachableError:
        note, why = None, "Redis does not answer"
    if note is not None:
        return note, f"from the message of {dated(note.t)}"
    return with_summary(made_up(sample.entry, sample.kind, now_ms, board), rules), f"from made-up data ({why})"
