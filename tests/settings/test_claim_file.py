"""Claim files: what is read, and how the rest is refused."""

from pathlib import Path

import pytest

from monitor.core.claims.claim import Dates, Number, Operator, Verdict
from monitor.errors import ConfigError
from monitor.settings.board_file import load_board
from monitor.settings.claim_file import load_claims

CONFIG = Path(__file__).parents[2] / "config"
GOOD = {
    "id": '"hstech-year"',
    "text": '"up 31 % this year"',
    "source": '"A"',
    "subject": '"HSTECH"',
    "measure": '"return_pct"',
    "window": '"YTD"',
    "as_of": '"2025-02-21"',
    "value": "31",
}


def load(tmp_path: Path, text: str):
    path = tmp_path / "claims.toml"
    path.write_text(text, "utf-8")
    return load_claims(path, load_board(CONFIG, "hk-us"))


def claim(**changes: str | None) -> str:
    keys = GOOD | changes
    return "[[claim]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)


def test_a_claim(tmp_path: Path) -> None:
    """A table becomes a claim; what is not written has its default."""
    (found,) = load(tmp_path, claim(operator='"about"', expect='"does not"'))

    assert (found.id, found.subject, found.window, found.stated) == ("hstech-year", "HSTECH", "YTD", Number("31"))
    assert (found.operator, found.expect, found.basis) == (Operator.ABOUT, Verdict.DOES_NOT, None)


@pytest.mark.parametrize(
    ("changes", "stated"),
    [
        ({"value": "4.4"}, Number("4.4")),
        ({"value": '"4.40"'}, Number("4.40")),
        ({"value": "-10"}, Number("-10")),
        ({"measure": '"regime"', "window": None, "value": '"BULL"'}, "BULL"),
        ({"measure": '"highest_since"', "window": None, "value": '"2021-12"'}, Dates("2021-12-01", "2021-12-31")),
        ({"measure": '"highest_since"', "window": None, "value": '"record"'}, "record"),
        ({"measure": '"lowest_since"', "window": '"now"', "value": '"2021"'}, Dates("2021-01-01", "2021-12-31")),
    ],
)
def test_what_a_claim_states(tmp_path: Path, changes: dict[str, str | None], stated: object) -> None:
    """Decimals as written; words and dates for the measures that are none."""
    (found,) = load(tmp_path, claim(**changes))

    assert found.stated == stated


@pytest.mark.parametrize(
    ("changes", "key", "found", "allowed"),
    [
        ({"id": '"A B"'}, "id", "A B", "pattern"),
        ({"subject": '"NASDAQ"'}, "subject", "NASDAQ", "IXIC"),
        ({"subject": '"USDHKD"'}, "subject", "USDHKD", "HSTECH"),
        ({"measure": '"return"'}, "measure", "return", "return_pct"),
        ({"measure": '"spread_pp"'}, "measure", "spread_pp", "instrument"),
        ({"subject": '"hstech-ixic"'}, "measure", "return_pct", "spread_pp"),
        ({"window": '"ytd"'}, "window", "ytd", "YTD"),
        ({"window": None}, "window", "nothing", "YTD"),
        ({"window": '"SINCE:2025-1-3"'}, "window", "SINCE:2025-1-3", "SINCE:YYYY-MM-DD"),
        ({"measure": '"drawdown_pct"'}, "window", "YTD", "now"),
        ({"as_of": '"yesterday"'}, "as_of", "yesterday", "2025-02-21"),
        ({"as_of": '"2025-02-30"'}, "as_of", "2025-02-30", "2025-02-21"),
        ({"as_of": '"2025-02-21T08:00"'}, "as_of", "2025-02-21T08:00", "instant"),
        ({"basis": '"LAG"'}, "basis", "LAG", "USD, HKD"),
        ({"basis": '"USD"', "measure": '"price"', "window": None}, "basis", "USD", "only one"),
        ({"operator": '"~"'}, "operator", "~", "'='"),
        ({"value": '"a third"'}, "value", "a third", "plain number"),
        ({"value": "true"}, "value", True, "string"),
        ({"value": "nan"}, "value", "nan", "plain number"),
        ({"value": None}, "value", "nothing", "required"),
        ({"measure": '"regime"', "window": None, "value": '"bullish"'}, "value", "bullish", "BULL"),
        ({"measure": '"regime"', "window": None, "value": '"BULL"', "operator": '">"'}, "operator", ">", "="),
        ({"measure": '"highest_since"', "window": None, "value": '"late 2021"'}, "value", "late 2021", "2021-12"),
        ({"quotes": "{ HSTECH = 6301 }"}, "as_of", "2025-02-21", "instant"),
        ({"quotes": "{ HSTEK = 6301 }"}, "quotes", "HSTEK", "HSTECH"),
        ({"quotes": "{ HSTECH = -1 }"}, "quotes.HSTECH", -1, "greater than 0"),
        ({"expect": '"true"'}, "expect", "true", "reproduces"),
        ({"unit": '"%"'}, "unit", "unit", "measure"),
    ],
)
def test_a_claim_that_is_refused(
    tmp_path: Path, changes: dict[str, str | None], key: str, found: object, allowed: str
) -> None:
    """File with line, claim, key, what stands there and what may stand there."""
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, claim(id='"first"') + claim(**changes))

    name = changes.get("id") or GOOD["id"]
    assert refused.value.key == f"claim {name.strip(chr(34))}: {key}"
    assert refused.value.where.startswith(str(tmp_path / "claims.toml:"))
    assert str(refused.value.found) == str(found)
    assert allowed in refused.value.allowed


def test_only_what_is_wrong_is_named(tmp_path: Path) -> None:
    """The list of claims is not wrong too because its only claim is."""
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, claim(expect='"true"'))
    assert refused.value.hint == ""


def test_two_claims_of_one_name(tmp_path: Path) -> None:
    """An id names one claim of its file."""
    with pytest.raises(ConfigError, match=r"claim hstech-year: id.*no other claim"):
        load(tmp_path, claim() * 2)


@pytest.mark.parametrize("text", ["", "[[claims]]\n", "claim = 3\n", "[[claim]\n", 'title = "x"\n'])
def test_a_file_without_claims(tmp_path: Path, text: str) -> None:
    """An empty file, a misspelt table, no TOML at all: refused by file."""
    with pytest.raises(ConfigError, match=r"claims\.toml"):
        load(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is refused by name."""
    with pytest.raises(ConfigError, match="no such file"):
        load_claims(tmp_path / "nowhere.toml", load_board(CONFIG, "hk-us"))


def test_the_shipped_claims_can_be_read() -> None:
    """Every file of config/claims, all ids different, every claim with the verdict that it must get."""
    board = load_board(CONFIG, "hk-us")
    claims = [claim for path in sorted((CONFIG / "claims").glob("*.toml")) for claim in load_claims(path, board)]

    assert len({claim.id for claim in claims}) == len(claims) >= 55
    assert all(claim.expect is not None for claim in claims)
    assert {claim.expect for claim in claims} == set(Verdict)
