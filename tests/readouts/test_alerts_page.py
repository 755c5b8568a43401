import asyncio
import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from monitor.errors import ConfigError
from monitor.readouts.alert_view import active_alerts
from monitor.readouts.desk import ChannelView, EpisodeView, RuleView, SilenceView, StoryView
from monitor.readouts.live import Observation
from monitor.readouts.web.pages import alert_rows
from monitor.readouts.web.pages.alert_facts import SHOWN, AlertFacts, Asking, Wish
from monitor.readouts.web.pages.alerts import alerts_picture, wish
from monitor.readouts.web.pages.episode import episode_picture
from monitor.readouts.web.pages.picture import Picture
from monitor.readouts.web.pages.screen import Address
from tests.core import market
from tests.readouts import sample_alerts as given
from tests.readouts.sample import SINCE_MS, T_MS, alert, sample


def seen(**changes: object) -> Observation:
    """The sample board with one active alert."""
    return Observation(version=1, document=b"", snapshot=sample(), alerts=active_alerts(alert(**changes)), seen_ns=0)


def draw(facts: AlertFacts | None = None, choices: dict[str, str] | None = None, **active: object) -> Picture:
    """The page of the sample board."""
    address = Address("alerts", "", tuple((choices or {}).items()))
    return alerts_picture(seen(**active), address, facts or given.facts(), {})


def words_of(picture: Picture) -> str:
    """All that can be read on a page."""
    return re.sub(r"<[^>]*>", " ", picture.shape) + " ".join(cell.text for cell in picture.cells.values())


def test_every_cell_has_its_place() -> None:
    """Each cell's content finds exactly one element of the shape, on both pages."""
    story = episode_picture(seen(), Address("episode", given.ID), given.story(), {})
    for picture in (draw(choices={"silence": "*", "preview": "r"}), story):
        assert sorted(re.findall(r"data-cell='([^']*)'", picture.shape)) == sorted(picture.cells)


def test_a_change_of_regime_is_told_in_words() -> None:
    """What an index became, and between which regimes the limit lies, are words in the history and in the story: no
    number that stands for them."""
    turned = given.episode(
        rule="hstech-bull",
        instance="HSTECH",
        metric="HSTECH.regime.now",
        unit="count",
        kind="EVENT",
        peak=1.0,
        limit=0.5,
    )
    for picture, cell in (
        (draw(given.facts(history=[turned])), f"ep.{turned.id}.peak"),
        (episode_picture(seen(), Address("episode", turned.id), given.story(episode=turned), {}), "ep.peak"),
    ):
        assert picture.cells[cell].text == "bull"
        assert "between correction and bull" in words_of(picture)


def test_markup_from_anywhere_stays_text() -> None:
    """Names, reasons, texts and payloads with a script in them are shown, never markup; no attribute breaks open."""
    evil = given.EVIL
    facts = given.facts(
        history=[given.episode(title=evil, rule=evil, instance=evil, metric=evil, unit=evil, level=evil)],
        rules=[given.rule(rule=evil, instance=evil, title=evil, condition=evil, notify=[evil], phase=evil, unit=evil)],
        silences=[given.silence(id=evil, why=evil, by=evil, rule=evil)],
        letters=[given.letter(channel=evil, id=evil, title=evil, reason=evil, level=evil, kind=evil)],
        channels=[given.channel(name=evil, kind=evil, state=evil, reason=evil, fallback=evil)],
        previews=[given.preview(channel=evil, text=evil, payload={evil: evil}, source=evil, html=evil)],
        refused=evil,
        no_preview=evil,
    )  # fmt: skip
    said = given.story().said[0]
    legs = (msgspec.structs.replace(said.evidence.legs[0], symbol=evil, name=evil, source=evil, currency=evil),)
    told = msgspec.structs.replace(
        said, headline=evil, lines=[evil], evidence=msgspec.structs.replace(said.evidence, legs=legs, quality=(evil,))
    )
    story = given.story(episode=given.episode(title=evil, id=evil), moments=["", evil], said=[told])
    for picture in (
        draw(facts, {"silence": evil, "on": evil, "preview": evil, "rule": evil}, title=evil, rule=evil, unit=evil),
        episode_picture(seen(title=evil), Address("episode", evil), story, {}),
    ):
        assert "<img src=x" not in picture.shape
        assert "<script" not in picture.shape
        assert not re.search(r"""=["'][^"']*["'][^\s>/]""", re.sub(r"srcdoc=\"[^\"]*\"", "", picture.shape))


