"""Every number that the services count about themselves, in one registry per process.

No service opens a port for this: each puts its text into Redis beside its health (`monitor.runtime.health`), and the
dashboard's `/metrics` joins the texts of all services with `joined`, telling them apart by labels. What each number
means to an operator: docs/operate.md.
"""

from collections.abc import Iterable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

# A time of creation beside every counter would tell nobody anything.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)  # memory, CPU seconds, open files

PROCESS = Info("monitor_process", "A process of the monitor: its board and version", registry=REGISTRY)
QUOTES_RECEIVED = Counter(
    "monitor_quotes_received",
    "Records and unreadable frames that arrived: those accepted, conflated and rejected",
    ["source"],
    registry=REGISTRY,
)
QUOTES_ACCEPTED = Gauge(
    "monitor_quotes_accepted", "Quotes in the log or on their way since the start", ["source"], registry=REGISTRY
)
QUOTES_REJECTED = Counter(
    "monitor_quotes_rejected", "Quotes and frames not accepted", ["source", "reason"], registry=REGISTRY
)
QUOTES_CONFLATED = Gauge(
    "monitor_quotes_conflated", "Quotes dropped in favour of newer ones since the start", ["source"], registry=REGISTRY
)
FEED_UP = Gauge("monitor_feed_up", "1 while the feed delivers, else 0", ["source"], registry=REGISTRY)
FEED_RECONNECTS = Counter(
    "monitor_feed_reconnects", "Times that a feed was up again after it had not been", ["source"], registry=REGISTRY
)
FEED_LAST_RECORD_AGE = Gauge(
    "monitor_feed_last_record_age_seconds",
    "Since the last record of a feed was counted, which is up to ten seconds after it came",
    ["source"],
    registry=REGISTRY,
)
CLOCK_STEP = Gauge(
    "monitor_clock_step_seconds",
    "By how much this machine's clock jumped, while that is not believed yet; else 0",
    registry=REGISTRY,
)
CLOCK_STEPS = Counter(
    "monitor_clock_steps", "Jumps of this machine's clock, by what became of them", ["result"], registry=REGISTRY
)
LOG_DEPTH = Gauge("monitor_log_depth_events", "Events that wait to be written to the log", registry=REGISTRY)
LOG_WRITTEN = Counter("monitor_log_written_events", "Events written to the log", registry=REGISTRY)
LOG_READ = Counter("monitor_log_read_events", "Events read from the log", registry=REGISTRY)
LOG_LOST = Gauge("monitor_log_lost_events", "Numbered events that never arrived, since the start", registry=REGISTRY)
LOG_COPIES = Gauge("monitor_log_copied_events", "Second copies dropped since the start", registry=REGISTRY)
LOG_BROKEN = Gauge(
    "monitor_log_broken", "Entries and events that could not be read, since the start", registry=REGISTRY
)
LEADER = Gauge("monitor_leader", "1 while this process holds the lease", ["role"], registry=REGISTRY)
SNAPSHOTS = Counter("monitor_snapshots", "Snapshots written", registry=REGISTRY)
SNAPSHOTS_REFUSED = Counter(
    "monitor_snapshots_refused", "Snapshots that Redis already had or refused", ["reason"], registry=REGISTRY
)
SNAPSHOT_LAG = Gauge(
    "monitor_snapshot_lag_seconds",
    "How far the calculator is behind the log: age of the last entry when it was read, or its snapshot was written",
    registry=REGISTRY,
)
CHECKPOINT_TIME = Gauge(
    "monitor_checkpoint_timestamp_seconds",
    "When the calculator last wrote a checkpoint, Unix seconds; 0 before the first",
    registry=REGISTRY,
)
DATA_ALERTS = Gauge(
    "monitor_data_alerts",
    "Data alerts in the newest snapshot: 0 unless a person should look",
    ["kind"],
    registry=REGISTRY,
)
FAILOVERS = Gauge(
    "monitor_failovers", "How often a stand-in had to take over since the board began", ["symbol"], registry=REGISTRY
)
TICKS_NOT_ACCEPTED = Gauge(
    "monitor_ticks_not_accepted",
    "Ticks that the filter held or rejected since the board began, of instruments",
    ["reason"],
    registry=REGISTRY,
)
STAND_INS = Gauge("monitor_stand_ins", "Instruments whose price is not from their best source", registry=REGISTRY)
TICK_TO_READOUT = Histogram(
    "monitor_tick_to_readout_seconds",
    "From a log entry's arrival in Redis to the readout that contains it",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0),
    registry=REGISTRY,
)
FRAMES_DROPPED = Counter(
    "monitor_frames_dropped",
    "Entries of the snapshot stream that alerting passed over: no news, or not readable",
    ["reason"],
    registry=REGISTRY,
)
HISTORY_TROUBLE = Counter(
    "monitor_history_trouble",
    "Attempts to keep history on disk that failed, and numbers that differ from those on disk",
    ["reason"],
    registry=REGISTRY,
)
ALERTS = Counter("monitor_alerts", "Notifications decided", ["kind"], registry=REGISTRY)
DELIVERIES = Counter("monitor_deliveries", "Attempts to send, by result", ["channel", "result"], registry=REGISTRY)
DELIVERY_DELAY = Histogram(
    "monitor_delivery_seconds",
    "From the decision to tell something to its acceptance by the channel's service",
    ["channel"],
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0),
    registry=REGISTRY,
)
OUTBOX_DEPTH = Gauge("monitor_outbox_depth", "Notifications waiting to be sent", ["channel"], registry=REGISTRY)
OUTBOX_OLDEST = Gauge(
    "monitor_outbox_oldest_seconds", "Age of the oldest notification waiting", ["channel"], registry=REGISTRY
)
SNAPSHOT_AGE = Gauge(
    "monitor_alerting_snapshot_age_seconds",
    "Since alerting last took a new snapshot into account, or began to wait for one",
    registry=REGISTRY,
)
ALERTING_LAG = Gauge(
    "monitor_alerting_lag_seconds",
    "From the last snapshot that alerting has read to the newest in the stream, by their ids",
    registry=REGISTRY,
)
CALENDAR_LEFT = Gauge(
    "monitor_calendar_left_days",
    "From the newest snapshot to the end of the last session known, of calendars that alerts go by",
    ["calendar"],
    registry=REGISTRY,
)
RULES_REFUSED = Gauge(
    "monitor_alert_rules_refused",
    "1 while the alert file on disk is not the one in force because it was refused",
    registry=REGISTRY,
)
BLIND = Gauge(
    "monitor_alerts_blind", "1 while alerting cannot see, or is not heard, for this cause", ["cause"], registry=REGISTRY
)
DEAD_LETTERS = Counter("monitor_dead_letters", "Notifications given up", ["channel"], registry=REGISTRY)
DEAD_LETTERS_DROPPED = Counter(
    "monitor_dead_letters_dropped", "Dead letters that made room for newer ones", ["channel"], registry=REGISTRY
)
LATE = Counter("monitor_late_messages", "Messages accepted late, and marked so", ["channel"], registry=REGISTRY)
FOLDED = Counter(
    "monitor_folded_notifications", "Notifications told by a STORM message", ["channel"], registry=REGISTRY
)

