"""The diary: when a digest is due, and what it has kept for it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.alerts.account import LISTED
from monitor.core.alerts.diary import Diary
from monitor.core.alerts.silence import Silence
from monitor.core.metrics.frame import Frame
from tests.core.alerts.bench import rule
from tests.core.alerts.days import HONG_KONG, NEW_YORK, Day, at, moment


@pytest.mark.parametrize(
    ("calendar", "before", "close", "session"),
    [
        ("XHKG", "2026-11-10 16:09:59.999", "2026-11-10 16:10", "2026-11-10"),
        ("XHKG", "2026-12-24 12:09:59.999", "2026-12-24 12:10", "2026-12-24"),
        ("XNYS", "2026-11-10 15:59:59.999", "2026-11-10 16:00", "2026-11-10"),
        ("XNYS", "2026-11-27 12:59:59.999", "2026-11-27 13:00", "2026-11-27"),
    ],
)
def test_due_at_the_close_and_once(calendar: str, before: str, close: str, session: str) -> None:
    """The first frame at or after the close instant, half days and early closes included, has the digest; no other."""
    zone = HONG_KONG if calendar == "XHKG" else NEW_YORK
    day = Day(closes=[calendar]).at(f"{session} 09:35", before, zone=zone)
    first = len(day.dues)

    day.at(close, zone=zone)
    assert day.told[first:] == [f"digest:{calendar}:{session}"]
    day.take(moment(at(close, zone) + 250), moment(at(close, zone) + 3_600_000))
    assert len(day.dues) == first + 1


def test_the_first_frame_may_come_later() -> None:
    """Up to six hours after the close the digest is made by whatever frame comes first; beyond, it is skipped."""
    sent = Day().at("2026-11-10 15:00", "2026-11-10 22:10")
    skipped = Day().at("2026-11-10 15:00", "2026-11-10 22:10:00.001")

    assert sent.told == ["digest:XHKG:2026-11-10"]
    assert skipped.told == []


def test_no_digest_without_a_session() -> None:
    """Saturday, Sunday and holidays have none; the days around them have theirs."""
    day = Day().at("2026-12-24 10:00")
    for date in ("24", "25", "26", "27", "28", "29"):
        day.at(*(f"2026-12-{date} {hour:02}:10" for hour in range(12, 24)))

    assert day.told == ["digest:XHKG:2026-12-24", "digest:XHKG:2026-12-28", "digest:XHKG:2026-12-29"]


def test_days_without_frames_have_no_digest() -> None:
    """After a week of silence there is one digest at most, that of the last close."""
    day = Day().at("2026-11-10 15:00", "2026-11-17 16:11")

    assert day.told == ["digest:XHKG:2026-11-17"]


def test_a_skipped_digest_is_told_by_the_next() -> None:
    """What happened on a day without a digest is not lost: the next one covers it."""
    day = Day(rule()).at("2026-11-10 10:00", value=1.6).at("2026-11-10 10:05")
    day.at("2026-11-11 00:00", "2026-11-11 16:10")
    ((_, due),) = day.dues

    assert due.since == at("2026-11-10 10:00")
    assert due.accounts["wide"].told == 1
    assert due.previous is None


def test_each_calendar_covers_its_own_time() -> None:
    """Hong Kong's digest tells of the time since Hong Kong's last one, New York's of the time since New York's."""
    day = Day(rule(), closes=["XHKG", "XNYS"]).at("2026-11-09 16:15")
    day.at("2026-11-10 03:00", value=1.6).at("2026-11-10 03:10")  # while New York trades
    day.at("2026-11-10 05:00", "2026-11-10 10:00")  # 05:00 HKT is New York's close
    day.at("2026-11-10 11:00", value=1.6).at("2026-11-10 11:10")  # while Hong Kong trades
    day.at("2026-11-10 16:10", "2026-11-11 05:00")
    found = {due.id: due for _, due in day.dues}

    assert {name: due.accounts["wide"].told for name, due in found.items() if due.accounts} == {
        "digest:XNYS:2026-11-09": 1,
        "digest:XHKG:2026-11-10": 2,
        "digest:XNYS:2026-11-10": 1,
    }
    assert found["digest:XNYS:2026-11-10"].since == at("2026-11-10 05:00")
    assert found["digest:XNYS:2026-11-10"].previous == "2026-11-09"


def test_calendars_come_and_go_with_the_file() -> None:
    """A reload that names another exchange forgets the page of the old one and begins one for the new."""
    day = Day().at("2026-11-10 15:00")
    day.closes = ["XNYS"]
    day.at("2026-11-10 16:10")

    assert list(day.diary.pages) == ["XNYS"]
    day.closes = []
    day.at("2026-11-10 16:11")
    assert day.diary == Diary()


def test_untold_episodes_are_kept_with_their_reasons() -> None:
    """What a silence held back for good is counted under it, apart from what was told."""
    silence = Silence(id="s-1", starts=at("2026-11-10 11:00"), ends=at("2026-11-10 12:00"), rule="*")
    day = Day(rule(), silences=[silence])
    day.at("2026-11-10 10:00", value=1.7).at("2026-11-10 10:05")
    day.at("2026-11-10 11:00", value=1.6).at("2026-11-10 11:05")
    day.at("2026-11-10 16:10")
    account = day.dues[0][1].accounts["wide"]

    assert (account.told, account.untold, account.messages, account.told_ms) == (1, 1, 2, 300_000)
    assert account.held_back == {"silence s-1": 1}
    assert account.missed[0].held_back == ("silence s-1",)
    assert account.peaks == (1.7, 1.7)
    assert account.level == "warning"


def test_an_outage_counts_once() -> None:
    """DATA_BACK and a change of level in the same frame are one outage, from its anchor to its end."""
    table = rule(no_data={"after": "10s"}, max_gap="5m", severity="info", levels={"critical": {"when": {"above": 2.5}}})
    day = Day(table).at("2026-11-10 10:00", value=1.6)
    day.at("2026-11-10 10:00:30", "2026-11-10 10:01", value=None).at("2026-11-10 10:02", value=2.6)
    day.at("2026-11-10 16:10", value=2.6)
    account = day.dues[0][1].accounts["wide"]

    assert account.outages == 1
    assert account.outage is not None
    assert (account.outage.started, account.outage.ended) == (at("2026-11-10 10:00"), at("2026-11-10 10:02"))


def test_recorded_outages_count_too() -> None:
    """`do = "hold"` tells nobody, but the digest knows."""
    day = Day(rule(no_data={"after": "10s", "do": "hold"})).at("2026-11-10 10:00")
    day.at("2026-11-10 10:01", value=None).at("2026-11-10 10:02", "2026-11-10 16:10")

    assert day.notes == []
    assert day.dues[0][1].accounts["wide"].outages == 1


def test_a_rule_that_is_gone_keeps_its_name() -> None:
    """What a removed rule did is told under its title."""
    day = Day(rule(title="wide apart")).at("2026-11-10 10:00", value=1.6)
    day.rules = Day().rules
    day.at("2026-11-10 10:01", "2026-11-10 16:10")
    account = day.dues[0][1].accounts["wide"]

    assert (account.title, account.unit, account.told, account.messages) == ("wide apart", "pp", 1, 2)


def test_a_rule_that_goes_after_the_digest_keeps_its_name() -> None:
    """A page that never heard of the rule takes title and unit from what the engine keeps of a told episode."""
    day = Day(rule(title="wide apart")).at("2026-11-10 10:00", "2026-11-10 16:10", value=1.6)
    day.rules = Day().rules
    day.at("2026-11-10 17:00", "2026-11-11 16:10")
    account = day.dues[1][1].accounts["wide"]

    assert (account.title, account.unit, account.told) == ("wide apart", "pp", 1)


def test_an_untold_end_does_not_take_the_name() -> None:
    """When a removed rule leaves an untold episode, the name that the page knows from before stays."""
    silence = Silence(id="s", starts=at("2026-11-10 11:00"), ends=at("2027-01-01 00:00"), rule="*")
    day = Day(rule(title="wide apart"), silences=[silence])
    day.at("2026-11-10 10:00", value=1.6).at("2026-11-10 10:01").at("2026-11-10 11:30", value=1.6)
    day.rules = Day().rules
    day.at("2026-11-10 12:00", "2026-11-10 16:10")
    account = day.dues[0][1].accounts["wide"]

    assert (account.title, account.unit, account.told, account.untold) == ("wide apart", "pp", 1, 1)


def test_instances_need_naming_where_there_are_several() -> None:
    """Two subjects make a rule whose lines name the instance; one does not."""
    legs = {"0700.HK.return_pct.1d": 2.0, "9988.HK.return_pct.1d": 2.0}
    each = {"metric": "*.return_pct.1d", "unit": "pct", "each": ["0700.HK", "9988.HK"]}
    day = Day(rule(), rule(id="two", **each)).at("2026-11-10 10:00", value=1.6, metrics=legs)
    day.at("2026-11-10 16:10")
    accounts = day.dues[0][1].accounts

    assert (accounts["wide"].each, accounts["two"].each) == (False, True)


def test_nothing_new_is_free() -> None:
    """A frame in which nothing happens gives back the very diary, and so does an old frame."""
    day = Day(rule(), closes=["XHKG", "XNYS"]).at("2026-11-10 10:00", "2026-11-10 10:01")
    before = day.diary
    day.at("2026-11-10 10:02", "2026-11-10 10:01")

    assert day.diary is before


def test_the_diary_stays_small() -> None:
    """A thousand episodes of one rule take no more room than a few."""
    day = Day(rule())
    start = at("2026-11-10 10:00")
    day.take(*(moment(start + 1000 * i, 1.6 + i / 1000 if i % 2 else 1.0) for i in range(20)))
    few = len(day.diary.dump())
    day.take(*(moment(start + 1000 * i, 1.6 if i % 2 else 1.0) for i in range(20, 2000)))
    account = day.diary.pages["XHKG"].accounts["wide"]

    assert account.told == 999
    assert len(account.notable) == LISTED
    assert len(day.diary.dump()) < few + 100


def test_foreign_text_is_refused() -> None:
    """What is no diary is said to be none, so that the service can begin a new one."""
    with pytest.raises(ValueError, match="not a diary of alerts"):
        Diary.load(b'{"pages": 3}')


steps = st.lists(
    st.tuples(
        st.sampled_from([1, 60, 600, 3600, 7200, 25_200]),
        st.sampled_from([-1.6, 1.0, 1.3, 1.6, 1.6, 2.6, None]),
    ),
    min_size=1,
    max_size=60,
)
TABLES = (
    rule(cooldown="20m", repeat_every="30m", levels={"critical": {"when": {"above": 2.5}}}, no_data={"after": "5m"}),
    rule(id="apart", when={"outside": [-1.5, 1.5]}, session={"calendar": "XHKG", "on_close": "hold"}),
)


def frames_of(found: list[tuple[int, float | None]]) -> list[Frame]:
    """Frames from the morning of 10 November 2026 on."""
    t, frames = at("2026-11-10 09:00"), []
    for step_s, value in found:
        t += 1000 * step_s
        frames.append(moment(t, value))
    return frames


@settings(deadline=None)
@given(steps, st.data())
def test_restart_anywhere_changes_no_digest(found: list[tuple[int, float | None]], data: st.DataObject) -> None:
    """Storing, dropping and loading diary and state between any two frames gives the same digests."""
    frames = frames_of(found)
    cut = data.draw(st.integers(0, len(frames)))
    steady = Day(*TABLES, closes=["XHKG", "XNYS"]).take(*frames)
    restarted = Day(*TABLES, closes=["XHKG", "XNYS"]).take(*frames[:cut])
    restarted.restart()
    restarted.take(*frames[cut:])

    assert restarted.dues == steady.dues
    assert restarted.digests == steady.digests
    assert restarted.diary == steady.diary


@settings(deadline=None)
@given(steps)
def test_digests_are_about_different_sessions_and_in_time(found: list[tuple[int, float | None]]) -> None:
    """No id comes twice; each digest comes at the close or up to six hours after it, none before."""
    day = Day(*TABLES, closes=["XHKG", "XNYS"]).take(*frames_of(found))

    assert len(set(day.told)) == len(day.told)
    for t, due in day.dues:
        assert 0 <= t - due.close <= 6 * 3_600_000


@settings(deadline=None)
@given(steps)
def test_all_that_happened_is_told_once(found: list[tuple[int, float | None]]) -> None:
    """Over all digests of a calendar and the page that is still open, every ended episode and message counts once."""
    day = Day(*TABLES).take(*frames_of(found))
    accounts = [due.accounts for _, due in day.dues] + [day.diary.pages["XHKG"].accounts]
    ended = [episode for episode in day.book.episodes if episode.ended is not None]

    for name in ("wide", "apart"):
        kept = [page[name] for page in accounts if name in page]
        own = [episode for episode in ended if episode.rule == name]
        assert sum(account.told for account in kept) == sum(episode.told for episode in own)
        assert sum(account.untold for account in kept) == sum(not episode.told for episode in own)
        assert sum(account.messages for account in kept) == sum(note.rule == name for note in day.notes)
