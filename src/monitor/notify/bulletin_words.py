"""From a bulletin to a message. Its sentences are made already; here they get what every message has: badge, marks,
summary, footer, links (ALERTING section 17)."""

import msgspec

from monitor.notify.bulletin import Bulletin, BulletinKind, Note
from monitor.notify.port import Fact, Message, Tone
from monitor.notify.render import UNDISTURBED, Circumstances, dashboard_link, marks_of, remarks_on, word
from monitor.notify.wording import both_zones, one_line

_GLYPHS = {
    BulletinKind.STORM: "≋",
    BulletinKind.DIGEST: "≡",
    BulletinKind.BLIND: "⊘",
    BulletinKind.SIGHT: "✔",
    BulletinKind.NOTICE: "•",
}
_MATTERS = {
    BulletinKind.STORM: "many alerts at once",
    BulletinKind.BLIND: "alerting is blind",
    BulletinKind.SIGHT: "alerting is blind",
    BulletinKind.NOTICE: "notice",
}


def word_note(note: Note, circumstances: Circumstances = UNDISTURBED) -> Message:
    """The message for whatever waits in an outbox."""
    return word_bulletin(note, circumstances) if isinstance(note, Bulletin) else word(note, circumstances)


def word_bulletin(bulletin: Bulletin, circumstances: Circumstances = UNDISTURBED) -> Message:
    """The message for one bulletin.

    The subject depends on kind, board and thread alone, so that mails on one matter stay together; a digest is alone in
    its thread and takes its title. `merged` names every note it stands for.
    """
    title = one_line(bulletin.title)
    badge = bulletin.kind.value
    marks = marks_of(bulletin.simulated, circumstances)
    board = one_line(bulletin.board)
    return Message(
        id=bulletin.id,
        kind=badge,
        episode=bulletin.thread,
        subject=_subject(bulletin, title, board),
        badge=badge,
        tone=Tone.RESOLVED if bulletin.kind is BulletinKind.SIGHT else Tone(bulletin.level),
        glyph=_GLYPHS[bulletin.kind],
        marks=marks,
        summary=one_line(f"[{' · '.join((badge, *marks))}] {title}: {bulletin.lead}"),
        title=title,
        lead=one_line(bulletin.lead),
        facts=tuple(Fact(one_line(label), one_line(text)) for label, text in bulletin.facts),
        remarks=tuple(one_line(remark) for remark in (*bulletin.remarks, *remarks_on(circumstances))),
        footer=(
            *((f"board {board}",) if board else ()),
            f"{both_zones(bulletin.t)} · id {one_line(bulletin.id)}",
        ),
        links=dashboard_link(circumstances.dashboard, bulletin.t),
        merged=(*bulletin.about, *(older.id for older in circumstances.merged)),
        settled=circumstances.settled,
        plain=circumstances.plain,
        may_repeat=circumstances.may_repeat,
        level=bulletin.level,
        document=msgspec.json.encode(bulletin),
    )


def _subject(bulletin: Bulletin, title: str, board: str) -> str:
    if bulletin.kind is BulletinKind.DIGEST:
        matter = title
    else:
        matter = f"{_MATTERS[bulletin.kind]} ({one_line(bulletin.thread)})"
    return f"{board}: {matter}" if board else matter
