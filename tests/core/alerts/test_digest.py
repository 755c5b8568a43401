"""What a digest states: the day's market, the rules, the outages, the silences, and what was never seen."""

from typing import Any

from monitor.core.alerts.digest import Cast, Digest, Gap
from monitor.core.alerts.silence import Silence
from monitor.core.metrics.frame import FrameLeg
from tests.core.alerts.bench import leg, rule
from tests.core.alerts.days import Day, at

CLOSE = "2026-11-10 16:10"


def digest_of(day: Day) -> Digest:
    """The digest at the close of 10 November 2026."""
    day.at(CLOSE)
    (digest,) = day.digests
    return digest


def mover(return_pct: float | None, at_ms: int | None = at("2026-11-10 16:08"), **parts: Any) -> FrameLeg:
    """A leg that traded until the close, unless said otherwise."""
    return leg(phase="POST", live=False, return_1d_pct=return_pct, event_ms=at_ms, **parts)


def test_what_is_open_counts() -> None:
    """An episode and an outage that go on beyond the close are in the digest, and are not over."""
    day = Day(rule(), rule(id="gone", metric="china-m7.spread_pp.1d", no_data={"after": "10s"}))
    day.at("2026-11-10 10:00", "2026-11-10 15:00", value=1.6, metrics={"china-m7.spread_pp.1d": None})
    day.at(CLOSE, value=1.7)
    digest = day.digests[0]
    wide, gone = digest.rules["wide"], digest.rules["gone"]

    assert (wide.told, wide.notable[0].ended, wide.notable[0].peak) == (1, None, 1.7)
    assert (gone.outages, gone.messages) == (1, 1)
    assert gone.outage is not None
    assert gone.outage.ended is None


def test_an_open_episode_is_told_again_the_next_day() -> None:
    """A held episode appears in every digest until it ends, with its true start; messages count per digest."""
    day = Day(rule(repeat_every="3h")).at("2026-11-10 15:00", "2026-11-10 16:10", value=1.6)
    day.at("2026-11-11 10:00", "2026-11-11 16:10", value=1.6)
    first, second = (digest.rules["wide"] for digest in day.digests)

    assert first.notable[0].start == second.notable[0].start == at("2026-11-10 15:00")
    assert (first.told, first.messages) == (1, 1)
    assert (second.told, second.messages) == (1, 2)


def test_untold_and_still_open() -> None:
    """What a silence holds back at the close is untold, with the silence's name."""
    silence = Silence(id="s-1", starts=0, ends=at("2027-01-01 00:00"), rule="wide")
    day = Day(rule(), silences=[silence]).at("2026-11-10 10:00", CLOSE, value=1.6)
    account = day.digests[0].rules["wide"]

    assert (account.untold, account.held_back, account.missed[0].ended) == (1, {"silence s-1": 1}, None)


def test_rules_in_order_of_weight() -> None:
    """The highest level comes first, then the most messages."""
    other = {"metric": "china-m7.spread_pp.1d"}
    day = Day(
        rule(id="calm", severity="info"),
        rule(id="chatty", repeat_every="1m"),
        rule(id="loud", severity="critical"),
        rule(id="idle", **other),
    )
    day.at("2026-11-10 10:00", "2026-11-10 10:05", "2026-11-10 10:10", value=1.6).at("2026-11-10 10:20")

    assert list(digest_of(day).rules) == ["loud", "chatty", "calm"]


def test_spreads_in_the_order_of_the_board() -> None:
    """1D and YTD of every pair; a missing number is None, a window that the board does not count is absent."""
    day = Day()
    day.cast = Cast(pairs={"hstech-ixic": "HSTECH – Nasdaq Composite", "hstech-ndx": "HSTECH – Nasdaq-100"})
    day.at(CLOSE, value=1.25, metrics={"hstech-ixic.spread_pp.1d": None, "hstech-ixic.spread_pp.ytd": 30.0})

    assert day.digests[0].gaps == (
        Gap("hstech-ixic", "HSTECH – Nasdaq Composite", None, 30.0),
        Gap("hstech-ndx", "HSTECH – Nasdaq-100", 1.25, None, absent=True),
    )


def test_movers_are_members_that_traded_today() -> None:
    """Indices, members of other exchanges, halted lines and lines without a return are no movers; nobody is both."""
    legs = {
        "0700.HK": mover(3.2, name="Tencent"),
        "9988.HK": mover(1.0),
        "3690.HK": mover(-2.0),
        "1211.HK": mover(0.5),
        "0992.HK": mover(-0.1),
        "1810.HK": mover(9.0, at("2026-11-09 16:08")),  # halted all day: the return is yesterday's
        "0981.HK": mover(None),
        "9618.HK": mover(4.0, None),  # a producer that gives no times is believed
        "AAPL": mover(8.0),
        "HSTECH": mover(7.0),
    }
    day = Day()
    day.cast = Cast(members={symbol: "XHKG" for symbol in legs if symbol.endswith("HK")} | {"AAPL": "XNYS"})
    day.at(CLOSE, legs=legs)
    digest = day.digests[0]

    assert [(m.symbol, m.name, m.return_pct) for m in digest.strongest] == [
        ("9618.HK", "9618.HK", 4.0),
        ("0700.HK", "Tencent", 3.2),
        ("9988.HK", "9988.HK", 1.0),
    ]
    assert [m.symbol for m in digest.weakest] == ["3690.HK", "0992.HK", "1211.HK"]