INSTRUMENTS = Gauge(
    "monitor_instruments",
    "Instruments in the newest snapshot, by the phase of their market and the status of their price",
    ["phase", "status"],
    registry=REGISTRY,
)
ALERTS_ACTIVE = Gauge(
    "monitor_alerts_active",
    "Instances of rules that are not OK, by phase and level",
    ["phase", "level"],
    registry=REGISTRY,
)
STREAM_ENTRIES = Gauge("monitor_stream_entries", "Entries of a stream in Redis", ["stream"], registry=REGISTRY)
CHANNEL_HEALTHY = Gauge(
    "monitor_channel_healthy",
    "0 from a permanent failure until the next acceptance, else 1",
    ["channel"],
    registry=REGISTRY,
)
REDIS_MEMORY = Gauge(
    "monitor_redis_memory_bytes", "Memory of Redis: used, and the limit where it has one", ["kind"], registry=REGISTRY
)

PUBLISHED = Counter("monitor_published_messages", "Messages that the MQTT broker took", ["kind"], registry=REGISTRY)
PUBLISHER_UP = Gauge("monitor_publisher_up", "1 while the publisher's broker is connected", registry=REGISTRY)


def exposition(registry: CollectorRegistry = REGISTRY) -> bytes:
    """This process's metrics in Prometheus' text format."""
    return generate_latest(registry)


class _Joined(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def joined(texts: Mapping[tuple[str, str], bytes]) -> bytes:
    """One text from those of several processes.

    texts: (service, instance) → what `exposition` gave there. Every sample gets the labels `service` and `instance`,
    and `board` where the process has said which. A text that cannot be parsed is left out.
    """
    families: dict[str, Metric] = {}
    for (service, instance), text in sorted(texts.items()):
        try:
            found = list(text_string_to_metric_families(text.decode()))
        except ValueError:
            continue
        origin = {"service": service, "instance": instance, **_board_of(found)}
        for family in found:
            joint = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                joint.samples.append(sample._replace(labels=sample.labels | origin))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Joined(families.values()))
    return generate_latest(registry)


def _board_of(families: Iterable[Metric]) -> dict[str, str]:
    """The label of the board that a process works for, as its `monitor_process_info` says; empty without one."""
    for family in families:
        for sample in family.samples:
            if sample.name == "monitor_process_info" and sample.labels.get("board"):
                return {"board": sample.labels["board"]}
    return {}
