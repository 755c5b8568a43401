"""Blindness in words: what does not work, for how long, and what that means for whoever relies on alerts."""

from monitor.core.alerts.blindness.sight import Cause
from monitor.core.alerts.blindness.telling import Word
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.notify.wording import clock, duration

_TITLES = {
    Cause.REDIS: "Alerting is blind: Redis does not answer",
    Cause.SNAPSHOTS: "Alerting is blind: no new snapshots",
    Cause.ENGINE: "Alerting is behind: snapshots wait to be judged",
    Cause.OUTBOX: "Alerts do not get out",
}
_OVER = {
    Cause.REDIS: "Alerting sees again: Redis answers",
    Cause.SNAPSHOTS: "Alerting sees again: snapshots arrive",
    Cause.ENGINE: "Alerting has caught up with the snapshots",
    Cause.OUTBOX: "Alerts get out again",
}
_MEANING = {
    Cause.REDIS: "Until it answers no rule is judged and no alert is sent; what waits is kept and sent afterwards.",
    Cause.SNAPSHOTS: "No rule can be judged without them: look at the calculator (spread) and at the feeds.",
    Cause.ENGINE: "Alerts come late until it has caught up.",
    Cause.OUTBOX: "They are kept and tried again; `monitor doctor` tries the channels and says what is wrong.",
}
_AFTERWARDS = "What was missed meanwhile is caught up with; messages that come late say so."


def blind_bulletin(
    word: Word,
    *,
    notify: tuple[str, ...],
    t: int,
    channels: tuple[str, ...] = (),
    board: str = "",
    simulated: bool = False,
) -> Bulletin:
    """BLIND or SIGHT. t: now, epoch ms of the wall clock. channels: whose messages do not get out."""
    told = word.told
    facts = [("since", clock(told.since_ms)), ("for", duration(word.lasted_s))]
    if channels and word.cause is Cause.OUTBOX:
        facts.append(("channels", ", ".join(channels)))
    lasted = f"for {duration(word.lasted_s)}, since {clock(told.since_ms)}"
    return Bulletin(
        id=_identifier(word),
        kind=BulletinKind.SIGHT if word.over else BulletinKind.BLIND,
        thread=f"blind:{word.cause.value}",
        level="info" if word.over else "critical",
        t=t,
        notify=notify,
        title=_OVER[word.cause] if word.over else _TITLES[word.cause],
        lead=f"over after {duration(word.lasted_s)}" if word.over else lasted,
        facts=tuple(facts),
        remarks=(_AFTERWARDS if word.over else _MEANING[word.cause],),
        board=board,
        simulated=simulated,
    )


def _identifier(word: Word) -> str:
    kind = "sight" if word.over else "blind"
    again = f":{word.told.times}" if word.told.times > 1 and not word.over else ""
    return f"{kind}:{word.cause.value}:{word.told.since_ms}{again}"
