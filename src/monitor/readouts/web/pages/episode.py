"""The page of one episode: its story, what was said, to whom, and what the numbers rested on."""

from collections.abc import Mapping
from urllib.parse import quote

from monitor.core.alerts.notification import BasketEvidence, Evidence, LegEvidence
from monitor.core.session import Calendar
from monitor.readouts import quantities, words
from monitor.readouts.desk import DeliveryView, Desk, StoryView
from monitor.readouts.live import Observation
from monitor.readouts.web.pages import alert_rows
from monitor.readouts.web.pages.frame import page, waiting
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import ANSWER_AGE_S, Address, StandingScreen
from monitor.runtime.shared_answers import SharedAnswers

_KEPT = 64
"""Stories: more than people look at."""
_STATUSES = {
    "accepted": "delivered",
    "dead": "given up",
    "merged": "merged into a newer message",
    "folded": "told by a storm message",
    "unknown": "no record, those are kept for seven days",
}


class EpisodeScreen(StandingScreen):
    """`/alerts/<episode id>`. calendars: by name, for when exchanges close."""

    path = "/alerts/{subject}"

    def __init__(self, desk: Desk, calendars: Mapping[str, Calendar] | None = None) -> None:
        self._desk = desk
        self._calendars = calendars or {}
        self._stories = SharedAnswers(_KEPT, age_s=ANSWER_AGE_S)

    async def draw(self, seen: Observation | None, address: Address) -> Picture:
        """The page for one observation. Raises UsageError for an id that is not on file."""
        if seen is None:
            return waiting()
        id = address.subject
        story = await self._stories.of(id, lambda: self._desk.story(id))
        return episode_picture(seen, address, story, self._calendars)


def episode_picture(
    seen: Observation, address: Address, story: StoryView, calendars: Mapping[str, Calendar]
) -> Picture:
    """The page for one observation and the story that the desk tells."""
    episode, snapshot = story.episode, seen.snapshot
    chart = f"/api/boards/{quote(snapshot.board, safe='')}/alerts/episodes/{quote(episode.id, safe='')}/chart.png"
    return page(
        "episode.html.j2",
        seen,
        address._replace(page="alerts"),
        story=story,
        e=episode,
        evidence=story.said[-1].evidence if story.said else None,
        # Another message may bring another picture, so that the browser asks for it again.
        chart_address=f"{chart}?of={len(story.said)}" if story.chart else "",
        rows=alert_rows,
        quantities=quantities,
        now_ms=alert_rows.board_ms(snapshot),
        rule_ids=[episode.rule],
        subjects=[episode.instance],
        ends=alert_rows.ends_at(snapshot, calendars),
        delivered=delivered,
        leg_words=leg_words,
        contributors=contributors,
        how_often=how_often,
    )


def delivered(delivery: DeliveryView) -> str:
    """What became of a message on one channel: `delivered at attempt 2`, `given up: channel_not_found`."""
    status = _STATUSES.get(delivery.status, f"waits, {delivery.attempts} attempts so far")
    tried = f" at attempt {delivery.attempts}" if delivery.status == "accepted" and delivery.attempts > 1 else ""
    reason = f": {quantities.short(delivery.reason)}" if delivery.reason else ""
    return f"{status}{tried}{reason}"


def leg_words(leg: LegEvidence) -> str:
    """How good a leg's price was: `trading, 2 s old, from yahoo, delayed by 15 min`."""
    if leg.words:
        return words.clean(leg.words)
    age = f"{words.age(leg.age_s)} old" if leg.age_s is not None else ""
    source = f"from {words.clean(leg.source)}" if leg.source else ""
    delay = f"delayed by {words.age(leg.delay_s)}" if leg.delay_s else ""
    doubt = words.clean(leg.status).replace("_", " ") if leg.status not in (None, "LIVE", "CLOSED") else ""
    return ", ".join(filter(None, (words.phase(leg.phase) if leg.phase else "", doubt, age, source, delay)))


def contributors(basket: BasketEvidence) -> list[tuple[str, float]]:
    """Names of the largest contributors each way, with percentage points; each once."""
    found = dict([*basket.top, *basket.bottom])
    return [(words.clean(basket.names.get(symbol, symbol)), value) for symbol, value in found.items()]


def how_often(evidence: Evidence) -> str:
    """How often this was announced lately, this time included."""
    today = {1: "the first time today"}.get(evidence.today, f"{evidence.today} times today")
    return f"{today}, {evidence.last_30_sessions} in the last 30 sessions"
