"""Every measure of every kind of subject can be asked for; what is missing is named, and nothing is judged in part."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.assembly.claims import judged
from monitor.assembly.site import Site
from monitor.core.claims.check import Judgement
from monitor.core.claims.claim import Claim, Dates, Number, Stated, Verdict
from monitor.core.claims.measures import DATED, REGIME, bases, board_for, kind_of, measures, metric_of, only_window
from monitor.core.metrics.catalogue import MEASURES, NOW
from monitor.settings.board_file import load_board
from tests.shared import SHARED, needs_shared

CONFIG = Path(__file__).parents[3] / "config"
DAILY = SHARED / "data" / "daily"
BOARD = load_board(CONFIG, "hk-us")
SUBJECTS = ("HSTECH", "9988.HK", "NVDA", "SSEC", "china-m7", "mag7", "hstech-ixic", "hstech-ndx", "china-m7_mag7")


def stated(measure: str) -> Stated:
    if measure == REGIME:
        return "BULL"
    return Dates("2020-01-01", "2029-12-31") if measure in DATED else Number("1")


def all_claims() -> Iterator[Claim]:
    """Each measure of each subject, without and with each basis."""
    for subject in SUBJECTS:
        kind = kind_of(BOARD, subject)
        assert kind is not None
        for measure in measures(kind):
            for basis in (None, *bases(kind, measure)):
                yield Claim(
                    id=f"{subject} {measure} {basis}".lower(),
                    text="x",
                    source="x",
                    subject=subject,
                    measure=measure,
                    window=only_window(kind, measure) or "YTD",
                    as_of="2025-02-21",
                    stated=stated(measure),
                    basis=basis,
                )


@pytest.fixture(scope="module")
def judgements() -> dict[str, Judgement]:
    claims = list(all_claims())
    return {found.claim.id: found for found in judged(Site(CONFIG), claims, [DAILY], "split_adjusted")}


@needs_shared
def test_every_measure_can_be_asked_for(judgements: dict[str, Judgement]) -> None:
    """Either a value, or not checkable with a reason; never both, never neither."""
    assert len(judgements) > 80
    for found in judgements.values():
        assert (found.computed is None) == (found.verdict is Verdict.NOT_CHECKABLE), found.claim.id
        assert found.computed is not None or found.reason, found.claim.id


@needs_shared
def test_what_must_be_there_is_there(judgements: dict[str, Judgement]) -> None:
    """With closes from 2023 on: returns in every currency, spreads of closes, trends, statistics, other weights."""
    for name in (
        "hstech return_pct none", "hstech return_pct usd", "9988.hk return_pct hkd", "china-m7 return_pct quarterly",
        "china-m7 dispersion_pp none", "china-m7 breadth none", "hstech-ixic spread_pp same_date",
        "hstech-ixic spread_pp lag", "hstech-ixic z none", "hstech-ixic corr none", "hstech run_up_pct none",
        "hstech highest_since none", "hstech regime none", "nvda value_added_usd_bn none",
    ):  # fmt: skip
        assert judgements[name].computed is not None, (name, judgements[name].reason)


@needs_shared
def test_what_cannot_be_there_is_not(judgements: dict[str, Judgement]) -> None:
    """No earnings, no proxies, share counts of some members only, no price of Shanghai: each with its reason."""
    assert "earnings" in judgements["hstech pe none"].reason
    assert "NO_SHARES" in judgements["china-m7 value_added_usd_bn none"].reason
    assert judgements["ssec return_pct none"].reason == "no price of SSEC (Shanghai Composite)"
    assert judgements["hstech-ndx spread_pp sync"].computed is None


@needs_shared
def test_a_lone_company_in_its_own_currency_is_itself(judgements: dict[str, Judgement]) -> None:
    """A basket of one Hong Kong share, counted in Hong Kong dollars, is the share."""
    own, alone = judgements["9988.hk return_pct none"].computed, judgements["9988.hk return_pct hkd"].computed

    assert alone == pytest.approx(own, rel=1e-12)


def test_the_board_is_extended_once() -> None:
    """By the windows and baskets of one that are not there yet."""
    claims = [claim for claim in all_claims() if claim.subject == "NVDA"]

    board = board_for(BOARD, [*claims, *claims])

    assert [basket.members for basket in board.baskets[len(BOARD.baskets) :]] == [("NVDA",)]
    assert board.windows == BOARD.windows
    assert board_for(BOARD, []) == BOARD


def test_metrics_are_those_of_the_catalogue() -> None:
    """Every number that can be claimed has a name that alert rules may use too."""
    for claim in all_claims():
        kind = kind_of(BOARD, claim.subject)
        if claim.measure not in (*DATED, REGIME):
            assert metric_of(claim, kind or "").measure in MEASURES
    assert only_window("pair", "z") == "1D"
    assert only_window("basket", "pe") == NOW
