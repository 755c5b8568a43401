"""What of the past the chart of a note shows, and what stands in it."""

from msgspec.structs import replace

from monitor.core.alerts.notification import Kind
from monitor.notify.bulletin import Bulletin, BulletinKind
from monitor.notify.chart.framing import framing_of
from monitor.notify.chart.spec import ChartPoint, Line, Marker
from tests.notify.notes import START, note

HOUR_MS = 3_600_000
DIGEST = Bulletin(
    id="digest:XHKG:2026-11-10",
    kind=BulletinKind.DIGEST,
    thread="digest:XHKG",
    level="info",
    t=START,
    notify=("mail",),
    title="Hong Kong close",
    lead="",
    simulated=True,
    chart=("hstech-ndx.spread_pp.1d", START - 6 * HOUR_MS),
)


def test_an_announcement() -> None:
    """Three hours up to the message, the limits of the present level, when it began, fired and peaked."""
    fired = START + 60_000
    framing = framing_of(note(held_s=300, path=((fired, "warning"),), peak_t=START + 90_000))

    assert framing is not None
    assert (framing.metric, framing.unit, framing.title) == (
        "hstech-ndx.spread_pp.1d",
        "pp",
        "HSTECH ahead of Nasdaq-100",
    )
    assert (framing.first_ms, framing.last_ms) == (START + 300_000 - 3 * HOUR_MS, START + 300_000)
    assert framing.lines == (Line("trigger", 1.5, "limit > +1.50 pp"), Line("clear", 1.2, "clear < +1.20 pp"))
    assert framing.markers == (
        Marker("start", START),
        Marker("fired", fired),
        Marker("peak", START + 90_000, 1.75),
    )
    assert framing.episodes == ((START, START + 300_000),)
    assert framing.ending == 1.62


def test_a_chart_says_what_was_wrong_with_its_values() -> None:
    """What holds of all its values, what of some, and that any was invented."""
    framing = framing_of(note())
    assert framing is not None
    found = [ChartPoint(START, 1.0, status="ESTIMATE"), ChartPoint(START + 60_000, 1.1, status="ESTIMATE FEED_DOWN")]

    assert "ESTIMATE, partly FEED DOWN" in framing.spec(found, []).subtitle
    assert not framing.spec(found, []).simulated
    assert framing.spec([*found, ChartPoint(START + 120_000, 1.2, simulated=True)], []).simulated
    assert framing.spec([], []).subtitle == framing.spec([ChartPoint(START, 1.0)], []).subtitle


def test_a_closing_shows_the_whole_episode() -> None:
    """From an hour before it began to its end, which has a sign of its own."""
    framing = framing_of(note(Kind.RESOLVED, held_s=8 * 3600))

    assert framing is not None
    assert framing.first_ms == START - HOUR_MS
    assert framing.markers[-1] == Marker("end", START + 8 * HOUR_MS)


def test_an_episode_of_weeks_is_shown_by_its_last_days() -> None:
    """Five days at most: more cannot be read."""
    framing = framing_of(note(Kind.RESOLVED, held_s=20 * 86_400))

    assert framing is not None
    assert framing.last_ms - framing.first_ms == 5 * 24 * HOUR_MS


def test_a_rule_on_moves_has_no_line_at_a_price() -> None:
    """Its limit is a move, which no height of the chart stands for: it is said in words."""
    framing = framing_of(
        note(metric="0700.HK.return_pct.1d", unit="pct", move=-2.25, within_ms=600_000, limit=-2.0, peak=-2.25)
    )

    assert framing is not None
    assert framing.lines == ()
    assert [marker.value for marker in framing.markers if marker.kind == "peak"] == [None]
    assert framing.spec([], []).subtitle == "0700.HK.return_pct.1d, per cent, limit: a move of -2.0 % within 10 m"


def test_an_edge_has_one_sign() -> None:
    """Where it was crossed."""
    framing = framing_of(note(Kind.EVENT, held_s=0))

    assert framing is not None
    assert framing.markers == (Marker("fired", START, 1.62, "crossed"),)


def test_a_digest_brings_its_own_chart() -> None:
    """The metric that it names, since when it says, without thresholds."""
    framing = framing_of(DIGEST)

    assert framing is not None
    assert (framing.metric, framing.unit, framing.title) == ("hstech-ndx.spread_pp.1d", "pp", "Hong Kong close")
    assert (framing.first_ms, framing.last_ms, framing.lines) == (START - 6 * HOUR_MS, START, ())
    assert framing.spec([ChartPoint(START, 1.0)], []).simulated


def test_what_has_no_chart() -> None:
    """A bulletin without one, one whose metric nobody knows, one that begins after its end; a note without a metric."""
    assert framing_of(replace(DIGEST, chart=None)) is None
    assert framing_of(replace(DIGEST, chart=("x.furlongs.now", 0))) is None
    assert framing_of(replace(DIGEST, chart=("hstech-ndx.spread_pp.1d", START))) is None
    assert framing_of(note(metric="")) is None


def test_the_caption_names_both_times() -> None:
    """The axis is Hong Kong's; when it ends is said in New York's time as well."""
    framing = framing_of(note())

    assert framing is not None
    assert framing.spec([], []).caption == ("Hong Kong time · until 2026-11-10 10:01:00 HKT / 2026-11-09 21:01:00 ET")
