"""What people read when alerting itself is blind, word by word."""

import pytest

from monitor.core.alerts.blindness.sight import Cause
from monitor.core.alerts.blindness.telling import Told, Word
from monitor.notify.blind_words import blind_bulletin
from monitor.notify.bulletin_words import word_bulletin
from monitor.notify.port import Tone

START = 1_794_276_000_000


def blind(cause: Cause, *, over: bool = False, lasted_s: float = 16.2, times: int = 1) -> Word:
    return Word(cause=cause, over=over, lasted_s=lasted_s, told=Told(since_ms=START, told_ms=START, times=times))


@pytest.mark.parametrize(
    ("cause", "summary"),
    [
        (Cause.REDIS, "[BLIND] Alerting is blind: Redis does not answer: for 16 s, since 10:00:00 HKT"),
        (Cause.SNAPSHOTS, "[BLIND] Alerting is blind: no new snapshots: for 16 s, since 10:00:00 HKT"),
        (Cause.ENGINE, "[BLIND] Alerting is behind: snapshots wait to be judged: for 16 s, since 10:00:00 HKT"),
        (Cause.OUTBOX, "[BLIND] Alerts do not get out: for 16 s, since 10:00:00 HKT"),
    ],
)
def test_what_a_phone_shows(cause: Cause, summary: str) -> None:
    """What does not work, for how long, and since when."""
    bulletin = blind_bulletin(blind(cause), notify=("desk",), t=START + 16_200, board="hk-us")
    message = word_bulletin(bulletin)

    assert message.summary == summary
    assert message.tone is Tone.CRITICAL
    assert message.remarks
    assert message.id == f"blind:{cause.value}:{START}"


def test_the_end_says_how_long_it_was() -> None:
    """Of the same thread, in the colour of what is over, with what becomes of what was missed."""
    bulletin = blind_bulletin(blind(Cause.REDIS, over=True, lasted_s=72.0, times=2), notify=("desk",), t=START)
    message = word_bulletin(bulletin)

    assert message.summary == "[SIGHT] Alerting sees again: Redis answers: over after 72 s"
    assert message.tone is Tone.RESOLVED
    assert message.id == f"sight:redis:{START}"
    assert message.episode == "blind:redis"
    assert message.remarks == ("What was missed meanwhile is caught up with; messages that come late say so.",)


def test_what_is_told_again_has_an_id_of_its_own() -> None:
    """Or a channel that looks for ids would drop it."""
    again = blind_bulletin(blind(Cause.REDIS, lasted_s=1800.0, times=2), notify=(), t=START)

    assert again.id == f"blind:redis:{START}:2"
    assert again.lead == "for 30 m, since 10:00:00 HKT"


def test_stuck_channels_are_named() -> None:
    """Where messages wait."""
    bulletin = blind_bulletin(blind(Cause.OUTBOX), notify=(), t=START, channels=("desk", "mail"))

    assert ("channels", "desk, mail") in bulletin.facts


def test_a_simulated_board_says_so() -> None:
    """Nobody calls the night shift because of an invented market."""
    bulletin = blind_bulletin(blind(Cause.REDIS), notify=(), t=START, simulated=True)

    assert "SIMULATED" in word_bulletin(bulletin).marks
