"""What a STORM message says: each alert that it tells, with rule, value and limit (ALERTING section 17)."""

from collections import Counter
from collections.abc import Sequence

from monitor.core.alerts.notification import Notification
from monitor.core.alerts.rules.rule import RANK
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.notify.render import word

_NAMED = 5
"""How many alerts the one line for a phone names."""


def storm_line(note: Notification) -> tuple[str, str]:
    """Label and text of one alert: rule and instance; level or kind, value, limit and since when."""
    message = word(note)
    return f"{note.rule} {note.instance}", f"{message.badge}: {message.lead}"


def storm_bulletin(
    notes: Sequence[Notification],
    lines: Sequence[tuple[str, str]],
    *,
    identifier: str,
    thread: str,
    channel: str,
    total: int,
) -> Bulletin:
    """The STORM message for these notes, at least one, oldest first.

    lines: of these notes, after those of earlier notes where it replaces a message that told them. identifier, thread:
    of the bulletin. channel: whose storm it is. total: how many notes the storm has told with this message.
    """
    levels = Counter(note.level for note in notes)
    highest = sorted(levels, key=RANK.__getitem__, reverse=True)
    counts = ", ".join(f"{levels[level]} {level}" for level in highest)
    names = ", ".join(f"{note.rule} {note.instance}" for note in notes[:_NAMED])
    if len(notes) > _NAMED:
        names += f" and {len(notes) - _NAMED} more"
    remarks = ["Told here together because too many came at once; the end of each is told by itself."]
    if total > len(notes):
        remarks.append(f"{total} alerts in this storm so far.")
    return Bulletin(
        id=identifier,
        kind=BulletinKind.STORM,
        thread=thread,
        level=highest[0],
        t=notes[0].t,
        notify=(channel,),
        title=f"{len(notes)} more alert{'' if len(notes) == 1 else 's'}",
        lead=f"{counts}: {names}",
        facts=tuple(lines),
        remarks=tuple(remarks),
        about=tuple(note.id for note in notes),
        board=notes[-1].evidence.board,
        simulated=any(note.evidence.simulated for note in notes),
    )
