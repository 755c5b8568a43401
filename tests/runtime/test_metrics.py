"""Metrics of several processes as one text."""

from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from prometheus_client.parser import text_string_to_metric_families

from monitor.runtime.metrics import exposition, joined


def _text(count: int) -> bytes:
    registry = CollectorRegistry()
    Counter("quotes", "Quotes", ["source"], registry=registry).labels("a").inc(count)
    Histogram("delay", "Delay", registry=registry, buckets=(1.0,)).observe(0.5)
    return exposition(registry)


def test_services_are_told_apart_by_labels() -> None:
    """Each sample keeps its labels and gets those of its process; a family is described once."""
    text = joined({("ingest", "h-1"): _text(3), ("spread", "h-2"): _text(5)}).decode()

    families = {family.name: family for family in text_string_to_metric_families(text)}
    counts = {
        (sample.labels["service"], sample.labels["instance"], sample.labels["source"]): sample.value
        for sample in families["quotes"].samples
        if sample.name == "quotes_total"
    }
    assert counts == {("ingest", "h-1", "a"): 3.0, ("spread", "h-2", "a"): 5.0}
    assert text.count("# TYPE quotes_total counter") == 1
    assert text.count("# HELP delay ") == 1


def test_every_sample_names_the_board_of_its_process() -> None:
    """What a process says of its board stands on all its samples, and on nobody else's."""
    registry = CollectorRegistry()
    Counter("quotes", "Quotes", ["source"], registry=registry).labels("a").inc(2)
    Info("monitor_process", "A process", registry=registry).info({"board": "hk-us", "version": "1"})

    text = joined({("ingest", "1"): exposition(registry), ("spread", "2"): _text(5)}).decode()

    assert 'quotes_total{board="hk-us",instance="1",service="ingest",source="a"} 2.0' in text
    assert 'monitor_process_info{board="hk-us",instance="1",service="ingest",version="1"} 1.0' in text
    assert 'quotes_total{instance="2",service="spread",source="a"} 5.0' in text


def test_a_broken_text_does_not_hide_the_others() -> None:
    """What one process wrote and nobody can parse is left out."""
    text = joined({("ingest", "1"): b'quotes{"', ("spread", "2"): _text(5)}).decode()

    assert 'quotes_total{instance="2",service="spread",source="a"} 5.0' in text


def test_own_metrics_include_memory() -> None:
    """A process tells its memory and its CPU time besides its own counters."""
    text = exposition().decode()

    assert "process_resident_memory_bytes" in text
    assert "monitor_log_depth_events" in text