def test_one_member_is_the_strongest_only() -> None:
    """With a single mover there is no weakest; with none there is neither."""
    day = Day()
    day.cast = Cast(members={"0700.HK": "XHKG"})
    day.at("2026-11-10 16:10", legs={"0700.HK": mover(-1.0)}).at("2026-11-11 16:10")
    first, second = day.digests

    assert [m.symbol for m in first.strongest] == ["0700.HK"]
    assert (first.weakest, second.strongest, second.weakest) == ((), (), ())


def test_silences_active_or_ending_within_a_week() -> None:
    """Those over are left out, and so are those that begin later and end later than a week; the next end is first."""
    now, day_ms = at(CLOSE), 86_400_000
    silences = [
        Silence(id="over", starts=0, ends=now, rule="*"),
        Silence(id="long", starts=0, ends=now + 90 * day_ms, rule="*"),
        Silence(id="soon", starts=now + day_ms, ends=now + 7 * day_ms, rule="*"),
        Silence(id="later", starts=now + day_ms, ends=now + 7 * day_ms + 1, rule="*"),
        Silence(id="now", starts=0, ends=now + 1, rule="*"),
    ]

    assert [silence.id for silence in digest_of(Day(silences=silences)).silences] == ["now", "soon", "long"]


def test_rules_that_never_saw_valid_data() -> None:
    """A rule whose instances had no valid value while its gate was open is named, with those instances."""
    hours = {"calendar": "XHKG"}
    each: dict[str, Any] = {"metric": "*.return_pct.1d", "unit": "pct", "each": ["0700.HK", "9988.HK"]}
    day = Day(
        rule(id="well", session=hours),
        rule(id="never", metric="china-m7.spread_pp.1d", title="China M7 apart", session=hours),
        rule(id="partly", session=hours, **each),
        rule(id="always-on", metric="china-m7.spread_pp.1d"),
        rule(id="expired", metric="china-m7.spread_pp.1d", valid_until="2026-11-10T10:30:00+08:00"),
        rule(id="shut", session=hours, require_live=["NDX"]),
    )
    legs = {"NDX": leg(phase="CLOSED", live=False)}
    day.at(
        "2026-11-10 09:40", "2026-11-10 10:00", "2026-11-10 11:00", legs=legs, metrics={"9988.HK.return_pct.1d": 1.0}
    )

    assert [(unseen.rule, unseen.instances, unseen.of) for unseen in digest_of(day).unseen] == [
        ("never", ("china-m7",), 1),
        ("partly", ("0700.HK",), 2),
        ("always-on", ("china-m7",), 1),
        ("shut", ("hstech-ndx",), 1),
    ]


def test_a_shut_exchange_makes_nobody_blind() -> None:
    """A rule on New York's hours is not named when New York had a holiday, nor a rule that has only just begun."""
    day = Day(rule(id="us", session={"calendar": "XNYS"}), rule(id="hk", session={"calendar": "XHKG"}))
    day.at("2026-11-26 10:00", "2026-11-26 16:10", "2026-11-27 10:00", "2026-11-27 16:10")
    thanksgiving = day.digests[1]
    fresh = Day(rule(session={"calendar": "XHKG"})).at("2026-11-10 17:00")

    assert thanksgiving.session == "2026-11-27"
    assert thanksgiving.unseen == ()
    assert fresh.digests[0].unseen == ()


def test_yesterdays_data_do_not_count() -> None:
    """A rule that was valid before the previous digest and not since is named."""
    day = Day(rule(session={"calendar": "XHKG"})).at("2026-11-10 10:00", "2026-11-10 16:10")
    day.at("2026-11-11 10:00", value=None).at("2026-11-11 16:10")

    assert [[unseen.rule for unseen in digest.unseen] for digest in day.digests] == [[], ["wide"]]


def test_where_it_comes_from() -> None:
    """Board, simulated flag, the session's own times and zone are those of frame and calendar."""
    day = Day(closes=["XNYS"]).at("2026-11-11 04:30").at("2026-11-11 05:00:01", board="hk-us", simulated=True)
    digest = day.digests[0]

    assert (digest.id, digest.tz, digest.board, digest.simulated) == (
        "digest:XNYS:2026-11-10",
        "America/New_York",
        "hk-us",
        True,
    )
    assert (digest.opened, digest.close) == (at("2026-11-10 22:30"), at("2026-11-11 05:00"))
    assert (digest.t, digest.since) == (at("2026-11-11 05:00:01"), at("2026-11-11 04:30"))
