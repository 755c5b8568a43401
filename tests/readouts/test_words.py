import pytest

from monitor.readouts import words


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [
        (0.311, "+31.10 %"),
        (-0.0307, "−3.07 %"),
        (0.00004, "0.00 %"),
        (-0.00004, "0.00 %"),
        (None, "–"),
        (12.5, "+1,250.00 %"),
    ],
)
def test_percent(fraction: float | None, shown: str) -> None:
    """A return has a sign and two decimals; what rounds to zero has no sign; what is missing is a dash, not zero."""
    assert words.percent(fraction) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(19824.314, "19,824.31"), (8.935, "8.935"), (0.485, "0.4850"), (None, "–"), (10.0, "10.00")],
)
def test_price(value: float | None, shown: str) -> None:
    """Cheap stocks show the decimals they trade in."""
    assert words.price(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (29_400, "8 h 10 m"), (172_800, "2 d"), (-5, "−5 s"), (None, "–")],
)
def test_age(seconds: float | None, shown: str) -> None:
    """An age never reads longer than it is."""
    assert words.age(seconds) == shown


def test_no_line_ends_between_a_number_and_its_unit_or_sign() -> None:
    """The spaces around a number hold, in sentences and through the cleaning of texts; other spaces do not."""
    held = words.unbroken("Up +1.01 % in 3 sessions: +0.5 pp, 8 h 10 m old, > +3.00 pp or < −3.00 σ")

    assert held == ("Up +1.01\xa0% in 3 sessions: +0.5\xa0pp, 8\xa0h 10\xa0m old, >\xa0+3.00\xa0pp or <\xa0−3.00\xa0σ")
    assert words.clean(held) == held
    assert words.clean("a\u2028b") == "a b"


def test_share_of_almost_all_is_not_all() -> None:
    """99.9 % fresh is not shown as 100 %."""
    assert words.share(0.999) == "99 %"
    assert words.share(1.0) == "100 %"


def test_clean_makes_control_characters_visible() -> None:
    """No text of a feed can clear the screen, ring, or turn the reading direction."""
    assert words.clean("a\x1b[2Jb\x07\u202ec\u009bd") == "a\\x1b[2Jb\\x07\\u202ec\\x9bd"
    assert words.clean("two\nlines\u2003here") == "two lines here"
    assert words.clean("腾讯 – Ö") == "腾讯 – Ö"


def test_direction_is_that_of_the_shown_number() -> None:
    """An arrow never contradicts the digits beside it."""
    assert words.direction(0.004) == 0
    assert words.direction(0.006) == 1
    assert words.direction(-0.006) == -1


@pytest.mark.parametrize(
    ("dollars", "shown"), [(439.1e9, "+439.1"), (-589e9, "−589.0"), (0.0, "0.0"), (2.5e6, "0.0"), (None, "–")]
)
def test_usd_bn(dollars: float | None, shown: str) -> None:
    """Billions have a sign and one decimal; what is missing is a dash."""
    assert words.usd_bn(dollars) == shown


def test_plain_numbers_and_days() -> None:
    """A plain number has a sign only below zero; a short day leaves the year out; a method is said in words."""
    assert (words.decimal(0.825), words.decimal(-0.1), words.decimal(None)) == ("0.82", "−0.10", "–")
    assert (words.short_day("2025-02-21"), words.short_day(None), words.short_day("never")) == ("21 Feb", "–", "never")
    assert (words.method("FUTURES"), words.method(None), words.method("X\x1b")) == ("by futures", "–", "X\\x1b")


@pytest.mark.parametrize(
    "status", ["NO_BASELINE", "WARMUP", "ZERO_VARIANCE", "CONTRACT_MISMATCH", "NO_REF", "NO_SHARES"]
)
def test_short_words_fit_beside_a_dash(status: str) -> None:
    """Why a value is missing is at most six letters where there is no room, and half a sentence where there is."""
    assert len(words.short_status(status)) <= 6
    assert " " in words.status_words(status)