def test_what_is_missing_is_a_dash() -> None:
    """An alert, episode and rule without a value, limit, time or level say so with the dash, never None or 0."""
    facts = given.facts(
        history=[given.episode(peak=None, limit=None, unit="", metric="", level="", title="")],
        lasting=[], rules=[given.rule(value=None, limit=None, since_ms=None, condition="")], silences=[], letters=[],
    )  # fmt: skip
    picture = draw(facts, value=None, since_ms=None, threshold="")
    key = "al.spread-1d-wide.hstech-ixic"

    assert picture.cells[f"{key}.value"].text == "–"
    assert picture.cells[f"{key}.since"].text == ""
    assert picture.cells[f"ep.{given.ID}.peak"].text == "–"
    assert picture.cells["ru.spread-1d-wide.hstech-ixic.value"].text == "–"
    assert "None" not in words_of(picture)


@pytest.mark.parametrize(
    ("active", "rule", "episode", "wanted"),
    [
        ({}, {}, {}, (True, "told to console")),
        ({}, {}, {"told": 3}, (True, "told to console, 3 messages")),
        ({}, {"notify": ["console", "desk"]}, {}, (True, "told to console, desk, which does not deliver")),
        ({}, {}, {"told": 0, "held_back": ["cooldown"]}, (False, "not told: held back by cooldown")),
        ({}, {}, {"told": 0}, (False, "not told yet")),
        ({}, {"silenced_by": "s-7f3a"}, {"told": 0}, (False, "not told: silenced until 01:20 HKT")),
        ({"phase": "PENDING"}, {"phase": "PENDING"}, {}, (False, "12 min of 1 min")),
    ],
)
def test_an_active_alert_says_who_knows_or_why_nobody_does(
    active: dict[str, Any], rule: dict[str, Any], episode: dict[str, Any], wanted: tuple[bool, str]
) -> None:
    """Told and to whom, pending and how far, silenced and until when, or what holds it back."""
    channels = [given.channel(), given.channel(name="desk", state="down")]
    [row] = alert_rows.active_rows(
        seen(**active).alerts, sample(), [given.rule(**rule)], [given.episode(**episode)], [given.silence()], channels
    )

    assert (row.told, row.standing) == wanted


def test_the_next_second_changes_cells_only() -> None:
    """A new value changes no shape, so that a half-typed form is left alone."""
    first, second = draw(choices={"silence": "*"}), draw(choices={"silence": "*"}, value=6.3)

    assert first.shape == second.shape
    assert set(second.changes(first).cells) == {"al.spread-1d-wide.hstech-ixic.value"}


