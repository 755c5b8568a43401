"""The settings tree: what an operator may set, with its defaults, in TOML, secret files or environment variables.

Later wins: `config/monitor.toml`, secret files (`/run/secrets` or `MONITOR_SECRETS_DIR`, one file per variable, named
like it), environment (`MONITOR_` + path, `__` between levels). Unknown keys are refused. Secrets are `SecretStr`.
"""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from monitor.core.instant import parse_instant
from monitor.core.loopback import is_loopback
from monitor.core.reference import Basis
from monitor.runtime.paths import state_folder
from monitor.settings.field_section import Expression, FieldName, FieldSection, KindSection
from monitor.settings.section import Section


def _instant_or_empty(text: str) -> str:
    try:
        if text:
            parse_instant(text)
    except ValueError:
        raise ValueError("nothing, or an ISO-8601 instant with Z or an offset: 2025-03-03T01:00:00Z") from None
    return text


def _http_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("an address with http:// or https://, without login, `?` and `#`")
    return text


def _login_address(plain: str) -> AfterValidator:
    """Empty, or an address that a login is sent to: `plain` (http, ws) on this machine, with TLS elsewhere."""

    def check(text: str) -> str:
        try:
            parts = urlsplit(text)
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        encrypted = parts.scheme == f"{plain}s" or (parts.scheme == plain and is_loopback(parts.hostname or ""))
        if text and not (usable and encrypted and "@" not in parts.netloc):
            raise ValueError(
                f"nothing, or an address with {plain}s:// ({plain}:// on this machine only), without login"
            )
        return text

    return AfterValidator(check)


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or text.lower() != f"{parts.scheme}://{parts.netloc}".lower() or "@" in text or "*" in text:
        raise ValueError("origins as browsers send them: https://desk.example or with its port, no path, no *")
    return text.lower()


Port = Annotated[int, Field(ge=0, le=65535)]


class RedisSettings(Section):
    url: SecretStr = SecretStr("")
    """redis://, rediss:// or unix:// address; empty: the embedded server in the data folder."""
    prefix: str = Field("monitor", pattern=r"^[A-Za-z0-9_.-]+$")


class YahooSettings(Section):
    url: str = "wss://streamer.finance.yahoo.com/?version=2"
    origin: str = ""
    idle_s: float = Field(180.0, gt=0)
    resubscribe_s: float = Field(15.0, gt=0)
    chart: bool = True
    """Ask the chart service for closes, and for lines of which the streamer says nothing."""
    chart_url: Annotated[str, AfterValidator(_http_address)] = "https://query1.finance.yahoo.com"
    chart_per_hour: int = Field(600, ge=4, le=3600)
    """Most requests to the chart service in any hour."""
    silent_after_s: float = Field(60.0, ge=1)
    """Seconds of trading without a record of the streamer after which a line is polled."""


Prefix = Annotated[str, Field(pattern=r"^[^/+#${}]([^+#{}]*[^/+#{}])?$")]
"""First levels of MQTT topics."""


class BrokerSettings(Section):
    """An MQTT broker, as `monitor.runtime.mqtt_broker.MqttBroker` takes it."""

    host: str = Field("127.0.0.1", min_length=1)
    port: Port = 1883
    tls: bool = False
    insecure: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    username: str = ""
    password: SecretStr = SecretStr("")
    client_id: str = ""
    protocol: Literal["3.1.1", "5"] = "3.1.1"
    transport: Literal["tcp", "websockets"] = "tcp"
    path: str = Field("/mqtt", pattern=r"^/")
    keepalive_s: int = Field(30, ge=1, le=65535)


class MqttDecodeSection(Section):
    """Where the records of a message are, and which field is which (FEEDS 6.1 and 7.3)."""

    records: Expression = "[@]"
    kind: KindSection = KindSection(name="quote")
    fields: dict[FieldName, FieldSection] = Field(default_factory=dict)
    """Empty: the project's own names, for `scalar` the price."""
    moves_price: Expression | None = None
    require: tuple[FieldName, ...] = ()


class MqttTopicSection(Section):
    """One `[[feeds.mqtt.topics]]` (FEEDS 7.3)."""

    topic: str
    qos: Literal[0, 1, 2] = 1
    share: str | None = Field(None, pattern=r"^[^/+#]+$")
    payload: str = "json"
    decode: MqttDecodeSection = MqttDecodeSection()
    symbol_from: str = "payload"
    retained: Literal["accept", "ignore"] = "accept"
    max_payload_bytes: int = Field(65536, ge=1)


class MqttSettings(BrokerSettings):
    clean_start: bool = True
    subscribe_via: Literal["mqtt", "none"] = "mqtt"
    stale_after_s: float = Field(120.0, gt=0)
    prefix: Prefix = "md/v1"
    """Of the convention, where no topics are named."""
    topics: tuple[MqttTopicSection, ...] = ()
    """Empty: the project's convention (FEEDS 7.1), and what its publishers say of themselves."""


class LongbridgeSettings(Section):
    app_key: SecretStr = SecretStr("")
    app_secret: SecretStr = SecretStr("")
    access_token: SecretStr = SecretStr("")
    http_url: Annotated[str, _login_address("http")] = ""
    quote_ws_url: Annotated[str, _login_address("ws")] = ""
    """Both empty: Longbridge's own."""
    overnight: bool = False
    silent_s: float = Field(300.0, gt=0)
    """Seconds of an open market without any push of it, after which its quotes are pulled."""
    poll_s: float = Field(10.0, ge=1)


