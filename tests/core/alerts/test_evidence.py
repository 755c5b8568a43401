"""What messages state: evidence is taken from the frame that caused them, and frozen."""

from monitor.core.alerts.notification import Evidence, Kind
from monitor.core.alerts.rules.rule import RuleSet
from monitor.core.alerts.rules.rule_reading import Universe, read_rules
from monitor.core.alerts.silence import Controls, Silence
from monitor.core.metrics.frame import FrameBasket
from tests.core.alerts.bench import CALENDARS, Run, T, frame, leg, rule, rule_set, series

NAMES = Universe(
    subjects={"HSTECH": "instrument", "NDX": "instrument", "china-m7": "basket", "hstech-ndx": "pair"},
    windows=("1d",),
    baskets={"china-m7": ("0700.HK", "9988.HK")},
    pairs={"hstech-ndx": ("HSTECH", "NDX"), "china-m7_ndx": ("china-m7", "NDX")},
    calendars=CALENDARS,
    channels=("desk",),
)


def board_rules(**keys: object) -> RuleSet:
    return RuleSet(read_rules([rule(**keys)], NAMES), CALENDARS)


def evidence(run: Run) -> Evidence:
    return run.notes[-1].evidence


def test_numbers_of_an_announcement() -> None:
    """Value, trigger, clear, distance, start, held and peak are those of the snapshot that fires."""
    run = Run(rule_set(rule(clear={"below": 1.2}, for_="2s"))).take(series([1.6, 1.9, 1.75]))
    found = evidence(run)

    assert (found.value, found.trigger, found.clear, found.limit) == (1.75, ((">", 1.5),), (("<", 1.2),), 1.5)
    assert found.distance == 0.25
    assert (found.start, found.held_ms, found.for_ms) == (T, 2000, 2000)
    assert (found.peak, found.peak_t) == (1.9, T + 1000)
    assert (found.t, found.seq) == (T + 2000, T + 2000)
    assert found.path == ((T + 2000, "warning"),)
    assert len(found.definition) == 8


def test_a_closing_states_length_and_peak() -> None:
    """RESOLVED carries how long the episode was and how far it went."""
    run = Run(rule_set(rule())).take(series([1.6, 2.75, 1.4]))
    found = evidence(run)

    assert run.notes[-1].kind is Kind.RESOLVED
    assert (found.held_ms, found.peak, found.peak_t, found.value) == (2000, 2.75, T + 1000, 1.4)


def test_a_closing_of_a_removed_rule_still_says_what_it_was() -> None:
    """Title, metric and unit outlive the rule."""
    run = Run(rule_set(rule(title="Wide apart"))).take(series([1.6]))
    run.rules = rule_set()
    run.take([frame(1, 1.75)])
    found = evidence(run)

    assert run.notes[-1].reason == "rule_removed"
    assert run.notes[-1].notify == ("desk",)
    assert (found.title, found.metric, found.unit, found.value) == ("Wide apart", "hstech-ndx.spread_pp.1d", "pp", 1.75)


def test_legs_of_a_pair_and_the_words_of_a_shut_market() -> None:
    """Each leg is listed; one whose market is shut says of when its price is and how old, in Hong Kong time."""
    legs = {
        "HSTECH": leg(price=6301.4, return_1d_pct=1.9, source="sim"),
        "NDX": leg(22_320.0, "CLOSED", live=False, price=2e4, status="CLOSED", event_ms=T - 22_320_000),
    }
    hstech, ndx = evidence(Run(board_rules()).take([frame(0, 1.6, legs=legs)])).legs

    assert (hstech.symbol, hstech.price, hstech.change_pct, hstech.source, hstech.words) == (
        "HSTECH",
        6301.4,
        1.9,
        "sim",
        None,
    )
    assert ndx.words == "NDX = close of 03:48 HKT, 6 h 12 m old, market shut"


def test_the_words_of_a_leg_with_nothing_but_phase_and_age() -> None:
    """A producer may leave out the quote's own time and status: the age tells when the close was."""
    legs = {"HSTECH": leg(None, "BREAK", live=False), "NDX": leg(22_320.0, "CLOSED", live=False, price=2e4)}
    hstech, ndx = evidence(Run(board_rules()).take([frame(0, 1.6, legs=legs)])).legs

    assert hstech.words == "HSTECH: no price, lunch break"
    assert ndx.words == "NDX = close of 03:48 HKT, 6 h 12 m old, market shut"


def test_baskets_bring_contributors_and_coverage() -> None:
    """A basket in the subject brings its largest contributors each way, its coverage and who was left out."""
    view = FrameBasket(
        status="DEGRADED", coverage_fresh=0.5, excluded={"9988.HK": "MISSING"}, top=[("0700.HK", 1.25)], bottom=[]
    )
    rules = board_rules(metric="china-m7.return_pct.1d", unit="pct")
    base = frame(0, None, baskets={"china-m7": {"1d": view}}, simulated=True)
    base.metrics["china-m7.return_pct.1d"] = 1.6
    found = evidence(Run(rules).take([base]))

    assert found.baskets[0].top == [("0700.HK", 1.25)]
    assert found.quality == (
        "simulated prices",
        "china-m7: 50 % of its weight is fresh",
        "china-m7: left out 9988.HK (MISSING)",
    )


