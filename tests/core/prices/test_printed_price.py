import pytest

from monitor.core.prices.printed_price import printed, unadjusted


@pytest.mark.parametrize(
    ("shown", "factor", "decimals", "expected"),
    [
        (88.8667, 1 / 3, 4, 266.6),
        (132.2, 1 / 3, 4, 396.6),
        (120.888, 0.1, 4, 1208.88),
        (87.47754669189453, 1.0, 14, 87.47754669189453),
        (88.86666870117188, 1 / 3, 14, 266.6),
        (43.1, 10.0, 2, 4.31),
    ],
)
def test_the_printed_close_is_found_behind_an_adjusted_one(
    shown: float, factor: float, decimals: int, expected: float
) -> None:
    """BYD ended 2024 at 266.60, which a file of four decimals shows as 88.8667; 32-bit noise goes, too."""
    assert unadjusted(shown, factor, decimals) == expected


@pytest.mark.parametrize(("noisy", "expected"), [(475.3999938964844, 475.4), (0.1, 0.1), (15420.0, 15420.0)])
def test_the_noise_of_32_bits_goes(noisy: float, expected: float) -> None:
    """A price that went through a 32-bit number is the decimal that was printed; an exact one stays as it is."""
    assert printed(noisy) == expected
