"""From a notification to a message in words. Pure: the same notification and circumstances, the same words."""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.alerts.notification import Bound, Kind, Notification
from monitor.notify.evidence_words import crossed, facts_of, limit_of, value_of
from monitor.notify.port import Link, Message, Tone
from monitor.notify.wording import both_zones, duration, measured, one_bounded_line, one_line, seen_from, shortened

_TITLE, _NAME = 300, 100

_REASONS = {
    "rule_changed": "the rule was changed",
    "rule_removed": "the rule was removed",
    "instance_removed": "this instrument was taken out of the rule",
    "expired": "the rule expired",
}
_TONES = {
    Kind.RESOLVED: Tone.RESOLVED,
    Kind.SESSION_END: Tone.RESOLVED,
    Kind.DATA_BACK: Tone.RESOLVED,
    Kind.NO_DATA: Tone.NO_DATA,
}
_GLYPHS = {
    Kind.ESCALATED: "⏫",
    Kind.EVENT: "◆",
    Kind.RESOLVED: "✔",
    Kind.SESSION_END: "■",
    Kind.NO_DATA: "?",
    Kind.DATA_BACK: "✔",
}


class Circumstances(msgspec.Struct, frozen=True, kw_only=True):
    """How this delivery differs from an undisturbed one.

    delayed_s: how late it is when that is worth saying, else None. may_repeat: an earlier attempt may have arrived.
    merged: older notifications of the episode that were not sent and are told by this one. instead_of: the channel
    that failed, None on a channel of the rule. test: sent to try the channel. plain, settled: see `Message`.
    dashboard: address of the dashboard, "" for no link.
    """

    delayed_s: float | None = None
    may_repeat: bool = False
    merged: tuple[Notification, ...] = ()
    instead_of: str | None = None
    test: bool = False
    plain: bool = False
    settled: tuple[str, ...] = ()
    dashboard: str = ""


UNDISTURBED = Circumstances()


def word(note: Notification, circumstances: Circumstances = UNDISTURBED) -> Message:
    """The message for one notification."""
    evidence = note.evidence
    title = headline(note)
    badge = _badge(note)
    marks = marks_of(evidence.simulated, circumstances)
    sentence = evidence.summary or f"{title}: {_lead(note, circumstances.merged, short=True)}"
    return Message(
        id=note.id,
        kind=note.kind.value,
        episode=note.subject_key,
        subject=f"{note.rule}: {title}",
        badge=badge,
        tone=_TONES.get(note.kind, Tone(note.level)),
        glyph=_GLYPHS.get(note.kind, "▼" if _downward(evidence.trigger) else "▲"),
        marks=marks,
        summary=one_line(f"[{' · '.join((badge, *marks))}] {sentence}"),
        title=title,
        lead=_lead(note, circumstances.merged),
        facts=facts_of(note),
        remarks=_remarks(note, circumstances),
        footer=(
            f"{note.rule} · {evidence.definition} · {evidence.metric} · snapshot {note.t} seq {note.seq}",
            f"{both_zones(note.t)} · id {note.id}",
        ),
        links=_links(note, circumstances.dashboard),
        merged=tuple(older.id for older in circumstances.merged),
        settled=circumstances.settled,
        plain=circumstances.plain,
        may_repeat=circumstances.may_repeat,
        level=note.level,
        document=msgspec.json.encode(note),
    )


def headline(note: Notification, names: Mapping[str, str] | None = None) -> str:
    """The rule's title, with the subject where the title alone does not say which of several it is. One line.

    names: of subjects that the evidence does not name, such as baskets.
    """
    evidence, subject = note.evidence, note.instance
    parts = {leg.symbol: leg.name for leg in evidence.legs} | {basket.id: None for basket in evidence.baskets}
    name = parts.get(subject) or (names or {}).get(subject)
    return titled(evidence.title, subject, name, several=evidence.each or subject in parts)


def titled(title: str, subject: str, name: str | None, *, several: bool) -> str:
    """The title of a rule about one of its subjects, whose name is None when it has none. several: the rule has more
    than that one."""
    title = shortened(one_line(title), _TITLE)
    if subject in title or not several:
        return title
    words = f"{subject} {name}" if name and name != subject else subject
    return f"{title} · {shortened(one_line(words), _NAME)}"


