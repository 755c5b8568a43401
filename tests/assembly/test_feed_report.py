"""What an ingest tells of its feeds: counts that add up, reconnects, the age of the last record."""

from prometheus_client.parser import text_string_to_metric_families

from monitor.assembly.feed_report import FeedReport, told_counts
from monitor.core.event import FeedHealth
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from monitor.runtime.metrics import exposition


def values(source: str) -> dict[str, float]:
    """Samples of one source by name, those of a reason by name and reason."""
    return {
        " ".join(filter(None, (sample.name, sample.labels.get("reason")))): sample.value
        for family in text_string_to_metric_families(exposition().decode())
        for sample in family.samples
        if sample.labels.get("source") == source
    }


def test_counts_reconnects_and_age_are_told_by_source() -> None:
    """Received is accepted, conflated and all rejected; a second coming up is a reconnect; ages go on."""
    now = [100.0]
    heart = Heart("ingest", "i", SystemClock())
    report = FeedReport(heart, lambda: now[0])
    source = "feed-report"

    report(FeedHealth(source, "connecting", 1))
    report(FeedHealth(source, "up", 2, "here", 7, 1, {"DUPLICATE": 2}, 10))
    report(FeedHealth(source, "down", 3, "closed", 7, 1, {"DUPLICATE": 2}, 10))
    now[0] = 130.0
    report(FeedHealth(source, "up", 4, "here", 7, 1, {"DUPLICATE": 2}, 10))

    assert values(source) == {
        "monitor_feed_up": 1.0,
        "monitor_feed_reconnects_total": 1.0,
        "monitor_feed_last_record_age_seconds": 30.0,
        "monitor_quotes_received_total": 10.0,
        "monitor_quotes_accepted": 7.0,
        "monitor_quotes_conflated": 1.0,
        "monitor_quotes_rejected_total DUPLICATE": 2.0,
    }
    assert heart.detail[f"feed {source}"] == "up here"
    assert heart.detail[f"counts {source}"] == "received 10: accepted 7, conflated 1, DUPLICATE 2"


def test_a_feed_that_delivered_nothing_has_no_age() -> None:
    """Nothing is not zero seconds old, and coming up for the first time is no reconnect."""
    report = FeedReport(Heart("ingest", "i", SystemClock()))

    report(FeedHealth("feed-report-silent", "up", 1))

    told = values("feed-report-silent")
    assert "monitor_feed_last_record_age_seconds" not in told
    assert told["monitor_feed_reconnects_total"] == 0.0
    assert told_counts(FeedHealth("x", "up", 1)) == "received 0"