def test_the_form_is_filled_in_and_offers_the_closes() -> None:
    """The rule and subject of the address are chosen; ends are lengths and the closes of the calendars, as instants."""
    ends = alert_rows.ends_at(sample(), market.CALENDARS)
    picture = draw(choices={"silence": "spread-1d-wide", "on": "hstech-ixic"})

    assert [value for value, _ in ends[:2]] == ["30m", "2h"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d", value) for value, _ in ends[2:])
    assert re.search(r'<option value="spread-1d-wide" selected>', picture.shape)
    assert re.search(r'<option value="hstech-ixic" selected>', picture.shape)
    assert 'id="f-why"' not in draw().shape


def test_nonsense_in_the_address_asks_for_everything() -> None:
    """A level or position that is none is left out; a rule is passed on, for the desk to refuse."""
    asked = wish({"level": "loud", "before": "9" * 400, "rule": "no-such"})

    assert asked == Wish(rule="no-such")
    assert wish({"before": "12٣"}).before_ms is None
    assert wish({"before": str(T_MS), "level": "critical"}) == Wish(level="critical", before_ms=T_MS)


def test_what_is_wrong_with_the_rules_is_said() -> None:
    """A refused file, and one that never could be read, stand on top of the page."""
    assert "the rules before it stay in force" in words_of(draw(given.facts(refused="alerts.toml:3: when: missing")))
    assert "cannot be read" in words_of(draw(given.facts(no_rules="alerts.toml: no such file", rules=[], channels=[])))


class FewRules:
    """A desk with a long history; counts how often it is asked."""

    def __init__(self, episodes: list[EpisodeView], refused: str = "") -> None:
        self.past = episodes
        self.refused = refused
        self.asked = 0

    async def episodes(
        self, *, limit: int = 50, before_ms: int | None = None, rule: str | None = None, instance: str | None = None
    ) -> list[EpisodeView]:
        self.asked += 1
        found = [e for e in self.past if before_ms is None or (e.end_ms is not None and e.start_ms < before_ms)]
        return [e for e in found if rule in (None, e.rule)][:limit]

    async def rules_refused(self) -> str:
        return self.refused

    async def rules(self) -> list[RuleView]:
        if self.refused:
            raise ConfigError("alerts.toml", "", "", "a file")
        return [given.rule()]

    async def channels(self) -> list[ChannelView]:
        return [given.channel()]

    async def silences(self, *, everything: bool = False) -> list[SilenceView]:
        return []

    async def dead_letters(self, channel: str | None = None) -> list[Any]:
        return []

    async def story(self, identifier: str) -> StoryView:
        return given.story()


def over(i: int, **changes: Any) -> EpisodeView:
    """One that began so many minutes before the first."""
    start = SINCE_MS - 60_000 * i
    changes = {"level": "critical" if i % 40 == 0 else "info"} | changes
    return given.episode(id=f"r:x:{start}", start_ms=start, end_ms=start + 1000, **changes)


async def pages(asking: Asking, first: Wish) -> list[EpisodeView]:
    """The whole history, page after page."""
    found, wanted = [], first
    while True:
        facts = await asking.facts(wanted)
        found += facts.history
        if facts.older_ms is None:
            return found
        wanted = msgspec.structs.replace(first, before_ms=facts.older_ms)


@pytest.mark.parametrize("fits", [lambda e: True, lambda e: e.level == "critical"], ids=["all", "critical"])
async def test_paging_back_misses_and_repeats_nothing(fits: Callable[[EpisodeView], bool]) -> None:
    """Page after page, also of one level that is rare, every episode comes once, those that last too."""
    past = [given.episode(level="critical"), *(over(i) for i in range(1200))]
    level = "" if fits(over(1)) else "critical"

    found = await pages(Asking(FewRules(past)), Wish(level=level))  # type: ignore[arg-type]

    assert [e.id for e in found] == [e.id for e in past if fits(e)]


async def test_many_who_look_ask_the_desk_once() -> None:
    """Twenty pages at the same moment are one question; a page is at most so long."""
    desk = FewRules([over(i) for i in range(500)])
    asking = Asking(desk)  # type: ignore[arg-type]

    found = await asyncio.gather(*(asking.facts(Wish()) for _ in range(20)))

    assert desk.asked == 2  # what lasts, and the history
    assert len(found[0].history) == SHOWN


async def test_a_page_without_rules_still_shows_what_was() -> None:
    """While no rule file could be read, history, silences and dead letters are there."""
    facts = await Asking(FewRules([over(1)], refused="no file")).facts(Wish())  # type: ignore[arg-type]

    assert facts.no_rules
    assert len(facts.history) == 1


def test_a_story_tells_what_was_said_and_where_it_arrived() -> None:
    """Moments, messages, deliveries with attempts and reasons, legs and contributors, and how often lately."""
    picture = episode_picture(seen(), Address("episode", given.ID), given.story(), {})
    text = words_of(picture)

    for wanted in (
        "PENDING -&gt; FIRING", "delivered at attempt 2", "given up: 404 no_service", "5,861.77", "delayed by 15 min",
        "IXIC = close of 05:00 HKT", "TSLA stale", "2 times today, 5 in the last 30 sessions", "held back by cooldown",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert 'src="/api/boards/hk-us/alerts/episodes/spread-1d-wide%3Ahstech-ixic%3A' in picture.shape
    silent = episode_picture(seen(), Address("episode", given.ID), given.story(said=[], chart=False), {})
    assert "There is no chart" in silent.shape
    assert "Nobody was told: nothing was said of it." in silent.shape