def _badge(note: Notification) -> str:
    level = note.level.upper()
    match note.kind:
        case Kind.FIRING:
            return level
        case Kind.ESCALATED:
            return f"ESCALATED TO {level}"
        case Kind.REMINDER | Kind.EVENT:
            return f"{level} {note.kind.value}"
        case _:
            return note.kind.value.replace("_", " ")


def marks_of(simulated: bool, circumstances: Circumstances) -> tuple[str, ...]:
    """The marks of a message. simulated: its numbers are invented."""
    marks = []
    if circumstances.test:
        marks.append("TEST")
    if simulated:
        marks.append("SIMULATED")
    if circumstances.delayed_s is not None:
        marks.append(f"DELAYED {duration(circumstances.delayed_s)}")
    if circumstances.may_repeat:
        marks.append("MAY REPEAT")
    return tuple(marks)


def _lead(note: Notification, merged: Sequence[Notification], *, short: bool = False) -> str:
    """The number, its limit and since when. short: for one line, with the length instead of the start."""
    evidence = note.evidence
    value, limit = value_of(evidence), limit_of(evidence)
    start = seen_from(evidence.start, note.t)
    held = duration(evidence.held_ms / 1000)
    fired = "".join(
        f", {older.kind.value.lower().replace('_', ' ')} {seen_from(older.t, note.t)}"
        for older in merged
        if older.kind.opening
    )
    match note.kind:
        case Kind.FIRING | Kind.ESCALATED | Kind.REMINDER:
            since = f"for {held}" if short and evidence.held_ms else "" if short else f"since {start}"
            words = ", ".join(part for part in (value, limit, since) if part)
            if note.kind is Kind.REMINDER:
                words += f", reminder {note.n}"
        case Kind.EVENT:
            words = crossed(evidence) + ("" if short else f", at {start}")
        case Kind.NO_DATA:
            words = f"no valid value for {held}" + ("" if short else f", since {start}")
        case Kind.DATA_BACK:
            words = f"{value}, valid again after {held}"
        case _:
            words = f"{value}, " if evidence.value is not None else ""
            words += f"lasted {held} from {start}"
            if evidence.peak is not None and evidence.measure != "regime":
                words += f", peak {measured(evidence.peak, evidence.unit, evidence.measure)}"
    if note.reason is not None:
        words += f", closed because {_REASONS.get(note.reason, note.reason)}"
    return words + fired


def _remarks(note: Notification, circumstances: Circumstances) -> tuple[str, ...]:
    evidence = note.evidence
    remarks = [leg.words for leg in evidence.legs if leg.words]
    remarks += evidence.quality
    if evidence.held_back:
        remarks.append(f"Held back until {seen_from(note.t, note.t)} by {', '.join(evidence.held_back)}.")
    if evidence.today or evidence.last_30_sessions:
        remarks.append(f"Announced {evidence.today} × today, {evidence.last_30_sessions} × in the last 30 sessions.")
    if not note.kind.opening:
        opening = Kind.NO_DATA if note.kind is Kind.DATA_BACK else Kind.FIRING
        remarks.append(f"Closes {note.subject_key}:{opening.value}.")
    remarks += remarks_on(circumstances)
    if evidence.summary_error is not None:
        remarks.append(f"The rule's own sentence could not be written: {evidence.summary_error}")
    return tuple(one_bounded_line(remark) for remark in remarks)


def remarks_on(circumstances: Circumstances) -> list[str]:
    """Sentences on what this delivery stands for and why it comes as it does; none when it is undisturbed."""
    remarks = []
    if circumstances.merged:
        remarks.append(f"Also delivers {', '.join(older.id for older in circumstances.merged)}.")
    if circumstances.instead_of is not None:
        remarks.append(f"Sent here because channel {circumstances.instead_of} could not deliver it.")
    if circumstances.may_repeat:
        remarks.append("An earlier attempt may have arrived: same id, same event.")
    return remarks


def dashboard_link(dashboard: str, t: int) -> tuple[Link, ...]:
    """The dashboard as it stood at `t`, epoch ms; nothing without an address."""
    return (Link("Dashboard", f"{dashboard.rstrip('/')}/?at={t}"),) if dashboard else ()


def _links(note: Notification, dashboard: str) -> tuple[Link, ...]:
    links = [*dashboard_link(dashboard, note.t)]
    if note.evidence.runbook:
        links.append(Link("Runbook", note.evidence.runbook))
    return tuple(links)


def _downward(trigger: Sequence[Bound]) -> bool:
    return bool(trigger) and all(sign.startswith("<") for sign, _ in trigger)