class FutuSettings(Section):
    host: str = Field("127.0.0.1", min_length=1)
    port: Port = 11111
    silent_s: float = Field(300.0, gt=0)
    """As for Longbridge."""
    poll_s: float = Field(10.0, ge=1)


class SimulatorSettings(Section):
    seed: int = 20250113
    speed: float = Field(20.0, gt=0, le=600)
    """Simulated seconds per second while a market is open."""
    idle_speed: float = Field(600.0, gt=0, le=7200)
    """Simulated seconds per second while every market is shut."""
    start: Annotated[str, AfterValidator(_instant_or_empty)] = ""
    """Simulated start, ISO-8601 UTC; empty: a minute before the latest Hong Kong opening that a US session follows."""
    quotes_per_s: float = Field(120.0, gt=0, le=20000)
    """Quotes per (real) second over all instruments that trade."""
    port: Port = 0


class FeedSettings(Section):
    yahoo: YahooSettings = YahooSettings()
    mqtt: MqttSettings = MqttSettings()
    longbridge: LongbridgeSettings = LongbridgeSettings()
    futu: FutuSettings = FutuSettings()
    sim: SimulatorSettings = SimulatorSettings()


class IngestSettings(Section):
    linger_ms: float = Field(1.0, ge=0, le=1000)
    max_entry_quotes: int = Field(500, ge=1, le=5000)
    max_buffer_quotes: int = Field(50_000, ge=100)
    max_buffer_ms: int = Field(250, ge=1)
    stream_max_entries: int = Field(200_000, ge=1000)
    stream_keep_s: float = Field(86_400.0, gt=0)
    plain_entries: bool = False
    """One event an entry, its fields also as plain text, for programs that know only Redis."""


class CalculatorSettings(Section):
    interval_ms: int = Field(250, ge=0, le=60_000)
    """Boundary of snapshots in log time; 0: one snapshot per log entry."""
    checkpoint_s: float = Field(2.0, gt=0)
    lease_s: float = Field(5.0, ge=0.1)
    snapshots_keep_s: float = Field(900.0, gt=0)
    snapshots_max_bytes: int = Field(64_000_000, ge=1_000_000)
    history_days: float = Field(60.0, ge=2)
    """Days of log time for which Redis keeps the one-minute bars; older ones are on disk."""


class ReplaySettings(Section):
    basis: Literal[Basis, ""] = "split_adjusted"
    """How daily CSV files state their closes; empty: each command has to be told with `--basis`."""


class AlertingSettings(Section):
    lease_s: float = Field(5.0, ge=0.1)
    send_timeout_s: float = Field(10.0, ge=0.1)
    retry_first_s: float = Field(1.0, ge=0.1)
    retry_cap_s: float = Field(60.0, ge=0.1)
    fallback_after_s: float = Field(900.0, ge=0.1)
    dead_after_s: float = Field(86_400.0, ge=0.1)
    late_after_s: float = Field(60.0, ge=0.1)
    merge_after_s: float = Field(1.0, ge=0.0)
    drain_s: float = Field(10.0, ge=0.1)


class DashboardSettings(Section):
    host: str = "127.0.0.1"
    port: Port = 8080
    token: SecretStr = SecretStr("")
    """Demanded from every client as soon as `host` is not a loopback address."""
    public_url: str = ""
    """Where people open the dashboard, for links in messages; empty: http://host:port, with the name of this machine
    where `host` stands for all its addresses."""
    cors_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    """Origins whose pages may read the API and act through it. Exact ones: a page of any other server is nobody's."""
    max_streams: int = Field(500, ge=1, le=10_000)
    """Streams of events that are open at once, server-sent events and WebSockets together."""


class PublishSettings(BrokerSettings):
    """`monitor publish`: the board on a broker, by the project's convention (FEEDS 7.1)."""

    name: str = Field("", pattern=r"^[A-Za-z0-9_.-]{0,64}$")
    """Of this publisher, last level of its status topic; empty: host name and board."""
    prefix: Prefix = "md/v1"
    quotes: bool = True
    pairs: bool = True
    baskets: bool = True
    board_every_s: float = Field(1.0, ge=0)
    """Shortest time between two messages of one pair or basket."""


class DisplaySettings(Section):
    """How a terminal shows the board."""

    colours: Literal["green-up", "red-up", "blue-orange"] = "green-up"
    """Of up and down."""


class LogSettings(Section):
    format: Literal["json", "console", "auto"] = "auto"
    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class MonitorSettings(Section):
    """The whole tree. Read with `monitor.settings.load`."""

    board: str = Field("hk-us", pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    feed: str = "sim"
    """Which feeds are on: `sim`, `yahoo`, `mqtt`, or several joined by commas."""
    data_dir: Path = Field(default_factory=state_folder)
    instance: str = ""
    """Name of this process in health keys and leases; empty: host name and process id."""
    redis: RedisSettings = RedisSettings()
    feeds: FeedSettings = FeedSettings()
    ingest: IngestSettings = IngestSettings()
    calculator: CalculatorSettings = CalculatorSettings()
    replay: ReplaySettings = ReplaySettings()
    alerting: AlertingSettings = AlertingSettings()
    channels: dict[str, dict[str, SecretStr]] = Field(default_factory=dict)
    """Overrides of `[channel]` keys in config/alerts.toml: `MONITOR_CHANNELS__<NAME>__<KEY>`."""
    dashboard: DashboardSettings = DashboardSettings()
    publish: PublishSettings = PublishSettings()
    display: DisplaySettings = DisplaySettings()
    log: LogSettings = LogSettings()
