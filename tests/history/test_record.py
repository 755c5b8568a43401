"""Which of two numbers for one day stands."""

import pytest

from monitor.history.record import Grade, Verdict, judge, merged
from tests.history.lines import record

DAY = "2025-06-09"


@pytest.mark.parametrize(
    ("grade", "value", "source", "verdict"),
    [
        (Grade.OFFICIAL, 396.8, "the exchange", Verdict.BETTER),
        (Grade.OFFICIAL, 396.6, "the exchange", Verdict.BETTER),
        (Grade.PROVIDER, 396.62, "another", Verdict.SAME),
        (Grade.PROVIDER, 396.8, "another", Verdict.CONFLICT),
        (Grade.PROVIDER, 396.8, "somebody", Verdict.CORRECTED),
        (Grade.DOUBTFUL, 396.8, "somebody", Verdict.CONFLICT),
        (Grade.RECORDED, 40.0, "a person", Verdict.BETTER),
        (Grade.PROVIDER, None, "another", Verdict.SAME),
    ],
)
def test_the_better_grade_stands(grade: Grade, value: float | None, source: str, verdict: Verdict) -> None:
    """Held is a provider's 396.60. Five parts in a hundred thousand are rounding; a source may correct itself."""
    held = record(DAY, 396.6, grade=Grade.PROVIDER, source="somebody")

    assert judge(held, record(DAY, value, grade=grade, source=source)) is verdict


def test_a_hole_is_filled_by_anything() -> None:
    """An empty close on file says that nobody knew it."""
    assert judge(None, record(DAY, 1.0, grade=Grade.DOUBTFUL)) is Verdict.NEW
    assert judge(record(DAY, None), record(DAY, 1.0, grade=Grade.DOUBTFUL)) is Verdict.NEW


def test_the_store_lies_over_the_configuration() -> None:
    """It adds days and replaces doubtful closes; a close written down by a person stays, unless somebody said
    --replace."""
    base = {
        "1211.HK": {
            "2024-12-31": record("2024-12-31", 266.6),
            "2025-06-09": record(DAY, 396.6, grade=Grade.DOUBTFUL),
            "2025-06-10": record("2025-06-10", 135.6),
        }
    }
    over = {
        "1211.HK": {
            "2024-12-31": record("2024-12-31", 268.0, grade=Grade.PROVIDER),
            "2025-06-06": record("2025-06-06", 403.0, grade=Grade.PROVIDER),
            "2025-06-09": record(DAY, 396.8, grade=Grade.PROVIDER),
            "2025-06-10": record("2025-06-10", 135.5, grade=Grade.PROVIDER, replaces="135.6 (recorded, the exchange)"),
        }
    }

    values = {day: held.value for day, held in merged(base, over)["1211.HK"].items()}

    assert values == {"2024-12-31": 266.6, "2025-06-06": 403.0, "2025-06-09": 396.8, "2025-06-10": 135.5}
    assert list(values) == sorted(values)
