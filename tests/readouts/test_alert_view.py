import pytest

from monitor.readouts.alert_view import active_alerts
from tests.readouts.sample import alert


@pytest.mark.parametrize("document", [b"not json", b"\xff", b"[]", b"[" * 5000])
def test_unreadable_alert_still_shows(document: bytes) -> None:
    """An alert whose document is broken is shown by its name rather than dropped."""
    (view,) = active_alerts({b"wide:hstech-ixic": document})

    assert (view.rule, view.instance, view.phase, view.value) == ("wide", "hstech-ixic", "FIRING", None)


def test_most_urgent_first() -> None:
    """Firing before pending, severe before mild, old before new."""
    entries = {
        **alert(rule="pending", phase="PENDING", level=""),
        **alert(rule="info", level="info"),
        **alert(rule="late", level="critical", since_ms=9),
        **alert(rule="early", level="critical", since_ms=1),
    }

    assert [view.rule for view in active_alerts(entries)] == ["early", "late", "info", "pending"]