def test_contributors_bring_their_names() -> None:
    """Whoever reads 0700.HK may not know who that is: the names in the frame are frozen with the rest."""
    view = FrameBasket(top=[("0700.HK", 1.25), ("9988.HK", 0.5)], bottom=[("0981.HK", -0.25)])
    legs = {"0700.HK": leg(name="騰訊"), "9988.HK": leg(), "0981.HK": leg(name="中芯"), "AAPL": leg(name="Apple")}
    base = frame(0, None, baskets={"china-m7": {"1d": view}}, legs=legs)
    base.metrics["china-m7.return_pct.1d"] = 1.6
    found = evidence(Run(board_rules(metric="china-m7.return_pct.1d", unit="pct")).take([base]))

    assert found.baskets[0].names == {"0700.HK": "騰訊", "0981.HK": "中芯"}


def test_a_rule_over_several_subjects_is_known_as_one() -> None:
    """Its title alone does not say which of them fired."""
    several = rule_set(rule(metric="*.spread_pp.1d", each=["hstech-ndx"]))

    assert evidence(Run(several).take([frame(0, 1.6)])).each
    assert not evidence(Run(rule_set(rule())).take([frame(0, 1.6)])).each


def test_z_of_the_pair() -> None:
    """How unusual the day is stands beside the spread; a rule on z itself does not say it twice."""
    base = frame(0, 1.6)
    base.metrics["hstech-ndx.z.1d"] = 2.25

    assert evidence(Run(rule_set(rule())).take([base])).z == 2.25
    assert evidence(Run(rule_set(rule())).take([frame(0, 1.6)])).z is None
    on_z = rule_set(rule(metric="hstech-ndx.z.1d", unit="z"))
    assert evidence(Run(on_z).take([base])).z is None


def test_the_present_level_brings_its_own_limits() -> None:
    """In critical, trigger, clear and distance are those of critical; the path says how it came there."""
    levels = {"critical": {"when": {"above": 2.5}, "clear": {"below": 2.1}}}
    run = Run(rule_set(rule(clear={"below": 1.2}, levels=levels))).take(series([1.6, 2.75]))
    first, second = (note.evidence for note in run.notes)

    assert (first.trigger, first.clear, first.distance) == (((">", 1.5),), (("<", 1.2),), 1.6 - 1.5)
    assert (second.trigger, second.clear, second.distance) == (((">", 2.5),), (("<", 2.1),), 0.25)
    assert second.path == ((T, "warning"), (T + 1000, "critical"))


def test_data_quality_of_legs() -> None:
    """Stale and delayed legs are named."""
    legs = {"HSTECH": leg(75.0, status="STALE", delay_s=900), "NDX": leg()}
    found = evidence(Run(board_rules()).take([frame(0, 1.6, legs=legs)]))

    assert found.quality == ("HSTECH stale, last price 1 m 15 s old", "HSTECH delayed 15 m by its source")


def test_an_announcement_that_was_held_back_says_by_what() -> None:
    """Cooldown and silences that kept an announcement back are named, each once, in order."""
    silence = Silence(id="s-7f3a", starts=T + 2000, ends=T + 8000, rule="*")
    run = Run(rule_set(rule(cooldown="4s")), Controls((silence,)))
    run.take(series([1.6, 1.0, *[1.6] * 8]))

    assert run.kinds()[-1] == (8.0, "FIRING")
    assert evidence(run).held_back == ("cooldown", "silence s-7f3a")
    assert run.notes[-1].episode == T + 2000


def test_counts_are_by_session() -> None:
    """How often today and in the last 30 sessions, this time included."""
    run = Run(rule_set(rule(session={"calendar": "TOY"})))
    run.take(series([1.6, 1.0, 1.6, 1.0]))
    run.take(series([1.6, 1.0], start_s=120))

    counts = [(n.evidence.today, n.evidence.last_30_sessions) for n in run.notes if n.kind is Kind.FIRING]
    assert counts == [(1, 1), (2, 2), (1, 3)]


def test_a_move_down_is_shown_as_the_market_made_it() -> None:
    """A rule on moves `down` compares the negated move; the message shows the move itself and a limit below zero."""
    when = {"moves": {"by": 2.0, "within": "10s", "direction": "down"}}
    run = Run(rule_set(rule(when=when))).take(series([0.0, *[-0.25 * i for i in range(1, 11)]]))
    found = evidence(run)

    assert (found.move, found.limit, found.trigger, found.within_ms) == (-2.25, -2.0, (("<", -2.0),), 10_000)
    assert (found.distance, found.peak) == (0.25, -2.25)


def test_no_data_states_no_value() -> None:
    """An outage has no value and no distance, but the limit it kept from being watched."""
    run = Run(rule_set(rule(no_data={"after": "2s"}))).take(series([1.0, None, None]))
    found = evidence(run)

    assert run.notes[-1].kind is Kind.NO_DATA
    assert (found.value, found.distance, found.limit, found.start, found.held_ms) == (None, None, 1.5, T, 2000)


def test_definition_hash_follows_the_meaning() -> None:
    """Spelling and words do not matter, thresholds do."""

    def definition(**keys: object) -> str:
        return rule_set(rule(**keys)).rules[0].definition

    assert definition(for_="60s") == definition(for_="1m", title="other", cooldown="9s")
    assert definition(when={"above": 2}) == definition(when={"above": 2.0})
    assert definition(when={"above": 2}) != definition(when={"above": 2.1})
